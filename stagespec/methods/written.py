"""What a page is made from: the plan, and of the spec's text what no plan holds.

Doc strings of rules and presets, the examples that prove rules and the names of data files change nothing
that runs, so the compiler leaves them out; they are read from the files' trees.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path
from typing import Any

from compiler.plan.model import Method, PlanFile, Stage
from compiler.resolve import Program
from compiler.syntax import tree

PAGE = ".md"


@dataclass(frozen=True, slots=True)
class Written:
    """A compiled spec. Paths that it gives are relative to the page, which stands beside the entry file."""

    plan: PlanFile
    program: Program

    @property
    def method(self) -> Method:
        return self.plan.method

    @property
    def entry(self) -> Path:
        return self.program.sources[self.program.entry].path

    def own_stages(self) -> tuple[Stage, ...]:
        """The stages that the entry file itself defines."""
        return tuple(s for s in self.method.stages if self._file(f"stage {s.name}") == self.program.entry)

    def page_of(self, stage: str) -> str:
        """The page that tells a stage; empty for a stage of this page."""
        path = self.program.sources[self._file(f"stage {stage}")].path
        return "" if path == self.entry else self._beside(path.with_suffix(PAGE))

    def doc(self, kind: str, name: str) -> str:
        """The doc string of a definition; empty where it has none or is no definition."""
        found = self._field(kind, name, "doc")
        return found.value if isinstance(found, tree.Text) else ""

    def is_defined(self, kind: str, name: str) -> bool:
        return self._definition(kind, name) is not None

    def examples(self, rules: str) -> tuple[int, int]:
        """How many examples show what rules keep, and how many what they reject."""
        body = self._body("rules", rules)
        shown = [entry for entry in body.entries if isinstance(entry, tree.Example)] if body else []
        kept = sum(example.sink is None for example in shown)
        return kept, len(shown) - kept

    def data_file(self, name: str) -> str:
        """The path of a dataset's file."""
        role = self.method.datasets[name].role
        value = self._field(role, name, "items")
        assert isinstance(value, tree.Call)
        named = value.arguments[0]
        assert isinstance(named, tree.Text)
        path = self.program.inside(self._file(f"{role} {name}"), named.value)
        assert path is not None
        return self._beside(path)

    def data_notes(self, name: str) -> str:
        """The README nearest to a dataset's file, within the spec folder, that speaks of a licence."""
        folder = (self.entry.parent / self.data_file(name)).resolve().parent
        for place in (folder, *folder.parents):
            notes = place / "README.md"
            if not place.is_relative_to(self.program.root):
                return ""
            if notes.is_file() and "licence" in notes.read_text(encoding="utf-8").lower():
                return self._beside(notes)
        return ""

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """The records of a dataset."""
        text = self.plan.blobs[self.method.datasets[name].sha256].text
        return [json.loads(line) for line in text.split("\n") if line.strip()]

    def _beside(self, path: Path) -> str:
        return Path(relpath(path, self.entry.parent)).as_posix()

    def _file(self, place: str) -> str:
        return self.plan.places[place].rpartition(":")[0]

    def _definition(self, kind: str, name: str) -> tree.Definition | None:
        if f"{kind} {name}" not in self.plan.places:
            return None
        inside = self.program.files[self._file(f"{kind} {name}")].definitions
        return next(d for d in inside if (d.kind.value, d.name.value) == (kind, name))

    def _body(self, kind: str, name: str) -> tree.Block | None:
        found = self._definition(kind, name)
        return found.body if found and isinstance(found.body, tree.Block) else None

    def _field(self, kind: str, name: str, field: str) -> tree.Node | None:
        body = self._body(kind, name)
        return next((f.value for f in body.fields() if f.name.value == field), None) if body else None
