"""Finished trainings beside their adapters, and finding the very same one in this run or another."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from runtime.journal import disk_errors, write_whole
from runtime.training.job import TrainingJob, TrainingResult, adapter_digest

R = TypeVar("R", bound=TrainingResult)


def store(job: TrainingJob, result: TrainingResult) -> None:
    """Write the result beside the adapter's folder, which is whole by now."""
    content = {"job": job.sha256, "result": asdict(result)}
    write_whole(_beside(Path(job.out)), json.dumps(content, indent=1))


def find(job: TrainingJob, kind: type[R], runs: Path) -> tuple[R, Path] | None:
    """The result of this very job and the adapter's folder, from `job.out` or any run in `runs`.

    One is passed over if it can't be read, or its adapter isn't the one that was trained.
    """
    meaning = job.sha256
    for stored in _stored(Path(job.out), runs):
        with suppress(OSError, ValueError, KeyError, TypeError, ValidationError):
            known: Any = json.loads(stored.read_text(encoding="utf-8"))
            if known["job"] != meaning:
                continue
            result = TypeAdapter(kind).validate_python(known["result"])
            folder = stored.with_suffix("")
            if adapter_digest(folder) == result.adapter_sha256:
                return result, folder
    return None


def copy(folder: Path, out: Path) -> None:
    """Copy an adapter's folder, whole or not at all."""
    aside = out.with_name(f".{out.name}.part")
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(folder, aside)
        shutil.rmtree(out, ignore_errors=True)
        aside.rename(out)


def _stored(out: Path, runs: Path) -> Iterator[Path]:
    yield _beside(out)
    yield from sorted(runs.glob("*/adapters/*.json"))


def _beside(out: Path) -> Path:
    return out.with_name(f"{out.name}.json")
