"""What is measured about a model and its engine before anything is spent on them."""

from runtime.certificate.gather import adapter_parity, certify, merge_parity
from runtime.certificate.line import Certificate, CertificateLine

__all__ = ["Certificate", "CertificateLine", "adapter_parity", "certify", "merge_parity"]
