"""What is measured about a model and its engine before anything is spent on them."""

from runtime.certificate.gather import adapter_parity, certify
from runtime.certificate.line import Certificate, CertificateLine
from runtime.certificate.lora import refuse_lm_head

__all__ = ["Certificate", "CertificateLine", "adapter_parity", "certify", "refuse_lm_head"]
