"""Where two plain values differ: every smallest part, in the order of the newer one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from compiler.frozen import Frozen
from compiler.plan.hashing import canonical_json


class Difference(Frozen):
    """`path` is the field's way into the value: `methods[0].given`, or `rules[]` for an entry that is gone.

    None stands for "is not there".
    """

    path: str
    old: Any
    new: Any


def differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """All parts that differ. In lists, entries that came and went are told from those that changed."""
    if old == new and type(old) is type(new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _fields(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _entries(old, new, path)
    elif old != new:  # 1 and 1.0 mean the same
        yield Difference(path, old, new)


def _fields(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Difference]:
    if set(old) == set(new) == {"condition", "text"}:
        # A requirement is what it asks; its text only shows it, in words in which steps may have other names.
        if old["condition"] != new["condition"]:
            yield Difference(path, old["text"], new["text"])
        return
    if old.get("source") != new.get("source"):  # weights from elsewhere: their fields cannot be compared
        yield Difference(path, old, new)
        return
    for key in dict.fromkeys((*new, *old)):
        yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)


def _entries(old: Sequence[Any], new: Sequence[Any], path: str) -> Iterator[Difference]:
    from difflib import SequenceMatcher  # only where there is another plan

    matcher = SequenceMatcher(
        None, [canonical_json(item) for item in old], [canonical_json(item) for item in new], autojunk=False
    )
    for _, first, last, start, end in matcher.get_opcodes():
        if old[first:last] == new[start:end]:
            continue
        pairs = min(last - first, end - start)
        for n in range(pairs):
            yield from differences(old[first + n], new[start + n], f"{path}[{start + n}]")
        for item in old[first + pairs : last]:
            yield Difference(f"{path}[]", item, None)
        for n in range(start + pairs, end):
            yield Difference(f"{path}[{n}]", None, new[n])
