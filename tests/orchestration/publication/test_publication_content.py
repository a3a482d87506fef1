"""The logical hash: equal content gives an equal hash, any other content another one."""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from candidates import candidate

from expectations.contracts import CONTRACTS, Contract, ContractError
from orchestration.publication.candidate import Candidate
from orchestration.publication.checks import in_canonical_form
from orchestration.publication.content import content_sha256, logical_sha256, published_contracts

LINES = CONTRACTS["fct_allocation"]


@cache
def _made() -> Candidate:
    return candidate(background=True)


def all_tables() -> dict[str, pd.DataFrame]:
    """Every table with rows, copies that a test may spoil."""
    return {name: table.copy() for name, table in _made().tables.items()}


def reference_sha256(table: pd.DataFrame, contract: Contract) -> str:
    """Row by row in plain Python, written from the rule and not from the code."""

    def token(value: Any, kind: str) -> str:
        if value is None or (not isinstance(value, str) and pd.isna(value)):
            return "\x00"
        if kind == "text":
            return unicodedata.normalize("NFC", value)
        if kind.startswith("decimal"):
            return f"{Decimal(value):.{kind.rstrip(')').split(',')[1]}f}"
        if kind == "bool":
            return "true" if value else "false"
        if kind == "date":
            return value.isoformat()
        return repr(float(value)) if kind == "float64" else str(int(value))

    kinds = {column.name: column.type for column in contract.columns}
    rows = [{name: token(row[name], kinds[name]) for name in contract.names} for row in table.to_dict("records")]
    digest = hashlib.sha256()
    for row in sorted(rows, key=lambda r: [r[key] for key in contract.keys]):
        digest.update(("\x1f".join(row[name] for name in contract.names) + "\x1e").encode())
    return digest.hexdigest()


@pytest.mark.parametrize("contract", published_contracts(), ids=lambda contract: contract.table)
def test_the_hash_follows_its_written_rule_for_every_table(contract: Contract) -> None:
    table = all_tables()[contract.table]
    assert logical_sha256(table, contract) == reference_sha256(table, contract)


@pytest.mark.parametrize("rounding", ["0", "1e-12", "-0.0000001", "12345678901234567890123456.5"])
def test_small_and_large_decimals_are_written_with_fixed_scale(rounding: str) -> None:
    table = all_tables()["fct_allocation"].assign(rounding_ore=Decimal(rounding))
    assert logical_sha256(table, LINES) == reference_sha256(table, LINES)


@pytest.mark.parametrize("contract", published_contracts(), ids=lambda contract: contract.table)
def test_the_order_of_rows_and_columns_does_not_matter(contract: Contract) -> None:
    table = all_tables()[contract.table]
    shuffled = table.sample(frac=1, random_state=3)[list(reversed(table.columns))]
    assert logical_sha256(shuffled, contract) == logical_sha256(table, contract)


def _other(value: Any) -> Any:
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, date):
        return value + timedelta(days=1)
    if value is None or pd.isna(value):
        return None
    return (
        value + type(value)(1)
        if not isinstance(value, float)
        else math.nextafter(value, math.inf if value == 0 else 0.0)
    )


@pytest.mark.parametrize("contract", published_contracts(), ids=lambda contract: contract.table)
def test_any_one_changed_cell_changes_the_hash(contract: Contract) -> None:
    table = all_tables()[contract.table]
    before = logical_sha256(table, contract)
    changed = 0
    for name in contract.names:
        filled = table.index[table[name].notna()]
        for change in (_other, lambda _: None) if name in contract.nullable else (_other,):
            if len(filled) == 0 or name == "count_date_count":  # bounded by 1 and 2
                continue
            other = table.astype({name: object})
            other.loc[filled[-1], name] = change(table.loc[filled[-1], name])
            assert logical_sha256(other, contract) != before, name
            changed += 1
    assert changed >= len(contract.keys)


def test_an_empty_cell_is_not_an_empty_text() -> None:
    contract = CONTRACTS["dim_organiser"]
    table = all_tables()["dim_organiser"]
    assert logical_sha256(table.assign(organiser_name=None), contract) != logical_sha256(
        table.assign(organiser_name=""), contract
    )


def test_a_text_cannot_move_from_one_cell_to_the_next() -> None:
    contract = CONTRACTS["dim_component"]
    table = all_tables()["dim_component"].astype(object)
    one, two = table.assign(name_en="ab", name_sv="c"), table.assign(name_en="a", name_sv="bc")
    assert logical_sha256(one, contract) != logical_sha256(two, contract)


