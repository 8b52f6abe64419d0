"""Whether an archive's files are those that were frozen, and its specs still compile to its plan."""

from __future__ import annotations

from compiler import VERSION
from compiler.compile import compile_spec
from compiler.diagnostics import Diagnostics, listing
from compiler.plan.counting import counted
from compiler.plan.hashing import plain
from compiler.plan.model import Hashes, PlanFile
from runtime.folders import PLAN
from stagespec.archive.differences import differences
from stagespec.archive.layout import INDEX, MAX_BYTES, SPECS, file_hash, files_below
from stagespec.archive.parts import DAMAGE, Parts
from stagespec.endings import Refused
from stagespec.staleness import first_difference


def check_files(parts: Parts, found: Diagnostics) -> str:
    """Every file has the hash that the index names, none is gone, and none has come."""
    here = files_below(parts.folder)
    for name, sha256 in parts.index.files.items():
        if name not in here:
            found.error("SS902", f'"{name}" is gone from the archive', help="Put it back as it was frozen.")
        elif file_hash(here[name]) != sha256:
            found.error("SS901", f'"{name}" has changed since it was frozen', help="Put it back as it was.")
    for name in sorted(here.keys() - parts.index.files.keys()):
        found.error(
            "SS903", f'"{name}" is no part of the archive', help=f"Take it out; {INDEX} does not name it."
        )
    size = sum(path.lstat().st_size for path in here.values())
    ours = sum(path.lstat().st_size for name, path in here.items() if not name.startswith(f"{SPECS}/"))
    most = MAX_BYTES * len(parts.manifest["stages"])
    if ours > most:
        found.warning(
            "SS912",
            f"the archive holds {ours / 1e6:.1f} MB beside its specs; {most / 1e6:.0f} MB is meant to do",
        )
    return f"{counted(len(parts.index.files), 'file')}, {size / 1e6:.2f} MB"


def check_plan(parts: Parts, found: Diagnostics) -> str:
    """The plan has the hashes that it names, which are those of index and manifest; and the manifest tells of
    each stage the warnings that the plan lets stand."""
    try:
        hashes = parts.plan.hashes
    except Refused as refused:
        found.error("SS904", str(refused))
        return f"{PLAN} could not be read"
    named = {INDEX: parts.index.hashes, "the manifest": Hashes(**parts.manifest["plan"]["hashes"])}
    for where, other in named.items():
        for kind in ("method", "plan"):
            if getattr(other, kind) != getattr(hashes, kind):
                found.error(
                    "SS904", f"{where} names another {kind} hash than {PLAN} has: {getattr(other, kind)[:12]}"
                )
    allowed = {stage.name: [plain(one) for one in stage.allowed] for stage in parts.plan.method.stages}
    for stage in parts.manifest["stages"]:
        name = stage["name"]
        if "allowed" in stage and (
            first := next(differences(stage["allowed"], allowed.get(name), "it"), None)
        ):
            found.error("SS910", f"what stage {name} allows differs between the manifest and {PLAN}: {first}")
    return f"method {hashes.method[:12]}, plan {hashes.plan[:12]}"


def check_recompiles(parts: Parts, found: Diagnostics) -> str:
    """The archived specs, compiled by this compiler, make the same method and the same plan.

    Checks of method that have come since may refuse what was run. That is told: it is no less what was run.
    """
    index = parts.index
    spec = str(parts.folder / SPECS / index.spec)
    compiled = compile_spec(spec, index.profile, index.seed)
    if compiled.plan is None:
        refused = [item for item in compiled.diagnostics.items if item.severity == "error"]
        compiled = compile_spec(spec, index.profile, index.seed, unchecked=True)
        if compiled.plan is not None:
            for item in refused:
                found.warning("SS914", f"this version refuses what was run, by {item.code}: {item.message}")
    said = f"{SPECS}/{index.spec}, profile {index.profile}, seed {index.seed}"
    if compiled.plan is None:
        codes = sorted({item.code for item in compiled.diagnostics.items if item.severity == "error"})
        found.error(
            "SS905",
            f"the archived spec no longer compiles: {listing(codes)}",
            help=_compilers(index.compiler),
        )
        return said
    for kind, name in (("method", "method"), ("plan", "plan")):
        now, then = getattr(compiled.plan.hashes, kind), getattr(index.hashes, kind)
        if now != then:
            found.error(
                "SS906",
                f"the archived spec compiles to another {name}: {now[:12]}, and {then[:12]} was run",
                help=f"{_compilers(index.compiler)} {_what_differs(parts, compiled.plan)}",
            )
    return said


def _compilers(then: str) -> str:
    """Whether the compiler may be why."""
    if then == VERSION:
        return f"The compiler's version is the same ({VERSION}): the spec has changed, or the compiler."
    return f"It was compiled by version {then}, and this is {VERSION}: try that one."


def _what_differs(parts: Parts, now: PlanFile) -> str:
    try:
        return f"First difference: {first_difference(parts.plan, now)}."
    except DAMAGE:  # of the plan: another check tells it
        return ""
