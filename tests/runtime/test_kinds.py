"""Raw and chat: what a model of each kind is sent by prompts, by trainings and by critics."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from compiler.compile import compile_spec
from compiler.plan.model import Evaluate, Generate, Judge, PlanFile, Train
from compiler.plan.selection import everything
from runtime.critics import scores
from runtime.data import plan_data
from runtime.engines.protocol import Choose, EngineFacts, LabelLogprobs, Request, Score, TokenLogprobs
from runtime.journal import Journal
from runtime.models import mock_model
from runtime.models.local import LocalModel
from runtime.models.tokens import Tokens
from runtime.progress import silent
from runtime.steps.completing import drawing
from runtime.survived import Tell, unheard
from runtime.work import Work

GOOD = Path(__file__).parents[1] / "compiler" / "good"
ROW = {"instruction": "Name a fruit.", "response": "An apple."}


class Recorder:
    """An engine that answers everything alike and keeps what it was sent."""

    facts = EngineFacts("recorder", "1", "ab" * 32, "none", "cpu", 260)

    def __init__(self) -> None:
        self.sent: list[Request] = []
        self.tell: Tell = unheard

    def submit(self, requests: Iterable[Request]) -> Iterator[Any]:
        for request in requests:
            self.sent.append(request)
            match request.task:
                case Choose(label_ids):
                    yield LabelLogprobs(request.id, (-1.0,) * len(label_ids))
                case Score(ids):
                    yield TokenLogprobs(request.id, (-1.0,) * len(ids))

    def rest(self) -> None: ...

    def close(self) -> None: ...


def compiled(folder: Path, kind: str) -> PlanFile:
    specs = Path(shutil.copytree(GOOD, folder / "specs"))
    shared = (specs / "shared.stage").read_text().replace("kind = raw", f"kind = {kind}")
    shared = re.sub(r"((?:prompt|critic) \w+\([^)]*\) \{)", rf"\1\n  kind = {kind}", shared)
    (specs / "shared.stage").write_text(shared)
    result = compile_spec(str(specs / "stage.stage"), "test")
    assert result.plan is not None, [item.message for item in result.diagnostics.items]
    return result.plan


@pytest.fixture(params=["raw", "chat"])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Work:
    plan = compiled(tmp_path, request.param)
    folder = tmp_path / "model"
    folder.mkdir()
    mock_model.build(folder)
    local = LocalModel(folder, "ab" * 32, "mock", None, ("mock",))
    log = Journal(tmp_path)
    tokens = Tokens.from_folder(folder)
    whole = everything(plan.method)
    return Work(plan, tmp_path, log, Recorder(), tokens, silent, plan_data(plan), {}, "base", local, whole)


def step(work: Work, kind: type[Any]) -> Any:
    return next(s for s in work.method.stages[0].steps if isinstance(s, kind))


def is_framed(work: Work, ids: tuple[int, ...]) -> bool:
    """Whether ids are a user's turn in the mock's chat template."""
    text = work.tokens.decode(ids)
    framed = text.startswith("<|user|>") and text.endswith("<|assistant|>")
    assert framed or not set(ids) & work.tokens.control_ids
    return framed


def test_a_trained_model_is_of_the_kind_of_its_base(work: Work) -> None:
    kind = work.method.models["base"].kind
    assert {work.kind(name) for name in ("base", "small.student", "small.model")} == {kind}


def test_every_template_is_sent_as_the_model_reads_it(work: Work) -> None:
    chat = work.method.models["base"].kind == "chat"
    answers = next(s for s in work.method.stages[0].steps if isinstance(s, Generate) and s.inputs)
    text = work.render(answers.prompt, ROW, "1")
    drawn = drawing(work, "1", answers.model, answers.prompt, text, answers.sampling)
    assert is_framed(work, drawn.prompt_ids) == chat
    for use in (step(work, Train).prompt, *(arm.prompt for arm in step(work, Evaluate).arms.values())):
        assert is_framed(work, work.rendered_ids(use, ROW, "1")) == chat
    for judge in (s for s in work.method.stages[0].steps if isinstance(s, Judge)):
        for method in work.method.critics[judge.critic.critic].methods:
            scores(work, "judge", judge.id, method, [ROW], judge.critic.model)
    engine: Any = work.engine
    assert engine.sent
    assert {is_framed(work, request.prompt_ids) for request in engine.sent} == {chat}


def test_an_answer_begins_where_the_chat_template_ends(work: Work) -> None:
    chat = work.method.models["base"].kind == "chat"
    prompts = {name: prompt.lead for name, prompt in work.method.prompts.items()}
    assert prompts["answer"] == ("" if chat else " ")
    assert prompts["answer_bare"] == "\n"  # as it is written
