"""What a stream can show."""

from __future__ import annotations

import os
from typing import TextIO


def has_colour(stream: TextIO) -> bool:
    """A terminal whose user has not asked for plain text (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def is_terminal(stream: TextIO) -> bool:
    return hasattr(stream, "isatty") and stream.isatty()


def columns(stream: TextIO, otherwise: int = 100) -> int:
    """The width of a terminal; of a file or pipe, what a page of text has."""
    if not is_terminal(stream):
        return otherwise
    from shutil import get_terminal_size

    return get_terminal_size((otherwise, 24)).columns
