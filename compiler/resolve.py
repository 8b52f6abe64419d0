"""Files and names: which files a spec is made of, and what each name in each of them means."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from pathlib import Path

from compiler.diagnostics import Diagnostic, Diagnostics, Label, did_you_mean, listing, respelled
from compiler.frozen import Frozen
from compiler.source import MAX_SPEC_BYTES, Source, read_text, sha256
from compiler.syntax import tree
from compiler.syntax.kept import tree_of
from compiler.syntax.parse import enclosing, every

LANGUAGE = 1
PROFILES = "profiles.stage"


class Symbol(Frozen):
    """A definition and the file whose names it sees."""

    definition: tree.Definition
    file: str

    @property
    def kind(self) -> str:
        return self.definition.kind.value


@dataclass(slots=True)
class Program:
    """All files that an entry file reaches. `root` is the spec folder: nothing outside it is read.

    `read` are the hashes of all texts that the compiler read, data and the lock too, by path; None stands for
    a file that it looked for and that was not there.
    """

    root: Path
    entry: str
    sources: dict[str, Source] = field(default_factory=dict)
    files: dict[str, tree.File] = field(default_factory=dict)
    scopes: dict[str, dict[str, Symbol]] = field(default_factory=dict)
    read: dict[str, str | None] = field(default_factory=dict)
    paths: dict[tuple[str, str], Path | None] = field(default_factory=dict)  # by folder and what was asked
    meant: dict[str, set[str]] = field(default_factory=dict)  # by file: what misspelt imports seem to ask for

    def lookup(self, file: str, name: str) -> Symbol | None:
        return self.scopes.get(file, {}).get(name)

    def imports(self, file: str, name: str) -> bool:
        """Whether a file asks for a name by an import, which may have failed or be misspelt."""
        asked = {wanted.value for statement in self.files[file].imports for wanted in statement.names}
        return name in asked or name in self.meant.get(file, ())

    @property
    def damaged(self) -> bool:
        """Whether the parser had to skip something: what seems to be missing may only be unread."""
        return any(file.damaged for file in self.files.values())

    @property
    def may_lack_names(self) -> bool:
        """Whether a whole definition or step may be among what the parser had to leave out."""
        for file in self.files.values():
            if not file.damaged:
                continue
            leaves = {d.span for d in every(file.definitions) if d.kind.value != "stage"}
            if any(place not in leaves for place in file.damaged):
                return True
        return False

    def unsure(self, item: Diagnostic) -> bool:
        """Whether a diagnostic may only come from what the parser had to leave out of a definition."""
        if item.code < "SS2" or not item.labels:
            return False
        span = item.labels[0].span
        file = self.files.get(span.file)
        if file is None or not file.damaged:
            return False
        inner = list(enclosing(file.definitions, span.start, span.end))
        return bool(inner) and inner[-1].span in file.damaged

    def inside(self, file: str, relative: str) -> Path | None:
        """The path that `relative` names from `file`, or None where it leaves the spec folder."""
        asked = (posixpath.dirname(file), relative)
        if asked not in self.paths:
            self.paths[asked] = self._resolved(self.sources[file].path.parent, relative)
        return self.paths[asked]

    def _resolved(self, folder: Path, relative: str) -> Path | None:
        try:
            path = (folder / relative).resolve()
        except (OSError, ValueError, RuntimeError):  # a null character, a circle of links
            return None
        return path if path.is_relative_to(self.root) else None


def spec_root(entry: Path) -> Path:
    """The nearest folder named `specs` above the file, else the file's own folder."""
    folder = entry.resolve().parent
    return next((parent for parent in (folder, *folder.parents) if parent.name == "specs"), folder)


def load(entry: str, found: Diagnostics) -> Program:
    """Read and parse the entry file, all that it imports, and the profiles of its spec folder."""
    path = Path(entry)
    try:
        path.resolve()
    except (OSError, RuntimeError, ValueError):  # a circle of links, a null character
        found.error("SS104", f'"{entry}" cannot be read: no path leads there')
        return Program(Path(), entry)
    program = Program(spec_root(path), posixpath.normpath(entry))
    _load_file(program, program.entry, path, (), found)
    profiles = program.root / PROFILES
    if not profiles.exists():
        program.read[str(profiles)] = None
    elif profiles != path.resolve():
        _load_file(program, profiles_name(program), profiles, (), found)
    return program


def profiles_name(program: Program) -> str:
    """The name under which people know the profiles file, from where they stand."""
    depth = len(Path(program.entry).resolve().parent.relative_to(program.root).parts)
    return posixpath.normpath(posixpath.join(posixpath.dirname(program.entry), *[".."] * depth, PROFILES))


def _load_file(
    program: Program, name: str, path: Path, chain: tuple[str, ...], found: Diagnostics, *places: Label
) -> None:
    text = read_text(path, name, MAX_SPEC_BYTES, found, *places)
    if text is None:
        return
    source = Source(name, path.resolve(), text)
    program.sources[name] = source
    program.read[str(path)] = sha256(text)
    before = len(found.items)
    file = tree_of(source, found)
    program.files[name] = file
    scope: dict[str, Symbol] = {}
    program.scopes[name] = scope
    if file.language is not None and file.language.value != LANGUAGE:
        found.error(
            "SS108",
            f"this is written in language {file.language.value}; this version reads {LANGUAGE}",
            file.language.span,
        )
    if not file.definitions and not file.imports and len(found.items) == before:
        found.error(
            "SS107", f'"{name}" is empty: it defines nothing', help="A new stage starts with: language 1"
        )
        return
    for definition in file.definitions:
        _define(scope, definition.name, Symbol(definition, name), found)
    for statement in file.imports:
        _import(program, name, statement, (*chain, name), found)


def _import(
    program: Program, name: str, statement: tree.Import, chain: tuple[str, ...], found: Diagnostics
) -> None:
    place = Label(statement.path.span)
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), statement.path.value))
    path = program.inside(name, statement.path.value)
    if path is None:
        found.error(
            "SS202",
            "this import leaves the spec folder",
            place,
            help="A spec only reads files below its own folder, so that it can be reviewed and moved whole.",
        )
        return
    if target in chain:
        found.error(
            "SS203",
            f"these files import each other: {' → '.join((*chain[chain.index(target) :], target))}",
            place,
        )
        return
    if target not in program.sources:
        _load_file(program, target, path, chain, found, place)
    if target not in program.scopes:
        return
    offered = {s.definition.name.value: s for s in program.scopes[target].values() if s.file == target}
    for wanted in statement.names:
        if wanted.value in offered:
            _define(program.scopes[name], wanted, offered[wanted.value], found)
        elif not program.may_lack_names:
            fix = respelled(wanted.span, wanted.value, offered)
            program.meant.setdefault(name, set()).update([fix.text] if fix else [])
            found.error(
                "SS201",
                f'"{target}" does not define "{wanted.value}"',
                Label(wanted.span, did_you_mean(wanted.value, offered)),
                help=f"It defines {listing(sorted(offered))}." if len(offered) <= 12 else "",
                fix=fix,
            )


def _define(scope: dict[str, Symbol], name: tree.Name, symbol: Symbol, found: Diagnostics) -> None:
    if name.value in scope:
        found.error(
            "SS204",
            f'"{name.value}" is defined twice',
            Label(name.span),
            Label(scope[name.value].definition.name.span, "first here"),
            help="Each name means one thing in a file.",
        )
        return
    scope[name.value] = symbol
