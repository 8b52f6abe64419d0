"""How texts end: one token, agreed on by all that name it, and learnt by the model."""

from __future__ import annotations

from runtime.certificate.evidence import MOCK, Evidence
from runtime.certificate.line import CertificateLine, not_measured
from runtime.models.chat import named_token
from runtime.models.files import read_json_if_there
from runtime.models.tokens import configured_eos

_ROWS = "Embedding rows are trained"


def eos_agreement(evidence: Evidence) -> CertificateLine:
    """The tokenizer, the generation config and the config mean the same end of text."""
    tokens, folder = evidence.tokens, evidence.local.folder
    named = named_token(read_json_if_there(folder / "tokenizer_config.json").get("eos_token"))
    own = None if named is None else tokens.single_token(named)
    stated = {
        "tokenizer": () if own is None else (own,),
        "generation_config": configured_eos(folder, "generation_config.json"),
        "config": configured_eos(folder, "config.json"),
    }
    apart = {name: ids for name, ids in stated.items() if ids and tokens.eos_id not in ids}
    chosen = f"{tokens.token(tokens.eos_id)} ({tokens.eos_id})"
    if apart:
        others = ", ".join(
            f"the {name.replace('_', ' ')} says {' or '.join(tokens.token(id) for id in ids)}"
            for name, ids in apart.items()
        )
        explanation = f"Texts end with {chosen}, but {others}."
    else:
        explanation = f"All that name the end of text name {chosen}."
    return CertificateLine(
        id="eos_agreement",
        title="The end of text is agreed on",
        passed=not apart,
        severity="stop",
        measured={"eos_id": tokens.eos_id, **{name: list(ids) for name, ids in stated.items()}},
        explanation=explanation,
    )


def embedding_rows(evidence: Evidence) -> CertificateLine:
    """Rows that training never moved are told; if the end of text has one, the run stops.

    Without a change to the output layer, and adapters make none, such a token can't be learnt.
    """
    if evidence.reference is None:
        return not_measured("embedding_rows", _ROWS, MOCK)
    rows = evidence.reference.rows
    faults = {evidence.tokens.token(id): fault for id, fault in rows.eos.items() if fault}
    trained = evidence.tokens.token(evidence.tokens.eos_id) not in faults
    untrained = f"{rows.near_zero} of {rows.rows} rows are near zero, {rows.identical} identical to another"
    if faults:
        explanation = "; ".join(f"the row of {token} is {fault}" for token, fault in faults.items())
        explanation = f"{explanation[0].upper()}{explanation[1:]}: the model has not learnt it. {untrained}."
    else:
        explanation = f"The end of text has a trained row. {untrained}."
    return CertificateLine(
        id="embedding_rows",
        title=_ROWS,
        passed=trained,
        severity="stop",
        measured={
            "rows": rows.rows,
            "near_zero": rows.near_zero,
            "identical": rows.identical,
            "eos_faults": faults,
            "eos_relative_length": {str(id): length for id, length in rows.eos_length.items()},
        },
        explanation=explanation,
    )
