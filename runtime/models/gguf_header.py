"""The single values in a GGUF file's header: name, quantisation, token policy.

The library for this reads every array too, which for a vocabulary of 262,144 tokens takes 20 seconds.
Here arrays are stepped over. Layout: magic, version, number of tensors, number of keys; then per key
its name, a type number, and the value (little-endian).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from runtime.failures import RunFailed

Value = int | float | bool | str

_SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_STRING, _ARRAY = 8, 9

# `general.file_type` by number, as far as whole files come in it.
_QUANTISATION = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
    12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K",
    32: "BF16",
}  # fmt: skip
_UNQUANTISED = frozenset({"F32", "F16", "BF16"})


def read_header(path: Path) -> dict[str, Value]:
    """All values of the header but arrays. RunFailed when the file is not GGUF or is cut short."""
    with path.open("rb") as file:
        try:
            if file.read(4) != b"GGUF":
                raise RunFailed(f"{path.name} is not a GGUF file.")
            version, _, keys = struct.unpack("<IQQ", file.read(20))
            if version < 2:
                raise RunFailed(f"{path.name} is GGUF version {version}; 2 and later can be read.")
            values: dict[str, Value] = {}
            for _ in range(keys):
                key = _string(file)
                (kind,) = struct.unpack("<I", file.read(4))
                if kind == _ARRAY:
                    _skip_array(file)
                else:
                    values[key] = _string(file) if kind == _STRING else _scalar(file, kind)
        except (struct.error, KeyError, UnicodeDecodeError) as error:
            raise RunFailed(f"{path.name} is damaged: its header can't be read.") from error
    return values


def quantisation(header: dict[str, Value]) -> str | None:
    """The type that most tensors are quantised to ("Q4_1"), or None for unquantised weights."""
    number = header.get("general.file_type")
    if number is None:
        return "a quantisation that the file does not name"
    name = _QUANTISATION.get(int(number), f"GGUF file type {number}")
    return None if name in _UNQUANTISED else name


def _scalar(file: BinaryIO, kind: int) -> Value:
    layout = _SCALARS[kind]
    value: Value = struct.unpack(layout, file.read(struct.calcsize(layout)))[0]
    return value


def _string(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    return file.read(length).decode("utf-8")


def _skip_array(file: BinaryIO) -> None:
    kind, count = struct.unpack("<IQ", file.read(12))
    if kind == _ARRAY:
        for _ in range(count):
            _skip_array(file)
    elif kind == _STRING:
        for _ in range(count):
            (length,) = struct.unpack("<Q", file.read(8))
            file.seek(length, 1)
    else:
        file.seek(count * struct.calcsize(_SCALARS[kind]), 1)
