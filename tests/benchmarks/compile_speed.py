"""How fast compiling is, beside dvc and snakemake on a graph of the same size, all in one run.

    python tests/benchmarks/compile_speed.py FOLDER [--rounds 10] [--json FILE]

FOLDER gets a virtual environment with stagespec from this repository and the two peers, a copy of the
specs, and a repository for each peer with six stages of six steps in which nothing is left to do. The cold
commands take turns, so that a busy machine slows all of them; CPU seconds of whole processes are told beside
wall seconds, as medians, and ratios to stagespec's. Then, in this process: steps per second of generated
specs, and lines parsed per second.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
SPECS = ROOT / "specs"
PEERS = ("dvc", "snakemake")
SPEC = "complete_pipeline.stage"  # six stages, 123 steps, with all that they import
EDITED = "stagespec, one file edited"  # the pipeline's own
ALL_NEW = "stagespec, all files new"  # neither a plan nor a tree is kept: as if all had been edited
STAGE_FILE = "stage_3_generation.stage"
STEPS = ("generate", "filter", "judge", "split", "train", "evaluate")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder = options.folder.resolve()
    programs = environment(folder)
    ours = [str(programs / "stagespec"), *("compile", "--dry-run", f"specs/{SPEC}", "--profile", "laptop")]
    commands = {
        "stagespec": ours,
        EDITED: ours,
        ALL_NEW: ours,
        "dvc": [str(programs / "dvc"), "status"],
        "snakemake": [str(programs / "snakemake"), "-n", "--cores", "1"],
    }
    specs = folder / "ours"
    shutil.rmtree(specs, ignore_errors=True)
    shutil.copytree(SPECS, specs / "specs")
    places = {
        "stagespec": specs,
        EDITED: specs,
        ALL_NEW: specs,
        "dvc": dvc_graph(folder, programs),
        "snakemake": snakemake_graph(folder),
    }
    found = {"processor": processor(), "cores": os.cpu_count(), "spec": SPEC}
    found["cold"] = cold(commands, places, options.rounds, folder / "cache")
    found["loop_s"] = round(best(loop), 3)
    found["steps"] = {count: steps_per_second(count) for count in (100, 1_000, 10_000)}
    found["lines per second"] = round(lines_per_second())
    print(table(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def environment(folder: Path) -> Path:
    """The environment's programs."""
    programs = folder / "venv" / "bin"
    if not (programs / "snakemake").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        install = [str(programs / "python"), "-m", "pip", "install", "-q"]
        subprocess.run([*install, str(ROOT), *PEERS], check=True)
    # what is installed may be of an earlier state of this repository
    again = ("--force-reinstall", "--no-deps", str(ROOT))
    subprocess.run([str(programs / "python"), "-m", "pip", "install", "-q", *again], check=True)
    return programs


def dvc_graph(folder: Path, programs: Path) -> Path:
    """A clean repository: every step has run, so that nothing is left to do."""
    place = folder / "dvc"
    if (place / "dvc.lock").exists():
        return place
    place.mkdir(parents=True, exist_ok=True)
    lines = ["stages:"]
    before = ""
    for name, step in steps():
        lines += [f"  {name}:", f"    cmd: echo {step} > {name}.txt"]
        lines += ["    deps:", f"    - {before}"] if before else []
        lines += ["    outs:", f"    - {name}.txt"]
        before = f"{name}.txt"
    (place / "dvc.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (
        ["git", "init", "-q"],
        [str(programs / "dvc"), "init", "-q"],
        [str(programs / "dvc"), "repro", "-q"],
        ["git", "add", "-A"],
        [*git, "commit", "-q", "-m", "graph"],
    ):
        subprocess.run(command, cwd=place, check=True, capture_output=True)
    return place


def snakemake_graph(folder: Path) -> Path:
    place = folder / "snakemake"
    place.mkdir(parents=True, exist_ok=True)
    rules = []
    before = ""
    for name, step in steps():
        needs = f'    input: "{before}"\n' if before else ""
        rules.append(
            f'rule {name}:\n{needs}    output: "{name}.txt"\n    shell: "echo {step} > {{output}}"\n'
        )
        before = f"{name}.txt"
    everything = f'rule all:\n    input: "{before}"\n'
    (place / "Snakefile").write_text("\n".join([everything, *rules]), encoding="utf-8")
    return place


def steps() -> list[tuple[str, str]]:
    return [(f"stage_{n}_{step}", step) for n in range(1, 7) for step in STEPS]


