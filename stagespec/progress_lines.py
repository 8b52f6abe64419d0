"""Progress as plain lines, for logs: what begins to last is told every ten seconds, what ends at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from compiler.plan.counting import noun
from runtime.progress import Advanced, Began, Ended, Event, Said
from stagespec.excerpts import visible
from stagespec.forecast import Forecast
from stagespec.wording import count, duration

EVERY_S = 10.0
DECISIONS = ("gate", "quality", "output")
WITHOUT_RECORDS = ("evaluate", "train", "split")


@dataclass(slots=True)
class Piece:
    title: str
    unit: str
    total: int | None
    told: float


def finished(title: str, summary: str, seconds: float) -> str | None:
    """`✓ answers   kept 73 of 112   41 s`; None for a decision, which says itself what it decided.

    A step that keeps no records sums itself up by its kind, which tells nobody anything.
    """
    if summary in DECISIONS:
        return None
    said = f"   {summary}" if summary and summary not in (title, *WITHOUT_RECORDS) else ""
    return f"✓ {title:<10}{said}   {duration(seconds)}"


class Lines:
    """A listener that writes to a stream which is no terminal."""

    def __init__(self, forecast: Forecast, stream: TextIO, clock: Callable[[], float]) -> None:
        self.forecast, self.stream, self.clock = forecast, stream, clock
        self.pieces: dict[str, Piece] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case Began(key=key, title=title, total=total, unit=unit):
                self.pieces[key] = Piece(title, unit, total, self.clock())
            case Advanced(key=key, done=done, total=total) if key in self.pieces:
                self._advanced(self.pieces[key], done, total)
            case Ended(key=key, summary=summary, seconds=seconds):
                self._ended(key, summary, seconds)
            case Said(text=text, severity=severity):
                self._write(text if severity == "note" else f"{severity}: {text}")

    def _advanced(self, piece: Piece, done: int, total: int | None) -> None:
        piece.total = total if total is not None else piece.total
        now = self.clock()
        if now - piece.told >= EVERY_S and done != piece.total:
            piece.told = now
            of = f" of {count(piece.total)}" if piece.total is not None else ""
            self._write(f"{piece.title}: {count(done)}{of} {noun(piece.total or done, piece.unit)}")

    def _ended(self, key: str, summary: str, seconds: float) -> None:
        piece = self.pieces.pop(key, None)
        step = self.forecast.step_of(key)
        if piece is not None and step is not None:
            return  # the step that it is part of will say what came of it
        if step is not None:
            self.forecast.ended(step, seconds)
            title = step.rpartition(".")[2]
        else:
            title = piece.title if piece else key
        line = finished(title, summary, seconds)
        if line is not None:
            self._write(line)

    def _write(self, line: str) -> None:
        self.stream.write(visible(line) + "\n")
        self.stream.flush()
