"""What an archive is verified for: whole it passes, and each way to damage it is told by its own code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from damaging import edit_json, edit_lines, edit_text, seal

from compiler import compile as compiling
from compiler.checks import StageView
from compiler.diagnostics import Diagnostics
from stagespec.archive import check_plan, verify
from stagespec.archive.layout import INDEX
from stagespec.archive.verifying import CHECKS
from stagespec.cli import main
from stagespec.endings import Refused

Damage = Callable[[Path], None]


def codes(archive: Path) -> set[str]:
    return {item.code for item in verify(archive).diagnostics}


def test_a_whole_archive_passes_every_check(archive: Path) -> None:
    verified = verify(archive)
    assert verified.diagnostics == ()
    assert [check.name for check in verified.checked] == [name for name, _ in CHECKS]
    assert {check.state for check in verified.checked} == {"ok"}
    said = {check.name: check.said for check in verified.checked}
    answers = sum(len(row["arms"]) for path in answers_of(archive) for row in lines(path))
    assert said["scores"] == f"{answers} answers"
    assert answers > 20


def answers_of(archive: Path) -> list[Path]:
    return [path for path in (archive / "scores").iterdir() if "labelled" not in path.name]


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def change_manifest(change: Callable[[Any], None]) -> Damage:
    return lambda archive: edit_json(archive / "manifest.json", change)


def after(manifest: Any) -> Any:
    (found,) = [e for e in manifest["stages"][0]["evaluations"] if e["verdict"]]
    return found


def claim(manifest: Any) -> None:
    """What a cheat would do: the taints away, the verdict turned."""
    manifest["taints"] = []
    verdict = after(manifest)["verdict"]
    verdict["outcome"] = verdict["numbers_say"] = "improved"
    verdict["reasons"] = [r for r in verdict["reasons"] if not r.startswith("not a claim")]


def flip(rows: list[Any]) -> None:
    answer = rows[0]["arms"]["tuned"]
    answer["passed"] = not answer["passed"]


def shift(name: str) -> Callable[[list[Any]], None]:
    """A critic's score of one answer, moved to the other side of its threshold."""

    def change(rows: list[Any]) -> None:
        scores = rows[0]["arms"]["tuned"]["scores"]
        scores[name] = -1000.0 if scores[name] > 0 else 1000.0

    return change


def overrate(rows: list[Any]) -> None:
    rows[0]["scores"][0] = 99.0


UNSEALED: dict[str, tuple[Damage, set[str]]] = {
    "a changed file": (lambda a: edit_text(a / "specs/stage.stage", "language 1", "language 1 "), {"SS901"}),
    "a missing file": (lambda a: (a / "samples/small.ideas.jsonl").unlink(), {"SS902"}),
    "a missing file that checks need": (lambda a: (a / "counts.json").unlink(), {"SS902", "SS913"}),
    "an extra file": (lambda a: (a / "samples/more.jsonl").write_text(""), {"SS903"}),
    "an extra link": (lambda a: (a / "link").symlink_to("nowhere"), {"SS903"}),
    "no plan any more": (lambda a: (a / "plan.json").write_text("{}"), {"SS901", "SS904", "SS913"}),
    "no JSON any more": (lambda a: (a / "manifest.json").write_text("{"), {"SS901", "SS913"}),
}


@pytest.mark.parametrize("case", UNSEALED)
def test_damage_is_told(case: str, archive: Path) -> None:
    damage, expected = UNSEALED[case]
    damage(archive)
    assert codes(archive) == expected


