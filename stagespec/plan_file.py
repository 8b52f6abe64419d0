"""Plan files: written whole or not at all, and read back only if they are what was reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from compiler.plan.hashing import hashes
from compiler.plan.model import Blob, PlanFile
from compiler.source import sha256
from runtime.failures import RunFailed
from runtime.journal import write_whole
from stagespec.endings import Refused

MARK = '"stagespec_plan"'
MAX_PLAN_BYTES = 500_000_000


def is_plan(path: Path) -> bool:
    """Whether a file is meant as a plan and not as a spec: by its name, or because it begins like JSON."""
    if path.suffix == ".json":
        return True
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip().startswith(b"{")
    except OSError:
        return False


def write_plan(plan: PlanFile, path: Path) -> None:
    """RunFailed, and nothing half-written, where it cannot be written."""
    from compiler.plan.reading import text_of

    write_text(text_of(plan) + "\n", path)


def write_text(text: str, path: Path) -> None:
    """As `write_plan`, for any text."""
    try:
        write_whole(path, text)
    except RunFailed as failed:
        raise RunFailed(str(failed), "Choose another place with --out.") from failed


def read_plan(path: Path, data: Mapping[str, str] | None = None) -> PlanFile:
    """The plan, verified against the hashes that it names. Refused says what is wrong with it.

    `data` are texts by their SHA-256, for a plan that stands beside its data and does not hold them.
    """
    from pydantic import ValidationError

    from compiler.plan.reading import plan_of

    text = _read(path)
    if MARK not in text:
        raise Refused(f'"{path}" is not a plan: stagespec compile SPEC --out {path.name} writes one')
    try:
        plan = plan_of(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Refused(
            f'"{path}" is not a whole plan of this version: {f"{place}: " if place else ""}{first["msg"]}'
        ) from error
    beside = {sha256: Blob(sha256=sha256, text=text) for sha256, text in (data or {}).items()}
    wanted = {dataset.sha256 for dataset in plan.method.datasets.values()} - plan.blobs.keys()
    plan = replace(plan, blobs={**plan.blobs, **{key: beside[key] for key in wanted & beside.keys()}})
    changed = _changed(plan)
    if changed:
        raise Refused(f'"{path}" was changed after it was compiled ({changed}); compile it anew')
    return plan


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_PLAN_BYTES:
            raise Refused(f'"{path}" is larger than a plan can be ({MAX_PLAN_BYTES / 1e6:.0f} MB)')
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refused(f'there is no file "{path}"') from None
    except OSError as error:
        raise Refused(f'"{path}" cannot be read: {error.strerror}') from error
    except UnicodeDecodeError:
        raise Refused(f'"{path}" is not a plan: it is not UTF-8 text') from None


def _changed(plan: PlanFile) -> str:
    """Which part does not have the hash that it names."""
    try:
        found = hashes(plan.method, plan.binding)
    except ValueError:
        return "a number in it is not finite"
    if found.method != plan.hashes.method:
        return "the method does not have the hash that it names"
    if found.plan != plan.hashes.plan:
        return "the binding does not have the hash that it names"
    for name, dataset in plan.method.datasets.items():
        blob = plan.blobs.get(dataset.sha256)
        if blob is None:
            return f"the data of {name} are missing"
        if sha256(blob.text) != dataset.sha256:
            return f"the data of {name} are not those that were reviewed"
    return ""
