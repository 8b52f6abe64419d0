"""What a step's shares and lengths hang on: its meaning, and that of all steps whose records flow into it.

Two plans with the same digest of a step let it keep the same share of what it reads, and write answers of
the same length, as far as the model is the same. How many records are wanted is no part of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from compiler.plan.hashing import digest
from compiler.plan.meaning import meaning, prompt_uses
from compiler.plan.model import AnyStep, Binding, Method, Train
from compiler.plan.names import PROFILE

# How much is made, and when. What a profile says of a step is its scale, its seed and its hardware, and goes
# too; the engine and the models are asked for apart (`compiler.estimate.history`).
NO_SHARE = frozenset(
    {"until_kept", "until_step", "pilot_items", "at_most_rounds", "shortfall", "limit_seconds", "needs"}
)
SHORT = 16  # hexadecimal digits


def meanings(method: Method, binding: Binding) -> dict[str, str]:
    """A digest by step id: of the step, of the steps that it reads, and of those whose records its prompts
    show (of a source, the ones behind it), back to the sources. What a trained model learnt from is not
    followed."""
    steps = {step.id: step for stage in method.stages for step in stage.steps}
    own = {id: _own(method, binding, step) for id, step in steps.items()}
    before = {id: _before(method, step, steps) for id, step in steps.items()}
    return {id: digest({met: own[met] for met in _reached(id, before)})[:SHORT] for id in steps}


def _own(method: Method, binding: Binding, step: AnyStep) -> str:
    parts = {name: part for name, part in meaning(method, binding, step).items() if name != PROFILE}
    parts[""] = {name: value for name, value in parts[""].items() if name not in NO_SHARE}
    return digest(parts)


def _before(method: Method, step: AnyStep, steps: Mapping[str, AnyStep]) -> frozenset[str]:
    uses = prompt_uses(step)
    shown = [s for use in uses for s in (*method.prompts[use.prompt].samples, *use.samples)]
    read = {*step.inputs, *(source for sample in shown for source in sample.sources)}
    return frozenset(id for id in read if id in steps and not isinstance(steps[id], Train))


def _reached(id: str, before: Mapping[str, frozenset[str]]) -> set[str]:
    """The step and all before it. A source that shows what it made is before itself."""
    met, waiting = {id}, [id]
    while waiting:
        new = before[waiting.pop()] - met
        met |= new
        waiting += new
    return met
