"""Rows of text become rows of typed, pseudonymised values; a row with a bad cell is rejected whole. No files here.

A distinct text is parsed once, and rows are arrays of indices: time follows distinct values. One way for all readers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.intake.cells import cell_parser
from orchestration.intake.identities import KINDS, PROBLEMS, parse_identities
from orchestration.intake.keyed import pupil_keys
from orchestration.intake.mapping import PUBLISHED_TYPES, BoundsBy, Column, SourceMapping, reference_day
from orchestration.intake.schemas import ACCEPTED
from orchestration.intake.tables import RawTable, Rejected

DECLARED_OTHER = "other"  # the canonical word of an identity_kind cell that admits a case number
_SOLE_TRADER = "I-SOLE-TRADER"


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
    needed where the mapping has an identity.
    """
    schema = ACCEPTED[mapping.source]
    size = len(raw.row_numbers)
    rows = _Rows(size)
    for name, texts in raw.columns.items():
        column, header = mapping.columns[name], raw.headers[name]
        if column.type == "identity":
            _type_identities(rows, name, raw, mapping=mapping, period=period, key=key, context=municipality_code)
        else:
            _type_cells(rows, name, texts, column, header, schema=schema, period=period)
    for name, column in mapping.columns.items():
        if name not in raw.columns:
            continue
        if column.bounds_by is not None:
            _check_bounds(rows, name, column.bounds_by, raw)
        if column.forget_with in rows.values and _SOLE_TRADER in rows.notes:
            forgotten = rows.values[column.forget_with]
            rows.values[column.forget_with] = pc.if_else(
                pa.array(rows.notes[_SOLE_TRADER]), pa.scalar(None, forgotten.type), forgotten
            )
    places = rows.values.get("municipality_code", pa.repeat(municipality_code, size))
    lead = {
        "delivery_id": pa.repeat(delivery_id, size),
        "row_number": pa.array(raw.row_numbers),
        "municipality_code": places,
        "period": pa.repeat(period, size),
    }
    arrays = [lead.get(item.name, rows.values.get(item.name, pa.nulls(size, item.type))) for item in schema]
    table = pa.table(arrays, schema=schema)
    if rows.is_bad.any():
        table = table.filter(pa.array(~rows.is_bad))
    return TypedTable(table, rows.rejected(raw.row_numbers, places), rows.noted(places))


@dataclass(slots=True)
class _Rows:
    """What is known of the rows so far: values by column, and who is bad or noted, with reasons."""

    size: int
    values: dict[str, pa.Array] = field(default_factory=dict)
    notes: dict[str, np.ndarray] = field(default_factory=dict)  # code -> mask of rows
    note_counts: dict[str, np.ndarray] = field(default_factory=dict)  # code -> how many cells of each row
    is_bad: np.ndarray = field(init=False)
    _reasons: list[tuple[np.ndarray, str, str | None]] = field(default_factory=list)  # rows, code, header

    def __post_init__(self) -> None:
        self.is_bad = np.zeros(self.size, dtype=bool)

    def reject(self, mask: np.ndarray, code: str, header: str | None) -> None:
        found = np.flatnonzero(mask)
        if len(found):
            self._reasons.append((found, code, header))
            self.is_bad[found] = True

    def note(self, mask: np.ndarray, code: str) -> None:
        if mask.any():
            self.notes[code] = self.notes.get(code, np.zeros(self.size, dtype=bool)) | mask
            self.note_counts[code] = self.note_counts.get(code, np.zeros(self.size, dtype=np.int64)) + mask

    def rejected(self, row_numbers: np.ndarray, places: pa.Array) -> tuple[Rejected, ...]:
        """The bad rows in order, each with its reasons in the order in which its cells were read."""
        reasons: dict[int, list[tuple[str, str | None]]] = {int(row): [] for row in np.flatnonzero(self.is_bad)}
        shared: dict[tuple[tuple[str, str | None], ...], tuple[tuple[str, str | None], ...]] = {}
        for found, code, header in self._reasons:
            reason = (code, header)
            for row in found.tolist():
                reasons[row].append(reason)
        hints = places.take(pa.array(list(reasons), pa.int64())).to_pylist()
        gathered = []
        for (row, codes), hint in zip(reasons.items(), hints, strict=True):
            unshared = tuple(codes)
            gathered.append(Rejected(int(row_numbers[row]), shared.setdefault(unshared, unshared), hint, True))
        return tuple(gathered)

    def noted(self, places: pa.Array) -> Counter[tuple[str, str]]:
        counts: Counter[tuple[str, str]] = Counter()
        for code, per_row in self.note_counts.items():
            found = np.flatnonzero((per_row > 0) & ~self.is_bad)
            for row, place in zip(found.tolist(), places.take(pa.array(found)).to_pylist(), strict=True):
                counts[str(place), code] += int(per_row[row])
        return counts


