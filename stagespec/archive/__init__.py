"""Finished runs, frozen: small folders of text that can be verified years later, without any model."""

from stagespec.archive.freezing import freeze
from stagespec.archive.verifying import verify

__all__ = ["freeze", "verify"]
