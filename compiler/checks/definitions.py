"""Checks on what the entry file defines and imports beside its stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set

from compiler.diagnostics import Diagnostics, Fix, Label, Span
from compiler.frozen import Frozen
from compiler.imports import without_import
from compiler.plan.model import Rules
from compiler.resolve import Program

USED_BY_THEIR_PLACE = ("stage", "profile", "pipeline")


class SpecView(Frozen):
    """All files, which definitions the stages use (by file and name), and their rules, with their places."""

    program: Program
    used: Set[tuple[str, str]]
    rules: Mapping[str, tuple[Rules, Span]]

    def forgotten(self) -> Iterator[Forgotten]:
        program = self.program
        for definition in program.files[program.entry].definitions:
            kind, name = definition.kind.value, definition.name
            if kind not in USED_BY_THEIR_PLACE and (program.entry, name.value) not in self.used:
                yield Forgotten(kind, name.value, "defined", name.span)
        for statement in program.files[program.entry].imports:
            for name in statement.names:
                symbol = program.scopes[program.entry].get(name.value)
                if symbol and (symbol.file, name.value) not in self.used:
                    fix = without_import(program.sources[program.entry].text, statement, name)
                    yield Forgotten(symbol.kind, name.value, "imported", name.span, fix)


class Forgotten(Frozen):
    """What is `defined` or `imported` and never used."""

    kind: str
    name: str
    how: str
    place: Span
    fix: Fix | None = None


SpecCheck = Callable[[SpecView, Diagnostics], None]


def definitions_are_used(view: SpecView, found: Diagnostics) -> None:
    """In the experiment a shared utility was used by one script only. What is imported or defined and never
    used reads as if it were at work. Rules, critics and data that are imported or defined are used: name
    them where they are meant to stand, or take them out."""
    for item in view.forgotten():
        if item.kind != "prompt":
            found.error(
                "SS607",
                f'"{item.name}" is {item.how} and never used',
                item.place,
                help="Name it where it is meant to stand, or take it out.",
                fix=item.fix,
            )


def prompts_are_used(view: SpecView, found: Diagnostics) -> None:
    """In the experiment few-shot prompting was written and not connected. A prompt that is imported or
    defined is the prompt of some step, critic or arm: name it in the one that it is for, or take it out."""
    for item in view.forgotten():
        if item.kind == "prompt":
            found.error(
                "SS609",
                f'prompt "{item.name}" is {item.how}, and nothing is asked with it',
                item.place,
                help="Name it in the step or the arm that it is for, or take it out.",
                fix=item.fix,
            )


def rules_are_written_once(view: SpecView, found: Diagnostics) -> None:
    """In the experiment a heuristic that was wrong was left standing in a copy. Two copies are mended once
    and go wrong once more. Rules that several steps go by are one definition, so that there is one place to
    mend: keep one of them, and name it in both places."""
    written: dict[str, str] = {}
    for name, (rules, place) in view.rules.items():
        first = written.setdefault(repr((rules.columns, rules.statements)), name)
        if first != name:
            found.error(
                "SS655",
                f'rules "{name}" are a copy of "{first}"',
                Label(place),
                Label(view.rules[first][1], "the same"),
                help=f"Keep one of them, and name it in both places: rules = [{first}]",
            )
