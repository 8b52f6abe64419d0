"""Bind: what is proven before anything is made."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from compiler.plan.model import FolderSource, ModelBinding
from runtime import bind
from runtime.certificate.line import Certificate, CertificateLine
from runtime.failures import RunFailed, RunStopped
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


def unproven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, passed: bool, tokens: int
) -> SimpleNamespace:
    """A run before it is proven, with one line in its certificate and one prompt."""
    line = CertificateLine("plain", "Plain completions", passed, "stop", {}, "0 of 12 were sound.")
    certificate = Certificate("m", "a", "b", (line,))
    monkeypatch.setattr(bind, "_rendered", lambda _: {"ask": [(1,) * tokens]})
    monkeypatch.setattr(bind, "_certify", lambda *_: certificate)
    monkeypatch.setattr(bind, "first_taints", lambda *_: [])
    (tmp_path / "config.json").write_text('{"max_position_embeddings": 100}')
    local = SimpleNamespace(folder=tmp_path)
    return SimpleNamespace(
        local=local, role="base", method=SimpleNamespace(stages=()), binding=None, certificate=None, taints=[]
    )


def test_a_line_that_fails_stops_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bind.prove(unproven(tmp_path, monkeypatch, passed=True, tokens=60))  # type: ignore[arg-type]
    work = unproven(tmp_path, monkeypatch, passed=False, tokens=60)
    with pytest.raises(RunStopped, match="certificate of model base fails: Plain completions"):
        bind.prove(work)  # type: ignore[arg-type]
    assert work.certificate is not None


def test_lengths_are_proven_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunFailed, match='prompt "ask" takes up to 101 tokens'):
        bind.prove(unproven(tmp_path, monkeypatch, passed=True, tokens=101))  # type: ignore[arg-type]


def test_trainings_are_checked_before_an_engine_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise RunFailed("no longer known")

    monkeypatch.setattr(bind, "_one_base", lambda *_: ("base", SimpleNamespace(folder=tmp_path)))
    monkeypatch.setattr(bind.Tokens, "from_folder", lambda _: None)
    monkeypatch.setattr(bind, "_start", lambda *_: pytest.fail("an engine was started"))
    monkeypatch.setattr(bind, "_check_trainings", refuse)
    with pytest.raises(RunFailed, match="no longer known"):
        bind.bind(None, tmp_path, None, {}, silent, None)  # type: ignore[arg-type]
