"""Output: the stage's model. A closed gate yields no new model: the output is the learner."""

from __future__ import annotations

from compiler.plan.model import Output
from runtime.progress import Said
from runtime.steps.gates import closed_gates
from runtime.work import Work


def output(step: Output, work: Work) -> None:
    trained = step.model in work.adapters
    chosen = step.model if trained and not closed_gates((step.gate,), work) else step.otherwise
    work.given[step.id] = chosen
    work.decide(step.id, chosen, model=chosen)
    name = chosen.rpartition(".")[2] or chosen
    reason = "its gate is open" if chosen == step.model else f"gate {step.gate.rpartition('.')[2]} is closed"
    work.listener(Said(f"output {step.id}: {name} ({reason})"))
