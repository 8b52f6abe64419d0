"""One of the mistakes: what went wrong, and what stops it."""

from __future__ import annotations

from typing import Literal

from compiler.frozen import Frozen

Where = Literal["compile", "bind", "run", "design", "open"]


class Mistake(Frozen):
    """One way in which an experiment fooled itself.

    `cases` are wrong specs (`tests/compiler/wrong/`) that make this mistake and are refused; each is named
    after the code that refuses it. `how` says what else stops it, and `tests` prove that, as `path::name`.
    Where the design leaves no room for it, `decision` is the paragraph of docs/architecture.md that says so.
    Where nothing stops it yet, `where` is "open" and `how` names what it waits for.
    """

    number: int
    what: str
    where: Where
    how: str
    cases: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    decision: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that refuse the cases."""
        return tuple(dict.fromkeys(case.partition("_")[0] for case in self.cases))
