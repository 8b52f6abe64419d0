"""Quality: a gate over the records of one round."""

from __future__ import annotations

from compiler.plan.model import Quality
from runtime.failures import RunStopped
from runtime.results import GateOutcome, rule
from runtime.steps.gates import decide
from runtime.work import Work


def quality(step: Quality, work: Work) -> None:
    """Close on any requirement that the round does not meet; stop the run where the spec says so, once no
    more rounds may be added. A gate that is asked again is asked of all rounds that there are."""
    before = work.outcomes.get(step.id)
    number = before.rounds + 1 if isinstance(before, GateOutcome) and step.retries else 1
    rounds = range(step.round, step.round + number)
    outcome = GateOutcome(tuple(rule(r, work, rounds) for r in step.require), number)
    decide(step.id, outcome, work)
    over = number > step.retries
    if not outcome.open and over and step.on_failure == "stop" and not work.binding.rehearsal:
        failed = next(r for r in outcome.ruled if not r.holds)
        name = step.id.rpartition(".")[2]
        raise RunStopped(
            f"quality gate {name} is closed: {failed.text} (measured {failed.measured})",
            "Look at the pilot's records in the run folder, mend a prompt, rules or a critic, and run again.",
        )
