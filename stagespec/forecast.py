"""When a run will end: the plan's estimates, scaled by how the finished steps compared to theirs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from compiler.plan.model import Generate, PlanFile, Quality

# Estimates keep their weight until finished steps have had this many seconds to contradict them.
TRUST_S = 30.0


@dataclass(slots=True)
class Forecast:
    """Seconds by step. Steps in rounds come again and again; they are done when what follows them is."""

    quotes: dict[str, float]
    in_rounds: frozenset[str] = frozenset()
    spent: dict[str, float] = field(default_factory=dict)
    rounds_over: bool = False

    @classmethod
    def of(cls, plan: PlanFile, chosen: Collection[str] | None = None) -> Forecast:
        """Of the whole plan, or of the steps that are chosen."""
        every = [step for stage in plan.method.stages for step in stage.steps]
        steps = [step for step in every if chosen is None or step.id in chosen]
        in_rounds: set[str] = set()
        for step in steps:  # in an order in which they can run, so one pass finds everything behind a source
            source = isinstance(step, Generate) and step.until_kept is not None
            if source or (
                step.kind in ("generate", "filter", "judge", "quality") and in_rounds & {*step.inputs}
            ):
                in_rounds.add(step.id)
        quotes = {step.id: plan.quote.steps[step.id].seconds for step in steps if step.id in plan.quote.steps}
        late = {s.id for s in steps if isinstance(s, Quality) and s.id not in in_rounds}
        return cls(quotes, frozenset(in_rounds - late))

    def step_of(self, key: str) -> str | None:
        """The step that a piece of work belongs to: keys are step ids, or begin with one."""
        fitting = [id for id in self.quotes if key == id or key.startswith((f"{id}/", f"{id}:", f"{id} "))]
        return max(fitting, key=len, default=None)

    def ended(self, step: str, seconds: float) -> None:
        self.spent[step] = self.spent.get(step, 0.0) + seconds
        if step not in self.in_rounds and self.in_rounds & self.spent.keys():
            self.rounds_over = True

    def done(self, step: str) -> bool:
        return step in self.spent and (step not in self.in_rounds or self.rounds_over)

    @property
    def steps_done(self) -> int:
        return sum(map(self.done, self.quotes))

    def remaining(self, since_last: float) -> float:
        """Seconds to go, `since_last` seconds after the last step ended."""
        done = [step for step in self.quotes if self.done(step)]
        quoted = sum(self.quotes[step] for step in done)
        pace = (sum(self.spent[step] for step in done) + TRUST_S) / (quoted + TRUST_S)
        waiting = [
            max(quote * pace - self.spent.get(step, 0.0), 0.0)
            for step, quote in self.quotes.items()
            if not self.done(step)
        ]
        # What has passed belongs to the step at work, and never to the ones that wait behind it.
        return max(sum(waiting) - since_last, sum(waiting) - max(waiting, default=0.0))
