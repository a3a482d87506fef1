"""Rows of the tables beside the need index, made from their contracts: every type, nulls where they are allowed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd

from expectations.columns import COLUMNS
from expectations.contracts.contract import Contract
from expectations.contracts.evidence import EVIDENCE


def evidence_rows(
    *, municipality_code: str, funding_year: int, school_unit_codes: list[str]
) -> dict[str, pd.DataFrame]:
    """Two rows per table; the second has null wherever the contract allows it."""
    known = {"municipality_code": municipality_code, "funding_year": funding_year, "school_form": "compulsory_school"}
    return {contract.table: _rows(contract, known, school_unit_codes) for contract in EVIDENCE}


def _rows(contract: Contract, known: dict[str, Any], units: list[str]) -> pd.DataFrame:
    rows = []
    for number in range(min(2, len(units)) if "school_unit_code" in contract.keys else 2):
        row = known | {"school_unit_code": units[number % len(units)]}
        rows.append({name: row[name] if name in row else _value(contract, name, number) for name in contract.names})
    table = pd.DataFrame(rows, columns=list(contract.names))
    return table.astype({name: "Int64" for name in contract.names if COLUMNS[name].type.startswith("int")})


def _value(contract: Contract, name: str, number: int) -> Any:
    if number and name in contract.nullable:
        return None
    kind = COLUMNS[name].type
    if kind == "text":
        return f"{name}_{number}"
    if kind in ("int32", "int64"):
        return number + 1
    if kind == "bool":
        return number == 0
    if kind == "float64":
        return 0.25 + number / 8
    return Decimal("12.50") + number
