"""Before a critic judges anything, it is measured on its own labelled examples with the model that judges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.plan.meaning import critic_uses
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
    measured = tuple(_measure(work, use, critic, index, accept) for index in range(len(critic.methods)))
    work.calibrations[key] = measured  # also for the report of a run that stops right here
    chosen = choose_method(measured)
    if chosen is not None and (accept is None or measured[chosen].threshold is not None):
        made = Ruling(chosen, measured[chosen].threshold if accept else None)
    else:
        made = _without(work, use, accept, measured, chosen)
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


def _measure(work: Work, use: CriticUse, critic: Critic, index: int, accept: Accept | None) -> Calibration:
    rows = work.data[critic.examples]
    method = critic.methods[index]
    title = f"calibrate {use.critic} ({method.method.replace('_', ' ')})"
    values = scores(work, title, f"calibrate/{use.critic}/{index}", method, rows, work.adapter(use.model))
    good = [v for v, row in zip(values, rows, strict=True) if row["label"] == "good"]
    bad = [v for v, row in zip(values, rows, strict=True) if row["label"] == "bad"]
    return calibrate(
        good,
        bad,
        precision=accept.at_least if accept and accept.by == "precision" else None,
        margin=None if accept and accept.by == "precision" else accept.at_least if accept else 0.0,
    )


def _without(
    work: Work,
    use: CriticUse,
    accept: Accept | None,
    measured: tuple[Calibration, ...],
    chosen: int | None,
) -> Ruling:
    """No method can judge, or the one that can reaches no threshold."""
    best = max(range(len(measured)), key=lambda i: measured[i].auc)
    wanted = f" of {accept.at_least:.0%}" if accept else ""
    reason = (
        f'critic "{use.critic}" cannot judge with {use.model}: its best AUC is {measured[best].auc:.2f}'
        if chosen is None
        else f'critic "{use.critic}" reaches no precision{wanted} on its examples'
    )
    if not work.binding.rehearsal:
        raise RunStopped(reason + ".", "Write better methods or examples for it, or bind a larger model.")
    if reason not in work.taints:
        work.taints.append(reason)
    index = best if chosen is None else chosen
    return Ruling(index, measured[index].median_good if accept else None, by_rehearsal=True)


def _tell(
    work: Work, use: CriticUse, critic: Critic, made: Ruling, measured: tuple[Calibration, ...]
) -> None:
    for index, calibration in enumerate(measured):
        used = " (used)" if index == made.method else ""
        work.listener(
            Said(
                f"critic {use.critic} by {critic.methods[index].method.replace('_', ' ')}: "
                f"AUC {calibration.auc:.2f} [{calibration.auc_low:.2f}, {calibration.auc_high:.2f}]{used}"
            )
        )
