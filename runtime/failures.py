"""How a run can end early. Each carries one sentence for a person; the face turns it into an exit code."""

from __future__ import annotations


class RunEnded(Exception):
    """Base of the two: `str(error)` is one clear sentence, `help` says what to do about it."""

    def __init__(self, sentence: str, help: str = "") -> None:
        super().__init__(sentence)
        self.help = help


class RunStopped(RunEnded):
    """A gate, a certificate or a critic stopped the run: the tool worked, the answer is no (exit 3)."""


class RunFailed(RunEnded):
    """Something broke or is not there: a model, a disk, an engine (exit 4)."""


class ChildDied(RunFailed):
    """A child process broke or was killed; what it was doing can be tried in another. `help` holds the last
    lines of its output."""


class ResultsMissing(RunFailed):
    """What a part of a plan rests on has not been made; `step` is the first of it."""

    def __init__(self, sentence: str, step: str) -> None:
        super().__init__(sentence)
        self.step = step
