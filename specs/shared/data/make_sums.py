"""Makes `held_out/sums_test.jsonl`: sums of known skeletons, so that errors can be clustered.

Run it from anywhere, it needs nothing but Python: `python make_sums.py` writes the file beside it. The
same seed gives the same bytes; `tests/specs/test_sums.py` makes the file again and compares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

SEED = 23
ITEMS = 1000
FILE = Path(__file__).parent / "held_out" / "sums_test.jsonl"
NAMES = ("Amir", "Bella", "Carlos", "Dana", "Elif", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Leo")

Drawn = tuple[tuple[int, ...], int]
"""The numbers that an item shows, and its result."""


def add(rng: Random) -> Drawn:
    a, b = rng.randint(12, 88), rng.randint(6, 59)
    return (a, b), a + b


def add_three(rng: Random) -> Drawn:
    a, b, c = rng.randint(11, 40), rng.randint(4, 30), rng.randint(2, 20)
    return (a, b, c), a + b + c


def add_small(rng: Random) -> Drawn:
    a, b = rng.randint(4, 24), rng.randint(3, 19)
    return (a, b), a + b


def take(rng: Random) -> Drawn:
    b, rest = rng.randint(5, 48), rng.randint(6, 49)
    return (b + rest, b), rest


def take_small(rng: Random) -> Drawn:
    b, rest = rng.randint(2, 14), rng.randint(3, 16)
    return (b + rest, b), rest


def times(rng: Random) -> Drawn:
    a, b = rng.randint(3, 12), rng.randint(3, 15)
    return (a, b), a * b


def share(rng: Random) -> Drawn:
    each, among = rng.randint(3, 15), rng.randint(3, 9)
    return (each * among, among), each


def double(rng: Random) -> Drawn:
    a = rng.randint(13, 95)
    return (a,), 2 * a


def half(rng: Random) -> Drawn:
    a = rng.randint(12, 95)
    return (2 * a,), a


def tenth(rng: Random) -> Drawn:
    a = rng.randint(3, 48)
    return (10 * a,), a


def take_then_add(rng: Random) -> Drawn:
    b, rest, c = rng.randint(3, 18), rng.randint(5, 25), rng.randint(2, 15)
    return (b + rest, b, c), rest + c


def take_twice(rng: Random) -> Drawn:
    b, c, rest = rng.randint(3, 15), rng.randint(2, 12), rng.randint(4, 30)
    return (b + c + rest, b, c), rest


def times_then_take(rng: Random) -> Drawn:
    a, b = rng.randint(3, 9), rng.randint(4, 12)
    c = rng.randint(2, a * b - 3)
    return (a, b, c), a * b - c


def times_then_add(rng: Random) -> Drawn:
    a, b, c = rng.randint(3, 9), rng.randint(4, 12), rng.randint(2, 20)
    return (a, b, c), a * b + c


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A text with places for the numbers ({0}, {1}, ..) and perhaps a {name}; `cluster` is its name."""

    cluster: str
    draw: Callable[[Random], Drawn]
    text: str


