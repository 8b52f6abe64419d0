"""The plan as a page: all of it, harmless whatever a spec says, and laid out well in a real browser."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result

from compiler.diff import diff_plans, diff_settings
from compiler.plan.hashing import plain
from compiler.plan.model import AnyStep, PlanFile, StepQuote
from compiler.plan.reading import adapter, plan_of
from runtime.folders import run_folder
from stagespec.cli import main
from stagespec.dry_run import run_command
from stagespec.last_run import Comparison
from stagespec.plan_file import write_plan
from stagespec.plan_page import render_page
from stagespec.plan_page.drawing import fitted
from stagespec.plan_page.graph import FAMILIES, OTHER, edges, family
from stagespec.plan_page.page import TURNING

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "</style></title><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {% raw %} &lt;b&gt; <!-- ",
    "javascript:alert(1)//",
    "word" * 3000,
    "\u202eright to left\u2066 שלום עולם 🎉🧪👩‍🔬",
)


class Page(HTMLParser):
    """Tags with their attributes, and all text outside of styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str, look: str = "") -> list[dict[str, str]]:
        return [a for name, a in self.tags if name == tag and look in ("", *a.get("class", "").split())]


def on_a_gpu(plan: PlanFile) -> PlanFile:
    """The plan with the same figures of a GPU of 80 GiB for every step."""
    quoted = StepQuote(
        tokens=1000, seconds=900, basis="speed assumed", peak_gib=71.6, needed_gib=65.1, memory="weights 61.0"
    )
    update = {"steps": dict.fromkeys(plan.quote.steps, quoted), "gpu_gib": 79.6, "usd_per_hour": 2.0}
    return replace(plan, quote=replace(plan.quote, **update))


def six_stages(plan: PlanFile) -> PlanFile:
    """Six times the stage, each but the first with the model of the one before as its learner."""
    own = plan.method.stages[0]
    text = json.dumps(plain(own))
    stages, steps, before = [], {}, own.learner
    for number in range(6):
        name = f"stage_{number}"
        renamed = json.loads(
            text.replace(f"{own.name}.", f"{name}.").replace(f'"{own.learner}"', f'"{before}"')
        )
        stages.append(adapter(type(own)).validate_python(renamed | {"name": name}))
        steps |= {f"{name}.{id.rpartition('.')[2]}": quoted for id, quoted in plan.quote.steps.items()}
        before = f"{name}.{own.steps[-1].id.rpartition('.')[2]}"
    method = replace(plan.method, stages=tuple(stages))
    return replace(plan, method=method, quote=replace(plan.quote, steps=steps))


def hostile(plan: PlanFile, text: str) -> PlanFile:
    """The plan with a text in names, descriptions, prompts, critics, places and notes."""
    content = plain(plan)
    stage = content["method"]["stages"][0]
    content["method"]["name"] = stage["name"] = stage["doc"] = stage["learner"] = text
    for step in stage["steps"]:
        step["doc"] = step["because"] = text
    for owner in ("prompts", "critics", "constitutions", "datasets"):
        for one in content["method"][owner].values():
            one["doc"] = text
    for prompt in content["method"]["prompts"].values():
        prompt["stop"] = [text]
        prompt["template"] = "{% raw %}" + text.replace("{% raw %}", "") + "{% endraw %}"
    for model in content["binding"]["models"].values():
        model |= {"stand_in": "instruct", "because": text, "note": text}
    content["binding"]["profile"] = content["quote"]["hardware"] = text
    content["places"] = dict.fromkeys(content["places"], text)
    content["notes"] = [{"code": "SS000", "severity": "warning", "message": text, "place": text}]
    name = stage["steps"][-1]["id"]
    renamed = json.dumps(content).replace(json.dumps(name), json.dumps(f"{stage['steps'][0]['id']}{text}"))
    return plan_of(renamed)