@pytest.mark.parametrize("sign", ["\x00", "\x1e", "\x1f"])
def test_the_separators_are_refused_inside_text(sign: str) -> None:
    table = all_tables()["dim_component"].assign(name_sv=f"a{sign}b")
    with pytest.raises(ContractError, match="name_sv does not fit text") as refused:
        logical_sha256(table, CONTRACTS["dim_component"])
    assert str(refused.value.__cause__) == "a control character that separates cells or rows"


def test_composed_and_decomposed_letters_are_the_same_text() -> None:
    table, contract = all_tables()["dim_school_unit"], CONTRACTS["dim_school_unit"]
    split = table.assign(school_unit_name=[unicodedata.normalize("NFD", name) for name in table["school_unit_name"]])
    assert list(split["school_unit_name"]) != list(table["school_unit_name"])
    assert logical_sha256(split, contract) == logical_sha256(table, contract)


ALIKE: list[tuple[str, str, Callable[[Any], Any]]] = [
    ("fct_allocation", "amount_ore", lambda c: c.astype("Int64")),
    ("fct_allocation", "amount_ore", lambda c: c.astype("float64")),
    ("fct_allocation", "count", lambda c: [value.quantize(Decimal("0.000000001")) for value in c]),
    ("fct_allocation", "count", lambda c: [int(v) if v == int(v) else v for v in c]),
    ("dim_year", "count_date", pd.to_datetime),
    ("fct_need_index", "is_under_index_minimum", lambda c: c.astype("boolean")),
    ("fct_need_index", "need_index_lower", lambda c: [math.nan] * len(c)),
]


@pytest.mark.parametrize(("table", "column", "write"), ALIKE)
def test_the_same_value_in_another_pandas_type_is_the_same_content(
    table: str, column: str, write: Callable[[Any], Any]
) -> None:
    frame = all_tables()[table]
    other = frame.assign(**{column: write(frame[column])})
    assert logical_sha256(other, CONTRACTS[table]) == logical_sha256(frame, CONTRACTS[table])


def test_a_negative_zero_is_zero() -> None:
    table, contract = all_tables()["need_coefficient"], CONTRACTS["need_coefficient"]
    assert logical_sha256(table.assign(estimate=-0.0), contract) == logical_sha256(table.assign(estimate=0.0), contract)


LOSSY: list[tuple[str, str, Any]] = [
    ("fct_allocation", "rate_ore", 0.1),  # a binary float is no sum of money
    ("fct_allocation", "rate_ore", Decimal("0.0000001")),
    ("fct_allocation", "rate_ore", "1.5"),
    ("fct_allocation", "rate_ore", Decimal(10) ** 15),
    ("fct_allocation", "amount_ore", 1.5),
    ("fct_allocation", "amount_ore", True),
    ("fct_allocation", "amount_ore", "7"),
    ("fct_allocation", "count_unit", 7),
    ("fct_need_index", "pupil_count", 2**31),
    ("fct_need_index", "is_under_index_minimum", 1),
    ("fct_need_index", "need_index", math.inf),
    ("fct_need_index", "need_index_lower", Decimal("99.5")),
    ("dim_year", "count_date", datetime(2026, 10, 15, 12, 0)),
    ("dim_year", "count_date", "2026-10-15"),
]


@pytest.mark.parametrize(("table", "column", "value"), LOSSY)
def test_a_value_that_does_not_fit_without_loss_is_refused_and_not_shown(table: str, column: str, value: Any) -> None:
    frame = all_tables()[table]
    with pytest.raises(ContractError, match=rf"column {column} does not fit .* convert it") as caught:
        logical_sha256(frame.assign(**{column: pd.Series([value] * len(frame), index=frame.index)}), CONTRACTS[table])
    assert str(value) not in str(caught.value) or len(str(value)) < 4  # "7" is in the name of a type


def test_the_content_hash_knows_all_tables_and_the_policy_and_no_order() -> None:
    tables = all_tables()
    whole = content_sha256(tables, "ab" * 32)
    assert content_sha256(dict(reversed(tables.items())), "ab" * 32) == whole
    assert content_sha256(tables, "ac" * 32) != whole
    for name, frame in tables.items():
        assert content_sha256({**tables, name: frame.iloc[:-1]}, "ab" * 32) != whole, name


def test_tables_that_are_unknown_or_hold_rows_of_another_year_are_named() -> None:
    whole = candidate()
    own = {"municipality_code": whole.municipality_code, "funding_year": whole.funding_year}
    assert in_canonical_form(whole.tables, **own)[1].failing_count == 0
    index = whole.tables["fct_need_index"]
    later = {"fct_need_index": index.assign(funding_year=whole.funding_year + 1), "unknown": index}
    _, told = in_canonical_form({**whole.tables, **later}, **own)
    assert (told.failing_count, told.detail) == (
        2, f"fct_need_index: {len(index)} rows of another funding_year; unknown: unknown table",
    )  # fmt: skip
