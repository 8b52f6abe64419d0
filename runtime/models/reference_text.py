"""Plain English that measurements of a tokenizer or a model refer to."""

from __future__ import annotations

PASSAGE = (
    "Most towns that grew beside a river have the same shape. The oldest streets run down to the water, "
    "where boats once brought grain, timber and news, and the newer ones climb the hill away from it. "
    "When the railway came, the centre moved towards the station, and the quays were left to warehouses "
    "and gulls. Today people walk there on Sunday afternoons, eat ice cream, and read small signs that "
    "explain what each crane was for. Nobody planned this. Each family built where the work was, and the "
    "map remembers the order in which the work arrived."
)

ROUND_TRIPS = (
    PASSAGE,
    " A leading space, a trailing one ",
    "Instruction: List three fruits.\nResponse:\n1. Apple\n2. Pear\n\n###END###",
    "\tdef area(w, h):\n\t    return w * h  # 2,5 m² or 25,000 cm²",
    "naïve café, “quoted”, 東京, 🙂, 3.14 €",
)
"""Texts that a tokenizer must give back exactly: white space, markup, code, other scripts."""


def words(text: str) -> int:
    """Words as runs between white space."""
    return len(text.split())
