"""docs/guards.md, made from the table of mistakes and the registry of checks: it cannot fall behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from compiler.checks import ALL_GUARDS
from compiler.guards import MISTAKES, Mistake, Where
from stagespec.explain import meaning

WHERE: dict[Where, str] = {
    "compile": "compiling",
    "bind": "binding, before anything is made",
    "run": "running",
    "design": "nothing: the design has no room for it",
    "open": "**open**",
}
HEAD = """# What cannot go wrong any more

Each of these mistakes was really made in an experiment of this kind. The page is made from the compiler's \
own table and its registry of checks (`pytest tests/docs --snapshot-update`). Tests hold that every wrong \
spec named here (`tests/compiler/wrong/`) is reported, that what is stopped in compiling is refused by an \
error, that each refusal, taken out, is missed by what shows it, and that every test named here is there.

An error of these is final, but for those that only the author can judge: they stop the compiler unless the \
stage says why they may stand, `allow(CODE, because = "...")`, which plan and report then show.

[KNOWN_BUGS_AND_FIXES.md](KNOWN_BUGS_AND_FIXES.md) tells the same mistakes by class: how they show, why they \
happen, what they cost.

"""


def guards_page() -> str:
    """The page."""
    counts = Counter(mistake.where for mistake in MISTAKES)
    told = "; ".join(f"{counts[where]} {WHERE[where].strip('*')}" for where in WHERE if counts[where])
    rows = (_row(mistake) for mistake in MISTAKES)
    table = _table(("", "what went wrong", "stopped in", "by", "shown by"), rows)
    checks = (
        (
            ", ".join(f"`{code}`" for code in guard.codes),
            meaning(guard.codes[0]),
            "with a reason" if guard.allowable else "",
            _numbers(guard.stops),
        )
        for guard in ALL_GUARDS
    )
    return (
        f"{HEAD}Of {len(MISTAKES)}: {told}.\n\n{table}\n\n## The checks of method and hardware\n\n"
        f"`stagespec explain CODE` says the same in a terminal.\n\n"
        f"{_table(('code', 'why', 'may stand', 'mistakes'), checks)}\n"
    )


def _row(mistake: Mistake) -> tuple[str, ...]:
    codes = ", ".join(f"`{code}`" for code in mistake.codes)
    decision = f"decided in [architecture](architecture.md): {mistake.decision}" if mistake.decision else ""
    by = "; ".join(part for part in (codes, mistake.how, decision) if part)
    shown = [f"`{case}`" for case in mistake.cases]
    shown += [f"`{test.rpartition('/')[2]}`" for test in mistake.tests]
    return str(mistake.number), mistake.what, WHERE[mistake.where], by, ", ".join(shown)


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines)
