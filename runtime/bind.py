"""Bind: the plan meets the real models. All that can be proven before anything is made is proven here.

Models are fetched, the engine started, every prompt rendered and measured against the model's length,
the certificate taken, trainer arguments constructed against the installed library, critics calibrated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from compiler.plan.hashing import plain
from compiler.plan.meaning import prompt_uses
from compiler.plan.model import Binding, Evaluate, PlanFile, PromptUse, Train
from compiler.plan.selection import Selection
from runtime import journal
from runtime.certificate import Certificate, certify
from runtime.child import run_in_child
from runtime.data import plan_data
from runtime.engines.protocol import Engine
from runtime.engines.replicas import start_engines
from runtime.failures import RunFailed, RunStopped
from runtime.identity import digest
from runtime.journal import Journal
from runtime.models.local import LocalModel
from runtime.models.obtain import obtain
from runtime.models.tokens import Tokens
from runtime.progress import Listener
from runtime.rulings import critics_of, ruling
from runtime.steps.evaluate import held_out_items
from runtime.training.arguments import check_trainings, needs_bitsandbytes
from runtime.work import Work


def bind(
    plan: PlanFile,
    folder: Path,
    log: Journal,
    results: dict[str, Mapping[str, Any]],
    listener: Listener,
    selection: Selection,
) -> Work:
    """A run with its models at hand. Raises RunFailed when something is not there."""
    role, local = _one_base(plan, listener)
    tokens = Tokens.from_folder(local.folder)
    _check_trainings(plan)
    engine = _start(plan, role, local)
    try:
        data = plan_data(plan)
        work = Work(plan, folder, log, engine, tokens, listener, data, results, role, local, selection)
        engine.tell = work.survive
        return work
    except BaseException:
        engine.close()
        raise


def prove(work: Work) -> None:
    """All that can be shown before anything is made: lengths, certificate, critics.

    Raises RunStopped when one of them says no; what was measured until then is in `work`, for the report.
    """
    prompts = _rendered(work)
    _lengths_fit(work, prompts)
    work.certificate = _certify(work, prompts)
    work.taints += first_taints(work.binding, work.certificate)
    for line in work.certificate.stopping:
        raise RunStopped(f"the certificate of model {work.role} fails: {line.title}. {line.explanation}")
    for stage in work.method.stages:
        for step in stage.steps:
            for key, use, accept in critics_of(step) if step.id in work.selection.run else ():
                if use.model in work.method.models:  # others are measured when they have been trained
                    ruling(work, key, use, accept)


def _one_base(plan: PlanFile, listener: Listener) -> tuple[str, LocalModel]:
    """The one resident base that serves all roles."""
    sources = {digest(plain(bound.source)) for bound in plan.binding.models.values()}
    if len(sources) != 1:
        raise RunFailed(
            "this plan binds more than one base model",
            "One resident base serves all roles; bind every role of the profile to the same checkpoint.",
        )
    role, bound = next(iter(plan.binding.models.items()))
    return role, obtain(role, bound, listener)


def _start(plan: PlanFile, role: str, local: LocalModel) -> Engine:
    return start_engines(
        plan.binding.engine,
        local.folder,
        local.sha256,
        dtype=plan.binding.models[role].precision,
        threads=plan.binding.threads,
        adapter_rank=max((step.lora.rank for step in _steps(plan, Train)), default=0),
    )


def _check_trainings(plan: PlanFile) -> None:
    """RunFailed where the installed libraries or this machine do not take what a training asks for."""
    weights, trainings = plan.binding.weights, _steps(plan, Train)
    if trainings:
        plain = not any(needs_bitsandbytes(weights or step.weights, step.optimizer) for step in trainings)
        run_in_child(check_trainings, (trainings, weights), forked=plain)


def _steps(plan: PlanFile, kind: type[Any]) -> list[Any]:
    return [step for stage in plan.method.stages for step in stage.steps if isinstance(step, kind)]


def _rendered(work: Work) -> dict[str, list[tuple[int, ...]]]:
    """The ids of every prompt that can be rendered before anything is made: its golden examples."""
    prompts: dict[str, list[tuple[int, ...]]] = {}

    def add(use: PromptUse, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            prompts.setdefault(use.prompt, []).append(work.rendered_ids(use, row, "golden"))

    for stage in work.method.stages:
        for step in stage.steps:
            if isinstance(step, Evaluate):
                for arm in step.arms.values():
                    add(arm.prompt, held_out_items(step, work))
                continue
            for use in prompt_uses(step):
                add(replace(use, columns={}), _known_rows(work, use))
    return prompts


def _known_rows(work: Work, use: PromptUse) -> list[Mapping[str, Any]]:
    """Records of data files that have a prompt's columns; where none has, one that stands in for them."""
    columns = {c: type_ for c, type_ in work.method.prompts[use.prompt].columns.items() if type_ != "items"}
    known = [row for rows in work.data.values() for row in rows if all(c in row for c in columns)]
    return known[:50] if known else [{c: _stand_in(type_, work) for c, type_ in columns.items()}]


