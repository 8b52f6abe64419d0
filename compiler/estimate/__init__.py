"""Estimates: what a plan reads and writes, how long it takes, what it costs, and what it needs of a GPU.

Guidance for a reader: in no hash and in no snapshot of the plan. Pure arithmetic over the plan, the
lock's facts, the profile's hardware and, where there are any, what earlier runs measured.
"""

from compiler.estimate.history import History, Measured, Run
from compiler.estimate.quoting import quote

__all__ = ["History", "Measured", "Run", "quote"]
