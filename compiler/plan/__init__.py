"""The plan: the only part of the compiler that the runtime knows.

`model` holds the types, `hashing` the canonical form; `expressions`, `rules`, `prompts` and
`answers` are the pure interpreters that compile time (to run examples) and run time share.
"""
