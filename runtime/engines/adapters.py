"""Adapters over one resident base: loaded when first asked for, then switched, never merged."""

from __future__ import annotations

import os
from typing import Any

from runtime.failures import RunFailed


class Adapters:
    """The adapters of one transformers model, by folder. A folder's content must not change."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._with_adapters: Any = None
        self._names: dict[str, str] = {}

    def use(self, folder: str | None) -> None:
        """From now on the model computes with this adapter, or as the bare base for None."""
        if folder is None:
            if self._with_adapters is not None:
                self._with_adapters.base_model.disable_adapter_layers()
            return
        if folder not in self._names:
            self._load(folder)
        self._with_adapters.base_model.enable_adapter_layers()
        self._with_adapters.set_adapter(self._names[folder])
        # Choosing an adapter makes it trainable again.
        self._with_adapters.requires_grad_(False)

    def _load(self, folder: str) -> None:
        name = f"adapter_{len(self._names)}"
        if not os.path.isfile(os.path.join(folder, "adapter_config.json")):
            raise RunFailed(f"There is no adapter at {folder}.", "Its folder must hold adapter_config.json.")
        from peft import PeftModel  # takes a second, which runs without adapters needn't spend

        try:
            if self._with_adapters is None:
                self._with_adapters = PeftModel.from_pretrained(self._model, folder, adapter_name=name)
            else:
                self._with_adapters.load_adapter(folder, adapter_name=name)
        except (ValueError, RuntimeError, OSError, TypeError) as error:
            sentence = " ".join(str(error).split())
            raise RunFailed(f"The adapter at {folder} can't be loaded: {sentence}") from error
        self._with_adapters.eval()
        self._names[folder] = name
