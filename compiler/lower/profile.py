"""A profile: which checkpoints, engine and scale a method runs with. Nothing here is part of the method."""

from __future__ import annotations

import math
from collections.abc import Mapping

from compiler.diagnostics import Label, Span, did_you_mean, listing, respelled
from compiler.frozen import Frozen
from compiler.lower.lowering import KINDS, Lowering
from compiler.plan.gpus import BY_NAME, Gpu
from compiler.plan.model import (
    Binding,
    FolderSource,
    Generate,
    HubSource,
    Method,
    MockSource,
    ModelBinding,
    ModelSource,
    PackageSource,
    Scaled,
)
from compiler.resolve import Symbol, profiles_name
from compiler.shapes import Choice, ListOf, ReasonOf, Setting, TextOf, Values, read_block
from compiler.syntax import tree

SOURCES = ("package", "hub", "folder", "mock")

BINDING_SETTINGS = (
    Setting("precision", Choice(("float32", "bf16")), "of the resident base (default bf16)"),
    Setting(
        "stand_in", Choice(("instruct",)), "the checkpoint is not what its role says; taints every verdict"
    ),
    Setting("because", ReasonOf(), "why a stand-in"),
    Setting("note", TextOf(), "what the reader of the plan should know of the checkpoint"),
)

ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "package": ("version", "sha256"),
    "hub": ("revision",),
    "folder": (),
    "mock": (),
}


class Bound(Frozen):
    """A profile's binding, and what it says for the reader and for estimates only."""

    binding: Binding
    hardware: str
    usd_per_hour: float | None
    gpu: Gpu | None
    places: Mapping[str, Span]


def profile_names(low: Lowering) -> list[str]:
    file = profiles_name(low.program)
    return sorted(n for n, s in low.program.scopes.get(file, {}).items() if s.kind == "profile")


def lower_profile(low: Lowering, method: Method, name: str, seed: int | None) -> Bound | None:
    """Bind every model of the method; scale every source."""
    file = profiles_name(low.program)
    if file not in low.program.scopes:
        low.found.error(
            "SS701", f'there is no "{file}", so no profile can be chosen', help="Profiles stand in that file."
        )
        return None
    symbol = low.program.lookup(file, name)
    if symbol is None or symbol.kind != "profile":
        names = profile_names(low)
        low.found.error(
            "SS702",
            f'there is no profile "{name}" in "{file}"',
            help=did_you_mean(name, names) or f"It has {listing(names)}.",
        )
        return None
    read = _read(low, symbol)
    if read is None or not read[0].complete:
        return None
    values, models = read
    bindings = {role: models[role] for role in method.models if role in models}
    for role in method.models:
        if role not in models:
            low.found.error(
                "SS703",
                f'profile "{name}" does not bind the model "{role}"',
                symbol.definition.name.span,
                help=f'Add: model {role} = hub("owner/name", revision = "...")',
            )
            return None
    if not _sees_whole_sets(low, values):
        return None
    scale = values.get("scale", 1.0)
    binding = Binding(
        profile=name,
        engine=values.get("engine"),
        models=bindings,
        scale=scale,
        counts=_counts(method, scale, values.get("floor", 1)),
        seed=values.get("seed", 0) if seed is None else seed,
        rehearsal=values.get("rehearsal", False),
        held_out=values.get("held_out"),
        weights=values.get("weights"),
        threads=values.get("threads"),
    )
    hardware = _hardware(low, values)
    if hardware is None:
        return None
    name_place = symbol.definition.name.span
    return Bound(binding, *hardware, {**values.places, **_model_places(symbol), "": name_place})


def check_profile(low: Lowering, symbol: Symbol) -> None:
    """A profile by itself, without a method that it binds."""
    read = _read(low, symbol)
    if read is not None and read[0].complete:
        _sees_whole_sets(low, read[0])
        _hardware(low, read[0])


def _sees_whole_sets(low: Lowering, values: Values) -> bool:
    if "held_out" not in values or values.get("rehearsal", False):
        return True
    low.found.error(
        "SS711",
        "only a rehearsal may look at fewer held-out items",
        values.place("held_out"),
        help="A claim rests on the whole set. Take the line out, or add: rehearsal = true",
    )
    return False


def _hardware(low: Lowering, values: Values) -> tuple[str, float | None, Gpu | None] | None:
    """What the hardware is called, what it costs in an hour, and its GPU; None after an error."""
    said: Values | None = values.get("gpu")
    if said is None:
        return values.text("hardware"), values.get("price"), None
    if "price" in values and "price" in said:
        low.found.error(
            "SS723",
            "the price stands twice: of the GPU, and of the hardware",
            Label(values.place("price")),
            Label(said.place("price"), "and here"),
            help="Keep the GPU's.",
        )
        return None
    name = said.text("name")
    known = BY_NAME.get(name)
    wanted = {"memory": "80 GiB", "speed": "989 TFLOP per s", "bandwidth": "3.35 TB per s"}
    missing = [setting for setting in wanted if setting not in said]
    if known is None and missing:
        low.found.error(
            "SS720",
            f'nothing is known of a GPU called "{name}"',
            Label(said.place("name"), did_you_mean(name, BY_NAME)),
            help=f"Known are {listing(BY_NAME)}. Of any other say also: "
            + ", ".join(f"{setting} = {wanted[setting]}" for setting in missing),
        )
        return None
    like = known or Gpu(name, 0, 0, 0)
    gpu = Gpu(
        name,
        said.get("memory", like.memory_gib),
        said.get("speed", like.tflops),
        said.get("bandwidth", like.tb_per_s),
        said.get("number", 1),
    )
    each = said.get("price")
    called = values.text("hardware") or (name if gpu.number == 1 else f"{gpu.number} {name}")
    return called, values.get("price") if each is None else each * gpu.number, gpu