def _type_cells(
    rows: _Rows,
    name: str,
    texts: pa.DictionaryArray,
    column: Column,
    header: str,
    *,
    schema: pa.Schema,
    period: str,
) -> None:
    parse = cell_parser(column, period=period)
    cells = [parse(text) for text in texts.dictionary.to_pylist()]
    places = texts.indices.to_numpy()
    for code in dict.fromkeys(cell.problem for cell in cells if cell.problem is not None):
        rows.reject(np.array([cell.problem == code for cell in cells])[places], code, header)
    for code in dict.fromkeys(cell.note for cell in cells if cell.note is not None):
        rows.note(np.array([cell.note == code for cell in cells])[places], code)
    if name in schema.names and column.type != "identity_kind":
        rows.values[name] = pa.array([cell.value for cell in cells], schema.field(name).type).take(texts.indices)
    if column.type in PUBLISHED_TYPES:
        rows.values[f"{name}_code"] = pa.array([cell.code for cell in cells], pa.string()).take(texts.indices)


def _type_identities(
    rows: _Rows,
    name: str,
    raw: RawTable,
    *,
    mapping: SourceMapping,
    period: str,
    key: bytes | None,
    context: str,
) -> None:
    """Identities become keys; a case number counts only where the row's own identity-kind cell says so."""
    if key is None:
        raise ValueError("a source with identities needs a key; set LIKVARD_KEY_FILE")
    texts, places, admits = _by_kind(raw, name, mapping=mapping, period=period)
    found = parse_identities(texts, reference=reference_day(period), allow_other=admits)
    for place, code in enumerate(PROBLEMS):
        is_such = found.problems == place
        if is_such.any():
            rows.reject(is_such[places], code, raw.headers[name])
    is_good = found.problems < 0
    keys = pupil_keys(found.normalised[is_good], key=key, context=context)
    position = np.where(is_good, np.cumsum(is_good) - 1, 0)
    order = pa.array(position[places], mask=~is_good[places])
    rows.values[name] = keys.take(order)
    kinds = pa.array(found.kinds[places].astype(np.int32), mask=found.kinds[places] < 0)
    rows.values["id_type"] = pa.array(KINDS, pa.string()).take(kinds)
    has_birth_date = is_good & (found.kinds != KINDS.index(DECLARED_OTHER))
    years = np.where(has_birth_date, found.normalised, b"0000").astype("S4").astype(np.int32)
    rows.values["birth_year"] = pa.array(years[places], mask=~has_birth_date[places])


def _by_kind(
    raw: RawTable, name: str, *, mapping: SourceMapping, period: str
) -> tuple[pa.StringArray, np.ndarray, np.ndarray]:
    """Distinct texts, each row's place among them, and which admit a case number.

    Where some rows admit one, every text stands twice: as it is in rows that do not, and in rows that do.
    """
    texts, places = raw.columns[name].dictionary, raw.columns[name].indices.to_numpy()
    declared = [item for item, column in mapping.columns.items() if column.type == "identity_kind"]
    is_admitted = np.zeros(len(places), dtype=bool)
    for kind in declared:
        if kind in raw.columns:
            parse = cell_parser(mapping.columns[kind], period=period)
            words = raw.columns[kind].dictionary.to_pylist()
            admitting = np.array([parse(word).value == DECLARED_OTHER for word in words], dtype=bool)
            is_admitted = admitting[raw.columns[kind].indices.to_numpy()] if len(words) else is_admitted
    if not is_admitted.any():
        return texts, places, np.zeros(len(texts), dtype=bool)
    admitted = np.unique(places[is_admitted])
    place_of_admitted = np.full(len(texts), -1, dtype=places.dtype)
    place_of_admitted[admitted] = np.arange(len(texts), len(texts) + len(admitted))
    admits = np.arange(len(texts) + len(admitted)) >= len(texts)
    both = pa.concat_arrays([texts, texts.take(pa.array(admitted))])
    return both, np.where(is_admitted, place_of_admitted[places], places), admits


def _check_bounds(rows: _Rows, name: str, bounds: BoundsBy, raw: RawTable) -> None:
    if not pa.types.is_floating(rows.values[name].type) and not pa.types.is_integer(rows.values[name].type):
        return
    by = rows.values[bounds.column].dictionary_encode(null_encoding="encode")
    limits = [
        next((limit for pattern, limit in bounds.patterns.items() if re.fullmatch(pattern, str(text))), None)
        for text in by.dictionary.to_pylist()
    ]
    if not limits:
        return
    values = rows.values[name].cast(pa.float64()).to_numpy(zero_copy_only=False)  # absent: not a number, within all
    places = by.indices.to_numpy()
    least = np.array([-np.inf if limit is None else limit[0] for limit in limits])[places]
    most = np.array([np.inf if limit is None else limit[1] for limit in limits])[places]
    rows.reject((values < least) | (values > most), "E-RANGE", raw.headers[name])
