"""What a run has measured, as those read it who only tell of it: a run at work has all of it, an archive
brings it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from compiler.plan.model import Binding, Method
from runtime.records import StepRecords

if TYPE_CHECKING:
    from runtime.calibration import Calibration
    from runtime.models.tokens import Tokens
    from runtime.rulings import Ruling


class Measured(Protocol):
    """By step id: `records` and `outcomes`; by use of a critic: `calibrations` and `rulings`. `data` are the
    records of data files, by their names."""

    @property
    def method(self) -> Method: ...
    @property
    def binding(self) -> Binding: ...
    @property
    def data(self) -> Mapping[str, Sequence[Mapping[str, Any]]]: ...
    @property
    def records(self) -> Mapping[str, StepRecords]: ...
    @property
    def outcomes(self) -> Mapping[str, Any]: ...
    @property
    def calibrations(self) -> Mapping[str, tuple[Calibration, ...]]: ...
    @property
    def rulings(self) -> Mapping[str, Ruling]: ...
    @property
    def interventions(self) -> Sequence[str]: ...
    @property
    def tokens(self) -> Tokens: ...