def ids(plan: PlanFile) -> list[str]:
    return [step.id for stage in plan.method.stages for step in stage.steps]


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["compile", "specs/stage.stage", *arguments], prog_name="stagespec")


def test_every_step_is_drawn_once_and_leads_to_its_detail(plan: PlanFile) -> None:
    page = Page(render_page(plan))
    assert [one["id"] for one in page.of("article", "step")] == ids(plan)
    assert [one["href"] for one in page.of("a", "node")] == [f"#{id}" for id in ids(plan)]
    anchors = {a["id"] for _, a in page.tags if "id" in a}
    assert {one["href"] for one in page.of("a")} <= {f"#{id}" for id in anchors}


def test_the_head_says_what_a_reader_must_know_first(plan: PlanFile) -> None:
    models = {
        role: replace(bound, stand_in="instruct", because="there is no other")
        for role, bound in plan.binding.models.items()
    }
    bound = replace(plan.binding, rehearsal=True, models=models, held_out=7)
    text = Page(render_page(replace(plan, binding=bound))).text
    head = text.partition("What it takes")[0]
    assert "no verdict can be reached" in head
    assert "7 items of each held-out set" in head
    assert "because there is no other" in head
    assert plan.hashes.method[:12] in head
    assert plan.hashes.plan[:12] in head
    assert run_command(plan) in head
    plain = replace(plan, binding=replace(plan.binding, rehearsal=False))
    assert "verdict can be reached" not in render_page(plain)


def test_totals_stand_beside_what_there_is_for_them(plan: PlanFile) -> None:
    page = render_page(on_a_gpu(plan))
    text = " ".join(Page(page.replace("<", " <")).text.split())
    hours = len(plan.quote.steps) * 900 / 3600
    assert f"money ${hours * 2:.2f} of a budget of $5.00" in text
    assert "peak memory 72 GiB of 80 GiB" in text
    assert "needs 65.1 GiB, takes 71.6: weights 61.0" in text
    assert "speed assumed" in text
    cheap = Page(render_page(plan)).text
    assert "money" not in cheap
    assert "GiB" not in cheap


def test_a_step_shows_its_prompt_rules_critic_and_settings(plan: PlanFile) -> None:
    text = render_page(plan)
    step = next(step for step in plan.method.stages[0].steps if step.kind == "generate")
    detail = text.partition(f'<article class="step writes" id="{step.id}">')[2].partition("</article>")[0]
    assert f"prompt <bdi>{step.prompt.prompt}</bdi>" in detail
    assert "temperature" in detail
    assert plan.places[step.id] in detail
    judge = next(step for step in plan.method.stages[0].steps if step.kind == "judge")
    detail = text.partition(f'id="{judge.id}">')[2].partition("</article>")[0]
    assert f"critic <bdi>{judge.critic.critic}</bdi>" in detail
    assert "labelled examples" in detail
    filter = next(step for step in plan.method.stages[0].steps if step.kind == "filter")
    detail = text.partition(f'id="{filter.id}">')[2].partition("</article>")[0]
    assert "reject as" in detail
    assert "least lift in points" in text


def test_what_was_shown_before_is_not_printed_again(plan: PlanFile) -> None:
    text = render_page(plan)
    folded = re.findall(r'<details class="again-block"><summary>(.*?)</summary>', text)
    assert folded
    assert all("printed with" in summary for summary in folded)


def test_marks_and_reasons_of_what_changed(plan: PlanFile) -> None:
    content = plain(plan)
    steps = content["method"]["stages"][0]["steps"]
    answers = next(step for step in steps if step["kind"] == "generate" and step["inputs"])
    answers["sampling"]["max_tokens"] = 7
    steps.append({**answers, "id": f"{plan.method.stages[0].name}.old", "inputs": []})
    steps.remove(next(step for step in steps if step["kind"] == "output"))
    old = adapter(PlanFile).validate_python(content)
    changes = Comparison("since before", False, diff_plans(old, plan), diff_settings(old, plan))
    page = Page(render_page(plan, changes))
    found = {step.mark for step in changes.steps}
    assert found == {"+", "~", "=", "-"}
    detail = render_page(plan, changes).partition(f'id="{answers["id"]}">')[2].partition("</article>")[0]
    assert "7 → 40" in detail
    assert '<span class="badge changed" title="changed">~</span>' in detail
    assert [one["href"] for one in page.of("a", "gone")] == ["#changes"]
    assert f"{plan.method.stages[0].name}.old, taken out" in page.text


