"""How completions become columns: what can be read is, and what cannot is None and never half a record."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.plan.model import Generate, PromptUse, Sampling
from runtime.engines.protocol import Completion
from runtime.steps.parsing import columns_of, json_fields, labelled_fields, question

FIELDS = {"question": "Question:", "right": "Right:", "wrong": "Wrong:"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Question: Who?\nRight: He.\nWrong: She.", ["Who?", "He.", "She."]),
        (" Who?\nRight: He.\nWrong: She.\n\nQuestion: What?", ["Who?", "He.", "She."]),
        ("Who?\nRight: He.", None),
        ("Who?\nWrong: She.\nRight: He.", None),
        ("Who?\nRight:\nWrong: She.", None),
        ("", None),
    ],
)
def test_labelled_fields(text: str, found: list[str] | None) -> None:
    """A prompt may end with the first label; the last field ends with its paragraph."""
    read = labelled_fields(FIELDS, text)
    assert (list(read.values()) if read else None) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"task": "Sing.", "n": 3}', {"task": "Sing.", "n": 3}),
        ('Sure: {"n": 2.5, "task": "Sing.", "more": 1} and so on', {"task": "Sing.", "n": 2.5}),
        ('{"task": "Sing.", "n": "3"}', None),
        ('{"task": " ", "n": 3}', None),
        ('{"task": "Sing.", "n": true}', None),
        ('{"task": "Sing.", "n": 3', None),
        ("[1, 2]", None),
        ("no object", None),
    ],
)
def test_json(text: str, found: dict[str, object] | None) -> None:
    assert json_fields({"task": "text", "n": "number"}, text) == found


@given(st.text(), st.dictionaries(st.text(), st.integers(), max_size=3))
def test_json_is_found_whatever_stands_around_it(around: str, more: dict[str, int]) -> None:
    before = around.replace("{", "")
    whole = json.dumps({**more, "task": "Sing."})
    assert json_fields({"task": "text"}, f"{before}{whole}{around}") == {"task": "Sing."}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" Who was it? Nobody knows.", "Who was it?"),
        ("\n\nWhy? And how?", "Why?"),
        ("It was him.\nWho?", None),
        ("", None),
    ],
)
def test_question(text: str, found: str | None) -> None:
    assert question("q", text) == (None if found is None else {"q": found})


def test_a_text_is_itself_and_a_list_is_its_items() -> None:
    step = Generate(
        id="s.g", model="base", prompt=PromptUse(prompt="p"), sampling=Sampling(max_tokens=9), into="x"
    )
    said = Completion("1", (), " one\n2. two\n3. three", "eos")
    assert columns_of(step, said) == [{"x": said.text}]
    lists = replace(step, parse="numbered_list")
    assert columns_of(lists, said) == [{"x": "one"}, {"x": "two"}, {"x": "three"}]
