"""The digest of a model folder: what makes two folders the same model.

It is the SHA-256 over one line per file, `<sha256 of the content>  <name>\\n`, in the order of the
names, for the files that decide what the model answers: `*.safetensors` as bytes, and as canonical
JSON (sorted keys, no blanks) `config.json`, `generation_config.json`, `tokenizer.json` and, of
`tokenizer_config.json`, only the keys that choose special tokens. Keys that name the library or the
folder that wrote a file are left out, so that saving again with a newer library changes nothing.

Weights are large, so each file's hash is kept in the cache beside its size and time of change and
is computed again only when one of those differs.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from runtime.failures import RunFailed
from runtime.models.files import replace_text

_SETTINGS = ("config.json", "generation_config.json", "tokenizer.json")
_NOT_MEANING = frozenset({"transformers_version", "_name_or_path", "_commit_hash", "_from_model_config"})
_SPECIAL = ("add_bos_token", "add_eos_token", "bos_token", "eos_token", "pad_token", "unk_token")


def folder_digest(folder: Path, root: Path | None) -> str:
    """The model digest (hex) of `folder`; `root` is the cache that remembers the files' hashes, if any."""
    if root is None:
        return _digest_of({path.name: file_digest(path) for path in _parts(folder)})
    memory_file = root / "digests" / f"{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]}.json"
    remembered = _remembered(memory_file)
    found: dict[str, list[Any]] = {}
    for path in _parts(folder):
        stat = path.stat()
        state = [stat.st_size, stat.st_mtime_ns]
        before = remembered.get(path.name)
        sha256 = before[2] if before is not None and before[:2] == state else file_digest(path)
        found[path.name] = [*state, sha256]
    if found != remembered:
        replace_text(memory_file, json.dumps(found, indent=1))
    return _digest_of({name: state[2] for name, state in found.items()})


def _parts(folder: Path) -> list[Path]:
    names = {*_SETTINGS, "tokenizer_config.json"}
    return [path for path in folder.iterdir() if path.suffix == ".safetensors" or path.name in names]


def _digest_of(hashes: dict[str, str]) -> str:
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """The SHA-256 (hex) of one file's meaning: bytes, or canonical JSON for a model's settings."""
    if path.suffix != ".json":
        return bytes_digest(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunFailed(f"{path} is not valid JSON ({error}).") from error
    if path.name == "tokenizer_config.json":
        content = {key: content[key] for key in _SPECIAL if key in content}
    elif path.name != "tokenizer.json":
        content = {key: value for key, value in content.items() if key not in _NOT_MEANING}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def bytes_digest(path: Path) -> str:
    """The SHA-256 (hex) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remembered(memory_file: Path) -> dict[str, list[Any]]:
    try:
        memory = json.loads(memory_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return memory if isinstance(memory, dict) else {}
