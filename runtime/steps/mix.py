"""Mix: several sources in a ratio. What is over goes to a sink."""

from __future__ import annotations

from compiler.plan.model import Mix
from runtime.identity import sample
from runtime.records import Record, Rejected
from runtime.work import Work

LEFT_OVER = "left_over"


def mix(step: Mix, work: Work) -> None:
    """As many records as the shares allow, chosen by a hash of each; the rest is named as left over.

    The source that is shortest for its share decides how many there can be in all.
    """
    parts = {source: work.records[source].kept for source in step.shares}
    total = min(len(parts[source]) / share for source, share in step.shares.items())
    kept: list[Record] = []
    rejected: list[Rejected] = []
    for source, share in step.shares.items():
        ids = [record.id for record in parts[source]]
        chosen = set(sample(ids, int(total * share + 1e-9), work.binding.seed, "mix", source))
        for record in parts[source]:
            columns = {name: record.columns[name] for name in step.columns}
            # Records of two sources can have one id: here they are told apart by where they are from.
            one = Record(f"{source}:{record.id}", record.round, len(kept) + len(rejected), columns)
            if record.id in chosen:
                kept.append(one)
            else:
                rejected.append(Rejected(one, LEFT_OVER))
    work.keep(step.id, kept, rejected)
