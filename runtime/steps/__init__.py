"""One function per step kind. Within a shape the signature is the same.

*map* (step, work, records) and, for a source, (step, work, round): records to records, per round;
*reduce* (step, work, records): over all rounds; *fit* and *decide* (step, work).
"""

from collections.abc import Callable, Mapping

from runtime.steps.evaluate import evaluate
from runtime.steps.filter import sift
from runtime.steps.gates import gate, quality
from runtime.steps.generate import complete, write
from runtime.steps.judge import judge
from runtime.steps.output import output
from runtime.steps.split import split
from runtime.steps.train import train

StepFunction = Callable[..., None]

MAPS: Mapping[str, StepFunction] = {"generate": complete, "filter": sift, "judge": judge}
REDUCES: Mapping[str, StepFunction] = {"split": split}
FITS: Mapping[str, StepFunction] = {"train": train}
DECIDES: Mapping[str, StepFunction] = {
    "quality": quality,
    "evaluate": evaluate,
    "gate": gate,
    "output": output,
}

__all__ = ["DECIDES", "FITS", "MAPS", "REDUCES", "write"]
