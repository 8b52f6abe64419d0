"""No input may raise out of the compiler, and no step may vanish without an error."""

from __future__ import annotations

import os
import random
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wrong_cases import GOOD

from compiler.compile import Compiled, compile_spec

FILES = ("stage.stage", "shared.stage", "profiles.stage")
TEXTS = {name: (GOOD / name).read_text(encoding="utf-8") for name in FILES}
TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[A-Za-z_]\w*|\d[\d_.]*|\s+|.', re.S)
MAX = int(os.environ.get("FUZZ_EXAMPLES", "25"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("fuzz")
    shutil.copytree(GOOD, place, dirs_exist_ok=True)
    return place


def compile_text(folder: Path, name: str, text: str) -> Compiled:
    """Compile the good spec with one file's text put in the place of its own."""
    for other, original in TEXTS.items():
        written = text if other == name else original
        (folder / other).write_bytes(written.encode("utf-8", "surrogatepass"))
    return compile_spec(str(folder / "stage.stage"), "test")


def check(compiled: Compiled) -> None:
    """What holds for every input: a plan or an error, places inside their files, whole stages."""
    found = compiled.diagnostics
    assert (compiled.plan is None) == found.failed
    for item in found.items:
        for span in [label.span for label in item.labels] + ([item.fix.span] if item.fix else []):
            text = compiled.program.sources[span.file].text
            assert 0 <= span.start <= span.end <= len(text), item
            compiled.program.sources[span.file].position(span.start)
    if compiled.plan is not None:
        for stage in compiled.plan.method.stages:
            entry = compiled.program.entry
            definition = next(
                d for d in compiled.program.files[entry].definitions if d.name.value == stage.name
            )
            steps = [e for e in getattr(definition.body, "entries", ()) if hasattr(e, "kind")]
            assert len(stage.steps) == len(steps)


def mutate(text: str, seed: int) -> str:
    """One to three small accidents of an editor."""
    draw = random.Random(seed)
    tokens = TOKEN.findall(text)
    for _ in range(draw.randint(1, 3)):
        i, j = draw.randrange(len(tokens)), draw.randrange(len(tokens))
        match draw.randrange(6):
            case 0:
                del tokens[i]
            case 1:
                tokens.insert(i, tokens[j])
            case 2:
                tokens[i], tokens[j] = tokens[j], tokens[i]
            case 3:
                tokens[i] = draw.choice(
                    ['"', "{", "}", "[", "]", "(", ")", "=", "/", "#", '"""', "\x00", "é", "🙂", "\\"]
                )
            case 4:
                tokens[i] = draw.choice(
                    ["true", "0", "-1", "1e400", "[]", "{}", '""', "x.y", "f(x)", "5 %", "/a/"]
                )
            case _:
                k = draw.randint(1, 40)
                del tokens[i : i + k]
        if not tokens:
            return ""
    return "".join(tokens)


@settings(max_examples=MAX, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), st.integers(0, 10**9))
def test_accidents(folder: Path, name: str, seed: int) -> None:
    check(compile_text(folder, name, mutate(TEXTS[name], seed)))


@settings(max_examples=MAX, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), st.data())
def test_ends_anywhere(folder: Path, name: str, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(TEXTS[name])))
    check(compile_text(folder, name, TEXTS[name][:end]))


@settings(max_examples=MAX, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), st.text(max_size=60), st.data())
def test_any_text_in_between(folder: Path, name: str, text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(TEXTS[name])))
    check(compile_text(folder, name, TEXTS[name][:at] + text + TEXTS[name][at:]))


@settings(max_examples=MAX, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), st.text(max_size=200))
def test_any_text(folder: Path, name: str, text: str) -> None:
    check(compile_text(folder, name, text))


@settings(max_examples=MAX, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["seeds", "clear", "pairs", "dev"]), st.text(max_size=60), st.data())
def test_any_text_in_data(folder: Path, name: str, text: str, data: st.DataObject) -> None:
    path = folder / "data" / f"{name}.jsonl"
    original = (GOOD / "data" / f"{name}.jsonl").read_text(encoding="utf-8")
    at = data.draw(st.integers(0, len(original)))
    path.write_bytes((original[:at] + text + original[at:]).encode("utf-8", "surrogatepass"))
    try:
        check(compile_text(folder, "stage.stage", TEXTS["stage.stage"]))
    finally:
        path.write_text(original, encoding="utf-8")
