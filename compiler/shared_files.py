"""Files of shared definitions and profiles, each checked by itself as far as that goes without a stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from compiler.constants import fill_in_constants
from compiler.diagnostics import Diagnostics, Label, did_you_mean, in_order, listing
from compiler.doubtful import leave_out_doubtful
from compiler.lower.constitutions import lower_constitution
from compiler.lower.critics import lower_critic
from compiler.lower.data import lower_dataset
from compiler.lower.heads import check_heads
from compiler.lower.lowering import DATA_KINDS, Lowering
from compiler.lower.profile import check_profile
from compiler.lower.prompts import lower_prompt
from compiler.lower.rules import lower_rules
from compiler.lower.steps import STEP_KINDS, lower_model
from compiler.resolve import Program, Symbol, load
from compiler.shapes import Ref, read_block
from compiler.syntax import tree

LOWER: dict[str, Callable[[Lowering, str, Ref], object]] = {
    "model": lower_model,
    "prompt": lower_prompt,
    "critic": lower_critic,
    "rules": lower_rules,
    "constitution": lower_constitution,
    **dict.fromkeys(DATA_KINDS, lower_dataset),
}


def check_shared_file(path: str) -> tuple[Diagnostics, Program]:
    """All that is wrong with a file that defines no stage. That nothing uses a definition is no error."""
    found = Diagnostics()
    program = load(path, found)
    if program.entry in program.files:
        try:
            _check(Lowering(program, found))
        except RecursionError:
            found.error("SS119", f'"{program.entry}" is nested too deeply to be read')
    leave_out_doubtful(program, found)
    found.items = in_order(found.items, program.sources)
    return found, program


def _check(low: Lowering) -> None:
    fill_in_constants(low)
    check_heads(low)
    file = low.program.entry
    for symbol in list(low.program.scopes[file].values()):
        if symbol.file != file:
            continue
        name = symbol.definition.name
        if symbol.kind in LOWER:
            LOWER[symbol.kind](low, file, Ref(name.value, name.span))
        elif symbol.kind == "preset":
            _preset(low, symbol)
        elif symbol.kind == "profile":
            check_profile(low, symbol)


def _preset(low: Lowering, symbol: Symbol) -> None:
    """The fields of a preset, by those of the kind of step that it is for."""
    definition = symbol.definition
    meant = definition.related("for")
    kind = STEP_KINDS.get(meant.value) if meant else None
    if kind is None:
        word = meant.value if meant else ""
        low.found.error(
            "SS342",
            f'preset "{definition.name.value}" is for no kind of step',
            Label((meant or definition.name).span, did_you_mean(word, STEP_KINDS)),
            help=f"Step kinds are {listing(STEP_KINDS)}.",
        )
    elif not isinstance(definition.body, tree.Block):
        low.found.error("SS311", "a preset is written with a block { ... }", definition.body.span)
    else:
        fields = tuple(replace(setting, required=False) for setting in kind.settings)
        owner = f'preset "{definition.name.value}"'
        read_block(definition.body, fields, owner, definition.name.span, low.found)
