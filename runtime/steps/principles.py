"""Principles: which of a constitution's principles a record is judged, criticised or revised by."""

from __future__ import annotations

from compiler.plan.model import Constitution, PrincipleSample, SamplePrinciples
from runtime.identity import digest, share
from runtime.records import Record
from runtime.work import Work

COLUMN = "principles"


def draw(sample: PrincipleSample, constitution: Constitution, seed: int, id: str) -> list[dict[str, str]]:
    """The principles of one record, in the order drawn.

    Each principle has a number by a hash of the seed, the record and its own name, and the lowest are
    drawn: a principle that is taken out changes only the records that had it. With `balanced`, the
    categories take turns in an order by hash, each giving its lowest.
    """
    wanted = sample.least + int(share(seed, "how many", id) * (sample.most - sample.least + 1))
    ranked = sorted(constitution.principles, key=lambda name: digest(seed, "principle", id, name))
    if sample.balanced:
        ranked = _in_turn(ranked, constitution, seed, id)
    return [
        {
            "id": name,
            "category": constitution.principles[name].category,
            "text": constitution.principles[name].text,
        }
        for name in ranked[:wanted]
    ]


def _in_turn(ranked: list[str], constitution: Constitution, seed: int, id: str) -> list[str]:
    by_category: dict[str, list[str]] = {}
    for name in ranked:
        by_category.setdefault(constitution.principles[name].category, []).append(name)
    turns = sorted(by_category, key=lambda category: digest(seed, "category", id, category))
    found: list[str] = []
    while len(found) < len(ranked):
        found += [by_category[category].pop(0) for category in turns if by_category[category]]
    return found


def with_principles(sample: PrincipleSample, work: Work, records: list[Record]) -> list[Record]:
    constitution = work.method.constitutions[sample.constitution]
    return [r.with_columns(**{COLUMN: draw(sample, constitution, work.binding.seed, r.id)}) for r in records]


def sample_principles(step: SamplePrinciples, work: Work, records: list[Record]) -> None:
    work.keep(step.id, with_principles(step.sample, work, records), ())