def test_six_stages_are_six_bands_joined_by_their_models(plan: PlanFile) -> None:
    six = six_stages(plan)
    text = render_page(six)
    assert [one["href"] for one in Page(text).of("a", "node")] == [f"#{id}" for id in ids(six)]
    assert re.findall(r'aria-label="steps of (\w+)"', text) == [f"stage_{number}" for number in range(6)]
    crossing = {
        (edge.source.partition(".")[0], edge.target.partition(".")[0])
        for edge in edges(six)
        if edge.source.partition(".")[0] != edge.target.partition(".")[0]
    }
    assert crossing == {(f"stage_{number}", f"stage_{number + 1}") for number in range(5)}


def test_what_is_around_the_stages_and_what_gates_would_save_is_told(plan: PlanFile) -> None:
    six = six_stages(plan)
    ended = {id: replace(quoted, at_pilot_s=0.0) for id, quoted in on_a_gpu(six).quote.steps.items()}
    text = render_page(replace(six, quote=replace(six.quote, steps=ended, around_seconds=240.0)))
    assert "<td>start of engines, certificate, end</td>" in text
    assert "figures are for all open; 4 min if no pilot passes" in text


@pytest.mark.parametrize("text", HOSTILE, ids=["script", "attribute", "template", "link", "long", "turned"])
def test_what_a_spec_says_stays_text(plan: PlanFile, text: str) -> None:
    page = Page(render_page(hostile(plan, text)))
    assert not {"script", "img", "iframe", "link", "object"} & {tag for tag, _ in page.tags}
    names = {name for _, attributes in page.tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name == "src"]
    assert all(one["href"].startswith("#") for one in page.of("a"))
    assert "\u202e" not in page.text
    assert page.text.count(text.translate(TURNING)) > 5


def test_the_page_stands_by_itself(plan: PlanFile) -> None:
    text = render_page(plan)
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


def test_every_kind_of_step_has_a_look() -> None:
    kinds = {one.kind for one in get_args(get_args(AnyStep)[0])}
    assert kinds == {kind for one in FAMILIES for kind in one.kinds}
    assert family("something new") is OTHER


def test_a_name_is_cut_to_the_room_that_there_is() -> None:
    assert fitted("short", 17) == "short"
    assert fitted("a" * 40, 17) == "a" * 16 + "…"
    assert fitted("字" * 40, 17) == "字" * 8 + "…"
    assert "\u202e" not in fitted("\u202eturned", 17)


