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
            around=sum(around.values()) if (around := manifest.get("around_seconds")) else None,
            closed=frozenset(_stages(manifest, opened=False)),
            opened=frozenset(_stages(manifest, opened=True)),
            meanings={str(id): str(told) for id, told in manifest.get("meanings", {}).items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _stages(manifest: Mapping[str, Any], opened: bool) -> Iterator[str]:
    """The stages that came to their quality gates, and found all open, or not."""
    for stage in manifest["stages"]:
        gates = [gate for gate in stage.get("gates", ()) if gate["kind"] == "quality" and gate["asked"]]
        if gates and all(gate["open"] for gate in gates) == opened:
            yield stage["name"]


def _steps(manifest: Mapping[str, Any]) -> Iterator[Measured]:
    from compiler.estimate import Measured

    # A manifest that tells nothing of what earlier processes computed has requests of its last process only,
    # so seconds must be of that one too.
    before = manifest.get("tallies_before")
    gone = manifest.get("seconds_before", {}) if before is None else {}
    seconds = {id: took - gone.get(id, 0.0) for id, took in manifest["seconds"].items()}
    tallies = manifest.get("tallies", {})
    for stage in manifest["stages"]:
        told: dict[str, Mapping[str, Any]] = {step["step"]: step for step in stage["funnel"]}
        told |= {step["step"]: {"kind": "evaluate"} for step in stage["evaluations"]}
        for id, step in told.items():
            kept, earlier, tally = step.get("kept", 0), (before or {}).get(id, {}), tallies.get(id, {})
            rounds = step.get("rounds", ())
            first = (round for round in rounds if round["round"] == 0)
            pilot = next(first, {"kept": 0, "rejected": 0}) if len(rounds) > 1 else {"kept": 0, "rejected": 0}
            yield Measured(
                step=id,
                kind=step["kind"],
                records=kept + sum(step.get("rejected", {}).values()),
                kept=kept,
                rounds=len(rounds),
                pilot_records=pilot["kept"] + pilot["rejected"],
                pilot_kept=pilot["kept"],
                asked=tally.get("asked", 0),
                requests=tally.get("computed", 0) + earlier.get("computed", 0),
                read=tally.get("read", 0) + earlier.get("read", 0),
                written=tally.get("written", 0) + earlier.get("written", 0),
                seconds=seconds.get(id, 0.0),
            )
        for training in stage["training"]:
            result = training["result"]
            if isinstance(result, Mapping):
                # A step has more to do than train; one whose result was known already had nothing to do.
                took = max(result["seconds"], seconds.get(training["step"], 0.0))
                yield Measured(
                    step=training["step"],
                    kind="train",
                    trained=round(result["tokens_per_second"] * result["seconds"]),
                    optimizer_steps=result.get("steps", 0),
                    seconds=took,
                )
