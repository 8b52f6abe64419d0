"""Changes to the files of an archive or a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stagespec.archive.layout import INDEX, file_hash, files_below


def edit_json(path: Path, change: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def edit_lines(path: Path, change: Callable[[list[Any]], None]) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    change(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def edit_text(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def seal(archive: Path) -> None:
    """Make the index name the files as they are, as one would who wants a change to go unseen."""

    def renew(index: dict[str, Any]) -> None:
        index["files"] = {name: file_hash(path) for name, path in files_below(archive).items()}

    edit_json(archive / INDEX, renew)