SKELETONS = (
    Skeleton("bare sum, tight", add, "{0}+{1}"),
    Skeleton("bare sum, question mark", add, "{0} + {1} = ?"),
    Skeleton("bare sum of three, tight", add_three, "{0}+{1}+{2}="),
    Skeleton("bare sum in words", add, "{0} added to {1}"),
    Skeleton("bare sum, more than", add, "{1} more than {0}"),
    Skeleton("bare sum, result", add, "{0} and {1}, the sum of the two numbers:"),
    Skeleton("bare difference, tight", take, "{0}-{1}"),
    Skeleton("bare difference, question mark", take, "{0} - {1} = ?"),
    Skeleton("bare difference in words", take, "{1} subtracted from {0}"),
    Skeleton("bare difference, less than", take, "{1} less than {0}"),
    Skeleton("bare difference, missing part", take, "{1} + ___ = {0}"),
    Skeleton("bare product, tight", times, "{0}*{1}"),
    Skeleton("bare product, question mark", times, "{0} × {1} = ?"),
    Skeleton("bare product in words", times, "{0} multiplied by {1}"),
    Skeleton("bare product then sum", times_then_add, "{0} x {1} + {2} = ?"),
    Skeleton("bare product then difference", times_then_take, "{0} x {1} - {2} = ?"),
    Skeleton("bare quotient, sign", share, "{0} ÷ {1}"),
    Skeleton("bare quotient, question mark", share, "{0} : {1} = ?"),
    Skeleton("bare quotient in words", share, "{0} split evenly into {1} parts, one part is"),
    Skeleton("bare double", double, "{0}, and the double of it is"),
    Skeleton("bare half", half, "{0}, and exactly half of it is"),
    Skeleton("bare tenth", tenth, "{0}, and one tenth of it is"),
    Skeleton("bare chain", take_then_add, "{0} - {1} + {2} = ?"),
    Skeleton("shells", add_small, "{name} found {0} shells in the morning and {1} in the afternoon."),
    Skeleton("passengers", add, "A ship with {0} passengers takes {1} more on board at the next port."),
    Skeleton("plum trees", add, "On the left of the road stand {0} plum trees, and on the right {1}."),
    Skeleton("goals", add_small, "Our team scored {0} goals in spring and {1} in autumn, all in all"),
    Skeleton(
        "temperature", add_small, "At sunrise it was {0} degrees, and since then it got {1} degrees warmer."
    ),
    Skeleton("age later", add_small, "{name} is {0} years old, and in {1} years the age will be"),
    Skeleton(
        "letters", add_three, "The mailbag holds {0} letters, {1} postcards and {2} parcels. Pieces in total?"
    ),
    Skeleton("fruit bowl", add_three, "A bowl of fruit: {0} figs, {1} dates, {2} nuts. Altogether?"),
    Skeleton("savings", add, "{name} had saved {0} euros and got {1} euros from an aunt."),
    Skeleton("miles", add, "First {0} miles by train, then {1} miles on foot, miles in all:"),
    Skeleton("broken glasses", take, "Of {0} glasses {1} broke on the way. Whole ones?"),
    Skeleton("pages left", take, "A story has {0} pages, and {name} has read {1} of them. Pages left?"),
    Skeleton(
        "empty seats", take, "The plane has {0} seats and carries {1} people, so the empty seats number"
    ),
    Skeleton("lanterns", take_small, "{0} lanterns were lit, then the wind put out {1} of them."),
    Skeleton("fish tank", take_small, "From a tank with {0} fish {name} sold {1}."),
    Skeleton("younger", take_small, "{name} is {0}, and the cousin is {1} years younger. The cousin's age?"),
    Skeleton("change", take, "A lamp costs {1} dollars, and I pay with {0} dollars. My change?"),
    Skeleton("wire left", take, "From {0} meters of wire {1} meters were cut off, and what remains is"),
    Skeleton("to climb", take, "The tower has {0} stairs, {name} stands on stair {1}. Stairs still to go?"),
    Skeleton("egg trays", times, "{0} trays, and {1} eggs on every tray."),
    Skeleton("toys", times, "In the workshop {0} workers pack {1} toys each, toys in all:"),
    Skeleton("laps", times, "{name} swims {1} laps a day, and that for {0} days."),
    Skeleton("rows", times, "An orchard of {0} rows with {1} pear trees in each row"),
    Skeleton("price", times, "One hat costs {1} dollars. The price of {0} such hats?"),
    Skeleton("lines", times, "{1} lines on a page, {0} pages full, so the lines number"),
    Skeleton("buckets", times, "A pump fills {1} buckets in an hour, and it has run for {0} hours."),
    Skeleton("shared nuts", share, "{0} walnuts for {1} squirrels, the same for all. Each one gets"),
    Skeleton("circles", share, "{0} dancers form circles of {1}. Number of circles?"),
    Skeleton("cost each", share, "{1} friends split a bill of {0} dollars evenly, and each of them pays"),
    Skeleton("boards", share, "A plank of {0} inches is sawn into {1} pieces of equal length, each of"),
    Skeleton("jars", share, "{0} pickles go into {1} jars, equally many in each jar."),
    Skeleton(
        "speed", share, "{name} cycled {0} kilometers in {1} hours, always at one speed, per hour that is"
    ),
    Skeleton("half price", half, "The radio was {0} dollars and is now sold at half the price."),
    Skeleton("half class", half, "There are {0} children at the camp, and half of them are girls. Girls?"),
    Skeleton("twice as many", double, "{name} picked {0} berries, and the neighbor picked twice as many."),
    Skeleton("there and back", double, "The lake is {0} kilometers away, and we go there and back."),
    Skeleton("tip", tenth, "A dinner for {0} dollars, plus a tip of ten percent. The tip alone?"),
    Skeleton("tram", take_then_add, "{0} riders in the tram, {1} leave, {2} enter. Riders now?"),
    Skeleton(
        "library", take_then_add, "A shelf with {0} books: {1} are lent out, {2} come back. Books on it?"
    ),
    Skeleton("pies", take_twice, "{0} pies baked, {1} sold before noon, {2} after noon, so what is left is"),
    Skeleton("purse", take_twice, "{name} has {0} coins, spends {1} on a drink and {2} on a snack."),
    Skeleton("boxes eaten", times_then_take, "{0} packs of {1} cookies, of which {2} were eaten."),
    Skeleton(
        "plants died", times_then_take, "{name} set {0} rows of {1} lettuces, and snails ate {2} of them."
    ),
    Skeleton(
        "bags and loose", times_then_add, "{0} sacks with {1} onions each, and {2} loose onions beside them"
    ),
    Skeleton("tickets and fee", times_then_add, "{0} seats at {1} dollars and a fee of {2} dollars come to"),
)


def made() -> list[dict[str, object]]:
    """The items, in the order of their ids: as many of every skeleton as of any other, give or take one."""
    rng = Random(SEED)
    items: dict[str, dict[str, object]] = {}
    while len(items) < ITEMS:
        item = _item(SKELETONS[len(items) % len(SKELETONS)], rng)
        if item is not None:
            items.setdefault(str(item["instruction"]), item)
    return sorted(items.values(), key=lambda item: str(item["id"]))


def _item(skeleton: Skeleton, rng: Random) -> dict[str, object] | None:
    """One item, or None where the result stands among the numbers shown: a copy would pass for an answer."""
    shown, result = skeleton.draw(rng)
    instruction = skeleton.text.format(*shown, name=rng.choice(NAMES))
    if result in shown:
        return None
    return {
        "id": f"sums-test-{hashlib.sha256(instruction.encode()).hexdigest()[:8]}",
        "instruction": instruction,
        "type": "sum",
        "check": {"kind": "number", "value": result},
        "reference": str(result),
        "cluster": skeleton.cluster,
    }


def text() -> str:
    """The file's whole text."""
    return "".join(json.dumps(item, ensure_ascii=False, sort_keys=True) + "\n" for item in made())


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8", newline="\n")