SEALED: dict[str, tuple[Damage, set[str]]] = {
    "another plan": (
        lambda a: edit_text(a / "specs/stage.stage", "learning_rate = 1e-4", "learning_rate = 2e-4"),
        {"SS906"},
    ),
    "another binding": (lambda a: edit_text(a / "specs/profiles.stage", "= 50 %", "= 51 %"), {"SS906"}),
    "no plan": (lambda a: edit_text(a / "specs/stage.stage", "max = 40", "max = forty"), {"SS905"}),
    "a plan edited by hand": (
        lambda a: edit_text(a / "plan.json", '"learning_rate": 0.0001', '"learning_rate": 0.0002'),
        {"SS904", "SS913"},
    ),
    "another plan's manifest": (
        change_manifest(lambda m: m["plan"]["hashes"].update(plan="0" * 64)),
        {"SS904", "SS911"},
    ),
    "a warning that nobody allowed": (
        change_manifest(
            lambda m: m["stages"][0]["allowed"].append({"code": "SS613", "because": "so it was said"})
        ),
        {"SS910", "SS911"},
    ),
    "a flag of an answer": (
        lambda a: edit_lines(a / "scores/small.after.jsonl", flip),
        {"SS907", "SS908"},
    ),
    "an answer": (
        lambda a: edit_lines(a / "scores/small.after.jsonl", lambda r: r[0]["arms"]["raw"].update(raw="4")),
        {"SS907"},
    ),
    "a critic's score": (
        lambda a: edit_lines(a / "scores/small.after.jsonl", shift("does_it")),
        {"SS908"},
    ),
    "an answer taken away": (
        lambda a: edit_lines(a / "scores/small.after.jsonl", lambda r: r.pop()),
        {"SS913"},
    ),
    "a labelled example's score": (
        lambda a: edit_lines(
            a / "scores/small.good.labelled.jsonl",
            overrate,
        ),
        {"SS908"},
    ),
    "a count": (
        lambda a: edit_json(a / "counts.json", lambda c: c["small.fresh"][0].update(kept=1)),
        {"SS908"},
    ),
    "a p value": (
        change_manifest(lambda m: after(m)["verdict"]["test"].update(p=1.25e-6)),
        {"SS908"},
    ),
    "a claim": (change_manifest(claim), {"SS908", "SS909", "SS910"}),
    "a taint of its own": (change_manifest(lambda m: m["taints"].pop()), {"SS909"}),
    "a certificate": (
        change_manifest(lambda m: m["certificate"]["lines"][0].update(state="fail")),
        {"SS910"},
    ),
    "a training": (
        change_manifest(lambda m: m["stages"][0]["training"][0]["result"].update(examples=9999)),
        {"SS910"},
    ),
    "what a training was foreseen to need": (
        change_manifest(lambda m: m["stages"][0]["training"][0]["result"].update(foreseen_gib=2.5)),
        {"SS910"},
    ),
    "a reason not to train": (
        change_manifest(lambda m: m["stages"][0]["not_trained"].update({"small.student": "no record"})),
        {"SS910"},
    ),
    "an adapter": (
        lambda a: edit_json(a / INDEX, lambda i: i["adapters"].update({"small.student": "0" * 64})),
        {"SS910"},
    ),
    "a decision": (
        lambda a: edit_text(a / "journal.jsonl", '"verdict": "not shown"', '"verdict": "improved"'),
        {"SS910"},
    ),
    "an interruption that was none": (
        change_manifest(
            lambda m: m.update(survived=[{"step": "s", "kind": "dead engine", "told": "It died."}])
        ),
        {"SS910"},
    ),
    "a record that is shown": (
        change_manifest(lambda m: m["stages"][0]["samples"][1]["kept"][0].update(response="Better.")),
        {"SS910"},
    ),
    "an intervention": (
        lambda a: edit_lines(a / "journal.jsonl", lambda rows: rows.insert(0, rows[0])),
        {"SS908"},
    ),
    "a report": (lambda a: edit_text(a / "report.html", "</body>", "<p>98.7 %</p></body>"), {"SS911"}),
}


@pytest.mark.parametrize("case", SEALED)
def test_damage_is_told_though_the_index_was_made_to_fit(case: str, archive: Path) -> None:
    damage, expected = SEALED[case]
    damage(archive)
    seal(archive)
    found = verify(archive)
    assert {item.code for item in found.diagnostics} >= expected, found.diagnostics
    # a changed manifest makes another report
    assert {item.code for item in found.diagnostics} - expected <= {"SS911"}, found.diagnostics
    assert found.failed


def test_what_the_plan_foresaw_stands_in_the_manifest(archive: Path) -> None:
    """A training's own file does not know it. Where there is a GPU, the plan does."""
    edit_json(archive / "plan.json", lambda p: p["quote"]["steps"]["small.student"].update(needed_gib=2.5))
    foresee = change_manifest(lambda m: m["stages"][0]["training"][0]["result"].update(foreseen_gib=2.5))
    foresee(archive)
    seal(archive)
    assert "SS910" not in {item.code for item in verify(archive).diagnostics}


