"""Resolved definitions to plan types: one module per family of blocks, each definition lowered once."""
