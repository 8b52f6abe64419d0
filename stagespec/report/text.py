"""The report in a terminal: for each stage what was made, kept, learnt and measured, from the manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from compiler.plan.counting import counted

Told = Mapping[str, Any]
LABEL = 11


def render_text(manifest: Told) -> str:
    """The whole report as plain lines. Random records and answers are on the page only."""
    lines = [f"{manifest['plan']['name']}, profile {manifest['binding']['profile']}"]
    if manifest["stopped"]:
        lines.append(f"{'incomplete' if manifest.get('by_choice') else 'stopped'}: {manifest['stopped']}")
    for stage in manifest["stages"]:
        lines += ["", stage["name"]]
        for label, section in SECTIONS:
            for number, line in enumerate(section(stage)):
                lines.append(f"  {'' if number else label:<{LABEL}}{line}".rstrip())
    if manifest["interventions"]:
        lines += ["", *(f"intervention: {one}" for one in manifest["interventions"])]
    if manifest.get("survived"):
        lines += ["", *(f"survived: {survived(one)}" for one in manifest["survived"])]
    return "\n".join(lines) + "\n"


def survived(one: Told) -> str:
    """What a run met and went on from, and where."""
    where = f"in {one['step']}" if one["step"] else "before the first step"
    return f"{one['kind']} {where}: {one['told']}"


def _verdicts(stage: Told) -> Iterator[str]:
    for one in stage["evaluations"]:
        verdict = one["run"] and one["verdict"]
        if verdict:
            compared = f"{verdict['arm']} against {verdict['baseline']}"
            yield f"{_short(one['step'])}: {verdict['outcome']} ({compared})"
            yield from (f"  {reason}" for reason in verdict["reasons"])


def _knows(stage: Told) -> Iterator[str]:
    for one in stage["answers"]["knows"]:
        auc = one["auc"]
        yield (
            f"{one['critic']} by {one['model']}: AUC {auc['value']:.2f} [{auc['low']:.2f}, {auc['high']:.2f}]"
        )


def _does(stage: Told) -> Iterator[str]:
    for one in stage["answers"]["does"]:
        before = rate(one["before"]) if one["before"] else "no arm"
        after = f"{rate(one['after'])} after training" if one["after"] else "not trained"
        yield f"{_short(one['evaluation'])}, {counted(one['items'], 'item')}: {before} before, {after}"


def _people(stage: Told) -> Iterator[str]:
    told = stage["answers"]
    wrote = told["written_by_people"]
    data = [f"{n} {role}" for role, n in wrote["data"].items()]
    lines = [f"{counted(wrote['templates'], 'line')} of templates", f"{wrote['rules']} of rules"]
    principles = [counted(wrote["principles"], "principle")] if wrote["principles"] else []
    labels = [counted(told["labels_by_people"], "label"), counted(told["interventions"], "review answer")]
    yield f"wrote {', '.join([*data, *lines, *principles, *labels])}"
    yield f"and {counted(told['held_out_by_people'], 'held-out item')} apart"


def _model(stage: Told) -> Iterator[str]:
    told = stage["answers"]
    wrote, judged = counted(told["written_by_model"], "record"), counted(told["judged_by_model"], "time")
    yield f"wrote {wrote}, judged {judged}"


def _funnel(stage: Told) -> Iterator[str]:
    for row in stage["funnel"]:
        out = sum(row["rejected"].values())
        if not out:
            yield f"{_short(row['step'])}: {row['kept']}"
            continue
        seen = row["kept"] + out
        sinks = ", ".join(f"{n} {sink.replace('_', ' ')}" for sink, n in row["rejected"].items())
        yield f"{_short(row['step'])}: {row['kept']} of {seen}, {row['kept'] / seen:.0%} ({sinks})"


def _scores(stage: Told) -> Iterator[str]:
    for row in stage["scores"]:
        if row["every"] is None:
            continue
        accepted = f"accepted {rate(row['accepted'])}, " if row["accepted"] else ""
        kept = f"; of kept {_spread(row['kept'])}" if row["kept"] and row["accepted"] else ""
        yield f"{_short(row['step'])}: {accepted}10, 50 and 90 % at {_spread(row['every'])}{kept}"


def _principles(stage: Told) -> Iterator[str]:
    for use in stage["principles"]:
        yield f"{use['constitution']}, drawn in {_short(use['step'])}, kept in {_short(use['last'])}"
        for row in use["principles"]:
            kept = f", kept {row['kept']}, {rate(row['kept_share'])}" if row["kept_share"] else ""
            yield f"  {row['principle']}: drawn {row['drawn']}{kept}"
            for step, decided in zip(use["deciding"], row["decided"], strict=True):
                if decided is not None:
                    margin = decided["median_margin"]
                    at = "" if margin is None else f", median margin {margin:.2f}"
                    yield f"    {_short(step)} accepted {decided['kept']} of {decided['seen']}{at}"


def _training(stage: Told) -> Iterator[str]:
    for one in stage["training"]:
        name, result = _short(one["step"]), one["result"]
        if not result:
            why = stage.get("not_trained", {}).get(one["step"])
            yield f"{name}: not trained{f', {why}' if why else ''}"
            continue
        dev = ", ".join(f"{loss:.3f}" for loss in result["dev_losses"]) or "none"
        first, last = result["losses"][0][1], result["losses"][-1][1]
        learnt = counted(result["examples"], "example")
        yield f"{name}: {learnt}, loss {first:.3f} to {last:.3f}, dev by epoch {dev}"


def _arms(stage: Told) -> Iterator[str]:
    for one in stage["evaluations"]:
        if not one["run"]:
            yield f"{_short(one['step'])}: was not run"
            continue
        yield f"{_short(one['step'])}, {counted(one['number_of_items'], 'item')}:"
        yield from (f"  {name} {rate(arm['rate'])}" for name, arm in one["arms"].items())
        for two in one.get("agreement", ()):
            said = f"on {two['alike']:.1%} of {two['answers']}, kappa {two['kappa']:.2f}"
            yield f"  {two['scores'][1]} agrees with {two['scores'][0]} {said}"
        for label, groups in stage["item_groups"].get(one["step"], {}).items():
            yield f"  by {label}:"
            for value, group in groups.items():
                yield from _group(value, group)


def _group(value: str, group: Told) -> Iterator[str]:
    arms = ", ".join(f"{name} {rate(arm['rate'])}" for name, arm in group["arms"].items())
    yield f"    {value} ({group['items']}): {arms}"
    if group["harmless"]:
        refused = ", ".join(f"{name} {rate(arm['refusals'])}" for name, arm in group["arms"].items())
        yield f"    over-refusal ({group['items']}): {refused}"


def _gates(stage: Told) -> Iterator[str]:
    for gate in stage["gates"]:
        yield f"{_short(gate['step'])}: {'open' if gate['open'] else 'closed'}"
    for id, model in stage["output"].items():
        yield f"{_short(id)}: gives out {model or 'nothing'}"


def _allowed(stage: Told) -> Iterator[str]:
    yield from (f"{one['code']}: {one['because']}" for one in stage.get("allowed", ()))


SECTIONS: tuple[tuple[str, Callable[[Told], Iterator[str]]], ...] = (
    ("verdict", _verdicts),
    ("knows", _knows),
    ("does", _does),
    ("people", _people),
    ("model", _model),
    ("records", _funnel),
    ("scores", _scores),
    ("principles", _principles),
    ("training", _training),
    ("arms", _arms),
    ("gates", _gates),
    ("allowed", _allowed),
)


def rate(interval: Told) -> str:
    """A share with its interval: `37 % [21, 55]`."""
    return f"{100 * interval['value']:.0f} % [{100 * interval['low']:.0f}, {100 * interval['high']:.0f}]"


def _spread(spread: Told) -> str:
    return f"{spread['low']:.2f}, {spread['median']:.2f}, {spread['high']:.2f}"


def _short(id: str) -> str:
    return id.rpartition(".")[2]
