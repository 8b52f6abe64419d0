"""GGUF headers written by hand: single values are read, arrays stepped over, damage said."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from gguf_files import header, text

from runtime.failures import RunFailed
from runtime.models.gguf_header import quantisation, read_header


def _strings(*values: str) -> bytes:
    return struct.pack("<IQ", 8, len(values)) + b"".join(map(text, values))


def _write(folder: Path, content: bytes) -> Path:
    path = folder / "model.gguf"
    path.write_bytes(content)
    return path


def test_single_values_are_read_and_arrays_stepped_over(tmp_path: Path) -> None:
    numbers = struct.pack("<IQ3i", 5, 3, 1, 2, 3)
    nested = struct.pack("<IQ", 9, 2) + numbers + _strings("x")
    path = _write(
        tmp_path,
        header(
            ("general.name", 8, text("Größe")),
            ("tokens", 9, _strings("a", "bc", "")),
            ("numbers", 9, numbers),
            ("nested", 9, nested),
            ("general.file_type", 4, struct.pack("<I", 15)),
            ("tokenizer.ggml.add_bos_token", 7, b"\x01"),
        ),
    )
    assert read_header(path) == {
        "general.name": "Größe",
        "general.file_type": 15,
        "tokenizer.ggml.add_bos_token": True,
    }


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"general.file_type": 3}, "Q4_1"),
        ({"general.file_type": 15}, "Q4_K_M"),
        ({"general.file_type": 1}, None),
        ({"general.file_type": 999}, "GGUF file type 999"),
        ({}, "a quantisation that the file does not name"),
    ],
)
def test_the_quantisation_is_named(header: dict[str, int], expected: str | None) -> None:
    assert quantisation(dict(header)) == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 a zip archive", "not a GGUF file"),
        (header(("general.name", 8, text("Gemma")))[:-30], "damaged"),
        (header(("general.name", 99, b"")), "damaged"),
        (header(version=1), "version 1"),
    ],
)
def test_damage_is_said_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(RunFailed, match=said):
        read_header(_write(tmp_path, content))
