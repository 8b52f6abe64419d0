"""Gates: quality over one round's records, and conditions over measured results."""

from __future__ import annotations

from compiler.plan.model import Gate, Quality
from runtime.failures import RunStopped
from runtime.progress import Said
from runtime.results import GateOutcome, rule
from runtime.work import Work


def quality(step: Quality, work: Work) -> None:
    """Close on any requirement that the round does not meet; stop the run where the spec says so, once no
    more rounds may be added. A gate that is asked again is asked of all rounds that there are."""
    before = work.outcomes.get(step.id)
    number = before.rounds + 1 if isinstance(before, GateOutcome) and step.retries else 1
    rounds = range(step.round, step.round + number)
    outcome = GateOutcome(tuple(rule(r, work, rounds) for r in step.require), number)
    _decide(step.id, outcome, work)
    over = number > step.retries
    if not outcome.open and over and step.on_failure == "stop" and not work.binding.rehearsal:
        failed = next(r for r in outcome.ruled if not r.holds)
        name = step.id.rpartition(".")[2]
        raise RunStopped(
            f"quality gate {name} is closed: {failed.text} (measured {failed.measured})",
            "Look at the pilot's records in the run folder, mend a prompt, rules or a critic, and run again.",
        )


def gate(step: Gate, work: Work) -> None:
    _decide(step.id, GateOutcome(tuple(rule(r, work) for r in step.require)), work)


def _decide(id: str, outcome: GateOutcome, work: Work) -> None:
    work.decide(
        id,
        outcome,
        open=outcome.open,
        ruled=[{"text": r.text, "holds": r.holds, "measured": r.measured} for r in outcome.ruled],
    )
    name = id.rpartition(".")[2]
    for r in outcome.ruled:
        state = "open" if outcome.open else "CLOSED"
        if not r.holds or outcome.open:
            work.listener(
                Said(
                    f"gate {name} {state}: {r.text}   measured {r.measured}", "note" if r.holds else "warning"
                )
            )


def closed_gates(needs: tuple[str, ...], work: Work) -> list[str]:
    """The gates among `needs` that are not open. One that was never asked is closed."""
    return [id for id in needs if not (isinstance(o := work.outcomes.get(id), GateOutcome) and o.open)]
