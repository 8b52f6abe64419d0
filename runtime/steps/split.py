"""Split: parts by a hash of the group's value, so that one more record moves no other."""

from __future__ import annotations

from compiler.plan.model import Split
from runtime.identity import share
from runtime.records import Record
from runtime.work import Work


def part_of(step: Split, seed: int, value: object) -> str:
    """The part that a group falls into: its hash, a number in [0, 1), against the parts' shares."""
    at, edge = share(seed, "split", value), 0.0
    *most, last = sorted(step.parts)
    for part in most:
        edge += step.parts[part]
        if at < edge:
            return part
    return last


def split(step: Split, work: Work) -> None:
    """Every record goes to exactly one part; equal values of the group column stay together."""
    parts: dict[str, list[Record]] = {part: [] for part in step.parts}
    for record in work.records[step.source].kept:
        parts[part_of(step, work.binding.seed, record.columns[step.group_by])].append(record)
    for part, members in parts.items():
        work.keep(f"{step.id}.{part}", members, ())
    sizes = {part: len(members) for part, members in parts.items()}
    work.decide(step.id, sizes, parts=sizes)
