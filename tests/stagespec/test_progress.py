"""Progress: bars on a terminal, lines in a log, and when the run will end."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Sequence

from rich.console import Console

from compiler.plan.model import PlanFile
from runtime.progress import Advanced, Began, Ended, Event, Said
from stagespec.forecast import Forecast
from stagespec.progress_bars import Bars, watching
from stagespec.progress_lines import Lines


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


EVENTS: Sequence[Event] = (
    Began("download base", "downloading the model 'base'", 3, "package"),
    Ended("download base", "downloading the model 'base'", 4.2),
    Began("small.before/raw", "before: raw", 80, "completion"),
    Advanced("small.before/raw", 20),
    Advanced("small.before/raw", 80),
    Ended("small.before/raw", "80 completions", 60.0),
    Ended("small.before", "evaluate", 61.0),
    Said("gap is closed: before.few_shot.check is 81 %, wanted < 70 %", "warning"),
    Ended("small.gap", "gate", 0.0),
    Began("small.answers", "answers", 112, "completion"),
    Advanced("small.answers", 60),
    Ended("small.answers", "112 completions", 40.0),
    Ended("small.answers", "kept 73 of 112 (39 truncated)", 41.0),
)


def forecast() -> Forecast:
    return Forecast(
        {
            "small.before": 60.0,
            "small.gap": 0.0,
            "small.ideas": 30.0,
            "small.answers": 40.0,
            "small.student": 300.0,
        },
        frozenset({"small.ideas", "small.answers"}),
    )


def lines(seconds_between: float) -> list[str]:
    clock, stream = Clock(), io.StringIO()
    listener = Lines(forecast(), stream, clock)
    for event in EVENTS:
        listener(event)
        clock.now += seconds_between
    return stream.getvalue().splitlines()


def test_a_log_has_a_line_for_each_piece_that_ended_and_for_what_was_said() -> None:
    assert lines(seconds_between=1) == [
        "✓ downloading the model 'base'   4 s",
        "✓ before       1 min",
        "warning: gap is closed: before.few_shot.check is 81 %, wanted < 70 %",
        "✓ answers      kept 73 of 112 (39 truncated)   41 s",
    ]


def test_a_log_is_told_every_ten_seconds_how_far_a_piece_has_come() -> None:
    told = [line for line in lines(seconds_between=10) if not line.startswith(("✓", "warning"))]
    assert told == ["before: raw: 20 of 80 completions", "answers: 60 of 112 completions"]


def test_bars_show_the_run_and_the_piece_at_work() -> None:
    clock, stream = Clock(), io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, color_system=None, legacy_windows=False)
    with Bars(forecast(), console, clock) as bars:
        for event in EVENTS[:4]:
            bars(event)
        bars.refresh()
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    ends = time.strftime("%H:%M", time.localtime(clock.now + 430))
    assert f"steps 0 of 5 · 0 s so far · ends about {ends}" in drawn
    assert re.search(r"before: raw .*20 of 80 completions", drawn)


def test_bars_leave_lines_behind_and_no_bar() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, color_system=None, legacy_windows=False)
    with Bars(forecast(), console, Clock()) as bars:
        for event in EVENTS:
            bars(event)
        assert bars.tasks == []
    text = stream.getvalue()
    assert "✓ answers      kept 73 of 112 (39 truncated)   41 s" in text
    assert text.count("✓") == 3


def test_a_stream_that_is_no_terminal_gets_plain_lines(plan: PlanFile) -> None:
    stream = io.StringIO()
    with watching(plan, stream) as listener:
        listener(Ended("small.before", "evaluate", 61.0))
    assert stream.getvalue() == "✓ before       1 min\n"


def test_what_is_said_cannot_steer_the_terminal() -> None:
    stream = io.StringIO()
    Lines(forecast(), stream, Clock())(Said("a\x1b[2Jb"))
    assert stream.getvalue() == "a␛[2Jb\n"


def test_steps_in_rounds_are_done_when_what_follows_them_is() -> None:
    run = forecast()
    run.ended("small.before", 60)
    run.ended("small.ideas", 10)
    run.ended("small.answers", 10)
    assert run.steps_done == 1
    run.ended("small.student", 300)
    assert run.steps_done == 4  # and the gate was not asked


def test_the_end_moves_with_the_pace_of_finished_steps() -> None:
    run = forecast()
    assert run.remaining(0) == 430
    run.ended("small.before", 150)  # two and a half times as long as quoted; the quote keeps some trust
    assert 370 * 1.5 < run.remaining(0) < 370 * 2.5


def test_waiting_for_one_step_does_not_eat_up_the_others() -> None:
    assert forecast().remaining(100_000) == 130


def test_the_forecast_of_a_plan_knows_its_rounds(plan: PlanFile) -> None:
    run = Forecast.of(plan)
    inside = {step.rpartition(".")[2] for step in run.in_rounds}
    assert inside == {"ideas", "fresh", "clear", "answers", "clean", "good", "pilot"}
    assert len(run.quotes) == 14


def test_a_piece_belongs_to_the_step_whose_id_begins_its_key() -> None:
    run = forecast()
    assert run.step_of("small.before/raw") == "small.before"
    assert run.step_of("small.before") == "small.before"
    assert run.step_of("small.beforehand") is None
    assert run.step_of("download base") is None
