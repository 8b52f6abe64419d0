"""Every code that has no check of its own, in a few sentences for `stagespec explain`: what is wrong, why it
matters, and how to mend it."""

from stagespec.codes.fields import FIELDS
from stagespec.codes.files import FILES
from stagespec.codes.running import RUNNING
from stagespec.codes.templates import TEMPLATES

FAMILIES = {
    "SS1": "files and syntax",
    "SS2": "names, imports and order",
    "SS3": "fields, values and units",
    "SS4": "templates, conditions and columns",
    "SS5": "data files",
    "SS6": "method",
    "SS7": "profiles and models",
    "SS8": "the part of a plan that is run",
    "SS9": "archives of runs",
}

CODES = {**FILES, **FIELDS, **TEMPLATES, **RUNNING}
