"""Progress on a terminal: a line for the run, a bar per piece at work, a line per piece that ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from threading import Event as Flag
from threading import Lock, Thread
from typing import TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from compiler.plan.counting import noun
from compiler.plan.model import PlanFile
from runtime.progress import Advanced, Began, Ended, Event, Listener, Said
from stagespec.excerpts import visible
from stagespec.forecast import Forecast
from stagespec.progress_lines import Lines, finished
from stagespec.terminal import has_colour, is_terminal
from stagespec.wording import count, duration

STYLES = {"note": "", "warning": "yellow", "error": "bold red"}
REFRESH_S = 0.25
Clock = Callable[[], float]


@contextmanager
def watching(
    plan: PlanFile, stream: TextIO, clock: Clock = time.time, steps: Collection[str] | None = None
) -> Iterator[Listener]:
    """A listener that draws on the stream if it is a terminal, and writes plain lines if it is not.

    `steps` are those that will be run, where that is not the whole plan.
    """
    forecast = Forecast.of(plan, steps)
    if not is_terminal(stream):
        yield Lines(forecast, stream, clock)
        return
    console = Console(file=stream, no_color=not has_colour(stream), highlight=False)
    with Bars(forecast, console, clock) as bars:
        yield bars


class Bars(Progress):
    """A listener; use as a context manager."""

    def __init__(self, forecast: Forecast, console: Console, clock: Clock) -> None:
        self.forecast, self.clock = forecast, clock
        self.began = self.last = clock()
        self.pieces: dict[str, TaskID] = {}
        super().__init__(
            TextColumn("  {task.description}", markup=False),
            BarColumn(bar_width=30),
            _Amount(),
            _Speed(),
            console=console,
            transient=True,
            auto_refresh=False,
        )
        # rich draws from a thread of its own while others print, and then miscounts the lines to clear:
        # here one lock is held by whoever draws or prints.
        self.drawing = Lock()
        self.stopping = Flag()
        self.ticking = Thread(target=self._tick, daemon=True)

    def start(self) -> None:
        super().start()
        self.ticking.start()

    def stop(self) -> None:
        self.stopping.set()
        with self.drawing:
            super().stop()

    def _tick(self) -> None:
        while not self.stopping.wait(REFRESH_S):
            with self.drawing:
                if not self.stopping.is_set():
                    self.refresh()

    def __call__(self, event: Event) -> None:
        with self.drawing:
            self._take(event)

    def _take(self, event: Event) -> None:
        match event:
            case Began(key=key, title=title, total=total, unit=unit):
                self._forget(key)
                self.pieces[key] = self.add_task(visible(title), total=total, unit=unit)
            case Advanced(key=key, done=done, total=total) if key in self.pieces:
                self.update(self.pieces[key], completed=done, total=total)
            case Ended(key=key, summary=summary, seconds=seconds):
                self._ended(key, summary, seconds)
            case Said(text=text, severity=severity):
                self.console.print(Text(visible(text), style=STYLES.get(severity, "")))

    def get_renderables(self) -> Iterable[RenderableType]:
        yield Text(self._whole(), style="bold", no_wrap=True, overflow="ellipsis")
        yield from super().get_renderables()

    def _whole(self) -> str:
        """`steps 5 of 14 · 3 min so far · ends about 14:32`"""
        now = self.clock()
        steps = f"steps {self.forecast.steps_done} of {len(self.forecast.quotes)}"
        line = f"{steps} · {duration(now - self.began)} so far"
        left = self.forecast.remaining(now - self.last)
        if left < 1:
            return line
        return f"{line} · ends about {time.strftime('%H:%M', time.localtime(now + left))}"

    def _ended(self, key: str, summary: str, seconds: float) -> None:
        task = self._forget(key)
        step = self.forecast.step_of(key)
        if task is not None and step is not None:
            return  # the step that it is part of will say what came of it
        if step is not None:
            self.forecast.ended(step, seconds)
            self.last = self.clock()
            title = step.rpartition(".")[2]
        else:
            title = task.description if task else key
        line = finished(title, summary, seconds)
        if line is not None:
            text = Text(visible(line))
            text.stylize("green", 0, 1)
            self.console.print(text)

    def _forget(self, key: str) -> Task | None:
        """Take a piece's bar away."""
        id = self.pieces.pop(key, None)
        if id is None:
            return None
        task = next(task for task in self.tasks if task.id == id)
        self.remove_task(id)
        return task


class _Amount(ProgressColumn):
    def render(self, task: Task) -> Text:
        of = f" of {count(task.total)}" if task.total is not None else ""
        return Text(f"{count(task.completed)}{of} {noun(task.total or task.completed, task.fields['unit'])}")


class _Speed(ProgressColumn):
    """Records per second, and the time that the piece still takes."""

    def render(self, task: Task) -> Text:
        if not task.speed:
            return Text("")
        per = f"{task.speed:.1f} a second" if task.speed >= 0.95 else f"{task.speed * 60:.1f} a minute"
        left = task.time_remaining
        return Text(f"{per}, {duration(left)} left" if left else per, style="dim")
