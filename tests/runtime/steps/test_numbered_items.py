"""Lists that a base model goes on with, as small models really write them."""

import pytest

from runtime.engines.protocol import Completion
from runtime.steps.parsing import numbered_items

CASES = {
    "goes on from the prompt's number": (
        " Name a bird.\n12. Name a tree.\n13. Name a fish.",
        "stop",
        ["Name a bird.", "Name a tree.", "Name a fish."],
    ),
    "the last item is dropped at the limit": (" Name a bird.\n12. Name a tr", "length", ["Name a bird."]),
    "numbering that jumps ends the list": (
        " Name a bird.\n12. Name a tree.\n1. Start again.",
        "stop",
        ["Name a bird.", "Name a tree."],
    ),
    "prose ends the list": (
        " Name a bird.\nThese are some ideas.\n12. Name a tree.",
        "stop",
        ["Name a bird."],
    ),
    "a blank line ends the list": (" Name a bird.\n\n12. Name a tree.", "stop", ["Name a bird."]),
    "brackets count too": (" Name a bird.\n12) Name a tree.", "stop", ["Name a bird.", "Name a tree."]),
    "nothing": ("", "stop", []),
    "one cut item": (" Name a b", "length", []),
}


@pytest.mark.parametrize("case", CASES)
def test_items(case):
    text, finish, items = CASES[case]
    assert numbered_items(Completion("x", (), text, finish)) == items
