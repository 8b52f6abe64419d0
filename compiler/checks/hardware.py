"""Checks of a bound plan against its hardware: what would fail on a rented GPU fails here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from compiler.diagnostics import Diagnostics, Label, Span, listing
from compiler.estimate.dimensions import dimensions
from compiler.estimate.memory import UTILIZATION
from compiler.frozen import Frozen
from compiler.lock import Facts
from compiler.lower.profile import Bound
from compiler.plan.model import Method, Quote, Train
from compiler.plan.names import short


class HardwareView(Frozen):
    """The method, bound to a profile, with its quote, the models' facts by role, and where things stand."""

    method: Method
    bound: Bound
    quote: Quote
    lock: Mapping[str, Facts]
    places: Mapping[str, Span]


HardwareCheck = Callable[[HardwareView, Diagnostics], None]


def fits_the_gpu(view: HardwareView, found: Diagnostics) -> None:
    """A step that runs out of GPU memory does so after hours, and on rented time. What a step needs is
    added up when it is compiled: weights in their precision, adapter and optimizer, activations, logits, keys
    and values. More than the GPU has is an error; where a model's size is only guessed from its name, a
    warning."""
    gpu = view.bound.gpu
    if gpu is None:
        return
    over = []
    for step in (step for stage in view.method.stages for step in stage.steps):
        quoted = view.quote.steps[step.id]
        fills = view.bound.binding.engine == "vllm" and not isinstance(step, Train)
        offered = gpu.memory_gib * (UTILIZATION if fills else 1.0)
        if quoted.needed_gib is not None and quoted.needed_gib > offered:
            over.append((quoted, step, offered))
    if not over:
        return
    worst, step, offered = max(over, key=lambda o: o[0].needed_gib or 0.0)
    known = all(
        (sizes := dimensions(model, view.lock.get(role, {}))) is not None and sizes.known
        for role, model in view.bound.binding.models.items()
    )
    others = [short(other.id) for _, other, _ in over if other is not step]
    more = f" Too much also for {listing(others)}." if others else ""
    share = f", of which the engine may fill {UTILIZATION * 100:.0f} %" if offered < gpu.memory_gib else ""
    report = found.error if known else found.warning
    report(
        "SS721",
        f'"{short(step.id)}" needs {worst.needed_gib:.0f} GiB of GPU memory, and {offered:.0f} are to be had',
        Label(view.bound.places["gpu"], f"{gpu.name}, {gpu.memory_gib:.0f} GiB{share}"),
        help=f"In GiB: {worst.memory}.{more} {_remedy(step)}",
    )


def _remedy(step: object) -> str:
    if isinstance(step, Train):
        return "Train with smaller weights, a smaller batch or shorter records, or rent a larger GPU."
    return "Bind a smaller model, or rent a larger GPU."


def cost_is_in_budget(view: HardwareView, found: Diagnostics) -> None:
    """A bill that is seen when the run is done is seen too late. What the quote comes to, at the hardware's
    price, is held against the budget of each stage and of the pipeline; no run is stopped by it. Make less,
    bind a smaller model, or raise the budget."""
    method = view.method
    wholes = [(f"stage {stage.name}", stage.budget_usd, [stage]) for stage in method.stages]
    if method.pipeline is not None:
        wholes.append((f"pipeline {method.pipeline.name}", method.pipeline.budget_usd, [*method.stages]))
    for name, budget, stages in wholes:
        seconds = sum(view.quote.steps[step.id].seconds for stage in stages for step in stage.steps)
        seconds += view.quote.around_seconds if len(stages) == len(method.stages) else 0.0
        usd = view.quote.usd(seconds)
        if usd is not None and budget is not None and usd > budget:
            kind, _, word = name.partition(" ")
            found.warning(
                "SS724",
                f'{kind} "{word}" is quoted at {max(usd, 0.01):.2f} usd, above its budget of {budget:g} usd',
                view.places.get(f"{name}.budget") or view.places[name],
                help="Make less, bind a smaller model, or raise the budget; the plan shows what costs most.",
            )
