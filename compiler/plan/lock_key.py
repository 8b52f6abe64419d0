"""The name under which a checkpoint's facts stand in the lock. Compiler and runtime must agree on it."""

from __future__ import annotations

from compiler.plan.model import FolderSource, HubSource, ModelBinding, PackageSource


def lock_key(binding: ModelBinding) -> str:
    """The checkpoint's immutable source, and nothing of a profile."""
    source = binding.source
    if isinstance(source, PackageSource):
        pinned = (f"{n}=={v}" for n, v in zip(source.packages, source.versions, strict=True))
        return f"package:{'+'.join(pinned)}"
    if isinstance(source, HubSource):
        return f"hub:{source.repository}@{source.revision}"
    if isinstance(source, FolderSource):
        return f"folder:{source.path}"
    return "mock"
