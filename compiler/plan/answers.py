"""Programmatic checks of answers: JSON data that a held-out item carries, and what it means.

A check is a mapping with a `kind` and that kind's fields; `KINDS` lists them all. No check fails an
answer for being short ("4") or for going on after the right answer: only the part that answers is
read. Every check rejects an empty answer, a copy of the instruction, "yes", a refusal and a heap of
the item's own keywords; `weak_spots` shows for one item whether that holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from compiler.plan import answer_refusals
from compiler.plan import answer_text as t
from compiler.plan.answer_fields import TYPES, Check, float_of, strings
from compiler.plan.answer_kinds import BY_NAME, KINDS, Kind, holds, pattern_words
from compiler.plan.answer_reading import Item
from compiler.plan.answer_refusals import refuses

__all__ = [
    "KINDS",
    "Check",
    "always_rejected",
    "check_words",
    "passes",
    "patterns",
    "refuses",
    "validate",
    "weak_spots",
]


def passes(check: Check, instruction: str, response: str) -> bool:
    """Whether the response answers the instruction as the check wants it.

    "I don't know" is an answer, and a wrong one where the check does not look for it; what follows after
    "but" may still be right. Raises ValueError for a check that `validate` would not let through.
    """
    wrong = validate(check)
    if wrong:
        raise ValueError(wrong)
    answer = t.own_part(instruction, response)
    if answer_refusals.says_nothing(instruction, answer):
        return False
    if answer_refusals.admits_ignorance(answer) and not _looks_for_ignorance(check):
        answer = answer_refusals.beyond_ignorance(answer)
        if answer_refusals.says_nothing(instruction, answer):
            return False
    own = frozenset(t.words(instruction)) | {word for text in check_words(check) for word in t.words(text)}
    return holds(check, Item(instruction, answer, own))


def validate(check: Check) -> str | None:
    """One sentence on what is wrong with a check, or None."""
    kind = BY_NAME.get(str(check.get("kind")))
    if kind is None:
        return f"There is no check of kind {check.get('kind')!r}; the kinds are {', '.join(BY_NAME)}."
    for name in check:
        if name != "kind" and name not in kind.fields:
            return f"The check {kind.name} has no field {name!r}; it has {', '.join(kind.fields)}."
    for name, wanted in kind.fields.items():
        if name not in check:
            if name not in kind.optional:
                return f"The check {kind.name} needs the field {name!r}."
        elif not TYPES[wanted](check[name]):
            return f"The field {name!r} of the check {kind.name} must be {wanted}."
    return _consistent(kind, check)


def patterns(check: Check) -> list[str]:
    """The regular expressions of a check that `validate` lets through, and of those inside of it."""
    inner = [pattern for part in cast(Sequence[Check], check.get("checks", ())) for pattern in patterns(part)]
    fields = BY_NAME[str(check["kind"])].fields
    return inner + [
        str(check[name]) for name in fields if fields[name] == "a regular expression" and name in check
    ]


_NOT_LOOKED_FOR = frozenset(
    {"kind", "pattern", "min_words", "n", "or_more", "min", "max", "tolerance", "series", "without"}
)


def check_words(check: Check) -> list[str]:
    """The texts that a check looks for, in order: its forms, words, items and numbers."""
    found: list[str] = []
    for name, value in check.items():
        if name in _NOT_LOOKED_FOR:
            continue
        if name == "checks":
            found += [text for inner in cast(Sequence[Check], value) for text in check_words(inner)]
        elif isinstance(value, str):
            found.append(value)
        elif isinstance(value, (int, float)):
            found.append(f"{value:g}")
        else:
            for entry in cast(Sequence[object], value):
                found += [entry] if isinstance(entry, str) else list(cast(Sequence[str], entry))
    return found


def _looks_for_ignorance(check: Check) -> bool:
    """Whether "don't know" or "do not know" stands among the check's words or in its pattern."""
    inner = cast(Sequence[Check], check.get("checks", ()))
    if inner:
        return any(map(_looks_for_ignorance, inner))
    texts = t.plain("\n".join([*check_words(check), str(check.get("pattern", ""))])).casefold()
    return "don't know" in texts or "do not know" in texts


