"""A model that lies in a folder, as transformers saves it."""

from __future__ import annotations

from pathlib import Path

from compiler.plan.model import FolderSource
from runtime.failures import RunFailed
from runtime.models.digest import folder_digest
from runtime.models.files import read_json, read_json_if_there
from runtime.models.local import LocalModel


def obtain(name: str, source: FolderSource, root: Path) -> LocalModel:
    """The model in the folder, looked at but not loaded. RunFailed when a part of it is missing."""
    path = Path(source.path).expanduser()
    check_folder(name, path)
    return LocalModel(
        folder=path,
        sha256=folder_digest(path, root),
        source=f"folder {path.name}",
        names=(path.resolve().name, *checkpoint_names(path)),
    )


def check_folder(name: str, path: Path) -> None:
    """RunFailed unless the folder holds a configuration, a fast tokenizer and all its weights."""
    if not path.is_dir():
        raise RunFailed(f"The model '{name}' should be in the folder {path}, which is not there.")
    for needed in ("config.json", "tokenizer.json"):
        if not (path / needed).is_file():
            raise RunFailed(
                f"The folder {path} of the model '{name}' has no {needed}.",
                "A model folder holds config.json, tokenizer.json and *.safetensors, as "
                "`save_pretrained` of the model and of its fast tokenizer writes them.",
            )
    index = path / "model.safetensors.index.json"
    if index.is_file():
        wanted = sorted(set(read_json(index).get("weight_map", {}).values()))
        missing = ", ".join(file for file in wanted if not (path / file).is_file())
        if missing:
            raise RunFailed(f"The folder {path} of the model '{name}' lacks the weights {missing}.")
    elif not any(path.glob("*.safetensors")):
        raise RunFailed(
            f"The folder {path} of the model '{name}' has no weights (*.safetensors).",
            "Weights as .bin or .gguf are not read: save them with `save_pretrained`.",
        )


def checkpoint_names(path: Path) -> tuple[str, ...]:
    """What the configuration itself calls the checkpoint, if it does."""
    written = read_json_if_there(path / "config.json").get("_name_or_path")
    return (written,) if isinstance(written, str) and written else ()
