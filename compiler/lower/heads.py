"""The heads of a file's blocks: kinds that there are, and what may stand beside their names."""

from __future__ import annotations

from compiler.diagnostics import Label, article, did_you_mean, listing, respelled
from compiler.lower.lowering import KINDS, Lowering
from compiler.lower.steps import STEP_KINDS
from compiler.syntax import tree


def check_heads(low: Lowering) -> None:
    """Nothing that stands in a definition's head may be passed over in silence."""
    for file in low.program.files.values():
        for before, definition in zip((None, *file.definitions), file.definitions, strict=False):
            if not _is_a_lost_step(definition):
                _known_kind(low, definition)
            elif before is None or not _is_a_lost_step(before):
                _lost_steps(low, before, definition)


def _is_a_lost_step(definition: tree.Definition) -> bool:
    """A step that stands beside the stages instead of in one."""
    return definition.kind.value in STEP_KINDS and definition.kind.value not in KINDS


def _lost_steps(low: Lowering, before: tree.Definition | None, first: tree.Definition) -> None:
    """One diagnostic for a row of steps: they seem to belong to the stage that ends before them."""
    stage = before if before is not None and before.kind.value == "stage" else None
    end = stage.span._replace(start=stage.span.end - 1) if stage else None
    kind = first.kind.value
    low.found.error(
        "SS336",
        f"{article(STEP_KINDS[kind].called)} stands outside of any stage",
        first.kind.span,
        *([Label(end, f'stage "{stage.name.value}" ends here')] if stage and end else []),
        help="Steps stand in the block of a stage.",
    )


def _known_kind(low: Lowering, definition: tree.Definition) -> None:
    kind = KINDS.get(definition.kind.value)
    if kind is None:
        low.found.error(
            "SS336",
            f'there is no kind of block "{definition.kind.value}"',
            Label(definition.kind.span, did_you_mean(definition.kind.value, KINDS)),
            help=f"Kinds are {listing(KINDS)}.",
            fix=respelled(definition.kind.span, definition.kind.value, KINDS),
        )
    elif definition.parameters and not kind.has_parameters:
        low.found.error(
            "SS337", f"a {kind.called} has no columns of its own", definition.parameters[0].name.span
        )
    elif definition.relation is not None and definition.relation[0] != kind.relation:
        word, other = definition.relation
        low.found.error(
            "SS338",
            f'"{word}" has no meaning in the head of {article(kind.called)}',
            other.span,
            help="A stage comes after another, a step is like another, and a preset is for a kind of step.",
        )
