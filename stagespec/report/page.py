"""From a run's manifest to report.html. Figures are read from it, and none but sums and shares worked out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from compiler.plan.counting import counted
from runtime.folders import MANIFEST
from runtime.journal import write_whole
from stagespec.endings import Refused
from stagespec.report.text import survived

REPORT = "report.html"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of the run in `folder`. Refused where the run has not ended, so that there is none."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused(f'"{folder}" holds no {MANIFEST}: the run has not ended, or it is no run') from None
    except ValueError:
        raise Refused(f'"{folder / MANIFEST}" cannot be read') from None
    if "interventions" not in manifest:
        raise Refused(f'"{folder / MANIFEST}" was written by an earlier version: run the same plan again')
    return manifest


def write_report(folder: Path) -> Path:
    """Write the report of the run in `folder`; returns its path."""
    path = folder / REPORT
    write_whole(path, render_report(read_manifest(folder)))
    return path


def render_report(manifest: Mapping[str, Any]) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    env = Environment(
        loader=PackageLoader("stagespec.report"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["short"] = lambda id: str(id).rpartition(".")[2]
    env.filters["within"] = lambda id, stage: str(id).removeprefix(f"{stage}.")
    env.filters["learnt_by"] = learnt_by
    env.tests["taints"] = lambda reason: str(reason).startswith("not a claim: ")
    env.filters["counted"] = counted
    env.filters["words"] = lambda name: str(name).replace("_", " ")
    env.filters["percent"] = percent
    env.filters["duration"] = duration
    env.filters["curve"] = curve
    env.filters["survived"] = survived
    env.filters["number"] = lambda value, digits=2: "–" if value is None else f"{value:,.{digits}f}"
    return env.get_template("report.html.j2").render(m=manifest)


def learnt_by(stories: Sequence[Mapping[str, Any]], step: str, first: str) -> list[Mapping[str, Any]]:
    """The stories of what a training learns. Older manifests tell of the first one alone."""
    return [story for story in stories if story.get("learnt_by", first) == step]


def percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def duration(seconds: float | None) -> str:
    """`2 h 05 min`, `3 min 20 s`, `12 s`: two units at most."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    if whole >= 60:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"


def curve(points: Sequence[Sequence[float]], width: int = 640, height: int = 160) -> dict[str, Any]:
    """Points (x, y) as the coordinates of an SVG polyline, with the range of y for its axis."""
    if not points:
        return {"points": "", "low": 0.0, "high": 0.0, "last_x": 0}
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    low, high = min(ys), max(ys)
    across, up = (max(xs) - min(xs)) or 1, (high - low) or 1
    placed = (
        f"{(x - min(xs)) / across * width:.1f},{height - (y - low) / up * height:.1f}"
        for x, y in zip(xs, ys, strict=True)
    )
    return {"points": " ".join(placed), "low": low, "high": high, "last_x": max(xs)}
