"""What earlier runs measured, from their manifests, for the estimates of the next plan."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from compiler.estimate import Measured, Run
from compiler.estimate.history import model_keys
from compiler.plan.model import Binding
from runtime.folders import MANIFEST

MOST = 20  # the newest runs; estimates gain little from more, and each is a file to read


def earlier_runs(runs: Path) -> tuple[Run, ...]:
    """The newest runs below a folder, the newest first. What cannot be read tells nothing, and is passed by:
    an estimate must not stand in the way of a plan."""
    times: dict[Path, float] = {}
    for path in runs.glob(f"*/{MANIFEST}"):
        try:
            times[path] = path.stat().st_mtime
        except OSError:
            continue
    newest = sorted(times, key=lambda path: (times[path], path), reverse=True)[:MOST]
    return tuple(run for path in newest if (run := _run(path)) is not None)


def _run(path: Path) -> Run | None:
    from compiler.plan.reading import adapter

    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        binding = adapter(Binding).validate_python(manifest["binding"])
        return Run(
            name=path.parent.name,
            engine=binding.engine,
            models=model_keys(binding),
            profile=binding.profile,
            hardware=manifest["machine"].get("hardware", ""),
            steps=tuple(_steps(manifest)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _steps(manifest: Mapping[str, Any]) -> Iterator[Measured]:
    seconds, tallies = manifest["seconds"], manifest.get("tallies", {})
    for stage in manifest["stages"]:
        told: dict[str, Mapping[str, Any]] = {step["step"]: step for step in stage["funnel"]}
        told |= {step["step"]: {"kind": "evaluate"} for step in stage["evaluations"]}
        for id, step in told.items():
            tally = tallies.get(id, {})
            kept = step.get("kept", 0)
            yield Measured(
                step=id,
                kind=step["kind"],
                records=kept + sum(step.get("rejected", {}).values()),
                kept=kept,
                asked=tally.get("asked", 0),
                requests=tally.get("computed", 0),
                read=tally.get("read", 0),
                written=tally.get("written", 0),
                seconds=seconds.get(id, 0.0),
            )
        for training in stage["training"]:
            result = training["result"]
            if isinstance(result, Mapping):
                trained = round(result["tokens_per_second"] * result["seconds"])
                # A step has more to do than train; one whose result was known already had nothing to do.
                took = max(result["seconds"], seconds.get(training["step"], 0.0))
                yield Measured(training["step"], "train", trained=trained, seconds=took)
