"""What a step means: its own settings and all that it refers to, in plain values and free of prose.

Two plans in which a step has the same meaning ask the same of it. Names of steps are part of it, and
so is what a profile changes for this step; what its inputs hold is not (see `reads`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.frozen import Frozen
from compiler.plan.hashing import SCALAR, plain
from compiler.plan.model import (
    AnyStep,
    Best,
    Binding,
    Compare,
    Compose,
    Converse,
    CriticUse,
    Critique,
    Evaluate,
    Filter,
    Gate,
    Generate,
    Judge,
    Method,
    Mix,
    Negatives,
    Output,
    Prefer,
    Preference,
    PrincipleSample,
    Prompt,
    PromptUse,
    Quality,
    Rate,
    Review,
    Revise,
    SamplePrinciples,
    Split,
    Train,
)
from compiler.plan.names import PROFILE

PROSE = frozenset({"doc", "because", "note"})
NOT_READ = frozenset({"id", "needs", "until_step"})
# `columns` follow from the inputs, and the id is a step's name and not what it does
# nor how it was written down
NOT_MEANT = PROSE | {"id", "columns", "like", "overrides"}
SHARES = frozenset({"similarity", "alpha", "smallest_effect", "margin", "warmup", "train", "dev", "scale"})
NAMED = frozenset({"columns", "arms", "parts"})  # their keys are names that an author chose

NO_INPUT = Quality | Evaluate | Gate | Output | Mix

Meaning = dict[str, dict[str, Any]]


def meaning(method: Method, binding: Binding, step: AnyStep) -> Meaning:
    """By subject: the step itself under "", then `prompt respond`, `critic clear`, `pool seeds` and so on.

    Only steps that name an `input` have one of their own; of others it follows from what they say.
    """
    derived = frozenset({"inputs"}) if isinstance(step, NO_INPUT) else frozenset()
    parts: Meaning = {"": _plain(plain(step), NOT_MEANT | derived)}
    for use in prompt_uses(step):
        prompt = method.prompts[use.prompt]
        parts[f"prompt {use.prompt}"] = _prompt(prompt)
        for sample in (*prompt.samples, *use.samples):
            parts |= _data(method, *sample.sources)
    if isinstance(step, Filter):
        parts |= _data(method, *step.apart_from)
    if isinstance(step, Filter | Evaluate):
        names = [use.rules for use in step.rules]
        parts |= {f"rules {name}": _plain(plain(method.rules[name])) for name in names}
    if isinstance(step, Evaluate):
        parts |= _data(method, *step.items)
    if isinstance(step, Generate) and step.about:
        parts |= _data(method, step.about)
    for asked in critic_uses(step):
        critic = method.critics[asked.critic]
        parts[f"critic {asked.critic}"] = _plain(plain(critic))
        parts |= _data(method, critic.examples)
    drawn = principle_sample(step)
    if drawn:
        constitution = method.constitutions[drawn.constitution]
        parts[f"constitution {drawn.constitution}"] = _plain(plain(constitution))
    for role in dict.fromkeys(model for model in models(step) if model in method.models):
        parts[f"model {role}"] = model_settings(method, binding, role)
    bound = _bound(method, binding, step)
    return parts | ({PROFILE: bound} if bound else {})


def reads(step: AnyStep, ids: frozenset[str]) -> frozenset[str]:
    """The steps of which a step reads records, results or the model. What it only waits for is not read,
    and neither is the step that says how many are enough."""
    read: set[str] = set()
    waiting: list[Any] = [inner for name, inner in step.named_values() if name not in NOT_READ]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if value in ids:
                read.add(value)
        elif isinstance(value, Frozen):
            waiting += (inner for _, inner in value.named_values())
        elif isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list | tuple):
            waiting += value
    return frozenset(read)


def prompt_uses(step: AnyStep) -> tuple[PromptUse, ...]:
    if isinstance(step, Generate | Compose | Critique | Revise | Train):
        return (step.prompt,)
    if isinstance(step, Negatives):
        return tuple(step.kinds.values())
    if isinstance(step, Converse):
        return (step.user.prompt, step.assistant.prompt)
    return tuple(arm.prompt for arm in step.arms.values()) if isinstance(step, Evaluate) else ()


def critic_uses(step: AnyStep) -> tuple[CriticUse, ...]:
    if isinstance(step, Judge | Rate | Best | Compare):
        return (step.critic,)
    if isinstance(step, Prefer):
        return (step.critic,) if step.critic else ()
    return tuple(score.critic for score in step.critics.values()) if isinstance(step, Evaluate) else ()


def principle_sample(step: AnyStep) -> PrincipleSample | None:
    return step.sample if isinstance(step, SamplePrinciples | Critique) else None


def models(step: AnyStep) -> tuple[str, ...]:
    """Roles, ids of train steps, and ids of outputs of other stages, that a step asks or trains."""
    asked = tuple(use.model for use in critic_uses(step))
    if isinstance(step, Generate | Critique | Revise | Negatives):
        return (step.model, *asked)
    if isinstance(step, Converse):
        return (step.user.model, step.assistant.model)
    if isinstance(step, Train):
        reference = (step.objective.reference,) if isinstance(step.objective, Preference) else ()
        return (step.start, *reference)
    if isinstance(step, Evaluate):
        return (*(arm.model for arm in step.arms.values()), *asked)
    return asked


def model_settings(method: Method, binding: Binding, role: str) -> dict[str, Any]:
    """What a role is and what it is bound to."""
    bound = plain(binding.models[role])
    return _plain({"kind": method.models[role].kind, "checkpoint": bound.pop("source"), **bound})


def _bound(method: Method, binding: Binding, step: AnyStep) -> dict[str, Any]:
    """What of the profile reaches this step. Threads and hardware change no result that is meant."""
    found: dict[str, Any] = {"engine": binding.engine} if models(step) else {}
    if _draws(method, step):
        found["seed"] = binding.seed
    if step.id in binding.counts:
        found["kept at this scale"] = binding.counts[step.id].until_kept
    if isinstance(step, Evaluate):
        found["held_out"] = binding.held_out
    if isinstance(step, Train):
        found["weights"] = binding.weights
    return found


def _draws(method: Method, step: AnyStep) -> bool:
    """Whether the run's seed plays a part."""
    if isinstance(step, Split | Train | SamplePrinciples | Critique | Negatives | Mix | Review):
        return True
    if not isinstance(step, Generate | Revise | Converse | Evaluate):
        return False
    sampled = any(use.samples or method.prompts[use.prompt].samples for use in prompt_uses(step))
    return sampled or step.sampling.temperature > 0


