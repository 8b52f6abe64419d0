"""Plan to run. Knows only `compiler.plan`, never the syntax."""
