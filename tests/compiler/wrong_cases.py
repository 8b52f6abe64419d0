"""Cases of wrong specs, as small text files in `wrong/`. Adding one takes no Python:

`NAME.stage` is a whole spec. It is compiled beside the files of `good/`, which it may import.

`NAME.change` changes the good spec: `in FILE`, then lines `- old` that stand there one after the
other (indentation does not count), then the lines `+ new` that replace them. Without `- old`, the
new lines go to the end of the file, which may be a new one; `without FILE` takes a file out. What
it replaces is its mend.

Both begin with comments: `# expects SS205 SS310` names every diagnostic that must come, no more and
no less; `# profile NAME` compiles for another profile than `test`, and `# entry second.stage` the second
of the good stages, which has every kind of step that the first has no use for; other comments say why.
The text that a user would see is kept in `__snapshots__`; `pytest --snapshot-update` renews it.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from compiler.compile import Compiled, compile_spec
from compiler.diagnostics import Diagnostic, Span

HERE = Path(__file__).parent
GOOD = HERE / "good"
WRONG = HERE / "wrong"


@dataclass(frozen=True)
class Case:
    name: str
    path: Path
    text: str

    @property
    def expects(self) -> list[str]:
        found = re.search(r"^# expects (.+)$", self.text, re.M)
        assert found, f"{self.path.name} does not begin with: # expects SSnnn"
        return sorted(found.group(1).split())

    @property
    def profile(self) -> str:
        found = re.search(r"^# profile (\S+)$", self.text, re.M)
        return found.group(1) if found else "test"

    @property
    def entry(self) -> str:
        found = re.search(r"^# entry (\S+)$", self.text, re.M)
        return found.group(1) if found else "stage.stage"

    @property
    def is_change(self) -> bool:
        return self.path.suffix == ".change"

    def write(self, folder: Path) -> str:
        """Lay the spec out in an empty folder; returns the name of its entry file."""
        shutil.copytree(GOOD, folder, dirs_exist_ok=True)
        if self.is_change:
            apply_change(self.text, folder)
            return self.entry
        (folder / "case.stage").write_text(self.text, encoding="utf-8")
        return "case.stage"


def all_cases() -> list[Case]:
    paths = sorted(p for p in WRONG.iterdir() if p.suffix in (".stage", ".change"))
    return [Case(p.stem, p, p.read_text(encoding="utf-8")) for p in paths]


def apply_change(text: str, folder: Path) -> None:
    """Carry out every `in FILE`, `- old`, `+ new` of a change."""
    file: Path | None = None
    old: list[str] = []
    new: list[str] = []

    def replace() -> None:
        nonlocal old, new
        if file is None or not (old or new):
            return
        lines = file.read_text(encoding="utf-8").split("\n") if file.exists() else []
        wanted = [line.strip() for line in old]
        starts = [
            i for i in range(len(lines)) if [line.strip() for line in lines[i : i + len(old)]] == wanted
        ]
        if old:
            assert len(starts) == 1, f"{wanted} stands {len(starts)} times in {file.name}"
            lines[starts[0] : starts[0] + len(old)] = new
        else:
            lines = [*lines[:-1], *new, ""] if lines else [*new, ""]
        file.write_text("\n".join(lines), encoding="utf-8")
        old, new = [], []

    for line in text.split("\n"):
        if line.startswith("without "):
            (folder / line[8:].strip()).unlink()
        elif line.startswith("in "):
            replace()
            file = folder / line[3:].strip()
        elif line.startswith("-"):
            if new:
                replace()
            old.append(line[2:])
        elif line.startswith("+"):
            new.append(line[2:])
        else:
            assert not line.strip() or line.startswith("#"), f"not a line of a change: {line!r}"
    replace()


def compile_case(case: Case, folder: Path) -> Compiled:
    """Compile a case in a folder, which must be the current one."""
    return compile_spec(case.write(folder), case.profile)


def as_text(compiled: Compiled) -> str:
    """Diagnostics as a person would read them, each place underlined."""
    return "\n".join(_one(compiled, item) for item in compiled.diagnostics.items) + "\n"


def _one(compiled: Compiled, item: Diagnostic) -> str:
    lines = [f"{item.severity} {item.code}: {item.message}"]
    for label in item.labels:
        lines += _place(compiled, label.span, label.text)
    if item.help:
        lines.append(f"  help: {item.help}")
    if item.fix:
        source = compiled.program.sources[item.fix.span.file].text
        kind = "fix" if item.fix.certain else "suggestion"
        lines.append(f'  {kind}: "{source[item.fix.span.start : item.fix.span.end]}" → "{item.fix.text}"')
    return "\n".join(lines) + "\n"


def _place(compiled: Compiled, span: Span, text: str) -> list[str]:
    source = compiled.program.sources[span.file]
    (line, column), (last, end) = source.position(span.start), source.position(span.end)
    shown = source.line(line)
    width = (end if last == line else len(shown) + 1) - column
    more = "" if last == line else " ..."
    return [
        f"  {span.file}:{line}:{column}-{last}:{end}",
        f"  | {shown}",
        f"  | {' ' * (column - 1)}{'^' * max(width, 1)}{more} {text}".rstrip(),
    ]