def numbers_of_the_evaluation(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [found for key in value for found in numbers_of_the_evaluation(value[key], (*path, key))]
    if isinstance(value, list):
        return [f for i, inner in enumerate(value) for f in numbers_of_the_evaluation(inner, (*path, i))]
    return [path] if isinstance(value, int | float) and not isinstance(value, bool) else []


def test_every_number_of_an_evaluation_is_looked_at(archive: Path) -> None:
    """Each is raised by a thousandth, all at once, and as many are told to be wrong."""
    manifest = json.loads((archive / "manifest.json").read_text())
    verdict = after(manifest)["verdict"]
    derived = [p for p in numbers_of_the_evaluation(verdict) if p[0] != "opened_before"]
    assert {p[0] for p in derived} >= {"arms", "lift", "test", "types", "power", "alpha"}
    for *way, last in derived:
        inner = verdict
        for key in way:
            inner = inner[key]
        inner[last] += 0.001
    (archive / "manifest.json").write_text(json.dumps(manifest))
    seal(archive)
    told = [item.message for item in verify(archive).diagnostics if item.code == "SS908"]
    more = [int(text.split()[0]) for text in told if " more values of " in text]
    assert sum(more) + len(told) - len(more) == len(derived)


def test_another_compiler_is_named(archive: Path) -> None:
    edit_text(archive / "specs/stage.stage", "learning_rate = 1e-4", "learning_rate = 2e-4")
    seal(archive)
    (same, _) = [item for item in verify(archive).diagnostics if item.code == "SS906"]
    assert "version is the same" in same.help
    assert "learning_rate" in same.help
    edit_json(archive / INDEX, lambda index: index.update(compiler="0.0.1"))
    (other, _) = [item for item in verify(archive).diagnostics if item.code == "SS906"]
    assert "by version 0.0.1, and this is" in other.help


def test_a_comment_makes_no_other_plan(archive: Path) -> None:
    edit_text(archive / "specs/stage.stage", "language 1\n", "language 1\n# looked through again\n")
    seal(archive)
    assert codes(archive) == set()


def test_another_layout_of_the_report_is_only_a_note(archive: Path) -> None:
    edit_text(archive / "report.html", "</body>", "<p>Thank you.</p></body>")
    seal(archive)
    verified = verify(archive)
    assert [(item.code, item.severity) for item in verified.diagnostics] == [("SS911", "note")]
    assert not verified.failed


def test_a_check_that_has_come_since_is_only_told(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(view: StageView, found: Diagnostics) -> None:
        found.error("SS699", "this was let through once", view.here)

    monkeypatch.setattr(compiling, "CHECKS", (*compiling.CHECKS, refuses))
    verified = verify(archive)
    assert [(item.code, item.severity) for item in verified.diagnostics] == [("SS914", "warning")]
    assert "SS699" in verified.diagnostics[0].message
    assert not verified.failed


def test_size_is_only_warned_of(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_plan, "MAX_BYTES", 1000)
    verified = verify(archive)
    assert [(item.code, item.severity) for item in verified.diagnostics] == [("SS912", "warning")]
    assert not verified.failed


@pytest.mark.parametrize("text", [None, "", "{}", '{"stagespec_archive": 2}'])
def test_what_is_no_archive_is_refused(archive: Path, text: str | None) -> None:
    (archive / INDEX).unlink()
    if text is not None:
        (archive / INDEX).write_text(text)
    with pytest.raises(Refused, match=INDEX):
        verify(archive)


def test_on_the_command_line(archive: Path) -> None:
    well = CliRunner().invoke(main, ["verify", str(archive)])
    assert well.exit_code == 0
    assert well.stdout.count("ok  ") == len(CHECKS)
    edit_text(archive / "report.html", "</body>", "<p>98.7 %</p></body>")
    wrong = CliRunner().invoke(main, ["verify", str(archive)])
    assert wrong.exit_code == 1
    assert 'error[SS901]: "report.html" has changed since it was frozen' in wrong.stdout
    told = json.loads(CliRunner().invoke(main, ["verify", str(archive), "--format", "json"]).stdout)
    assert not told["ok"]
    assert {item["code"] for item in told["diagnostics"]} == {"SS901", "SS911"}
    states = {check["name"]: check["state"] for check in told["checks"]}
    assert {name for name, state in states.items() if state == "error"} == {"files", "report"}
