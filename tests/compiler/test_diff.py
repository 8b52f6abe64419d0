"""What a plan does otherwise than an earlier one: what is said of each step, and nothing else."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from wrong_cases import GOOD

from compiler.compile import compile_spec
from compiler.diff import Change, StepChange, diff_plans, diff_settings
from compiler.frozen import LATER
from compiler.plan.differences import Difference, differences
from compiler.plan.meaning import meaning
from compiler.plan.model import PlanFile

Compile = Callable[..., PlanFile]


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compile:
    """Compiles the good spec with changes: (file, old, new) each, wherever the old text stands."""
    monkeypatch.chdir(tmp_path)

    def compile(*changes: tuple[str, str, str], seed: int | None = None) -> PlanFile:
        shutil.rmtree(tmp_path / "specs", ignore_errors=True)
        shutil.copytree(GOOD, tmp_path / "specs")
        for file, old, new in changes:
            path = tmp_path / "specs" / file
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new), encoding="utf-8")
        result = compile_spec("specs/stage.stage", "test", seed, unchecked=True)
        assert result.plan is not None, result.diagnostics.items
        return result.plan

    return compile


@pytest.fixture
def plain(compiled: Compile) -> PlanFile:
    return compiled()


def changed(old: PlanFile, new: PlanFile) -> dict[str, StepChange]:
    """Steps that have another mark than "the same"."""
    return {step.id: step for step in diff_plans(old, new) if step.mark != "="}


def only_change(old: PlanFile, new: PlanFile, *steps: str) -> Change:
    """The one difference that these steps, and no others, have."""
    found = changed(old, new)
    assert set(found) == {f"small.{step}" for step in steps}
    [first, *others] = [change for step in found.values() for change in step.changes]
    assert all(other == first for other in others)
    return first


def fed(old: PlanFile, new: PlanFile) -> dict[str, tuple[str, ...]]:
    return {step.id: step.upstream for step in diff_plans(old, new) if step.upstream}


def test_the_same_plan_is_the_same(plain: PlanFile, compiled: Compile) -> None:
    assert [(s.mark, s.changes, s.upstream, s.was) for s in diff_plans(plain, compiled())] == [
        ("=", (), (), "")
    ] * 14
    assert diff_settings(plain, compiled()) == ()


def test_comments_layout_descriptions_and_order_change_nothing(plain: PlanFile, compiled: Compile) -> None:
    stage = (GOOD / "stage.stage").read_text(encoding="utf-8")
    start = stage.index("  generate ideas")
    blocks = re.split(r"\n(?=  \w+ \w+ (?:\{|=))", "\n" + stage[start:].rstrip().removesuffix("}").rstrip())
    random.Random(1).shuffle(blocks)
    body = re.sub(r"\n", "   # a remark\n\n", "\n".join(blocks))
    new = compiled(
        ("stage.stage", stage[start:], body + "\n}\n"),
        ("stage.stage", "The smallest stage that", "A stage that"),
        ("shared.stage", "examples = clear_examples", 'examples = clear_examples doc = "Said anew."'),
    )
    assert changed(plain, new) == {}
    assert fed(plain, new) == {}
    assert diff_settings(plain, new) == ()


@pytest.mark.parametrize(
    ("change", "step", "said"),
    [
        (
            ("shared.stage", "Some tasks:", "More tasks:"),
            "ideas",
            ("prompt list_more", "template", "specs/shared.stage:34"),
        ),
        (
            ("shared.stage", "A list:", "Lists:"),
            "clear",
            ("critic clear_task", "methods[0].neutral", "specs/shared.stage:69"),
        ),
        (
            ("shared.stage", "words(instruction) > 12", "words(instruction) > 11"),
            "fresh",
            ("rules one_task", "statements[2]", "specs/shared.stage:95"),
        ),
        (
            ("stage.stage", "= 0.4,", "= 0.5,"),
            "answers",
            ("", "sampling.temperature", "specs/stage.stage:38"),
        ),
        (
            ("stage.stage", "= 0.7, max = 100", "= 0.7, max = 90"),
            "ideas",
            ("", "sampling.max", "specs/stage.stage:14"),
        ),
        (("stage.stage", ">= 1.0 nats", ">= 2.0 nats"), "good", ("", "accept", "specs/stage.stage:50")),
        (("stage.stage", "< 70 %", "< 60 %"), "gap", ("", "require[0]", "specs/stage.stage:75")),
        (
            ("stage.stage", "alpha = 1 %", "alpha = 2 %"),
            "after",
            ("", "compare.alpha", "specs/stage.stage:105"),
        ),
        (("stage.stage", "1e-4", "2e-4"), "student", ("", "optimizer.learning_rate", "specs/stage.stage:86")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_first_field_that_differs_and_where_it_stands(
    plain: PlanFile, compiled: Compile, change: tuple[str, str, str], step: str, said: tuple[str, str, str]
) -> None:
    one = only_change(plain, compiled(change), step)
    subject, field, place = said
    assert (one.subject, one.field) == (subject, field)
    words = re.sub(r"\[\d+\]", "", field).split(".")[-1]
    shown = (
        Path(place.partition(":")[0])
        .read_text(encoding="utf-8")
        .split("\n")[int(one.place.partition(":")[2]) - 1]
    )
    assert one.place == place, shown
    assert words in shown or words == "statements" or field == "require[0]", shown


def test_data_are_known_by_their_contents(plain: PlanFile, compiled: Compile) -> None:
    one = only_change(plain, compiled(("data/seeds.jsonl", "apple", "orange")), "ideas", "fresh")
    assert (one.subject, one.field, one.place) == ("pool seeds", "items", "specs/shared.stage:8")


def test_what_reads_from_a_changed_step_is_the_same_and_says_so(plain: PlanFile, compiled: Compile) -> None:
    new = compiled(("shared.stage", "A list:", "Lists:"))
    assert set(changed(plain, new)) == {"small.clear"}
    downstream = ("answers", "clean", "good", "data", "pilot", "student", "after", "ship", "model")
    assert fed(plain, new) == {f"small.{step}": ("small.clear",) for step in downstream}


def test_only_the_nearest_changed_steps_are_named(plain: PlanFile, compiled: Compile) -> None:
    new = compiled(("stage.stage", "= 0.7,", "= 0.6,"), ("stage.stage", "margin >= 1.0", "margin >= 1.5"))
    upstream = fed(plain, new)
    assert upstream["small.clean"] == ("small.ideas",)
    assert upstream["small.data"] == ("small.good",)
    assert upstream["small.pilot"] == ("small.ideas", "small.good")


def test_a_pool_that_grows_reads_what_it_grows_from(plain: PlanFile, compiled: Compile) -> None:
    new = compiled(("shared.stage", "words(instruction) > 12", "words(instruction) > 11"))
    assert fed(plain, new)["small.ideas"] == ("small.fresh",)


def test_a_gate_that_is_waited_for_is_not_an_input(plain: PlanFile, compiled: Compile) -> None:
    assert fed(plain, compiled(("stage.stage", "< 70 %", "< 60 %"))) == {}


def test_a_step_that_is_taken_out(plain: PlanFile, compiled: Compile) -> None:
    filter_ = "  filter clean {\n    input = answers\n    rules = [whole_answer]\n  }\n"
    new = compiled(
        ("stage.stage", filter_, ""),
        ("stage.stage", "input  = clean\n", "input  = answers\n"),
        ("stage.stage", 'rate(clean, rejected as "empty") < 5 %, ', ""),
    )
    found = changed(plain, new)
    assert {id: step.mark for id, step in found.items()} == {
        "small.good": "~",
        "small.pilot": "~",
        "small.clean": "-",
    }
    [one] = found["small.good"].changes
    assert (one.field, one.old, one.new) == ("input", "small.clean", "small.answers")
    back = changed(new, plain)
    assert back["small.clean"].mark == "+"
    assert fed(new, plain)["small.data"] == ("small.good",)


def test_a_renamed_step_makes_nothing_again(plain: PlanFile, compiled: Compile) -> None:
    new = compiled(("stage.stage", "fresh", "novel"), ("stage.stage", "student", "pupil"))
    assert changed(plain, new) == {}
    assert fed(plain, new) == {}
    was = {step.id: step.was for step in diff_plans(plain, new) if step.was}
    assert was == {"small.novel": "small.fresh", "small.pupil": "small.student"}


def test_a_step_that_is_renamed_and_changed_went_and_came(plain: PlanFile, compiled: Compile) -> None:
    new = compiled(
        ("stage.stage", "fresh", "novel"), ("stage.stage", "similarity = 80 %", "similarity = 70 %")
    )
    marks = {id: step.mark for id, step in changed(plain, new).items()}
    assert (marks["small.novel"], marks["small.fresh"], marks["small.clear"]) == ("+", "-", "~")


def test_a_renamed_stage_is_the_same_stage(plain: PlanFile, compiled: Compile) -> None:
    new = compiled(("stage.stage", "stage small", "stage tiny"))
    assert changed(plain, new) == {}
    assert {step.was for step in diff_plans(plain, new)} == {""}


def test_the_seed_is_named_by_all_that_draw(plain: PlanFile, compiled: Compile) -> None:
    new = compiled(seed=4)
    [setting] = diff_settings(plain, new)
    assert (setting.field, setting.old, setting.new, setting.place) == ("seed", 0, 4, "")
    drawing = ("ideas", "answers", "data", "student", "before", "after")
    assert set(changed(plain, new)) == {f"small.{step}" for step in drawing}


def test_the_scale_changes_how_many_and_is_told_once(plain: PlanFile, compiled: Compile) -> None:
    new = compiled(("profiles.stage", "scale     = 50 %", "scale     = 60 %"))
    [setting] = diff_settings(plain, new)
    assert (setting.field, setting.old, setting.new) == ("scale", "50 %", "60 %")
    assert setting.place == "specs/profiles.stage:6"
    one = only_change(plain, new, "ideas")
    assert (one.field, one.old, one.new) == ("kept at this scale", 50, 60)


def test_a_scale_that_its_floor_hides_changes_no_step(plain: PlanFile, compiled: Compile) -> None:
    both = ("profiles.stage", "floor     = 20 kept", "floor     = 90 kept")
    new = compiled(both, ("profiles.stage", "scale     = 50 %", "scale     = 60 %"))
    assert changed(compiled(both), new) == {}
    assert len(diff_settings(plain, new)) == 1


def test_another_checkpoint_is_one_difference_of_all_that_ask_it(plain: PlanFile, compiled: Compile) -> None:
    new = compiled(("profiles.stage", "mock() {", 'hub("a/b", revision = "c") {'))
    asking = ("ideas", "clear", "answers", "good", "student", "before", "after")
    one = only_change(plain, new, *asking)
    assert (one.subject, one.field, one.place) == ("model base", "checkpoint", "specs/profiles.stage:5")


def test_lists_tell_what_came_and_went_from_what_changed() -> None:
    old = {"a": ["x", "y", "z"], "b": [{"n": 1}, {"n": 2}], "c": None, "d": 1}
    new = {"a": ["x", "z", "w"], "b": [{"n": 1}, {"n": 3}], "c": {"e": 1}, "d": 1.0}
    assert list(differences(old, new)) == [
        Difference("a[]", "y", None),
        Difference("a[2]", None, "w"),
        Difference("b[1].n", 2, 3),
        Difference("c", None, {"e": 1}),
    ]


def test_columns_may_have_any_name() -> None:
    """None of them is taken for a requirement, a checkpoint or prose."""
    old = {"condition": "text", "text": "text", "source": "text", "doc": "text"}
    for name in old:
        assert [d.path for d in differences({"columns": old}, {"columns": {**old, name: "number"}})] != []
    more = {**old, "by": "text"}
    assert [d.path for d in differences({"columns": old}, {"columns": more})] == ["columns.by"]


def test_every_field_of_a_step_is_compared(plain: PlanFile) -> None:
    """So that a field that the plan gains later cannot change in silence."""
    prose = {"id", "doc", "columns", "because", "like", "overrides"}
    for step in plain.method.stages[0].steps:
        own = meaning(plain.method, plain.binding, step)[""]
        follows = {"inputs"} if step.kind in ("quality", "gate", "evaluate", "output") else set()
        unsaid = {f.name for f in fields(step) if LATER in f.metadata and getattr(step, f.name) == f.default}
        assert set(own) == {field.name for field in fields(step)} - prose - follows - unsaid
    settings = {*(field.name for field in fields(plain.binding)), "budget"} - {"counts"}
    said = {change.field.partition(".")[0] for change in diff_settings(plain, other_in_all(plain))}
    assert said == settings


def other_in_all(plan: PlanFile) -> PlanFile:
    """The plan with every setting of its binding and the budget changed."""
    binding = replace(
        plan.binding,
        **dict.fromkeys(("profile", "engine", "weights"), "other"),
        **dict.fromkeys(("scale", "seed", "held_out", "threads"), 77),
        rehearsal=False,
        models={},
    )
    stage = replace(plan.method.stages[0], budget_usd=7.0)
    method = replace(plan.method, stages=(stage,))
    return replace(plan, binding=binding, method=method)
