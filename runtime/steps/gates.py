"""What gates and the steps behind them share: how an outcome is told, and which gates are closed."""

from __future__ import annotations

from runtime.progress import Said
from runtime.results import GateOutcome
from runtime.work import Work


def decide(id: str, outcome: GateOutcome, work: Work) -> None:
    """Take down what a gate decided, and tell it with what was measured."""
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
