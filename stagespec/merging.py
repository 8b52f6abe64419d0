"""From a run's trained model to one checkpoint: which adapter is meant, and whether it is still the same."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from compiler.plan.model import PlanFile
from runtime.certificate import CertificateLine, merge_parity
from runtime.child import run_in_child
from runtime.failures import RunFailed, RunStopped
from runtime.models.merged import Merge, merge, write_origin
from runtime.models.obtain import LocalModel, obtain
from runtime.models.tokens import Tokens
from runtime.progress import Listener
from runtime.training.job import adapter_digest
from stagespec.endings import Refused
from stagespec.report import read_manifest

_ELSEWHERE = "Name a folder elsewhere."


@dataclass(frozen=True, slots=True)
class Trained:
    """A train step of a run whose adapter is there; `given_out` where a stage's output is this model."""

    step: str
    adapter: Path
    sha256: str
    base_sha256: str
    given_out: bool


def trained(run: Path, model: str) -> Trained:
    """The adapter that `model`, a stage's output or a train step, names in a finished run. Refused where it
    names none, or where the adapter is no longer the run's."""
    manifest = read_manifest(run)
    outputs: dict[str, str] = {}
    results: dict[str, Mapping[str, Any]] = {}
    for stage in manifest["stages"]:
        outputs |= stage["output"]
        results |= {t["step"]: t["result"] for t in stage["training"] if isinstance(t["result"], Mapping)}
    step = _given(model, outputs)
    if step not in results:
        there = f"Trained were {', '.join(results)}." if results else "Nothing was trained in it."
        if model in outputs:
            raise Refused(f"{model} is {step}: no stage up to it gave out a trained model. {there}")
        raise Refused(f'the run has no trained model "{model}". {there}')
    folder = run / "adapters" / step
    if not folder.is_dir():
        raise Refused(
            f'"{run}" does not hold the weights of {step}: the folder of a run does, an archive not'
        )
    if adapter_digest(folder) != results[step]["adapter_sha256"]:
        raise Refused(f'the adapter in "{folder}" is not the one that the run trained')
    given = {_given(output, outputs) for output in outputs}
    base = manifest["model"]["sha256"]
    return Trained(step, folder, results[step]["adapter_sha256"], base, step in given)


def _given(model: str, outputs: Mapping[str, str]) -> str:
    while model in outputs:
        model = outputs[model]
    return model


def merge_into(plan: PlanFile, of: Trained, out: Path, listener: Listener) -> CertificateLine:
    """Write the merged checkpoint to `out`, whole or not at all, and return the line that says how near it
    is. RunStopped where it does not answer as the base and the adapter do."""
    role, bound = next(iter(plan.binding.models.items()))
    local = obtain(role, bound, listener)
    if local.sha256 != of.base_sha256:
        raise RunFailed(f"The model {local.source} on this machine is not the one that the run had.")
    aside = out.with_name(f".{out.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        _make(aside, local.folder)
        run_in_child(merge, Merge(local.folder, of.adapter, aside, bound.precision), forked=True)
        line = merge_parity(bound, local, Tokens.from_folder(local.folder), str(of.adapter), aside)
        if line.stops:
            raise RunStopped(f"the merged model is another than base and adapter: {line.explanation}")
        write_origin(aside, _origin(plan, local, of, line))
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return line


def _make(folder: Path, base: Path) -> None:
    """Make the folder. RunFailed where it can't be, or its disk can't hold as much as the base takes."""
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise RunFailed(f'"{folder.parent}" cannot be written: {error.strerror}', _ELSEWHERE) from error
    needed = sum(path.stat().st_size for path in base.glob("*.safetensors"))
    free = shutil.disk_usage(folder).free
    if free < needed:
        sizes = f"{free / 2**30:.1f} GiB free, and the model may take {needed / 2**30:.1f}"
        raise RunFailed(f'the disk that holds "{folder.parent}" has {sizes}', _ELSEWHERE)


def _origin(plan: PlanFile, local: LocalModel, of: Trained, line: CertificateLine) -> dict[str, Any]:
    return {
        "stagespec_merged": 1,
        "base": {
            "source": local.source,
            "sha256": local.sha256,
            "dequantised_from": local.dequantised_from,
        },
        "adapter": {"step": of.step, "sha256": of.sha256, "given_out": of.given_out},
        "plan": {"method": plan.hashes.method, "plan": plan.hashes.plan},
        "parity": asdict(line),
    }
