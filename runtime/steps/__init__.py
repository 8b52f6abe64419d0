"""One function per step kind, in the file named after the kind. Within a shape the signature is the same.

*map* (step, work, records) and, for a source, (step, work, round): records to records, per round;
*reduce* (step, work): over all rounds of what it reads; *fit* and *decide* (step, work).
"""

from collections.abc import Callable, Mapping

from runtime.steps.best import best
from runtime.steps.compare import compare
from runtime.steps.compose import compose
from runtime.steps.converse import converse
from runtime.steps.critique import critique
from runtime.steps.evaluate import evaluate
from runtime.steps.filter import sift
from runtime.steps.gate import gate
from runtime.steps.generate import complete, write
from runtime.steps.judge import judge
from runtime.steps.mix import mix
from runtime.steps.negatives import negatives
from runtime.steps.order import order
from runtime.steps.output import output
from runtime.steps.prefer import prefer
from runtime.steps.principles import sample_principles
from runtime.steps.quality import quality
from runtime.steps.rate import rate
from runtime.steps.review import review
from runtime.steps.revise import revise
from runtime.steps.split import split
from runtime.steps.train import train

StepFunction = Callable[..., None]

MAPS: Mapping[str, StepFunction] = {
    "generate": complete,
    "compose": compose,
    "principles": sample_principles,
    "critique": critique,
    "revise": revise,
    "negatives": negatives,
    "converse": converse,
    "filter": sift,
    "judge": judge,
    "rate": rate,
    "best": best,
    "compare": compare,
    "prefer": prefer,
}
REDUCES: Mapping[str, StepFunction] = {"split": split, "mix": mix, "order": order}
FITS: Mapping[str, StepFunction] = {"train": train}
DECIDES: Mapping[str, StepFunction] = {
    "quality": quality,
    "review": review,
    "evaluate": evaluate,
    "gate": gate,
    "output": output,
}

__all__ = ["DECIDES", "FITS", "MAPS", "REDUCES", "StepFunction", "write"]
