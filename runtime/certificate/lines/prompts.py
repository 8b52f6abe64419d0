"""What is really sent: the ids of rendered prompts."""

from __future__ import annotations

from runtime.certificate.evidence import Evidence
from runtime.certificate.line import CertificateLine
from runtime.models.tokens import Tokens


def prompt_ids(evidence: Evidence) -> CertificateLine:
    """No control token in any prompt but those of the chat template around it, and in front exactly what the
    BOS policy says, or the template."""
    tokens = evidence.tokens
    faults = {
        name: fault
        for name, ids in evidence.prompts.items()
        if (fault := (_chat_fault if name in evidence.chat_prompts else _fault)(ids, tokens))
    }
    policy = "none" if tokens.bos_id is None else tokens.token(tokens.bos_id)
    if not evidence.prompts:
        explanation = "There was no prompt to look at."
    elif faults:
        explanation = "; ".join(f"prompt '{name}' {fault}" for name, fault in faults.items()) + "."
    else:
        explanation = f"{len(evidence.prompts)} prompts hold text only, with the BOS that the policy allows."
    return CertificateLine(
        id="prompt_ids",
        title="Prompts hold no control token",
        passed=not faults,
        severity="stop",
        measured={"prompts": len(evidence.prompts), "bos_policy": policy, "faults": faults},
        explanation=explanation,
    )


def _chat_fault(ids: tuple[int, ...], tokens: Tokens) -> str | None:
    """What is wrong with a prompt in its chat template: a text of its own that holds a control token."""
    frame = [id for id in tokens.chat_ids("text") if id in tokens.control_ids]
    held = [id for id in ids if id in tokens.control_ids]
    if held == frame:
        return None
    more = next((id for id in held if held.count(id) > frame.count(id)), None)
    return f"holds the control token {tokens.token(more)}" if more is not None else "lacks its chat template"


def _fault(ids: tuple[int, ...], tokens: Tokens) -> str | None:
    """What is wrong with a prompt, to be read after its name."""
    if not ids:
        return "is empty"
    text = ids
    if tokens.bos_id is not None:
        if ids[0] != tokens.bos_id:
            return f"does not begin with {tokens.token(tokens.bos_id)}"
        text = ids[1:]
        if text[:1] == (tokens.bos_id,):
            return f"begins with {tokens.token(tokens.bos_id)} twice"
    for at, id in enumerate(text, start=len(ids) - len(text)):
        if id in tokens.control_ids:
            return f"holds the control token {tokens.token(id)} at position {at}"
    return None
