"""What the source calls the fields that the plan calls by other names, so that a difference can be found."""

from __future__ import annotations

import re

ANY_KIND = (
    (r"^inputs\b.*", "input"),
    (r"^sampling\.max_tokens$", "sampling.max"),
    (r"^(prompt|arms\.\w+)\.(prompt|samples|model)\b.*", r"\1"),
    (r"^until_(kept|step)$", "until"),
    (r"^pilot_items$", "pilot"),
    (r"^at_most_rounds$", "at_most"),
    (r"^near\b.*", "dedup"),
    (r"^round$", "on"),
    (r"^parts\.", ""),
    (r"^objective\.method$", "method"),
    (r"^objective\.", ""),
    (r"^stop_early\.part$", "stop_early.on"),
    (r"^compare\.(arm|baseline)$", "compare"),
    (r"^(statements\[\d+\]|require\[\d+\])\..*", r"\1"),
    (r"^contents$", "items"),
    (r"^kept at this scale$", "scale"),
)
BY_KIND = {
    "generate": ((r"^(into|parse)$", "parse"),),
    "train": ((r"^(inputs\b.*|part)$", "data"),),
    "filter": ((r"^part$", "input"),),
    "prefer": ((r"^(first|second)(_finish)?$", "chosen"), (r"^accept\b.*", "accept")),
    "converse": ((r"^(user|assistant)\..*", r"\1"),),
    "critique": ((r"^sample\b.*", "principles"),),
    "review": ((r"^(inputs\b.*|part)$", "on"), (r"^command\b.*", "by")),
    "mix": ((r"^(inputs|shares)\b.*", "of"),),
}


def in_source(field: str, kind: str = "") -> str:
    """`sampling.max_tokens` is `sampling.max`; `kind` is that of the step that has the field."""
    for pattern, written in (*BY_KIND.get(kind, ()), *ANY_KIND):
        found = re.sub(pattern, written, field)
        if found != field:
            return found
    return field
