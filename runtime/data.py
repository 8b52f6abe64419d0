"""The records of a plan's data files, as a run of it sees them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from compiler.plan.model import PlanFile
from runtime.identity import digest, sample


def plan_data(plan: PlanFile) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Every data file's records; of held-out sets as many as a rehearsal looks at, chosen by hash."""
    data: dict[str, Sequence[Mapping[str, Any]]] = {}
    for name, dataset in plan.method.datasets.items():
        rows = [json.loads(line) for line in plan.blobs[dataset.sha256].text.split("\n") if line.strip()]
        if dataset.role == "held_out" and plan.binding.held_out:
            chosen = {digest(row) for row in sample(rows, plan.binding.held_out, "held out", name)}
            rows = [row for row in rows if digest(row) in chosen]
        if dataset.role == "held_out":  # results are paired by item
            rows = [{"id": digest(row)[:12], **row} for row in rows]
        data[name] = rows
    return data
