"""`stagespec docs`: a page tells every setting of every step, leads nowhere in vain, and is held current."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result

from compiler.compile import Compiled, compile_spec
from compiler.frozen import Frozen
from compiler.plan.model import AnyStep, PlanFile, Stage
from runtime import statistics
from stagespec.cli import main
from stagespec.methods import claims, markdown, methods_page
from stagespec.methods.page import MARK
from stagespec.methods.steps import SENTENCES, procedure
from stagespec.methods.written import Written

PIPELINE = """language 1

from "stage.stage"  import small
from "second.stage" import second

pipeline both_stages {
  doc    = "One after the other."
  stages = [small, second]
  budget = 9 usd
}
"""
# Settings that follow from others, or that the page has in words of its own.
FOLLOWS = frozenset(
    {"id", "kind", "columns", "inputs", "first_finish", "second_finish", "finish", "condition"}
)
FOLLOWS |= {"chosen_finish", "rejected_finish", "op", "method"}
# Parts that are there or not: where they are not, there is nothing to change in them.
PARTS = frozenset({"samples", "rules", "critics", "near", "compare", "stop_early", "sample", "rule"})
PARTS |= {"critic", "overrides"}


def docs(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["docs", *arguments])


def compiled(spec: str) -> Compiled:
    result = compile_spec(spec, "test")
    assert result.plan is not None, result.diagnostics.items
    return result


def page(result: Compiled) -> str:
    assert result.plan is not None
    return methods_page(result.plan, result.program)


def test_every_kind_of_step_has_its_sentences() -> None:
    (union, _) = get_args(AnyStep)
    assert set(SENTENCES) == {kind.kind for kind in get_args(union)}


def test_the_pages_of_two_stages_and_their_pipeline(specs: Path, snapshot: object) -> None:
    (specs / "both.stage").write_text(PIPELINE, encoding="utf-8")
    assert page(compiled("specs/second.stage")) == snapshot
    assert page(compiled("specs/both.stage")) == snapshot


TEXTS = (".about", ".cluster_by", ".until_step")
# A word of a few, and another of them.
CHOICES = {
    "mcnemar": "no_worse",
    "no_worse": "mcnemar",
    "margin": "precision",
    "precision": "margin",
    "low": "high",
    "high": "low",
    "target": "whole",
    "taint": "stop",
    "stop": "close",
    "person": "command",
    "numbered_list": "text",
    "question": "text",
    "text": "question",
    "all_linear": "attention",
}


def changed(value: Any) -> Any:
    """Another value of the same type."""
    match value:
        case str() if value in CHOICES:
            return CHOICES[value]
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}_else"
        case None:
            return 7
        case tuple():
            return (*value, value[0]) if value else ("more",)
    raise TypeError(value)


def variations(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """A step with one setting otherwise, for every setting in it, however far inside."""
    if isinstance(value, Frozen):
        for name in (one.name for one in fields(value)):
            if name in FOLLOWS or (name in PARTS and not getattr(value, name)):
                continue
            for where, other in variations(getattr(value, name), f"{path}.{name}"):
                yield where, replace(value, **{name: other})
    elif isinstance(value, dict):
        for key, inner in value.items():
            for where, other in variations(inner, f"{path}.{key}"):
                yield where, {**value, key: other}
    elif isinstance(value, tuple) and value and isinstance(value[0], Frozen):
        for where, other in variations(value[0], f"{path}[0]"):
            yield where, (other, *value[1:])
    else:
        yield path, "more" if value is None and path.endswith(TEXTS) else changed(value)


# These say nothing of their own: kinds without one input have no part of it, scores are told one by one,
# how a pair is accepted shows in its critic or rule, and a person has no command.
SILENT = {f"{kind}.part" for kind in ("evaluate", "gate", "quality", "mix", "output")}
SILENT |= {"evaluate.score", "prefer.accept.by", "review.command"}


@pytest.mark.usefixtures("specs")
def test_no_setting_of_a_step_is_left_out() -> None:
    """Whatever a step is set otherwise, the page reads otherwise: every setting of every kind that plays a
    part in any step of its kind."""
    heard: dict[str, bool] = {}
    for spec in ("specs/stage.stage", "specs/second.stage"):
        result = compiled(spec)
        plan = result.plan
        assert plan is not None
        before = told(result, plan)
        for number, step in enumerate(plan.method.stages[-1].steps):
            for where, other in variations(step):
                changes = told(result, with_step(plan, number, other)) != before
                heard[f"{step.kind}{where}"] = changes or heard.get(f"{step.kind}{where}", False)
    assert {setting for setting, changes in heard.items() if not changes} == SILENT
    assert len(heard) > 200


def told(result: Compiled, plan: PlanFile) -> str:
    """The procedure of the last stage; or the name that it looked for in vain, where the setting is one."""
    try:
        return "\n".join(procedure(Written(plan, result.program), plan.method.stages[-1]))
    except KeyError as missing:
        return f"no {missing}"


def with_step(plan: PlanFile, number: int, step: AnyStep) -> PlanFile:
    last = plan.method.stages[-1]
    steps = (*last.steps[:number], step, *last.steps[number + 1 :])
    stages: tuple[Stage, ...] = (*plan.method.stages[:-1], replace(last, steps=steps))
    return replace(plan, method=replace(plan.method, stages=stages))


@pytest.mark.parametrize("spec", ["second", "both"])
def test_every_link_leads_somewhere(specs: Path, spec: str) -> None:
    (specs / "both.stage").write_text(PIPELINE, encoding="utf-8")
    assert docs(*(f"specs/{name}.stage" for name in ("stage", "second", "both"))).exit_code == 0
    text = (specs / f"{spec}.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {markdown.anchor(heading) for heading in headings}
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    for link in links:
        file, _, place = link.partition("#")
        assert (specs / file).exists(), link
        assert not place or place in anchors, link


def test_a_page_does_not_depend_on_where_it_is_made(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = page(compiled("specs/second.stage"))
    monkeypatch.chdir(specs)
    assert page(compiled("second.stage")) == here
    assert page(compiled(str(specs / "second.stage"))) == here
    assert str(specs) not in here


def test_a_page_says_nothing_of_a_profile(specs: Path) -> None:
    result = compiled("specs/second.stage")
    assert result.plan is not None
    profiles = specs / "profiles.stage"
    other = profiles.read_text(encoding="utf-8").replace("50 %", "100 %").replace("20 kept", "50 kept")
    profiles.write_text(other, encoding="utf-8")
    again = compiled("specs/second.stage")
    assert again.plan is not None
    assert again.plan.binding != result.plan.binding
    assert page(again) == page(result)


def test_what_is_shared_and_what_is_let_stand_is_told(specs: Path) -> None:
    """A preset's doc string, a setting that is otherwise, and an allowed warning, each with its reason."""
    result = compiled("specs/second.stage")
    assert "- `gently`\n" in page(result)
    spec = specs / "second.stage"
    text = spec.read_text(encoding="utf-8")
    for old, new in (
        ("preset gently for train {", 'preset gently for train {\n  doc = "Small steps."'),
        ("    dedup      = near(task, similarity = 80 %)\n", ""),
        ("  budget   = 5 usd\n", '  budget = 5 usd\n  allow(SS613, because = "each is new *here*")\n'),
    ):
        assert old in text
        text = text.replace(old, new)
    spec.write_text(text, encoding="utf-8")
    told = page(compiled("specs/second.stage"))
    assert "- `gently`: Small steps.\n" in told
    assert "but for `beta`, because: an ablation: does a heavier reference change anything?\n" in told
    assert "## What is let stand, and why\n\n- `SS613`: each is new \\*here\\*\n" in told


