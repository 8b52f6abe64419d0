"""What the checkpoint was trained to be. Evidence of names and metadata decides, never behaviour.

A chat template alone is no evidence: some base models ship the template of their siblings. A template
whose turns end in a token that also ends the model's texts is: a base model ends texts, not turns.
"""

from __future__ import annotations

import re

from runtime.certificate.evidence import Evidence
from runtime.certificate.line import CertificateLine
from runtime.models.chat import chat_templates
from runtime.models.merged import merged_adapter

_TITLE = "The checkpoint is what its role says"
_INSTRUCT = re.compile(
    r"(?<![a-z])(instruct(?:ion)?(?:[-_ ]?tuned)?|chat|it|sft|dpo|rlhf|assistant)(?![a-z])", re.I
)


def provenance(evidence: Evidence) -> CertificateLine:
    """An instruction-tuned checkpoint in a raw role stops, unless it is declared as a stand-in."""
    if evidence.mock_model:
        return _line(True, "report", {"taint": True}, "The weights are random: no verdict is about a model.")
    signs = _signs(evidence)
    measured = {
        "signs_of_instruction_tuning": signs,
        "chat_template": bool(chat_templates(evidence.local.folder)),
        "declared": evidence.binding.stand_in,
        "names": list(evidence.local.names),
    }
    if evidence.kind == "chat":
        return _line(True, "report", measured, "The role is a chat model's; any checkpoint may play it.")
    if evidence.binding.stand_in is not None:
        reason = f": {evidence.binding.because}" if evidence.binding.because else ""
        explanation = f"An instruction-tuned checkpoint stands in for a base model{reason}."
        return _line(True, "report", {**measured, "taint": True}, explanation)
    if signs:
        explanation = (
            f"The checkpoint is instruction-tuned ({'; '.join(signs)}) and the role is raw: bind a base "
            "model, or declare it with stand_in = instruct and a because, which taints every verdict."
        )
        return _line(False, "stop", measured, explanation)
    return _line(True, "stop", measured, "Nothing says that the checkpoint was tuned to follow instructions.")


def _line(passed: bool, severity: str, measured: dict[str, object], explanation: str) -> CertificateLine:
    return CertificateLine(
        "provenance", _TITLE, passed, "stop" if severity == "stop" else "report", measured, explanation
    )


def _signs(evidence: Evidence) -> list[str]:
    """Evidence of instruction tuning, in words."""
    signs = [f"it is named {name}" for name in evidence.local.names if _INSTRUCT.search(name)]
    adapter = merged_adapter(evidence.local.folder)
    if adapter is not None:
        signs.append(f"the adapter {adapter} was merged into it")
    template = "\n".join(chat_templates(evidence.local.folder).values())
    enders = [evidence.tokens.token(id) for id in sorted(evidence.tokens.eos_ids)]
    turns = [token for token in enders if token in template]
    if turns:
        signs.append(f"its texts end with its chat template's {turns[0]}")
    elif re.search(r"\beos_token\b", template):
        signs.append("its chat template ends turns with the token that ends its texts")
    return signs
