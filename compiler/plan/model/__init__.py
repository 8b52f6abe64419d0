"""The types of the plan. Frozen data: what will run, and nothing about how far it has come.

A plan is a *method* (what is claimed; the same on a laptop and on a pod) and a *binding* (which
checkpoints, engine, scale and seed this run uses). The file that people review and send to a pod
adds what is hashed in neither: a quote, source positions, diagnostics, and the blobs with the data.
"""

from compiler.plan.model.binding import *  # noqa: F403
from compiler.plan.model.deciding import *  # noqa: F403
from compiler.plan.model.definitions import *  # noqa: F403
from compiler.plan.model.file import *  # noqa: F403
from compiler.plan.model.making import *  # noqa: F403
from compiler.plan.model.method import *  # noqa: F403
from compiler.plan.model.sorting import *  # noqa: F403
from compiler.plan.model.training import *  # noqa: F403
