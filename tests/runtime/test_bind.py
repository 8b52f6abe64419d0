"""Bind: what is proven before anything is made."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from compiler.plan.model import FolderSource, ModelBinding
from runtime import bind
from runtime.failures import RunFailed
from runtime.progress import silent


def test_two_base_models_are_refused() -> None:
    models = {
        role: ModelBinding(source=FolderSource(path=role), precision="bf16") for role in ("base", "helper")
    }
    plan = SimpleNamespace(binding=SimpleNamespace(models=models))
    with pytest.raises(RunFailed, match="more than one base model"):
        bind._one_base(plan, silent)  # type: ignore[arg-type]


def test_a_prompt_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"max_position_embeddings": 100}')
    step = SimpleNamespace(sampling=SimpleNamespace(max_tokens=40))
    work = SimpleNamespace(
        local=SimpleNamespace(folder=tmp_path),
        method=SimpleNamespace(stages=(SimpleNamespace(steps=(step,)),)),
    )
    bind._lengths_fit(work, {"short": [(1,) * 60]})  # type: ignore[arg-type]
    with pytest.raises(RunFailed, match='prompt "long" takes up to 61 tokens'):
        bind._lengths_fit(work, {"long": [(1,) * 10, (1,) * 61]})  # type: ignore[arg-type]