def _stand_in(type_: str, work: Work) -> Any:
    """A value by which a prompt can be rendered before its records are made."""
    if type_ == "principles":
        return [
            {"id": name, **plain(principle)}
            for constitution in work.method.constitutions.values()
            for name, principle in list(constitution.principles.items())[:3]
        ]
    if type_ == "turns":
        return [{"user": "text", "assistant": "text"}]
    return 1 if type_ == "number" else "text"


def _lengths_fit(work: Work, prompts: Mapping[str, Sequence[tuple[int, ...]]]) -> None:
    """A prompt that does not fit is an error now, never a silent truncation later."""
    limit = _positions(work)
    sampled = [s.sampling for stage in work.method.stages for s in stage.steps if hasattr(s, "sampling")]
    longest_answer = max((sampling.max_tokens for sampling in sampled), default=0)
    for name, many in prompts.items():
        longest = max(len(ids) for ids in many)
        if longest + longest_answer > limit:
            raise RunFailed(
                f'prompt "{name}" takes up to {longest} tokens, and with {longest_answer} of '
                f"completion does not fit the model's {limit}",
                "Draw fewer exemplars, or bind a model with a longer context.",
            )


def _positions(work: Work) -> int:
    config = json.loads((work.local.folder / "config.json").read_text(encoding="utf-8"))
    return int((config.get("text_config") or config)["max_position_embeddings"])


def _certify(work: Work, prompts: Mapping[str, Sequence[tuple[int, ...]]]) -> Certificate:
    """The certificate, from this run's journal where the same model, engine and prompts were certified."""
    chat = frozenset(
        f"{name}/{i}"
        for name, many in prompts.items()
        if work.method.prompts[name].kind == "chat"
        for i in range(len(many))
    )
    goldens = {f"{name}/{i}": ids for name, many in prompts.items() for i, ids in enumerate(many)}
    bound = work.binding.models[work.role]
    key = digest(work.engine.facts.fingerprint, {n: list(ids) for n, ids in goldens.items()}, plain(bound))
    for event in journal.read(work.journal.path):
        if event["event"] == "certificate" and event["key"] == key:
            return Certificate.from_json(event["certificate"])
    kinds = {role.kind for role in work.method.models.values()}
    certificate = certify(
        work.role,
        bound,
        work.local,
        work.tokens,
        work.engine,
        goldens,
        work.listener,
        "raw" if "raw" in kinds else "chat",
        chat,
    )
    work.journal.append("certificate", key=key, certificate=certificate.as_json())
    work.journal.sync()
    return certificate


def first_taints(binding: Binding, certificate: Certificate) -> list[str]:
    """Why no verdict of a run can be a claim, as far as it is known before anything is made."""
    taints = [_sentence(line.explanation) for line in certificate.tainting]
    if binding.engine == "mock":
        taints.append("a mock engine wrote and judged: nothing here is language")
    if binding.rehearsal:
        taints.append("a rehearsal may go on past closed gates")
    if binding.held_out:
        taints.append(f"at most {binding.held_out} items of each held-out set were looked at")
    return taints


def _sentence(text: str) -> str:
    """A sentence as part of another one."""
    return text[:1].lower() + text[1:].rstrip(".")
