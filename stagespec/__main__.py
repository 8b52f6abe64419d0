"""`python -m stagespec` is the same as `stagespec`."""

from stagespec.cli import main

main(prog_name="stagespec")
