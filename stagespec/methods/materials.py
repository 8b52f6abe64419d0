"""What a stage is made with: models and what they do in it, and the data, held-out sets apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from compiler.diagnostics import listing
from compiler.plan.model import AnyStep, Dataset, Stage, Train
from compiler.plan.names import short
from stagespec.methods import used
from stagespec.methods.markdown import code, prose, table
from stagespec.methods.written import Written
from stagespec.wording import count, many

ROLES = {
    "pool": "a pool that prompts draw on",
    "exemplars": "worked examples",
    "labelled": "labelled, for critics",
}
DIGITS = 12  # of a hash; the whole one stands in the spec or the plan


def models(written: Written, stage: Stage) -> Iterator[str]:
    """Each model by its name in the stage, what it is, and everything that it does."""
    does = used.models(stage.steps)
    trained = {short(step.id) for step in stage.steps if isinstance(step, Train)}
    rows = []
    for name, doing in does.items():
        rows.append((code(name), _is(written, name, trained), "; ".join(_joined(doing))))
    yield table(("model", "is", "does"), rows)
    yield (
        "One resident base serves all roles: every trained model is that base with an adapter, in the same "
        "precision and on the same engine. Which checkpoint a raw or chat model is bound to, a profile says."
    )


def _is(written: Written, name: str, trained: set[str]) -> str:
    role = written.method.models.get(name)
    if role:
        kind = "raw: it is given texts to go on from" if role.kind == "raw" else "a chat model"
        return f"{kind}. {prose(role.doc)}".strip()
    if name in trained:
        return "trained in this stage"
    stage = name.rpartition(".")[0]
    page = written.page_of(stage)
    return f"what stage {f'[{stage}]({page})' if page else code(stage)} gives out"


def _joined(doing: Sequence[str]) -> list[str]:
    """`writes in a and b` of `writes in a` and `writes in b`."""
    by: dict[str, list[str]] = {}
    for one in doing:
        verb, _, step = one.rpartition(" ")
        by.setdefault(verb, []).append(code(step))
    return [f"{verb} {listing(steps)}" for verb, steps in by.items()]


def data(written: Written, steps: Sequence[AnyStep]) -> Iterator[str]:
    """Two tables: what may be shown and learnt from, and what is only answered."""
    names = used.datasets(written.method, steps)
    there = written.method.datasets
    open_ = [name for name in names if there[name].role != "held_out"]
    held = [name for name in names if there[name].role == "held_out"]
    if open_:
        yield table(
            ("data", "is", "items", "SHA-256", "what"),
            (
                (
                    _file(written, name),
                    ROLES[there[name].role],
                    _items(written, name),
                    code(there[name].sha256[:DIGITS]),
                    prose(there[name].doc),
                )
                for name in open_
            ),
        )
    if held:
        yield "Held out: frozen by their hash, in no other data, and answered in evaluations alone:"
        yield table(
            ("data", "split", "items", "SHA-256", "what"),
            (
                (
                    _file(written, name),
                    _split(there[name]),
                    _items(written, name),
                    code(there[name].sha256[:DIGITS]),
                    prose(there[name].doc),
                )
                for name in held
            ),
        )
    notes = dict.fromkeys(written.data_notes(name) for name in names)
    for path in filter(None, notes):
        yield f"How each file was made, and under which licence, stands in [{path}]({path})."


def _split(dataset: Dataset) -> str:
    return "test, sealed until the claim" if dataset.split == "test" else "dev, for gates"


def _file(written: Written, name: str) -> str:
    return f"[{code(name)}]({written.data_file(name)})"


def _items(written: Written, name: str) -> str:
    """How many, and how many of each label or type."""
    rows = written.rows(name)
    column = "label" if written.method.datasets[name].role == "labelled" else "type"
    kinds = Counter(str(row[column]) for row in rows if column in row)
    told = count(len(rows))
    if 1 < len(kinds) <= 8:
        told += f": {listing(f'{number} {kind}' for kind, number in sorted(kinds.items()))}"
    clusters = {row["cluster"] for row in rows if "cluster" in row}
    return f"{told}; in {many(len(clusters), 'cluster')}" if clusters else told
