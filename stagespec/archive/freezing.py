"""From a run's folder to an archive: what people and `verify` need of it, and no weights."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from compiler.plan.model import PlanFile
from compiler.plan.reading import text_of
from runtime import journal
from runtime.folders import MANIFEST, PLAN
from runtime.item_scores import FOLDER as SCORES
from runtime.journal import disk_errors
from runtime.remade import counted
from runtime.training.job import adapter_digest
from stagespec.archive.datasets import read_datasets, samples
from stagespec.archive.layout import (
    CERTIFICATE,
    COUNTS,
    INDEX,
    SAMPLES,
    SPECS,
    TRAINING,
    Index,
    data_below,
    file_hash,
    files_below,
)
from stagespec.archive.sources import entry_below, program_of, spec_files
from stagespec.archive.verifying import Verified, verify
from stagespec.endings import Refused
from stagespec.plan_file import read_plan
from stagespec.report import write_report

ARCHIVES = Path("archive")
NAME = re.compile(r"[\w][\w.-]*")
# What a run tells of each record and each answer; counts, samples and scores say it in less.
BULK = ("result", "kept", "rejected")


def freeze(run: Path, name: str | None) -> tuple[Path, Verified]:
    """Freeze a finished run as a new folder below `archive`, whole or not at all; returns it and how it was
    verified. Refused where the run has not ended, is not what its manifest says, or has no spec here."""
    folder = ARCHIVES / (name or run.resolve().name)
    if name is not None and not NAME.fullmatch(name):
        raise Refused(f'"{name}" is no name for an archive: letters, digits, "_", "-" and "." will do')
    if folder.exists():
        raise Refused(f'"{folder}" is there already; archives are not written over')
    manifest = _manifest(run)
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    with disk_errors(aside):
        aside.mkdir(parents=True)
        try:
            _fill(aside, run, manifest)
            verified = verify(aside)
            if not verified.failed:
                aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return folder, verified


def _manifest(run: Path) -> dict[str, Any]:
    path = run / MANIFEST
    if not path.exists():
        what = "has not ended: run it to its end first" if (run / PLAN).exists() else "is no run's folder"
        raise Refused(f'"{run}" {what}')
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise Refused(f'"{path}" cannot be read: it is not JSON') from None
    return manifest


def _fill(folder: Path, run: Path, manifest: Mapping[str, Any]) -> None:
    plan = read_plan(run / PLAN)
    program = program_of(plan, run / PLAN)
    records = read_datasets(run, manifest)
    shutil.copyfile(run / MANIFEST, folder / MANIFEST)
    if (run / SCORES).is_dir():
        shutil.copytree(run / SCORES, folder / SCORES)
    for name, content in spec_files(program).items():
        _write(folder / SPECS / name, content)
    # The data stand among the specs: once is enough.
    beside = data_below(folder / SPECS)
    own = {key: blob for key, blob in plan.blobs.items() if key not in beside}
    _write(folder / PLAN, (text_of(replace(plan, blobs=own)) + "\n").encode())
    events = [event for event in journal.read(run / journal.NAME) if event["event"] not in BULK]
    _write(folder / journal.NAME, _lines([e for e in events if e["event"] != "certificate"]))
    _write(folder / COUNTS, _json({id: counted(many) for id, many in records.items()}))
    for id, many in records.items():
        _write(folder / SAMPLES / f"{id}.jsonl", _lines(samples(id, many)))
    certificate = _certificate(events, manifest)
    if certificate is not None:
        _write(folder / CERTIFICATE, _json(certificate))
    adapters = _trainings(run, folder, manifest)
    write_report(folder)
    index = _index(folder, run, plan, manifest, adapters, entry_below(program))
    _write(folder / INDEX, index.model_dump_json(indent=1).encode() + b"\n")


def _certificate(events: list[Mapping[str, Any]], manifest: Mapping[str, Any]) -> Any:
    """The journal's own certificate of the model and engine that the manifest names: the last, of several."""
    ours = manifest["certificate"] or {}
    told = [event["certificate"] for event in events if event["event"] == "certificate"]
    same = [c for c in told if all(c[key] == ours.get(key) for key in ("model_sha256", "fingerprint"))]
    return same[-1] if same else None


def _trainings(run: Path, folder: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Copy what each training measured; returns the digests of the adapters, which must be those trained."""
    adapters: dict[str, str] = {}
    for training in (one for stage in manifest["stages"] for one in stage["training"]):
        if training["result"] is None:
            continue
        step = training["step"]
        beside, weights = run / "adapters" / f"{step}.json", run / "adapters" / step
        if not beside.exists() or not weights.exists():
            raise Refused(f'the adapter of {step} is gone from "{run}", so its hash cannot be proven')
        adapters[step] = adapter_digest(weights)
        if adapters[step] != training["result"]["adapter_sha256"]:
            raise Refused(f"the adapter of {step} is not the one that was trained: its hash is another")
        _write(folder / TRAINING / f"{step}.json", beside.read_bytes())
    return adapters


def _index(
    folder: Path,
    run: Path,
    plan: PlanFile,
    manifest: Mapping[str, Any],
    adapters: dict[str, str],
    spec: str,
) -> Index:
    left_out = {f"datasets/{told['file']}": told["sha256"] for told in manifest["datasets"].values()}
    for step in adapters:
        for path in sorted((run / "adapters" / step).iterdir()):
            left_out[f"adapters/{step}/{path.name}"] = file_hash(path)
    left_out[journal.NAME] = file_hash(run / journal.NAME)
    return Index(
        run=run.resolve().name,
        compiler=plan.compiler,
        spec=spec,
        profile=plan.binding.profile,
        seed=plan.binding.seed,
        hashes=plan.hashes,
        stopped=manifest["stopped"],
        adapters=adapters,
        files={name: file_hash(path) for name, path in files_below(folder).items()},
        left_out=left_out,
    )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _lines(rows: list[Any]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows).encode()
