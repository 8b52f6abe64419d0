"""What a train step hands to the trainer: ids made apart, ends where a text had ended, adapters."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from compiler.plan.model import EarlyStop, Lora, Optimizer, Preference, PromptUse, Supervised, Train
from runtime.records import Record, StepRecords
from runtime.steps.jobs import job_of
from runtime.training.dpo import DpoJob
from runtime.training.sft import SftJob
from runtime.work import Adapter

EOS = 99


class Tokens:
    """One id per character, so that what was tokenized can be read."""

    eos_id = EOS

    def prompt_ids(self, text: str) -> tuple[int, ...]:
        return (1, *map(ord, text))

    def continuation_ids(self, text: str) -> tuple[int, ...]:
        return tuple(map(ord, text))


class Work(SimpleNamespace):
    def adapter(self, model: str) -> Adapter | None:
        return self.adapters.get(model)

    def rendered_ids(self, _: PromptUse, columns: dict[str, Any], *__: object) -> tuple[int, ...]:
        ids: tuple[int, ...] = self.tokens.prompt_ids(str(columns["asked"]))
        return ids


def work(folder: Path, records: list[Record], dev: list[Record]) -> Any:
    return Work(
        folder=folder,
        tokens=Tokens(),
        local=SimpleNamespace(folder="base", sha256="b"),
        binding=SimpleNamespace(seed=3, weights=None, threads=None),
        method=SimpleNamespace(prompts={"ask": SimpleNamespace(lead=" ")}),
        records={"s.ordered": StepRecords(records), "s.data.dev": StepRecords(dev)},
        adapters={"old.student": Adapter(Path("adapters/old"), "a")},
        tensorboard=False,
    )


def step(objective: Supervised | Preference, **changes: Any) -> Train:
    settings: dict[str, Any] = {
        "id": "s.student",
        "inputs": ("s.ordered",),
        "objective": objective,
        "start": "old.student",
        "prompt": PromptUse(prompt="ask"),
        "lora": Lora(rank=8, alpha=16, dropout=0.0, modules="all_linear"),
        "weights": "bf16",
        "optimizer": Optimizer(
            name="adamw", learning_rate=1e-5, schedule="constant", warmup=0.0, weight_decay=0.0
        ),
        "epochs": 1,
        "batch": 8,
        "max_length": 64,
    }
    return Train(**(settings | changes))


def pair(id: str, chosen_ended: str, rejected_ended: str) -> Record:
    columns = {"asked": "Q", "chosen": "yes", "rejected": "no"}
    return Record(id, 0, 0, {**columns, "chosen_finish": chosen_ended, "rejected_finish": rejected_ended})


def preference(reference: str) -> Preference:
    return Preference(
        chosen="chosen",
        rejected="rejected",
        chosen_finish="chosen_finish",
        rejected_finish="rejected_finish",
        reference=reference,
        beta=0.1,
    )


def text(target: tuple[int, ...]) -> str:
    return "".join("<eos>" if id == EOS else chr(id) for id in target)


def test_only_the_side_that_had_ended_is_taught_to_end(tmp_path: Path) -> None:
    of = preference("old.student")
    at_work = work(tmp_path, [pair("a", "eos", "length"), pair("b", "length", "stop")], [])
    job = job_of(step(of), at_work)
    assert isinstance(job, DpoJob)
    assert [(text(p.chosen.target_ids), text(p.rejected.target_ids)) for p in job.examples] == [
        (" yes<eos>", " no"),
        (" yes", " no<eos>"),
    ]
    assert {row.prompt_ids for p in job.examples for row in p.rows} == {(1, ord("Q"))}
    assert [p.id for p in job.examples] == ["a", "b"]


def test_the_reference_is_the_adapter_that_is_named_or_the_base(tmp_path: Path) -> None:
    at_work = work(tmp_path, [pair("a", "eos", "eos")], [])
    for name, expected in (("old.student", "adapters/old"), ("base", None)):
        of = preference(name)
        job = job_of(step(of), at_work)
        assert isinstance(job, DpoJob)
        assert (job.start_adapter, job.reference_adapter) == ("adapters/old", expected)
        assert job.beta == 0.1


def test_curriculum_watched_part_and_seed_arrive(tmp_path: Path) -> None:
    of = preference("base")
    watched = step(of, keep_order=True, stop_early=EarlyStop(on="s.data", part="dev", patience=2))
    here = work(tmp_path / "one", [pair("a", "eos", "eos")], [pair("d", "eos", "eos")])
    elsewhere = work(tmp_path / "two", [pair("a", "eos", "eos")], [pair("d", "eos", "eos")])
    job, other = (job_of(watched, w) for w in (here, elsewhere))
    assert (job.keep_order, job.patience, [p.id for p in job.dev_examples]) == (True, 2, ["d"])
    assert job.seed == other.seed
    assert job.out != other.out


def test_supervised_targets_are_made_in_the_same_way(tmp_path: Path) -> None:
    of = Supervised(target="chosen", finish="chosen_finish", loss_on="whole")
    at_work = work(tmp_path, [pair("a", "eos", "eos"), pair("b", "length", "eos")], [])
    job = job_of(step(of), at_work)
    assert isinstance(job, SftJob)
    assert [text(e.target_ids) for e in job.examples] == [" yes<eos>", " yes"]
    assert job.loss_on == "whole"
