"""Of a run's Parquet files, what an archive keeps: how many records there are, and some to look at."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime.identity import sample
from runtime.manifest_evaluation import SHOWN
from runtime.records import Record, Rejected, StepRecords
from stagespec.endings import Refused


def read_datasets(folder: Path, manifest: Mapping[str, Any]) -> dict[str, StepRecords]:
    """All records of a run, by step. Refused where a file is gone or not the one that the manifest names."""
    found: dict[str, StepRecords] = {}
    for id, told in manifest["datasets"].items():
        path = folder / "datasets" / told["file"]
        if not path.exists():
            raise Refused(f'"{path}" is gone, and the manifest names it')
        if hashlib.sha256(path.read_bytes()).hexdigest() != told["sha256"]:
            raise Refused(f'"{path}" is not what the run wrote: the manifest names another hash')
        found[id] = _read(path)
    return found


def _read(path: Path) -> StepRecords:
    import pyarrow.parquet as pq

    records = StepRecords()
    for row in pq.read_table(path).to_pylist():
        sink = row.pop("sink")
        place = (row.pop("id"), row.pop("round"), row.pop("index"))
        # In a table a record has every column; null stands for one that it has not.
        record = Record(*place, {name: value for name, value in row.items() if value is not None})
        records.add([record] if sink is None else [], [] if sink is None else [Rejected(record, sink)])
    return records


def samples(step_id: str, records: StepRecords) -> list[dict[str, Any]]:
    """Some of the kept and some of the rejected, those that the manifest shows too."""
    sinks = {item.record.id: item.sink for item in records.rejected}
    rows: list[dict[str, Any]] = []
    for many in (records.kept, [item.record for item in records.rejected]):
        by_id = {record.id: record for record in many}
        for id in sample([record.id for record in many], SHOWN, "shown", step_id):
            record = by_id[id]
            rows.append({"id": id, "round": record.round, "sink": sinks.get(id), "columns": record.columns})
    return rows
