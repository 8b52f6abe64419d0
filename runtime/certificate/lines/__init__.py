"""The lines of a certificate, in the order in which people read them.

Each is one function from the evidence to a line, and each is shown failing on a planted defect in
the tests.
"""

from collections.abc import Callable

from runtime.certificate.evidence import Evidence
from runtime.certificate.line import CertificateLine
from runtime.certificate.lines.behaviour import bare_instructions, bos_policy, plain_completions
from runtime.certificate.lines.ending import embedding_rows, eos_agreement
from runtime.certificate.lines.parity import engine_parity
from runtime.certificate.lines.prompts import prompt_ids
from runtime.certificate.lines.provenance import provenance
from runtime.certificate.lines.tokenizer import tokenizer_fidelity

LINES: tuple[Callable[[Evidence], CertificateLine], ...] = (
    provenance,
    prompt_ids,
    tokenizer_fidelity,
    eos_agreement,
    embedding_rows,
    bos_policy,
    plain_completions,
    bare_instructions,
    engine_parity,
)
