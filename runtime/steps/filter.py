"""Filter: rules, near-duplicates over the stage, distance from held-out data. Each rejection has a sink."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from compiler.plan.model import Filter
from compiler.plan.rules import apply
from runtime.records import Record, Rejected, renamed
from runtime.work import Work

if TYPE_CHECKING:
    from datasketch import MinHash, MinHashLSH

PERMUTATIONS = 128
SHINGLE_WORDS = 3


def sift(step: Filter, work: Work, records: list[Record]) -> None:
    """Records in their order (round, index); of near-duplicates the first stays, whatever is stopped when."""
    near = work.outcomes.setdefault(f"{step.id}/near", _Near(step.near.similarity)) if step.near else None
    apart = work.outcomes.get(f"{step.id}/apart")
    if step.apart_from and apart is None:
        apart = work.outcomes[f"{step.id}/apart"] = _held_out_texts(step, work)
    kept: list[Record] = []
    rejected: list[Rejected] = []
    for record in records:
        sink, record = _ruled(step, work, record)
        if (
            sink is None
            and apart is not None
            and any(apart.holds(c, str(v)) for c, v in record.columns.items())
        ):
            sink = "held_out"
        if (
            sink is None
            and near is not None
            and step.near
            and not near.add(str(record.columns[step.near.column]))
        ):
            sink = "duplicate"
        if sink is None and step.caps and not _below_caps(step, work, record):
            sink = "cap"
        if sink is None:
            kept.append(record)
        else:
            rejected.append(Rejected(record, sink))
    work.keep(step.id, kept, rejected)


def _below_caps(step: Filter, work: Work, record: Record) -> bool:
    """Whether every capped column still has room for this record's value; if so it takes its place."""
    seen: Counter[tuple[str, str]] = work.outcomes.setdefault(f"{step.id}/caps", Counter())
    values = [(column, " ".join(words(str(record.columns[column])))) for column in step.caps]
    if any(seen[value] >= step.caps[value[0]] for value in values):
        return False
    seen.update(values)
    return True


def _ruled(step: Filter, work: Work, record: Record) -> tuple[str | None, Record]:
    for use in step.rules:
        rules = work.method.rules[use.rules]
        outcome = apply(rules, renamed(record.columns, use.columns, rules.columns))
        if not outcome.kept:
            return outcome.sink, record
        record = record.with_columns(**{use.columns.get(rules.subject, rules.subject): outcome.subject})
    return None, record


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def shingles(text: str) -> Iterator[bytes]:
    """Word trigrams; a shorter text is one shingle. (Broder 1997, on the resemblance of documents.)"""
    found = words(text)
    for i in range(max(1, len(found) - SHINGLE_WORDS + 1)):
        yield " ".join(found[i : i + SHINGLE_WORDS]).encode()


@lru_cache(maxsize=8_192)  # held-out texts are compared with in every stage
def _sketch(text: str) -> MinHash:
    sketch = _empty().copy()  # a new one would draw its permutations again
    sketch.update_batch(list(shingles(text)))
    return sketch


@cache
def _empty() -> MinHash:
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, seed=1)


class _Near:
    """Texts seen so far, found again when their word trigrams are at least as similar (Jaccard)."""

    def __init__(self, similarity: float) -> None:
        from datasketch import MinHashLSH

        self._similarity = similarity
        self._index: MinHashLSH = MinHashLSH(threshold=similarity, num_perm=PERMUTATIONS)
        self._sketches: dict[str, MinHash] = {}
        self._exact: set[str] = set()

    def add(self, text: str) -> bool:
        """Whether the text is new; if so it is remembered."""
        plain = " ".join(words(text))
        if plain in self._exact:
            return False
        sketch = _sketch(text)
        if self._like(sketch):
            return False
        self._exact.add(plain)
        key = str(len(self._sketches))
        self._sketches[key] = sketch
        self._index.insert(key, sketch)
        return True

    def holds(self, text: str) -> bool:
        """Whether the text, or one like it, was added."""
        return " ".join(words(text)) in self._exact or self._like(_sketch(text))

    def _like(self, sketch: MinHash) -> bool:
        found = self._index.query(sketch)  # candidates; the sketch's own estimate decides
        return any(self._sketches[key].jaccard(sketch) >= self._similarity for key in found)


class _Apart:
    """Texts of other data by column: exact ones without case and punctuation, and near ones."""

    def __init__(self, texts: Mapping[str, list[str]], similarity: float) -> None:
        self._near = {column: _Near(similarity) for column in texts}
        for column, values in texts.items():
            for value in values:
                self._near[column].add(value)

    def holds(self, column: str, text: str) -> bool:
        near = self._near.get(column)
        return near is not None and near.holds(text)


def _held_out_texts(step: Filter, work: Work) -> _Apart:
    """The texts to stand apart from, by the record's column that must.

    That is the column whose near-duplicates are dropped, whatever it is called in the other data: what a
    record was made from (`about`) may well stand there. Without such a column, those of the same name.
    """
    own = [step.near.column] if step.near else [c for c, type_ in step.columns.items() if type_ == "text"]
    texts: dict[str, list[str]] = {}
    for name in step.apart_from:
        theirs = [c for c, type_ in work.method.datasets[name].columns.items() if type_ == "text"]
        for column in own:
            alike = [column] if column in theirs else theirs if step.near else []
            texts.setdefault(column, []).extend(str(row[c]) for row in work.data[name] for c in alike)
    return _Apart(texts, step.apart_similarity)