def always_rejected(check: Check, instruction: str) -> list[str]:
    """Answers that are wrong for this item whatever it asks: nothing, a copy, "yes", its keywords."""
    asked = t.content(instruction)
    looked_for = t.content(" ".join(check_words(check)))
    one_answer = any(set(looked_for) <= set(t.words(text)) for text in check_words(check))
    lists = [list(dict.fromkeys([*looked_for, *asked])), asked]
    # "7 times 12" and then "84": where every word is a keyword, this is the sum with its answer.
    if not (one_answer and asked == t.words(instruction)):
        lists.append(list(dict.fromkeys([*asked, *looked_for])))
    if not one_answer and not _names_all_is_right(check):
        lists.append(looked_for)
    answers = [
        "",
        " \n\n",
        instruction,
        instruction.rstrip(" .?!"),
        f"Instruction: {instruction}\nResponse:",
        f"{instruction}\n{instruction}",
        "yes",
        "Yes.",
        "I'm sorry, but I can't help with that.",
        "I cannot tell you.",
    ]
    if not _looks_for_ignorance(check):
        answers.append("I don't know.")
    # A "list" of one or two words may well be the answer itself.
    answers += [mark.join(entries) for entries in lists if len(entries) >= 3 for mark in (", ", " ", "\n")]
    # With the words that hold sentences together as well, and those of a pattern.
    heaps = [t.words(instruction), t.words(" ".join(_pattern_words(check)))]
    if not one_answer and not _names_all_is_right(check):
        heaps.append(t.words(" ".join(check_words(check))))
    return answers + [
        mark.join(dict.fromkeys(heap)) for heap in heaps if len(set(heap)) >= t.HEAP for mark in (", ", "\n")
    ]


def _pattern_words(check: Check) -> list[str]:
    if check["kind"] == "all_of":
        return [word for inner in cast(Sequence[Check], check["checks"]) for word in _pattern_words(inner)]
    return pattern_words(check)


def weak_spots(check: Check, instruction: str) -> list[str]:
    """The answers of `always_rejected` that the check wrongly accepts; none for a good item."""
    return [answer for answer in always_rejected(check, instruction) if passes(check, instruction, answer)]


def _names_all_is_right(check: Check) -> bool:
    if check["kind"] == "all_of":
        return all(_names_all_is_right(inner) for inner in cast(Sequence[Check], check["checks"]))
    if check["kind"] == "list_of":
        return len(cast(Sequence[str], check.get("among", ()))) <= cast(int, check["n"]) or bool(
            check.get("or_more")
        )
    return BY_NAME[str(check["kind"])].names_all_is_right


def _consistent(kind: Kind, check: Check) -> str | None:
    """What the types of the fields cannot say."""
    if kind.name == "all_of":
        return next(
            (wrong for inner in cast(Sequence[Check], check["checks"]) if (wrong := validate(inner))), None
        )
    if kind.name == "number" and float_of(check, "tolerance") < 0:
        return "The field 'tolerance' of the check number must not be below 0."
    if kind.name == "word_count":
        if "min" not in check and "max" not in check:
            return "The check word_count needs 'min' or 'max'."
        if float_of(check, "min", 1) > float_of(check, "max", float("inf")):
            return "The field 'min' of the check word_count is above 'max', so that nothing can pass."
    if kind.name == "list_of" and "among" in check and len(strings(check, "among")) < cast(int, check["n"]):
        return "The check list_of asks for more things than 'among' has, so that nothing can pass."
    if kind.name == "order" and len(set(strings(check, "items"))) < max(2, len(strings(check, "items"))):
        return "The check order needs two items or more, all different."
    return None
