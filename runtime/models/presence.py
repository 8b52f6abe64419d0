"""Whether a bound model is on this machine already, and what it would take to have it. Fetches nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from compiler.plan.model import FolderSource, HubSource, MockSource, ModelBinding, PackageSource
from runtime.failures import RunFailed
from runtime.models import hub, wheels
from runtime.models.folder import check_folder
from runtime.models.package import converted_folder


@dataclass(frozen=True, slots=True)
class Presence:
    """`damage` says what is wrong with what is here; `fetchable` that it may be had from elsewhere."""

    here: bool
    said: str
    fetchable: bool = True
    damage: RunFailed | None = None


def presence(name: str, binding: ModelBinding, cache: Path) -> Presence:
    """Where a role's model is, looked at but not hashed."""
    match binding.source:
        case MockSource():
            return Presence(True, "a mock is made when it is needed")
        case FolderSource() as source:
            return _folder(name, Path(source.path).expanduser(), f"folder {source.path}", fetchable=False)
        case PackageSource() as source:
            folder = converted_folder(source, binding.precision, cache)
            told = f"package {source.packages[0]} {source.versions[0]}"
            return _folder(name, folder, told) if folder.exists() else Presence(False, told)
        case HubSource() as source:
            told = f"hub {source.repository} at {source.revision[:12]}"
            cached = hub.cached(source)
            return Presence(False, told) if cached is None else _folder(name, cached, told)


def _folder(name: str, folder: Path, told: str, fetchable: bool = True) -> Presence:
    try:
        check_folder(name, folder)
    except RunFailed as damage:
        return Presence(False, told, fetchable, damage)
    return Presence(True, told, fetchable)


def prove_reachable(name: str, binding: ModelBinding, limit_s: float) -> None:
    """RunFailed where a model's source does not answer, or has no such model."""
    match binding.source:
        case HubSource() as source:
            hub.prove_reachable(name, source, limit_s)
        case PackageSource() as source:
            for package, version in zip(source.packages, source.versions, strict=True):
                wheels.prove_reachable(package, version, limit_s)
