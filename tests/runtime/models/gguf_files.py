"""GGUF headers written by hand."""

from __future__ import annotations

import struct


def text(value: str) -> bytes:
    """A string with its length in front."""
    return struct.pack("<Q", len(value.encode())) + value.encode()


def header(*pairs: tuple[str, int, bytes], version: int = 3) -> bytes:
    """Magic, version, no tensors, and (key, type number, packed value) pairs."""
    body = b"".join(text(key) + struct.pack("<I", kind) + value for key, kind, value in pairs)
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(pairs)) + body
