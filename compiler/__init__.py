"""Text to plan. Pure: no network, no GPU, no clock, no torch."""

VERSION = "0.1.0"
