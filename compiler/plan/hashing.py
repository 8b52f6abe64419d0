"""The canonical form of the plan and its hashes. They hash meaning: no positions, prices or prose order."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from compiler.frozen import Frozen
from compiler.plan.model import Binding, Hashes, Method

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
SCALAR = (str, int, float, type(None))


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no white space; equal meanings give equal bytes."""
    if isinstance(value, Frozen):
        value = plain(value)
    return _ENCODER.encode(value)


def digest(value: Any) -> str:
    """SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical_json(value).encode("utf-8")).hexdigest()


def hashes(method: Method, binding: Binding) -> Hashes:
    """The method hash says what is claimed; the plan hash what will run."""
    meant = plain(method)
    return Hashes(method=digest(meant), plan=digest({"method": meant, "binding": plain(binding)}))


def plain(value: Any) -> Any:
    """What JSON can hold: parts of a plan as dictionaries, in the order of their fields, tuples as lists."""
    if isinstance(value, SCALAR):
        return value
    if isinstance(value, Frozen):
        later = value.left_out_at()
        return {
            name: plain(inner)
            for name, inner in value.named_values()
            if not (name in later and inner == later[name])
        }
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value
