"""Whether a profile can run on this machine, looked at before anything is spent on it."""

from stagespec.doctor.examining import examine

__all__ = ["examine"]
