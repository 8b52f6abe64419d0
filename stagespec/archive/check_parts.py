"""Whether the parts of an archive that tell the same thing tell it alike."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from compiler.diagnostics import Diagnostics
from compiler.plan.counting import counted
from stagespec.archive.differences import MOST_SHOWN, differences
from stagespec.archive.layout import CERTIFICATE, SAMPLES, TRAINING
from stagespec.archive.parts import Parts
from stagespec.report import write_report
from stagespec.report.page import REPORT

NUMBER = re.compile(r"\d[\d.,]*")
FORESEEN = "foreseen_gib"


def check_certificate(parts: Parts, found: Diagnostics) -> str:
    """The manifest's certificate is the one that the journal took down when it was measured."""
    stated = parts.manifest["certificate"]
    if stated is None:
        return "none was taken"
    _compare(found, "the certificate", stated, parts.json(CERTIFICATE))
    return counted(len(stated["lines"]), "line")


def check_trainings(parts: Parts, found: Diagnostics) -> str:
    """What the manifest says of a training is what it measured, and the memory that it names as foreseen is
    the plan's; the adapter is the one that was hashed."""
    trained: dict[str, Any] = {}
    for stage in parts.manifest["stages"]:
        trained |= {one["step"]: one["result"] for one in stage["training"] if one["result"]}
    for step, result in trained.items():
        measured = dict(parts.json(f"{TRAINING}/{step}.json")["result"])
        if FORESEEN in result:  # which the training itself does not know
            quoted = parts.plan.quote.steps.get(step)
            measured[FORESEEN] = None if quoted is None else quoted.needed_gib
        _compare(found, f"the training of {step}", result, measured)
    hashes = {step: result["adapter_sha256"] for step, result in trained.items()}
    _compare(found, "the adapters' hashes", hashes, parts.index.adapters)
    return f"{len(trained)} trained"


def check_decisions(parts: Parts, found: Diagnostics) -> str:
    """Gates, verdicts, outputs, why a step was not trained, and what the run survived, are in the manifest as
    the journal took them down while the run went on."""
    decided: dict[str, Mapping[str, Any]] = {}
    for event in parts.events:
        if event["event"] == "decision":
            decided[event["step"]] = event
    compared = 0
    for stage in parts.manifest["stages"]:
        stated = {gate["step"]: ("open", gate["open"]) for gate in stage["gates"] if gate["asked"]}
        stated |= {
            e["step"]: ("verdict", e["verdict"]["outcome"]) for e in stage["evaluations"] if e.get("verdict")
        }
        stated |= {step: ("model", model) for step, model in stage["output"].items() if model is not None}
        stated |= {step: ("why", why) for step, why in stage.get("not_trained", {}).items()}
        for step, (key, value) in stated.items():
            compared += 1
            _compare(found, f"the decision of {step}", value, decided.get(step, {}).get(key))
    survived = [
        {key: e[key] for key in ("step", "kind", "told")} for e in parts.events if e["event"] == "survived"
    ]
    _compare(found, "what was survived", parts.manifest.get("survived", []), survived)
    return counted(compared, "decision")


def check_samples(parts: Parts, found: Diagnostics) -> str:
    """The records that the manifest shows are those that were drawn from the run's data."""
    shown = 0
    for stage in parts.manifest["stages"]:
        for stated in stage["samples"]:
            made = stated["step"] in parts.manifest["datasets"]  # not where the run stopped before
            drawn = parts.lines(f"{SAMPLES}/{stated['step']}.jsonl") if made else []
            for kind, rows in (("kept", stated["kept"]), ("rejected", stated["rejected"])):
                here = {
                    row["id"]: row["columns"] for row in drawn if (row["sink"] is None) == (kind == "kept")
                }
                there = {row["id"]: {k: v for k, v in row.items() if k != "id"} for row in rows}
                shown += len(there)
                what = f"what is shown of {stated['step']}, {kind},"
                _compare(found, what, _as_stored(there), _as_stored(here))
    return counted(shown, "record")


def check_report(parts: Parts, found: Diagnostics) -> str:
    """Every number on the report is on one that is written from the archive now."""
    old = (parts.folder / REPORT).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as aside:
        copy = Path(shutil.copytree(parts.folder, Path(aside) / "archive", symlinks=True))
        new = write_report(copy).read_text(encoding="utf-8")
    if old == new:
        return "the same, letter by letter"
    stated, again = _numbers(old), _numbers(new)
    wrong = sorted(stated - again)
    if wrong:
        shown = ", ".join(wrong[:MOST_SHOWN]) + (", ..." if len(wrong) > MOST_SHOWN else "")
        found.error("SS911", f"the report says what the manifest does not: {shown}")
    else:
        found.note("SS911", "the report is laid out otherwise by this version, with the same numbers")
    return counted(len(stated), "different number")


def _compare(found: Diagnostics, what: str, stated: Any, other: Any) -> None:
    first = next(differences(stated, other, "it"), None)
    if first is not None:
        found.error("SS910", f"{what} differs between parts of the archive: {first}")


def _as_stored(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """As Parquet stores it: a structured value is a text, and a column that a record has not is null."""

    def stored(value: Any) -> Any:
        return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value

    return {
        id: {name: stored(value) for name, value in row.items() if value is not None}
        for id, row in rows.items()
    }


class _Text(HTMLParser):
    """What a reader of a page sees."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.seen.append(data)


def _numbers(page: str) -> set[str]:
    reader = _Text()
    reader.feed(page)
    return {number.rstrip(".,") for number in NUMBER.findall(" ".join(reader.seen))}
