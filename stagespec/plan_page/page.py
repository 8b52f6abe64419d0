"""From a plan to a page that stands by itself: no script, nothing from elsewhere."""

from __future__ import annotations

from compiler.plan.model import PlanFile
from stagespec.change_lines import MARKS, change, summary
from stagespec.dry_run import NOTHING, run_command
from stagespec.last_run import Comparison
from stagespec.plan_page.drawing import looks, pictures
from stagespec.plan_page.graph import FAMILIES, H, W
from stagespec.plan_page.steps import told
from stagespec.plan_page.totals import resting, rows, setting, warnings, wholes
from stagespec.wording import count

WORDS = dict(MARKS)
# Characters that turn the reading direction could make a reviewer read what is not there: they are named.
TURNING = {
    code: f"⟨U+{code:04X}⟩"
    for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def render_page(plan: PlanFile, compared: Comparison | None = None) -> str:
    """The page as HTML. With a comparison each step has its mark and what is otherwise in it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    changes = compared or NOTHING
    env = Environment(
        loader=PackageLoader("stagespec.plan_page"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        finalize=lambda value: value.translate(TURNING) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["short"] = lambda id: str(id).rpartition(".")[2]
    env.filters["count"] = count
    env.filters["spaced"] = lambda name: str(name).replace("_", " ")
    drawn = pictures(plan, changes)
    there = looks(drawn)
    return env.get_template("plan.html.j2").render(
        plan=plan,
        pictures=drawn,
        families=[one for one in FAMILIES if one.name in there],
        box=(W, H),
        told=told(plan, changes),
        warnings=list(warnings(plan)),
        setting=list(setting(plan)),
        wholes=wholes(plan),
        rows=rows(plan),
        resting={stage.name: resting(plan, stage) for stage in plan.method.stages},
        words=WORDS,
        said=list(summary(plan, changes)) if changes.said else [],
        gone=[step for step in changes.steps if step.mark == "-"],
        command=run_command(plan),
        change=change,
    )
