"""Rows of text become rows of typed, pseudonymised values; a row with a bad cell is rejected whole. No files here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from orchestration.intake.cells import Cell, cell_parser
from orchestration.intake.identity import Identity, parse_identity
from orchestration.intake.mapping import PUBLISHED_TYPES, BoundsBy, SourceMapping, reference_day
from orchestration.intake.pseudonym import pupil_key
from orchestration.intake.reader import RawTable, Rejected
from orchestration.intake.schemas import ACCEPTED

Reasons = dict[int, list[tuple[str, str | None]]]  # row -> (code, header)

DECLARED_OTHER = "other"  # the canonical word of an identity_kind cell that admits a case number


@dataclass(frozen=True, slots=True)
class TypedTable:
    """Accepted rows in the accepted table's columns, the rows rejected on the way, and notes per municipality."""

    table: pa.Table
    rejected: tuple[Rejected, ...]
    notes: Mapping[tuple[str, str], int]  # (municipality_code, code) -> accepted rows


def type_rows(
    raw: RawTable,
    *,
    mapping: SourceMapping,
    delivery_id: str,
    municipality_code: str,
    period: str,
    key: bytes | None,
) -> TypedTable:
    """Type every row of a read file.

    `municipality_code` is the delivery's; a national file with a municipality column gives each row its own. `key` is
    needed where the mapping has an identity. Distinct texts are parsed once, so time follows distinct values.
    """
    schema = ACCEPTED[mapping.source]
    values: dict[str, Sequence[object]] = {}
    reasons: Reasons = {}
    notes: dict[int, list[str]] = {}
    for name, texts in raw.columns.items():
        column, header = mapping.columns[name], raw.headers[name]
        if column.type == "identity":
            cells = _identity_cells(texts, raw, mapping=mapping, period=period)
            distinct: Iterable[Cell] = cells
            values[name] = _pseudonyms(cells, key=key, context=municipality_code)
            values["id_type"] = [cell.value.kind if isinstance(cell.value, Identity) else None for cell in cells]
        else:
            parse = cell_parser(column, period=period)
            parsed = {text: parse(text) for text in set(texts)}
            cells, distinct = [parsed[text] for text in texts], parsed.values()
            if column.type != "identity_kind":
                values[name] = [cell.value for cell in cells]
        if column.type in PUBLISHED_TYPES:
            values[f"{name}_code"] = [cell.code for cell in cells]
        if not any(cell.problem or cell.note for cell in distinct):
            continue
        for row, cell in enumerate(cells):
            if cell.problem is not None:
                reasons.setdefault(row, []).append((cell.problem, header))
            if cell.note is not None:
                notes.setdefault(row, []).append(cell.note)
    for name, column in mapping.columns.items():
        if column.bounds_by is not None and name in values:
            _check_bounds(values[name], values[column.bounds_by.column], column.bounds_by, raw.headers[name], reasons)
        if column.forget_with in values and name in values:
            assert column.forget_with is not None
            forgotten = values[column.forget_with]
            values[column.forget_with] = [
                None if "I-SOLE-TRADER" in notes.get(row, ()) else value for row, value in enumerate(forgotten)
            ]
    places = values.get("municipality_code", [municipality_code] * len(raw.row_numbers))
    kept = [row for row in range(len(raw.row_numbers)) if row not in reasons]
    lead: dict[str, Sequence[object]] = {
        "delivery_id": [delivery_id] * len(raw.row_numbers),
        "row_number": raw.row_numbers,
        "municipality_code": places,
        "period": [period] * len(raw.row_numbers),
    }
    arrays = [_array(lead.get(field.name, values.get(field.name)), kept, field) for field in schema]
    return TypedTable(
        table=pa.table(arrays, schema=schema),
        rejected=tuple(
            Rejected(raw.row_numbers[row], tuple(reasons[row]), places[row], is_place_certain=True)  # type: ignore[arg-type]
            for row in sorted(reasons)
        ),
        notes=Counter((str(places[row]), code) for row, codes in notes.items() if row not in reasons for code in codes),
    )


def _array(values: Sequence[object] | None, kept: list[int], field: pa.Field) -> pa.Array:
    if values is None:  # the file has no such column
        return pa.nulls(len(kept), field.type)
    return pa.array(values if len(kept) == len(values) else [values[row] for row in kept], type=field.type)


def _identity_cells(texts: Sequence[str], raw: RawTable, *, mapping: SourceMapping, period: str) -> list[Cell]:
    """Identities of a column; a case number counts only where the row's own identity-kind cell says so."""
    day = reference_day(period)
    declared = [name for name, column in mapping.columns.items() if column.type == "identity_kind"]
    admits = [False] * len(texts)
    for name in declared:
        if name in raw.columns:
            parse = cell_parser(mapping.columns[name], period=period)
            kinds = {text: parse(text).value == DECLARED_OTHER for text in set(raw.columns[name])}
            admits = [kinds[text] for text in raw.columns[name]]
    parsed: dict[tuple[str, bool], Cell] = {}
    for pair in set(zip(texts, admits, strict=True)):
        text, admits_other = pair
        identity = parse_identity(text, reference=day, allow_other=admits_other)
        parsed[pair] = Cell(value=identity, problem=identity.problem if text.strip() else "E-REQUIRED")
    return [parsed[pair] for pair in zip(texts, admits, strict=True)]


def _pseudonyms(cells: Sequence[Cell], *, key: bytes | None, context: str) -> list[str | None]:
    if key is None:
        raise ValueError("a source with identities needs a key; set LIKVARD_KEY_FILE")
    known = {cell.value.normalised for cell in cells if isinstance(cell.value, Identity) and cell.problem is None}
    keys = {identity: pupil_key(identity, key=key, context=context) for identity in known}
    return [keys.get(cell.value.normalised) if isinstance(cell.value, Identity) else None for cell in cells]


def _check_bounds(
    values: Sequence[object], by: Sequence[object], bounds: BoundsBy, header: str, reasons: Reasons
) -> None:
    limits = {
        text: next((limit for pattern, limit in bounds.patterns.items() if re.fullmatch(pattern, str(text))), None)
        for text in set(by)
    }
    for row, (value, text) in enumerate(zip(values, by, strict=True)):
        limit = limits[text]
        if limit is not None and isinstance(value, int | float) and not limit[0] <= value <= limit[1]:
            reasons.setdefault(row, []).append(("E-RANGE", header))
