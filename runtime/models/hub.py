"""A model from the hub of models, at a fixed revision. The hub's own cache keeps it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from compiler.plan.model import HubSource
from runtime.child import run_in_child
from runtime.failures import RunFailed
from runtime.models.digest import folder_digest
from runtime.models.folder import check_folder, checkpoint_names
from runtime.models.local import LocalModel
from runtime.models.work import work
from runtime.progress import Listener

# Everything a run reads, and nothing of the other formats in which repositories repeat the weights.
_FILES = ("*.json", "*.safetensors", "*.jinja")


def obtain(name: str, source: HubSource, root: Path, listener: Listener) -> LocalModel:
    """The repository's files, downloaded if they are not here. RunFailed says why they can't be had."""
    with work(listener, f"download {source.repository}", f"downloading {source.repository}"):
        folder = Path(run_in_child(_download, (name, source.repository, source.revision)))
    check_folder(name, folder)
    return LocalModel(
        folder=folder,
        sha256=folder_digest(folder, root),
        source=f"hub {source.repository} at {source.revision}",
        names=(source.repository, *checkpoint_names(folder)),
    )


def cached(source: HubSource) -> Path | None:
    """The snapshot's folder in the hub's own cache, whole or not; None where there is none."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                source.repository,
                revision=source.revision,
                allow_patterns=list(_FILES),
                local_files_only=True,
            )
        )
    except LocalEntryNotFoundError:
        return None


def prove_reachable(name: str, source: HubSource, limit_s: float) -> None:
    """RunFailed where the hub does not answer within the limit, or not with this model at this revision."""
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(source.repository, revision=source.revision, timeout=limit_s)
    except (OSError, ValueError) as error:  # its own errors are kinds of these
        raise RunFailed(*_why(name, source.repository, source.revision, error)) from error
    except Exception as error:  # of the client that it is built on, which changes with its version
        raise RunFailed(*_why(name, source.repository, source.revision, OSError(str(error)))) from error


def _download(wanted: tuple[str, str, str], _: Callable[[object], None]) -> str:
    """In the child: the local folder of the snapshot."""
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    from huggingface_hub import snapshot_download

    name, repository, revision = wanted
    try:
        folder: str = snapshot_download(repository, revision=revision, allow_patterns=list(_FILES))
    except OSError as error:
        sentence, help = _why(name, repository, revision, error)
        raise RunFailed(sentence, help) from error
    return folder


def _why(name: str, repository: str, revision: str, error: Exception) -> tuple[str, str]:
    """One sentence and one way out, by the kinds of errors that the hub's client raises."""
    model = f"The model '{name}' ({repository})"
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "GatedRepoError" in kinds:
        return f"{model} needs its licence accepted.", "Accept it on the model's page and log in to the hub."
    if "RevisionNotFoundError" in kinds:
        return f"{model} has no revision {revision}.", "Bind a commit of the repository."
    if "RepositoryNotFoundError" in kinds:
        return f"{model} is not on the hub, or is private.", "Check the name; log in if it is private."
    if "HFValidationError" in kinds:
        return f"{model} is no valid repository name.", "Write owner/name."
    if getattr(error, "errno", None) is not None and "ConnectionError" not in kinds:
        raise error
    return (
        f"{model} can't be downloaded: the hub was not reached.",
        "Connect to the network, or bind the model as a folder that you have copied here, "
        f"or as a package. The client said: {_short(error)}",
    )


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:199] + "…"