def cold(
    commands: dict[str, list[str]], places: dict[str, Path], rounds: int, cache: Path
) -> dict[str, dict[str, float]]:
    """Medians of whole processes, in turns; the first turn is not counted."""
    environ = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    wall: dict[str, list[float]] = {name: [] for name in commands}
    cpu: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            if name == EDITED:
                with (places[name] / "specs" / SPEC).open("a", encoding="utf-8") as file:
                    file.write(f"# edit {number}\n")
            if name == ALL_NEW:
                for kept in ("trees", "plans"):
                    shutil.rmtree(cache / "stagespec" / kept, ignore_errors=True)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            began = time.perf_counter()
            subprocess.run(command, cwd=places[name], env=environ, check=True, capture_output=True)
            took = time.perf_counter() - began
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if number:
                wall[name].append(took)
                cpu[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    ours = {kind: statistics.median(found["stagespec"]) for kind, found in (("wall", wall), ("cpu", cpu))}
    return {
        name: {
            "wall_s": round(statistics.median(wall[name]), 3),
            "cpu_s": round(statistics.median(cpu[name]), 3),
            "times_our_wall": round(statistics.median(wall[name]) / ours["wall"], 2),
            "times_our_cpu": round(statistics.median(cpu[name]) / ours["cpu"], 2),
        }
        for name in commands
    }


def steps_per_second(count: int) -> dict[str, float]:
    """Compile a generated spec of about `count` steps: one stage after another, each of ten steps."""
    import tempfile

    from compiler.compile import compile_spec

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "specs"
        generated(folder, count // 10)
        began = time.process_time()
        compiled = compile_spec(str(folder / "many.stage"), "mock")
        took = time.process_time() - began
    assert compiled.plan is not None, [item.message for item in compiled.diagnostics.items][:3]
    made_steps = sum(len(stage.steps) for stage in compiled.plan.method.stages)
    return {"steps": made_steps, "cpu_s": round(took, 2), "per_second": round(made_steps / took)}


def generated(folder: Path, stages: int) -> None:
    """Stages that go on from each other's records and measure nothing: data alone, so that all are alike."""
    shutil.copytree(SPECS / "shared", folder / "shared")
    shutil.copy(SPECS / "profiles.stage", folder)
    head = (
        "language 1\n\n"
        'from "shared/models.stage" import base\n'
        'from "shared/prompts.stage" import more_instructions, respond, respond_bare, respond_format\n'
        'from "shared/critics.stage" import clear_instruction, follows_instruction\n'
        'from "shared/rules.stage" import one_instruction, complete_answer\n'
        'from "shared/data.stage" import seed_instructions, worked_answers, explicit_dev, explicit_test\n'
    )
    (folder / "many.stage").write_text(head + "".join(STAGE.replace("@", str(n)) for n in range(stages)))


STAGE = """
stage stage_@ {
  learner = base
  generate ideas {
    model = base
    prompt = more_instructions(shots = sample(seed_instructions + fresh, 10))
    sampling = { temperature = 0.7, max = 160 tokens }
    parse = numbered_list into instruction
    until = 1_000 kept in good
    pilot = 200 items
    at_most = 40 rounds
  }
  filter fresh { input = ideas, rules = [one_instruction], apart_from = [explicit_dev, explicit_test] }
  judge clear { input = fresh, critic = clear_instruction by base, accept = good at precision >= 80 % }
  generate answers {
    input = clear
    model = base
    prompt = respond
    sampling = { temperature = 0.4, max = 80 tokens }
    into = response
  }
  filter clean { input = answers, rules = [complete_answer] }
  judge good { input = clean, critic = follows_instruction by base, accept = good at margin >= 1.0 nats }
  quality pilot { on = round(0), require = [accepted(good) >= 50 %] }
  evaluate shown {
    needs = [pilot]
    items = explicit_test
    arms = { raw = base with respond_bare, format = base with respond_format, few_shot = base with respond }
    sampling = { max = 60 tokens }
    answer = response
    score = [check]
    compare = few_shot over raw { test = mcnemar, alpha = 1 %, smallest_effect = 10 % }
  }
  gate helps { require = shown.verdict == improved }
  output model = base if helps otherwise learner
}
"""


def lines_per_second() -> float:
    """One stage file, many times over, in one text."""
    from compiler.diagnostics import Diagnostics
    from compiler.source import Source
    from compiler.syntax.parse import parse

    file = SPECS / STAGE_FILE
    text = file.read_text(encoding="utf-8")
    body = text[text.index("\nprompt ") :] if "\nprompt " in text else text.partition("language 1")[2]
    source = Source("many.stage", Path("many.stage"), "language 1\n" + body * 10)

    def once() -> None:
        assert not parse(source, Diagnostics()).damaged

    return source.text.count("\n") / best(once)


def best(run: Callable[[], None], times: int = 5) -> float:
    """CPU seconds of the best of several: what the machine can do when it is let."""
    took = []
    for _ in range(times):
        began = time.process_time()
        run()
        took.append(time.process_time() - began)
    return min(took)


def loop() -> None:
    """A yardstick: how fast the processor was when the rest was measured."""
    total = 0
    for number in range(2_000_000):
        total += number


def processor() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    line = next((line for line in text.splitlines() if line.startswith("model name")), ": unknown")
    return line.partition(": ")[2]


def table(found: dict[str, object]) -> str:
    lines = [f"{found['processor']}, {found['cores']} cores; {found['spec']}", ""]
    cold_ = found["cold"]
    assert isinstance(cold_, dict)
    for name, row in cold_.items():
        lines.append(
            f"{name:<20} {row['wall_s']:7.3f} s wall (x {row['times_our_wall']:.2f})"
            f"  {row['cpu_s']:7.3f} s CPU (x {row['times_our_cpu']:.2f})"
        )
    lines.append(f"{'a fixed loop':<20} {found['loop_s']:7.3f} s CPU")
    steps_ = found["steps"]
    assert isinstance(steps_, dict)
    lines += ["", *(f"{row['steps']:>7,} steps: {row['per_second']:>6,} a second" for row in steps_.values())]
    return "\n".join([*lines, f"{found['lines per second']:,} lines parsed a second (CPU)"])


if __name__ == "__main__":
    main()
