"""Tables beside the accepted ones: units as the interfaces describe them, and Kolada's values.

`pseudonymised/context/{school_units,kolada_values}.parquet`: for reading beside the results, and no part of the money,
so nothing in them is accounted for row by row. Each fetch replaces what it fetched and leaves the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.intake.interfaces.kolada import FetchedKpi
from orchestration.intake.interfaces.planned import Unit
from orchestration.intake.writing import parquet_bytes, write_bytes
from orchestration.intake.zones import FILE_MODES, ZONES

_TEXT = pa.string()

UNITS = pa.schema(
    [
        ("source", _TEXT),
        ("as_of", pa.date32()),
        ("school_unit_code", _TEXT),
        ("school_unit_name", _TEXT),
        ("location_municipality_code", _TEXT),
        ("organiser_type", _TEXT),
        ("organiser_code", _TEXT),
        ("organiser_name", _TEXT),
        ("grades", _TEXT),
        ("status", _TEXT),
    ]
)
KOLADA_VALUES = pa.schema(
    [
        ("kpi", _TEXT),
        ("title", _TEXT),
        ("municipality_code", _TEXT),
        ("year", pa.int32()),
        ("gender", _TEXT),
        ("value", pa.float64()),
        ("value_code", _TEXT),
    ]
)


def units_path(home: Path) -> Path:
    """Where the units lie."""
    return home / "pseudonymised" / "context" / "school_units.parquet"


def kolada_path(home: Path) -> Path:
    """Where Kolada's values lie."""
    return home / "pseudonymised" / "context" / "kolada_values.parquet"


def put_units(home: Path, units: Iterable[Unit], *, source: str, municipality_code: str, as_of: date) -> None:
    """The units of one municipality from one source; those it had from this source before are replaced."""
    rows = [{"source": source, "as_of": as_of, **asdict(unit)} for unit in units]
    kept = [
        row
        for row in _rows(units_path(home))
        if (row["source"], row["location_municipality_code"]) != (source, municipality_code)
    ]
    _write(units_path(home), [*kept, *rows], UNITS, key=("source", "school_unit_code"))


def put_kolada(home: Path, fetched: FetchedKpi) -> None:
    """One key figure's values; earlier values of the same municipality, year and gender are replaced."""
    key = ("kpi", "municipality_code", "year", "gender")
    found = {tuple(row[name] for name in key): row for row in _rows(kolada_path(home))}
    found |= {tuple(row[name] for name in key): row for row in map(asdict, fetched.values)}
    _write(kolada_path(home), list(found.values()), KOLADA_VALUES, key=key)


def _rows(path: Path) -> list[dict[str, Any]]:
    return pq.read_table(path).to_pylist() if path.is_file() else []


def _write(path: Path, rows: list[dict[str, Any]], schema: pa.Schema, *, key: tuple[str, ...]) -> None:
    ordered = sorted(rows, key=lambda row: tuple(row[name] for name in key))
    content = parquet_bytes(pa.Table.from_pylist(ordered, schema=schema))
    write_bytes(path, content, mode=FILE_MODES["pseudonymised"], folder_mode=ZONES["pseudonymised"])
