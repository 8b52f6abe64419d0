"""Stop strings are strings: wherever the tokens are cut, the text ends where a plain search says."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from runtime.engines.protocol import Completion, Draw
from runtime.engines.stopping import Writing, earliest

Encode = Callable[[str], tuple[int, ...]]


@pytest.fixture
def tokenizer(tokenizer_folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tokenizer_folder / "tokenizer.json"))


def write(tokenizer: Tokenizer, ids: list[int] | tuple[int, ...], draw: Draw) -> Completion | None:
    writing = Writing("r", draw, tokenizer, {0})
    for token in ids:
        completion = writing.add(token)
        if completion is not None:
            return completion
    return None


def test_a_stop_string_may_span_tokens_and_end_inside_one(tokenizer: Tokenizer, encode: Encode) -> None:
    ids = encode("A gull lives near the sea.\n\nInstruction: more")
    done = write(tokenizer, ids, Draw(100, stop=("\nInst",)))
    assert done is not None
    assert (done.text, done.finish, done.matched) == ("A gull lives near the sea.\n", "stop", "\nInst")
    assert done.ids == ids[: len(done.ids)]
    assert "\nInst" not in tokenizer.decode(list(done.ids[:-1]))


def test_the_earliest_match_wins_and_then_the_order_of_the_strings() -> None:
    assert earliest("abcdef", ("ef", "cd", "de")) == (2, "cd")
    assert earliest("abcdef", ("cde", "cd")) == (2, "cde")
    assert earliest("abcdef", ("x",)) is None
    assert earliest("abcdef", ()) is None


def test_characters_of_several_tokens_count_once_whole(tokenizer: Tokenizer, encode: Encode) -> None:
    ids = encode("dog 🐕本 cat")
    assert len(encode("🐕本")) > 2
    done = write(tokenizer, ids, Draw(100, stop=("🐕本",)))
    assert done is not None
    assert (done.text, done.matched) == ("dog ", "🐕本")


def test_eos_is_no_part_of_ids_or_text_and_the_limit_is_kept(tokenizer: Tokenizer, encode: Encode) -> None:
    ids = encode("the dog")
    done = write(tokenizer, (*ids, 0), Draw(100))
    assert done == Completion("r", ids, "the dog", "eos")
    done = write(tokenizer, encode("the quick dog sleeps"), Draw(2))
    assert done is not None
    assert (done.finish, len(done.ids)) == ("length", 2)


def test_a_stop_in_the_last_token_allowed_is_a_stop(tokenizer: Tokenizer, encode: Encode) -> None:
    ids = encode("the dog.")
    done = write(tokenizer, ids, Draw(len(ids), stop=(".",)))
    assert done is not None
    assert (done.text, done.finish) == ("the dog", "stop")


def test_control_tokens_stay_visible(tokenizer: Tokenizer) -> None:
    done = write(tokenizer, (1, 0), Draw(5))
    assert done is not None
    assert done.text == "<turn>"


def test_same_as_searching_each_text_from_its_start(tokenizer: Tokenizer) -> None:
    dice = random.Random(1)
    size = tokenizer.get_vocab_size()
    stops = ("\n", "e ", "the", "é", "🐕", "ab", ". ")
    finishes: set[str] = set()
    for _ in range(300):
        ids = [dice.randrange(2, size) for _ in range(40)]
        draw = Draw(dice.choice([10, 30]), stop=tuple(dice.sample(stops, dice.randrange(1, 4))))
        done = write(tokenizer, ids, draw)
        assert done is not None
        finishes.add(done.finish)
        before = tokenizer.decode(list(done.ids[:-1]), skip_special_tokens=False)
        text = tokenizer.decode(list(done.ids), skip_special_tokens=False)
        assert not any(stop in before for stop in draw.stop)
        if done.finish == "stop":
            assert done.matched in draw.stop
            assert done.text == text[: min(text.find(stop) for stop in draw.stop if stop in text)]
        else:
            assert done.text == text
            assert len(done.ids) == draw.max_tokens
            assert not any(stop in text for stop in draw.stop)
    assert finishes == {"stop", "length"}