def test_check_says_what_is_not_current_and_writes_nothing(specs: Path) -> None:
    both = ("specs/stage.stage", "specs/second.stage")
    ended = docs(*both, "--check")
    assert ended.exit_code == 1
    assert "would change specs/stage.md\nwould change specs/second.md\n" in ended.output
    assert not (specs / "stage.md").exists()
    assert docs(*both).exit_code == 0
    assert docs(*both, "--check").exit_code == 0
    text = (specs / "stage.stage").read_text(encoding="utf-8")
    (specs / "stage.stage").write_text(text.replace("0.7,", "0.8,"), encoding="utf-8")
    ended = docs(*both, "--check")
    assert ended.exit_code == 1
    assert "would change specs/stage.md\nwould change 1, 1 as they should be\n" in ended.output


def test_a_spec_with_errors_is_reported_and_no_page_is_written(specs: Path) -> None:
    (specs / "stage.stage").write_text("language 1\n\nstage small {\n", encoding="utf-8")
    ended = docs("specs/stage.stage")
    assert ended.exit_code == 1
    assert "error[SS" in ended.output
    assert not (specs / "stage.md").exists()


def test_a_file_that_a_person_wrote_is_not_overwritten(specs: Path) -> None:
    (specs / "stage.md").write_text("# My notes\n", encoding="utf-8")
    ended = docs("specs/stage.stage")
    assert ended.exit_code == 1
    assert "was not made by this command" in ended.output
    assert (specs / "stage.md").read_text(encoding="utf-8") == "# My notes\n"


def test_a_folder_without_stages_is_no_success(specs: Path) -> None:
    shutil.rmtree(specs / "data")
    (specs / "data").mkdir()
    assert docs("specs/data").exit_code == 1


def test_an_authors_words_are_no_markup() -> None:
    told = markdown.prose("a *b* _c_ d_e `f` <g> [h] | ~i~ \\")
    assert told == r"a \*b\* \_c\_ d_e \`f\` \<g> \[h] \| \~i\~ " + "\\\\"
    assert markdown.table(("a",), [("x | y",), (r"x \| y",)]).splitlines()[2:] == [r"| x \| y |"] * 2
    assert markdown.code("a `b`") == "`` a `b` ``"
    assert markdown.fence("```\nx") == "````\n```\nx\n````"


def test_figures_of_the_runtime_are_the_runtimes_own() -> None:
    """A compile does without the runtime's libraries, so the page has these as its own."""
    assert claims.EXACT_BELOW == statistics.EXACT_BELOW


@pytest.mark.usefixtures("specs")
def test_a_page_is_known_by_its_first_line() -> None:
    assert page(compiled("specs/stage.stage")).startswith(f"{MARK}\n")
