"""What earlier runs measured, from their manifests, for the estimates of the next plan."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.folders import MANIFEST

if TYPE_CHECKING:
    from compiler.estimate import Measured, Run

MOST = 20  # the newest runs; estimates gain little from more, and each is a file to read


def newest_manifests(runs: Path) -> dict[Path, int]:
    """The manifests of the newest runs below a folder, the newest first, with their times in nanoseconds."""
    times: dict[Path, int] = {}
    for path in runs.glob(f"*/{MANIFEST}"):
        try:
            times[path] = path.stat().st_mtime_ns
        except OSError:
            continue
    return dict(sorted(times.items(), key=lambda item: (item[1], item[0]), reverse=True)[:MOST])


def earlier_runs(manifests: Iterable[Path]) -> tuple[Run, ...]:
    """What each run tells. What cannot be read tells nothing, and is passed by: an estimate must not stand in
    the way of a plan."""
    return tuple(run for path in manifests if (run := _run(path)) is not None)


def _run(path: Path) -> Run | None:
    from compiler.estimate import Run
    from compiler.estimate.history import model_keys
    from compiler.plan.model import Binding
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
    from compiler.estimate import Measured

    # Requests are those of the run's last process, so seconds must be its own too.
    before, tallies = manifest.get("seconds_before", {}), manifest.get("tallies", {})
    seconds = {id: took - before.get(id, 0.0) for id, took in manifest["seconds"].items()}
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
