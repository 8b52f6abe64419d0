"""Before a critic judges anything, it is measured on its own labelled examples with the bound model."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.plan.model import Critic, Judge
from runtime.calibration import Calibration, calibrate, choose_method
from runtime.critics import scores
from runtime.failures import RunStopped
from runtime.progress import Said
from runtime.work import Work


@dataclass(frozen=True, slots=True)
class Ruling:
    """How one judge step decides: which method, at what threshold.

    `threshold` is None when no threshold keeps the accept rule: then nothing is accepted.
    """

    method: int
    threshold: float | None
    by_rehearsal: bool = False


def settle(step: Judge, work: Work) -> Ruling:
    """Calibrate a judge step's critic and choose the first of its methods that can judge.

    Raises RunStopped where none can, or none reaches the wanted precision. A rehearsal goes on with
    the method of the highest AUC, at the middle of its scores for good examples, and is tainted.
    """
    critic = work.method.critics[step.critic.critic]
    measured = tuple(_measure(step, critic, index, work) for index in range(len(critic.methods)))
    work.calibrations[step.id] = measured  # also for the report of a run that stops right here
    chosen = choose_method(measured)
    if chosen is not None and measured[chosen].threshold is not None:
        ruling = Ruling(chosen, measured[chosen].threshold)
    else:
        ruling = _without(step, work, measured, chosen)
    _tell(step, critic, ruling, work)
    return ruling


def _measure(step: Judge, critic: Critic, index: int, work: Work) -> Calibration:
    rows = work.data[critic.examples]
    method = critic.methods[index]
    name = step.critic.critic
    title = f"calibrate {name} ({method.method.replace('_', ' ')})"
    values = scores(work, title, f"calibrate/{name}/{index}", method, rows, work.adapter(step.critic.model))
    good = [v for v, row in zip(values, rows, strict=True) if row["label"] == "good"]
    bad = [v for v, row in zip(values, rows, strict=True) if row["label"] == "bad"]
    accept = step.accept
    return calibrate(
        good,
        bad,
        precision=accept.at_least if accept.by == "precision" else None,
        margin=accept.at_least if accept.by == "margin" else None,
    )


def _without(step: Judge, work: Work, measured: tuple[Calibration, ...], chosen: int | None) -> Ruling:
    """No method can judge, or the one that can reaches no threshold."""
    best = max(range(len(measured)), key=lambda i: measured[i].auc)
    critic = step.critic.critic
    reason = (
        f'critic "{critic}" cannot judge with this model: its best AUC is {measured[best].auc:.2f}'
        if chosen is None
        else f'critic "{critic}" reaches no precision of {step.accept.at_least:.0%} on its examples'
    )
    if not work.binding.rehearsal:
        raise RunStopped(reason + ".", "Write better methods or examples for it, or bind a larger model.")
    work.taints.append(reason)
    index = best if chosen is None else chosen
    return Ruling(index, measured[index].median_good, by_rehearsal=True)


def _tell(step: Judge, critic: Critic, ruling: Ruling, work: Work) -> None:
    for index, calibration in enumerate(work.calibrations[step.id]):
        used = " (used)" if index == ruling.method else ""
        work.listener(
            Said(
                f"critic {step.critic.critic} by {critic.methods[index].method.replace('_', ' ')}: "
                f"AUC {calibration.auc:.2f} [{calibration.auc_low:.2f}, {calibration.auc_high:.2f}]{used}"
            )
        )
