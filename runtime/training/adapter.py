"""The model that is trained: a pristine base and one adapter, new or going on; and the adapter's folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training
from peft.tuners.lora import LoraLayer
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, GenerationConfig

from compiler.plan.model import Lora
from runtime.failures import RunFailed
from runtime.training.arguments import MODULES, Weights, lora_config
from runtime.training.job import adapter_digest


def load(folder: str, weights: Weights, lora: Lora, start_adapter: str | None) -> PeftModel:
    """The base from `folder` with an adapter to be trained, whose own weights are float32.

    RunFailed where the base lacks layers of the names that `lora.modules` stands for, or the start
    adapter has another rank, alpha or other modules.
    """
    more: dict[str, Any] = {}
    if weights in ("nf4", "int8"):
        more["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=weights == "nf4",
            load_in_8bit=weights == "int8",
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    dtype = torch.float32 if weights == "float32" else torch.bfloat16
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **more)
    if more:
        base = prepare_model_for_kbit_training(base, use_gradient_checkpointing=False)
    base.config.use_cache = False
    layers = {name.rpartition(".")[2] for name, _ in base.named_modules()}
    lacking = [name for name in MODULES[lora.modules] if name not in layers]
    if lacking:
        raise RunFailed(f"The base has no layers named {', '.join(lacking)}, which the adapter is to change.")
    if start_adapter is None:
        model = get_peft_model(base, lora_config(lora))
    else:
        config = _going_on(start_adapter, lora)
        model = PeftModel.from_pretrained(base, start_adapter, is_trainable=True, config=config)
    for layer in model.modules():
        # Otherwise peft makes each layer's input float32, and autocast makes it 16 bits again.
        if isinstance(layer, LoraLayer):
            layer.cast_input_dtype_enabled = weights == "float32"
    return model


def _going_on(start_adapter: str, lora: Lora) -> LoraConfig:
    """The start adapter's configuration, checked, with the plan's dropout."""
    found, wanted = PeftConfig.from_pretrained(start_adapter), lora_config(lora)
    shapes = [
        f"rank {c.r}, alpha {c.lora_alpha} on {', '.join(sorted(c.target_modules))}" for c in (found, wanted)
    ]
    if shapes[0] != shapes[1]:
        raise RunFailed(
            f"The start adapter has {shapes[0]}, and this step asks for {shapes[1]}.",
            "A stage goes on with the adapter of the one before: give both the same rank, alpha and modules.",
        )
    found.lora_dropout = lora.dropout
    return found


def eos_ids(folder: str) -> frozenset[int]:
    """The ids that end a sequence, by the model's configuration and its generation settings.

    RunFailed where the tokenizer's own is none of them: then what training teaches as an end would
    not end a generation.
    """
    found: set[int] = set()
    sources = [AutoConfig.from_pretrained(folder)]
    if (Path(folder) / "generation_config.json").is_file():
        sources.append(GenerationConfig.from_pretrained(folder))
    for source in sources:
        ids = source.eos_token_id
        found.update(ids if isinstance(ids, list) else [] if ids is None else [ids])
    if (Path(folder) / "tokenizer.json").is_file():
        own = AutoTokenizer.from_pretrained(folder).eos_token_id
        if own is not None and found and own not in found:
            raise RunFailed(
                f"The tokenizer ends a sequence with token {own}, and the model's settings with "
                f"{', '.join(map(str, sorted(found)))}.",
                "Give the model folder settings that agree on the end-of-sequence token.",
            )
        found.update([] if own is None else [own])
    return frozenset(found)


def trainable(model: PeftModel) -> int:
    """The number of trained parameters. RunFailed if any of them is not the adapter's inside a layer."""
    named = [(name, p.numel()) for name, p in model.named_parameters() if p.requires_grad]
    for name, _ in named:
        if ".lora_" not in name or "lm_head" in name or "embed" in name:
            raise RunFailed(f"{name} would be trained, which is no part of an adapter on the layers.")
    return sum(size for _, size in named)


def write(model: PeftModel, out: Path) -> str:
    """Write the adapter's folder whole or not at all, and return its digest.

    The base's path and peft's card are left out, and lists are sorted, so that equal adapters are
    equal folders.
    """
    aside = out.with_name(f".{out.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    # "auto" would look for the base's vocabulary size, if need be on a hub.
    model.save_pretrained(str(aside), save_embedding_layers=False)
    (aside / "README.md").unlink(missing_ok=True)
    settings = aside / "adapter_config.json"
    config = json.loads(settings.read_text(encoding="utf-8"))
    config.update(base_model_name_or_path=None, target_modules=sorted(config["target_modules"]))
    settings.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    aside.rename(out)
    return adapter_digest(out)