def _model_places(symbol: Symbol) -> dict[str, Span]:
    """Where each model of a profile is bound, by `model NAME`."""
    body = symbol.definition.body
    entries = body.entries if isinstance(body, tree.Block) else ()
    return {f"model {e.name.value}": e.name.span for e in entries if isinstance(e, tree.Definition)}


def _counts(method: Method, scale: float, floor: int) -> dict[str, Scaled]:
    """Scaled counts round up and never exceed the full experiment's."""
    return {
        step.id: Scaled(
            until_kept=min(step.until_kept, max(floor, math.ceil(step.until_kept * scale))),
            at_most_rounds=step.at_most_rounds,
        )
        for stage in method.stages
        for step in stage.steps
        if isinstance(step, Generate) and step.until_kept is not None and step.at_most_rounds is not None
    }


def _read(low: Lowering, symbol: Symbol) -> tuple[Values, dict[str, ModelBinding]] | None:
    body = symbol.definition.body
    if not isinstance(body, tree.Block):
        low.found.error("SS311", "a profile is written with a block { ... }", body.span)
        return None
    owner = f'profile "{symbol.definition.name.value}"'
    values = read_block(body, KINDS["profile"].settings, owner, symbol.definition.name.span, low.found, False)
    models: dict[str, ModelBinding] = {}
    for entry in body.entries:
        if isinstance(entry, tree.Field):
            continue
        if not isinstance(entry, tree.Definition) or entry.kind.value != "model":
            low.found.error("SS307", "only fields and models can stand in a profile", entry.span)
            continue
        if entry.name.value in models:
            low.found.error("SS204", f'model "{entry.name.value}" is bound twice', entry.name.span)
            continue
        bound = _model(low, entry)
        if bound is not None:
            models[entry.name.value] = bound
        else:
            values = Values(values.values, values.places, values.span, complete=False)
    return values, models


def _model(low: Lowering, definition: tree.Definition) -> ModelBinding | None:
    node: tree.Node = definition.body
    settings: tree.Block | None = None
    if isinstance(node, tree.Configured):
        settings = node.settings
        node = node.head
    source = _source(low, node)
    if source is None:
        return None
    empty = Values({}, {}, definition.span)
    values = (
        read_block(settings, BINDING_SETTINGS, "this binding", definition.name.span, low.found)
        if settings
        else empty
    )
    if not values.complete:
        return None
    if "stand_in" in values and "because" not in values:
        low.found.error(
            "SS704", "a stand-in needs a reason", Label(values.place("stand_in")), help='Add: because = "..."'
        )
        return None
    return ModelBinding(
        source=source,
        precision=values.get("precision", "bf16"),
        stand_in=values.get("stand_in"),
        because=" ".join(values.text("because").split()),
        note=" ".join(values.text("note").split()),
    )


def _source(low: Lowering, node: tree.Node) -> ModelSource | None:
    found = low.found
    if not (isinstance(node, tree.Call) and isinstance(node.function, tree.Name)):
        found.error("SS705", "a model is bound to hub(...), folder(...), package(...) or mock()", node.span)
        return None
    kind = node.function.value
    if kind not in SOURCES:
        found.error(
            "SS705",
            f'"{kind}" is not a source of models',
            Label(node.function.span, did_you_mean(kind, SOURCES)),
            help=f"Sources are {listing(SOURCES)}.",
            fix=respelled(node.function.span, kind, SOURCES),
        )
        return None
    for name, _ in node.named:
        if name.value not in ARGUMENTS[kind]:
            found.error(
                "SS706",
                f'{kind}() has no argument "{name.value}"',
                Label(name.span, did_you_mean(name.value, ARGUMENTS[kind])),
                fix=respelled(name.span, name.value, ARGUMENTS[kind]),
            )
            return None
    given = {name.value: _texts(low, value) for name, value in node.named}
    missing = [argument for argument in ARGUMENTS[kind] if argument not in given]
    if missing:
        found.error("SS707", f'{kind}() needs {missing[0]} = "...": what is bound must not move', node.span)
        return None
    plain = [_texts(low, argument) for argument in node.arguments]
    if any(texts is None for texts in (*plain, *given.values())) or (kind != "mock" and len(plain) != 1):
        if kind != "mock" and len(plain) != 1:
            found.error("SS706", f"{kind}() takes one name", node.span)
        return None
    names = tuple(plain[0] or ()) if plain else ()
    if kind == "mock":
        return MockSource()
    if kind != "package" and any(len(texts or ()) != 1 for texts in (*plain, *given.values())):
        found.error("SS706", f"{kind}() takes one name", node.span)
        return None
    if kind == "folder":
        return FolderSource(path=names[0])
    if kind == "hub":
        return HubSource(repository=names[0], revision=(given["revision"] or ("",))[0])
    versions, hashes = given["version"] or (), given["sha256"] or ()
    if not len(names) == len(versions) == len(hashes):
        found.error("SS708", "packages, versions and hashes must be as many", node.span)
        return None
    return PackageSource(packages=names, versions=versions, sha256=hashes)


def _texts(low: Lowering, node: tree.Node) -> tuple[str, ...] | None:
    """One text, or a list of texts."""
    if isinstance(node, tree.Text):
        return (node.value,)
    read = ListOf(TextOf(), 1).read(node, low.found)
    return tuple(text.value for text in read) if isinstance(read, tuple) else None