def test_making_the_page_loads_nothing_heavy() -> None:
    program = (
        "import sys; from compiler.compile import compile_spec; from stagespec.plan_page import render_page; "
        "render_page(compile_spec('tests/compiler/good/stage.stage', 'test').plan); "
        "print([name for name in ('torch', 'transformers', 'numpy', 'scipy') if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.stdout.strip() == "[]", ended.stderr


def test_the_command_writes_the_page(plan: PlanFile) -> None:
    done = cli("--profile", "test", "--format", "html", "--out", "plan.html")
    assert done.exit_code == 0
    assert done.stdout == ""
    assert "the page is in plan.html" in done.stderr
    shown = cli("--profile", "test", "--format", "html")
    assert shown.stdout == Path("plan.html").read_text(encoding="utf-8")
    assert plan.hashes.plan[:12] in shown.stdout


def test_the_command_compares_with_the_last_run_and_with_a_plan(plan: PlanFile) -> None:
    assert "no earlier run" in cli("--profile", "test", "--format", "html").stdout
    path = run_folder(plan, Path("runs")) / "plan.json"
    path.parent.mkdir(parents=True)
    write_plan(plan, path)
    assert "none since the run" in cli("--profile", "test", "--format", "html").stdout
    write_plan(plan, Path("old.json"))
    against = cli("--profile", "test", "--format", "html", "--against", "old.json")
    assert "none since old.json" in against.stdout


def test_a_spec_with_errors_makes_no_page(specs: Path) -> None:
    (specs / "stage.stage").write_text("language 1\nstage small {", encoding="utf-8")
    done = cli("--profile", "test", "--format", "html", "--out", "plan.html")
    assert done.exit_code == 1
    assert not Path("plan.html").exists()


# --- in a browser ----------------------------------------------------------------------------------

MEASURE = """
window.onload = () => {
  const page = document.querySelector("iframe").contentDocument, root = page.documentElement;
  const outside = [...page.querySelectorAll("a.node")].filter(node => {
    const box = node.querySelector(".shape").getBoundingClientRect();
    return [...node.querySelectorAll("text.name, text.small")].some(text => {
      const own = text.getBoundingClientRect();
      return own.left < box.left || own.right > box.right;
    });
  });
  document.body.textContent = JSON.stringify({
    width: root.clientWidth, needed: root.scrollWidth,
    steps: [...page.querySelectorAll("article.step")].map(step => step.id),
    met: [...page.querySelectorAll("text.title")].filter(title => {
      const sums = [...title.ownerSVGElement.children].find(one => one.matches("text.small"));
      return title.getBoundingClientRect().right > sums.getBoundingClientRect().left;
    }).length,
    nodes: page.querySelectorAll("a.node").length, outside: outside.map(node => node.textContent),
    unseen: [...page.querySelectorAll("article.step")].filter(step => step.offsetHeight < 20).length,
  });
};
"""


def browsed(text: str, width: int, folder: Path) -> tuple[dict[str, Any], str]:
    """What Chromium measures on the page at a width, and what its console says."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed, so the page is not looked at in a browser")
    around = folder / "around.html"
    around.write_text(
        f'<!doctype html><meta charset="utf-8"><body><iframe style="border:0;width:{width}px;height:2000px" '
        f'srcdoc="{html.escape(text)}"></iframe><script>{MEASURE}</script></body>',
        encoding="utf-8",
    )
    quiet = (
        "--enable-logging=stderr",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    )
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars")
    ended = subprocess.run(
        [chromium, *options, *quiet, f"--user-data-dir={folder / 'chromium'}", "--dump-dom", around.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    measured = html.unescape(ended.stdout.partition("<body>")[2].partition("</body>")[0])
    return json.loads(measured), "\n".join(line for line in ended.stderr.split("\n") if "CONSOLE" in line)


@pytest.mark.parametrize("width", [1280, 420])
@pytest.mark.parametrize("kind", ["six stages", "a GPU", "hostile text"])
def test_in_a_browser_all_is_there_and_nothing_runs_over(
    plan: PlanFile, kind: str, width: int, tmp_path: Path
) -> None:
    shown = {
        "six stages": lambda: six_stages(on_a_gpu(plan)),
        "a GPU": lambda: on_a_gpu(plan),
        "hostile text": lambda: hostile(on_a_gpu(plan), "".join(HOSTILE)),
    }[kind]()
    measured, console = browsed(render_page(shown), width, tmp_path)
    assert measured["steps"] == [id.translate(TURNING) for id in ids(shown)]
    assert measured["nodes"] == len(ids(shown))
    assert measured["width"] == width
    assert measured["needed"] == width
    assert measured["outside"] == []
    assert measured["met"] == 0
    assert measured["unseen"] == 0
    assert console == ""
