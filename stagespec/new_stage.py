"""`stagespec new stage NAME`: a stage to change, which compiles as it is."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from compiler.compile import compile_spec
from compiler.diagnostics import Diagnostic
from runtime.journal import write_whole
from stagespec.compiling import profiles

TEMPLATE = Path(__file__).parent / "templates" / "stage.stage"
NAME = re.compile(r"[a-z][a-z0-9_]*")
IMPORTED = re.compile(r'^from "([^"]+)"', re.MULTILINE)


class NotWritten(Exception):
    """One sentence on why nothing was written."""


def new_stage(name: str, folder: Path) -> tuple[Path, list[Diagnostic]]:
    """Write `folder`/NAME.stage and compile it under the folder's first profile; returns what is reported.

    Raises NotWritten for a name that is no name, a file that is there already, or a folder that lacks the
    shared definitions that the stage imports.
    """
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise NotWritten(f'"{name}" is no name for a stage: write small letters, digits and _')
    text = TEMPLATE.read_text(encoding="utf-8").replace("stage NAME {", f"stage {name} {{")
    missing = [path for path in dict.fromkeys(IMPORTED.findall(text)) if not (folder / path).exists()]
    if missing:
        raise NotWritten(
            f'"{folder}" has no {missing[0]}, which the new stage imports: name a folder with --in'
        )
    path = folder / f"{name}.stage"
    if path.exists():
        raise NotWritten(f'"{path}" is there already')
    write_whole(path, text)
    known = profiles(str(path))
    return path, compile_spec(str(path), known[0] if known else "").diagnostics.items
