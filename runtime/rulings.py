"""Before a critic judges anything, it is measured on its own labelled examples with the model that judges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.plan.meaning import critic_uses, written_bound
from compiler.plan.model import Accept, AnyStep, Critic, CriticUse, Evaluate, Judge
from runtime.calibration import Calibration, calibrate, choose_method
from runtime.critics import scores
from runtime.failures import RunStopped
from runtime.progress import Said
from runtime.work import Work


@dataclass(frozen=True, slots=True)
class Ruling:
    """How one use of a critic decides: which method, at what threshold.

    `threshold` is None where nothing is accepted or rejected by it, or where no threshold keeps the accept
    rule: then nothing is accepted.
    """

    method: int
    threshold: float | None
    by_rehearsal: bool = False


def critics_of(step: AnyStep) -> Iterator[tuple[str, CriticUse, Accept | None]]:
    """A step's uses of critics with a key each: the step's id, and in evaluations the score's name too."""
    if isinstance(step, Evaluate):
        for name, score in step.critics.items():
            yield f"{step.id}.{name}", score.critic, score.accept
        return
    for use in critic_uses(step):
        yield step.id, use, step.accept if isinstance(step, Judge) else None


def ruling(work: Work, key: str, use: CriticUse, accept: Accept | None) -> Ruling:
    """The ruling of one use: made at the first asking, since the model that judges may be trained before.

    Raises RunStopped where no method can judge, or none reaches the wanted precision. A rehearsal goes on
    with the method of the highest AUC, at the middle of its scores for good examples, and is tainted.
    """
    if key not in work.rulings:
        work.rulings[key] = _settle(work, key, use, accept)
    return work.rulings[key]


def _settle(work: Work, key: str, use: CriticUse, accept: Accept | None) -> Ruling:
    critic = work.method.critics[use.critic]
    rows = work.data[critic.examples]
    values = tuple(_scores(work, use, critic, index, rows) for index in range(len(critic.methods)))
    work.label_scores[key] = values
    measured = tuple(measure(rows, of_method, accept) for of_method in values)
    work.calibrations[key] = measured  # also for the report of a run that stops right here
    made = best_ruling(measured, accept)
    if made.by_rehearsal:
        _refuse_or_taint(work, use, accept, measured)
    _tell(work, use, critic, made, measured)
    work.journal.append(
        "calibration",
        step=key,
        critic=use.critic,
        model=use.model,
        method=critic.methods[made.method].method,
        threshold=made.threshold,
        by_rehearsal=made.by_rehearsal,
    )
    return made


def _scores(
    work: Work, use: CriticUse, critic: Critic, index: int, rows: Sequence[Mapping[str, Any]]
) -> tuple[float, ...]:
    method = critic.methods[index]
    title = f"calibrate {use.critic} ({method.method.replace('_', ' ')})"
    key = f"calibrate/{use.critic}/{index}"
    return tuple(scores(work, title, key, method, rows, use.model))


def measure(rows: Sequence[Mapping[str, Any]], values: Sequence[float], accept: Accept | None) -> Calibration:
    """What one method's scores of labelled examples are worth, and where the accept rule accepts."""
    good = [v for v, row in zip(values, rows, strict=True) if row["label"] == "good"]
    bad = [v for v, row in zip(values, rows, strict=True) if row["label"] == "bad"]
    return calibrate(
        good,
        bad,
        precision=accept.at_least if accept and accept.by == "precision" else None,
        margin=accept.at_least if accept and accept.by == "margin" else None if accept else 0.0,
        agreement=accept.at_least if accept and accept.by == "kappa" else None,
    )


def best_ruling(measured: Sequence[Calibration], accept: Accept | None) -> Ruling:
    """By the first method that can judge; where none can or it reaches no threshold, what a rehearsal goes on
    with: the highest AUC, at the middle of its scores for good examples."""
    chosen = choose_method(measured)
    if chosen is not None and (accept is None or measured[chosen].threshold is not None):
        return Ruling(chosen, measured[chosen].threshold if accept else None)
    index = _best(measured) if chosen is None else chosen
    return Ruling(index, measured[index].median_good if accept else None, by_rehearsal=True)


def _best(measured: Sequence[Calibration]) -> int:
    return max(range(len(measured)), key=lambda i: measured[i].auc)


def _refuse_or_taint(
    work: Work, use: CriticUse, accept: Accept | None, measured: tuple[Calibration, ...]
) -> None:
    """No method can judge, or the one that can reaches no threshold: a rehearsal alone goes on."""
    wanted = f"{accept.by} of {written_bound(accept.by, accept.at_least)}" if accept else ""
    best = measured[_best(measured)].auc
    reason = (
        f'critic "{use.critic}" cannot judge with {use.model}: its best AUC is {best:.2f}'
        if choose_method(measured) is None
        else f'critic "{use.critic}" reaches no {wanted} on its examples'
    )
    if not work.binding.rehearsal:
        raise RunStopped(reason + ".", "Write better methods or examples for it, or bind a larger model.")
    if reason not in work.taints:
        work.taints.append(reason)


def _tell(
    work: Work, use: CriticUse, critic: Critic, made: Ruling, measured: tuple[Calibration, ...]
) -> None:
    for index, calibration in enumerate(measured):
        used = " (used)" if index == made.method else ""
        # More than this share of good records cannot be asked of what it judges.
        kept = calibration.recall if used else None
        keeps = f", keeps {kept:.0%} of its good examples" if kept else ""
        work.listener(
            Said(
                f"critic {use.critic} by {critic.methods[index].method.replace('_', ' ')}: AUC "
                f"{calibration.auc:.2f} [{calibration.auc_low:.2f}, {calibration.auc_high:.2f}]{used}{keeps}"
            )
        )
