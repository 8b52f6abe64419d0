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
IMPORT = re.compile(r'^from "([^"]+)"\s+import (.+)$', re.MULTILINE)


class NotWritten(Exception):
    """One sentence on why nothing was written."""


def new_stage(name: str, folder: Path) -> tuple[Path, list[Diagnostic]]:
    """Write `folder`/NAME.stage and compile it under the folder's first profile; returns what is reported.

    Raises NotWritten for a name that is no name or is taken, a file that is there already, or a folder that
    lacks the shared definitions that the stage imports.
    """
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise NotWritten(f'"{name}" is no name for a stage: write small letters, digits and _')
    text = TEMPLATE.read_text(encoding="utf-8").replace("stage NAME {", f"stage {name} {{")
    missing = [
        path
        for path in dict.fromkeys(path for path, _ in IMPORT.findall(text))
        if not (folder / path).exists()
    ]
    if missing:
        raise NotWritten(
            f'"{folder}" has no {missing[0]}, which the new stage imports: name a folder with --in'
        )
    path = folder / f"{name}.stage"
    if path.exists():
        raise NotWritten(f'"{path}" is there already')
    taken = _taken(name, text, folder)
    if taken:
        raise NotWritten(f'the name "{name}" is taken: {taken}; choose another')
    write_whole(path, text)
    known = profiles(str(path))
    return path, compile_spec(str(path), known[0] if known else "").diagnostics.items


def _taken(name: str, text: str, folder: Path) -> str:
    """By what the name of a new stage is taken: an import of the stage itself, or a stage of the folder. Of
    two with one name no pipeline could hold both, nor could a review tell their runs apart."""
    for path, names in IMPORT.findall(text):
        if name in names.replace(",", " ").split():
            return f'the new stage imports it from "{path}"'
    for other in sorted(folder.glob("*.stage")):
        stage = re.compile(rf"^(?:stage|pipeline)[ \t]+{name}\b", re.MULTILINE)
        if stage.search(other.read_text(encoding="utf-8", errors="replace")):
            return f'"{other}" defines it'
    return ""
