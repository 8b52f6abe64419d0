"""Measure what the compiler must know of every model that a plan binds."""

from __future__ import annotations

import json
from typing import Any

from compiler.plan.lock_key import lock_key
from compiler.plan.model import LikelihoodGainMethod, MockSource, PlanFile
from runtime.models.lock import measure_lock
from runtime.models.obtain import obtain
from runtime.progress import Listener


def measure_locks(plan: PlanFile, listener: Listener) -> dict[str, Any]:
    """Entries of specs/models.lock by their key. Raises RunFailed where a model can't be had."""
    texts = _texts(plan)
    return {
        lock_key(bound): measure_lock(role, bound, obtain(role, bound, listener), texts)
        for role, bound in plan.binding.models.items()
        if not isinstance(bound.source, MockSource)
    }


def _texts(plan: PlanFile) -> dict[str, str]:
    """Every template of the plan, and every record that a prompt may show."""
    texts = {f"prompt {name}": prompt.template for name, prompt in plan.method.prompts.items()}
    for name, critic in plan.method.critics.items():
        for index, method in enumerate(critic.methods):
            if isinstance(method, LikelihoodGainMethod):
                parts: tuple[str, ...] = (method.given, method.neutral)
            else:
                parts = (method.template,)
            texts |= {f"critic {name} {index}.{i}": part for i, part in enumerate(parts)}
    for name, dataset in plan.method.datasets.items():
        if dataset.role in ("pool", "exemplars"):
            for i, line in enumerate(plan.blobs[dataset.sha256].text.splitlines()):
                texts[f"{name} {i}"] = " ".join(str(value) for value in json.loads(line).values())
    return texts
