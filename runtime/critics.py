"""Critics at work: a score per record by one of a critic's methods, in nats (per token for a gain)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log
from typing import Any, cast

from compiler.plan.model import CriticMethod, LabelMethod, LikelihoodGainMethod, RatingMethod
from compiler.plan.prompts import render
from runtime.engines.protocol import Choose, LabelLogprobs, Request, Score, TokenLogprobs
from runtime.failures import RunFailed
from runtime.work import Work


def scores(
    work: Work,
    title: str,
    key: str,
    method: CriticMethod,
    rows: Sequence[Mapping[str, Any]],
    model: str,
) -> list[float]:
    """One score per row by the model that a reference means, higher is better: for labels log p of the one
    that stands for good less log p of the other, for a likelihood gain mean log p(target | given) - mean
    log p(target | neutral), and for a rating the expected label. A chat model reads each template as the
    turn of a user."""
    if isinstance(method, LabelMethod):
        return _label_margins(work, title, key, method, rows, model)
    if isinstance(method, RatingMethod):
        return _ratings(work, title, key, method, rows, model)
    return _likelihood_gains(work, title, key, method, rows, model)


def _ratings(
    work: Work,
    title: str,
    key: str,
    method: RatingMethod,
    rows: Sequence[Mapping[str, Any]],
    model: str,
) -> list[float]:
    """The expected position of the label, from 1: sum of i p(i) / sum of p(i)."""
    kind, adapter = _judge(work, model)
    ids = [_label_ids(work, label) for label in method.labels]
    requests = [
        Request(
            id=str(i),
            prompt_ids=work.prompt_ids(kind, render(method.template, row, {})),
            task=Choose(label_ids=tuple(id for label in ids for id in label)),
            adapter=adapter,
        )
        for i, row in enumerate(rows)
    ]
    answers = cast("dict[str, LabelLogprobs]", work.ask(title, key, requests))

    def expected(answer: LabelLogprobs) -> float:
        weights: list[float] = []
        at = 0
        for label in ids:
            weights.append(exp(_log_sum(answer.logprobs[at : at + len(label)])))
            at += len(label)
        return sum(i * weight for i, weight in enumerate(weights, 1)) / sum(weights)

    return [expected(answers[str(i)]) for i in range(len(rows))]


def _label_margins(
    work: Work,
    title: str,
    key: str,
    method: LabelMethod,
    rows: Sequence[Mapping[str, Any]],
    model: str,
) -> list[float]:
    """With both orders each label stands once for good, so that a liking for one of them cancels out."""
    kind, adapter = _judge(work, model)
    good, bad = _label_ids(work, method.good), _label_ids(work, method.bad)
    orders = (
        [(method.good, method.bad), (method.bad, method.good)]
        if method.both_orders
        else [(method.good, method.bad)]
    )
    requests = [
        Request(
            id=f"{i}/{o}",
            prompt_ids=work.prompt_ids(
                kind, render(method.template, {**row, "first": first, "second": second}, {})
            ),
            task=Choose(label_ids=good + bad),
            adapter=adapter,
        )
        for i, row in enumerate(rows)
        for o, (first, second) in enumerate(orders)
    ]
    answers = cast("dict[str, LabelLogprobs]", work.ask(title, key, requests))

    def margin(answer: LabelLogprobs, swapped: int) -> float:
        """For what is shown as `first`: the label `good`, or after the swap the other one."""
        difference = _log_sum(answer.logprobs[: len(good)]) - _log_sum(answer.logprobs[len(good) :])
        return -difference if swapped else difference

    return [
        sum(margin(answers[f"{i}/{o}"], o) for o in range(len(orders))) / len(orders)
        for i in range(len(rows))
    ]


def _label_ids(work: Work, label: str) -> tuple[int, ...]:
    """The label's token with and without its leading space: either may be how the model writes it."""
    ids = {work.tokens.single_token(form) for form in (label, f" {label.strip()}", label.strip())}
    found = tuple(sorted(i for i in ids if i is not None))
    if not found:
        raise RunFailed(
            f'the label "{label}" is more than one token for this model',
            "Choose labels of one token, such as A and B.",
        )
    return found


def _log_sum(logprobs: Sequence[float]) -> float:
    top = max(logprobs)
    return top + log(sum(exp(p - top) for p in logprobs))


def _likelihood_gains(
    work: Work,
    title: str,
    key: str,
    method: LikelihoodGainMethod,
    rows: Sequence[Mapping[str, Any]],
    model: str,
) -> list[float]:
    kind, adapter = _judge(work, model)
    requests: list[Request] = []
    for i, row in enumerate(rows):
        target = work.tokens.continuation_ids(method.lead + str(row[method.target]).strip() + method.tail)
        for side, template in (("given", method.given), ("neutral", method.neutral)):
            prompt = work.prompt_ids(kind, render(template, row, {}))
            requests.append(Request(id=f"{i}/{side}", prompt_ids=prompt, task=Score(target), adapter=adapter))
    answers = cast("dict[str, TokenLogprobs]", work.ask(title, key, requests))

    def mean(id: str) -> float:
        logprobs = answers[id].logprobs
        return sum(logprobs) / len(logprobs)

    return [mean(f"{i}/given") - mean(f"{i}/neutral") for i in range(len(rows))]


def _judge(work: Work, model: str) -> tuple[str, str | None]:
    """The kind of the model that judges, and the folder of its adapter."""
    adapter = work.adapter(model)
    return work.kind(model), str(adapter.folder) if adapter else None
