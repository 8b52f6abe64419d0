"""docs/KNOWN_BUGS_AND_FIXES.md: the stories of the mistakes, each with what the registry has against it.

`docs/guards.md` is the index (number, code, test); this page is for those who meet a symptom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from compiler.checks import BY_CODE
from compiler.diagnostics import listing
from compiler.guards import MISTAKES, Mistake, Where
from stagespec.bug_stories import STORIES, Story
from stagespec.explain import meaning
from stagespec.methods.markdown import anchor

WHERE: dict[Where, str] = {
    "compile": "When the spec is compiled",
    "bind": "When the models are bound, before anything is made",
    "run": "While it runs",
    "design": "By design: there is no room for it",
    "open": "Not yet",
}
HEAD = (
    "# Known bugs and their fixes\n\n"
    "What goes wrong in experiments in which a model writes its own training data: how it shows, why it "
    "happens, what it cost, and what stops it here. Causes and costs are from the records of one public "
    "experiment; where they give no cost, none is told. The last part of each story is made from the "
    "compiler's own table of mistakes and its registry of checks (`pytest tests/docs --snapshot-update`). "
    "[The index](guards.md) has the mistakes one by one, each with the wrong spec or the test that shows "
    "that it is stopped.\n\n"
    "`stagespec explain CODE` says in a terminal what a code means."
)
SENTENCE = re.compile(r"(?<=[.:?!])\s+(?=[A-Z])")


def known_bugs_page() -> str:
    """The page."""
    titles = [f"{number}. {story.title}" for number, story in enumerate(STORIES, 1)]
    parts = [HEAD, "\n".join(f"- [{title}](#{anchor(title)})" for title in titles)]
    for title, story in zip(titles, STORIES, strict=True):
        parts += _story(title, story)
    return "\n\n".join(parts) + "\n"


def _story(title: str, story: Story) -> Iterator[str]:
    mistakes = [MISTAKES[at - 1] for at in story.mistakes]
    yield f"## {title}"
    yield f"**What you see.** {story.symptom}"
    yield f"**Why.** {story.cause}"
    if story.cost:
        yield f"**What it cost.** {story.cost}"
    yield f"**What stops it here** (numbers {listing(map(str, story.mistakes))} of [the index](guards.md)):"
    yield "\n".join(_stops(mistakes))


def _stops(mistakes: Sequence[Mistake]) -> Iterator[str]:
    """By when it happens: what each code asks for, and what else there is."""
    codes = list(dict.fromkeys(code for mistake in mistakes for code in mistake.codes))
    for where, title in WHERE.items():
        hows = dict.fromkeys(how(mistake) for mistake in mistakes if mistake.where == where)
        asked = _asked(codes) if where == "compile" else []
        lines = [*asked, *filter(None, hows)]
        if lines:
            yield f"- {title}:"
            yield from (f"  - {line}" for line in lines)


def how(mistake: Mistake) -> str:
    """What stops a mistake besides its codes; where nothing is said of it, the test that is against it."""
    if mistake.how:
        return f"{mistake.how[0].upper()}{mistake.how[1:]}."
    if mistake.codes:
        return ""
    tests = listing(f"`{test.rpartition('/')[2]}`" for test in mistake.tests)
    return f"A test is against it ({mistake.what}): {tests}."


def _asked(codes: Sequence[str]) -> list[str]:
    """What each code is for. Codes of one check share a line."""
    by_demand: dict[str, list[str]] = {}
    for code in codes:
        by_demand.setdefault(demand(code), []).append(code)
    return [f"{listing(f'`{code}`' for code in of)} {asks}" for asks, of in by_demand.items()]


def demand(code: str) -> str:
    """What a check asks for, with which its docstring ends; or what an error reports, with which its entry in
    the catalogue begins."""
    sentences = SENTENCE.split(meaning(code))
    return f"asks: {sentences[-1]}" if code in BY_CODE else f"reports: {sentences[0]}"
