"""Data files: read, checked against their columns, hashed, and carried by the plan as blobs."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compiler.diagnostics import Fix, Label, Span, listing
from compiler.found_sound import records_of, sound_data
from compiler.lower.lowering import DATA_KINDS, Lowering
from compiler.lower.regexes import endless
from compiler.plan.model import Blob, Dataset
from compiler.resolve import Symbol
from compiler.schema import LISTS
from compiler.shapes import Filed, Ref
from compiler.source import MAX_DATA_BYTES, Source, read_text, sha256

MAX_REPORTED = 5


def lower_dataset(
    low: Lowering, file: str, ref: Ref, kinds: tuple[str, ...] = DATA_KINDS, what: str = "data"
) -> Dataset | None:
    symbol = low.symbol(file, ref, kinds, what)
    if symbol is None:
        return None
    if ref.name not in low.datasets:
        low.datasets[ref.name] = _dataset(low, symbol)
    return low.datasets[ref.name]


def _dataset(low: Lowering, symbol: Symbol) -> Dataset | None:
    columns = low.parameters(symbol)
    body = low.body(symbol)
    if columns is None or body is None or not body.complete:
        return None
    filed: Filed = body.get("items")
    text = _read(low, symbol.file, filed)
    if text is None:
        return None
    digest = sha256(text)
    low.program.read[str(low.program.inside(symbol.file, filed.path.value))] = digest
    if not _hash_agrees(low, symbol, filed, digest):
        return None
    name = symbol.definition.name.value
    data_name = posixpath.normpath(posixpath.join(posixpath.dirname(symbol.file), filed.path.value))
    low.program.sources.setdefault(data_name, Source(data_name, Path(data_name), text))
    if symbol.kind == "labelled" and columns.get("label") != "label":
        low.found.error("SS507", "labelled data needs the column label: label", symbol.definition.name.span)
        return None
    sound = sound_data(digest, symbol.kind, columns)
    if sound.known:
        records: list[dict[str, Any]] | None = records_of(text)
    else:
        records = _records(low, data_name, text, columns, filed)
        if records is None or (symbol.kind == "held_out" and not _distinct(low, records, filed)):
            return None
        sound.remember()
    assert records is not None
    low.records[name] = records
    low.blobs[digest] = Blob(sha256=digest, text=text)
    return Dataset(
        role=symbol.kind,  # type: ignore[arg-type]  # KINDS and the plan name the four roles alike
        columns=columns,
        sha256=digest,
        items=len(records),
        split=body.get("split"),
        doc=body.text("doc"),
    )


def _read(low: Lowering, file: str, filed: Filed) -> str | None:
    place = Label(filed.path.span)
    path = low.program.inside(file, filed.path.value)
    if path is None:
        low.found.error(
            "SS501",
            "this file lies outside the spec folder",
            place,
            help="The plan carries its data with it.",
        )
        return None
    return read_text(path, filed.path.value, MAX_DATA_BYTES, low.found, place)


def _hash_agrees(low: Lowering, symbol: Symbol, filed: Filed, digest: str) -> bool:
    if filed.sha256 is None:
        if symbol.kind != "held_out":
            return True
        written = f'file("{filed.path.value}", sha256 = "{digest}")'
        low.found.error(
            "SS502",
            "a held-out set is frozen: its hash must stand in the spec",
            Label(filed.span, f'add sha256 = "{digest}"'),
            help="A set that is made anew at each run leaks into training.",
            fix=Fix(filed.span, written),
        )
        return False
    if filed.sha256.value != digest:
        low.found.error(
            "SS503",
            f'"{filed.path.value}" has changed since its hash was recorded',
            Label(filed.sha256.span, f"the file's hash is {digest}"),
            help="Put the file back, or record the new hash and say in the commit why the set changed.",
            # That a frozen set changed is for a person to judge: a new hash is never written unseen.
            fix=Fix(filed.sha256.span, f'"{digest}"', certain=False),
        )
        return False
    return True


def _records(
    low: Lowering, data_name: str, text: str, columns: dict[str, str], filed: Filed
) -> list[dict[str, Any]] | None:
    records: list[dict[str, Any]] = []
    slips = 0
    offset = 0
    for number, line in enumerate(text.split("\n"), 1):
        span = Span(data_name, offset, offset + len(line))
        offset += len(line) + 1
        if not line.strip():
            continue
        slip = _slip(line, columns)
        if isinstance(slip, str):
            slips += 1
            if slips <= MAX_REPORTED:
                what, _, more = slip.partition("; ")
                low.found.error(
                    "SS504",
                    f"line {number} {what}",
                    Label(span),
                    Label(filed.path.span, "named here"),
                    help=f"{more[:1].upper()}{more[1:]}." if more else "",
                )
        else:
            records.append(slip)
    if slips > MAX_REPORTED:
        low.found.error(
            "SS504", f"{slips - MAX_REPORTED} more lines of this file are wrong", Label(filed.path.span)
        )
    if not records and not slips:
        low.found.error("SS505", "this file holds no records", Label(filed.path.span))
    return records if records and not slips else None


def _distinct(low: Lowering, records: list[dict[str, Any]], filed: Filed) -> bool:
    """Whether no two items have the same id or the same content: results are paired by item."""
    seen: dict[str, int] = {}
    for number, record in enumerate(records, 1):
        content = {column: value for column, value in record.items() if column != "id"}
        keys = {f"content {json.dumps(content, sort_keys=True)}": "the same"}
        if "id" in record:
            keys[f"id {record['id']}"] = f'both "{record["id"]}"'
        for key, how in keys.items():
            if key in seen:
                low.found.error(
                    "SS508",
                    f"items {seen[key]} and {number} of this held-out set are {how}",
                    Label(filed.path.span),
                    help="Results are paired by item: each stands there once, under an id of its own.",
                )
                return False
            seen[key] = number
    return True


def _slip(line: str, columns: dict[str, str]) -> dict[str, Any] | str:
    """The record, or what is wrong with the line."""
    try:
        record = json.loads(line, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        return f"is not JSON: {error.msg} at column {error.colno}"
    except (ValueError, RecursionError) as error:
        return f"is not JSON that can be read: {error}"
    if not isinstance(record, dict):
        return "is not a JSON object"
    for column, type_ in columns.items():
        if column not in record:
            return f'has no "{column}"'
        value = record[column]
        if type_ == "text" and not (isinstance(value, str) and value.strip()):
            return f'has no text in "{column}"'
        if type_ == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
            return f'has no number in "{column}"'
        if type_ == "label" and value not in ("good", "bad"):
            return f'has "{value}" in "{column}", not "good" or "bad"'
        if type_ in LISTS and not _is_list_of(value, LISTS[type_]):
            return f'has no list of {listing(LISTS[type_])} in "{column}"'
        if type_ == "check":
            from compiler.plan import answers  # only where data have to be looked at

            problem = answers.validate(value) if isinstance(value, dict) else "It must be a JSON object."
            if problem:
                return f"has a check that cannot be used: {problem.rstrip('.')}"
            why = next((why for pattern in answers.patterns(value) for why, *_ in endless(pattern)), "")
            if why:
                return f"has a check whose pattern can take for ever: {why}; stagespec explain SS427 says why"
    return record


def _is_list_of(value: Any, columns: Mapping[str, str]) -> bool:
    """Whether a value is a list of objects with just these texts."""
    return isinstance(value, list) and all(
        isinstance(item, dict)
        and set(item) == set(columns)
        and all(isinstance(text, str) for text in item.values())
        for item in value
    )


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")
