"""Datasets: what each step kept and rejected, as Parquet, for people and for later stages."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime.journal import disk_errors
from runtime.records import StepRecords


def write(folder: Path, step_id: str, records: StepRecords) -> Mapping[str, Any]:
    """Write one step's records, rejected ones too with their sink; returns the file's name, rows and hash.

    Columns: id, round, index, sink (null for kept), then the step's own; a structured value such as a
    check is stored as JSON.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [(r, None) for r in records.kept] + [(r.record, r.sink) for r in records.rejected]
    rows.sort(key=lambda pair: (pair[0].round, pair[0].index))
    names = sorted({name for record, _ in rows for name in record.columns})
    table = pa.table(
        {
            "id": pa.array([r.id for r, _ in rows], pa.string()),
            "round": pa.array([r.round for r, _ in rows], pa.int32()),
            "index": pa.array([r.index for r, _ in rows], pa.int32()),
            "sink": pa.array([sink for _, sink in rows], pa.string()),
            **{name: pa.array([_plain(r.columns.get(name)) for r, _ in rows]) for name in names},
        }
    )
    path = folder / f"{step_id}.parquet"
    aside = path.with_suffix(f".{os.getpid()}")
    with disk_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            pq.write_table(table, aside)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    return {
        "file": path.name,
        "kept": len(records.kept),
        "rejected": len(records.rejected),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def _plain(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value