def _prompt(prompt: Prompt) -> dict[str, Any]:
    """Its own samples stand under their names, as the source writes them."""
    fields = _plain({k: v for k, v in plain(prompt).items() if k != "samples"})
    return fields | {s.variable: f"{s.count} of {' + '.join(s.sources)}" for s in prompt.samples}


def _data(method: Method, *names: str) -> Meaning:
    """Data files by their contents; other names are steps."""
    return {
        f"{data.role} {name}": {"contents": data.sha256, "columns": data.columns, "split": data.split}
        for name, data in method.datasets.items()
        if name in names
    }


def _plain(value: dict[str, Any], without: frozenset[str] = PROSE) -> dict[str, Any]:
    """A part's fields without prose, and shares as people write them."""
    return {key: _written(key, inner) for key, inner in value.items() if key not in without}


def _written(key: str, value: Any) -> Any:
    if isinstance(value, SCALAR):  # most are
        return _share(value) if key in SHARES and isinstance(value, float) else value
    if isinstance(value, dict):
        use = written_use(value)
        if use:
            return use
        if "prompt" in value and not value.get("columns", True):
            value = {name: inner for name, inner in value.items() if name != "columns"}
        if set(value) == {"by", "at_least"}:
            return f"good at {value['by']} >= {written_bound(value['by'], value['at_least'])}"
        return _plain(dict(value), frozenset() if key in NAMED else PROSE)
    if isinstance(value, list | tuple):
        return [_written("", item) for item in value]
    return value


def written_use(value: Mapping[str, Any]) -> str:
    """How the source writes a use of rules or of a critic; nothing for any other value."""
    for kind, after in (("rules", ""), ("critic", " by {model}")):
        if set(value) == {kind, "columns", *(("model",) if after else ())}:
            renamed = ", ".join(f"{column} = {other}" for column, other in value["columns"].items())
            return f"{value[kind]}{f'({renamed})' if renamed else ''}{after.format(**value)}"
    return ""


def written_bound(by: str, at_least: float) -> str:
    """Where a critic's score is accepted, with its unit; a kappa has none."""
    return _share(at_least) if by == "precision" else f"{at_least:.12g}{' nats' if by == 'margin' else ''}"


def _share(value: float) -> str:
    return f"{value * 100:.12g} %"
