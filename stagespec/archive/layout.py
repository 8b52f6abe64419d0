"""What an archive is made of: the names of its parts, and the index that says what each of them must be."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from compiler.diagnostics import Diagnostics
from compiler.plan.model import Hashes
from compiler.source import MAX_DATA_BYTES, read_text, sha256
from stagespec.endings import Refused

INDEX = "archive.json"
SPECS = "specs"
CERTIFICATE = "certificate.json"
COUNTS = "counts.json"
SAMPLES = "samples"
TRAINING = "training"
MAX_BYTES = 2_000_000  # for each stage


class Index(BaseModel):
    """archive.json. `files` and `left_out` are SHA-256 in hex by path: of what is here, below the archive,
    and of what stayed in the run's folder. `spec` is the entry file below `specs/`; `adapters` are by train
    step, the digest that the runtime knows them by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stagespec_archive: Literal[1] = 1
    run: str
    compiler: str
    spec: str
    profile: str
    seed: int
    hashes: Hashes
    stopped: str | None
    adapters: dict[str, str]
    files: dict[str, str]
    left_out: dict[str, str]


def read_index(folder: Path) -> Index:
    """The index of an archive. Refused where the folder is none, or its index cannot be read."""
    path = folder / INDEX
    try:
        return Index.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused(f'"{folder}" is no archive of a run: it has no {INDEX}') from None
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise Refused(f'"{path}" cannot be read as an index: {str(error).splitlines()[0]}') from None


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def data_below(specs: Path) -> dict[str, str]:
    """The texts of all data files by their SHA-256, as a plan names them. What cannot be read is none."""
    texts: dict[str, str] = {}
    for path in specs.rglob("*.jsonl"):
        text = read_text(path, path.name, MAX_DATA_BYTES, Diagnostics())
        if text is not None:
            texts[sha256(text)] = text
    return texts


def files_below(folder: Path) -> dict[str, Path]:
    """Every file of an archive but the index, by its path in it, with forward slashes."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
    return {name: path for name, path in found.items() if name != INDEX and not path.is_dir()}
