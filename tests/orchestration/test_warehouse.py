"""Reading marts: whole, by date and by municipality; dates come back as dates, and a nation is never read at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.resources.warehouse import Warehouse
from tests.orchestration.fixtures.warehouses import warehouse_of

OLD, NEW = date(2025, 10, 15), date(2026, 10, 15)
ROWS = pd.DataFrame(
    {
        "municipality_code": ["9002", "9001", "9001", "9003"],
        "count_date": [NEW, NEW, OLD, None],
        "pupil_count": [4, 3, 2, 1],
    }
)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return warehouse_of(tmp_path_factory.mktemp("warehouse"), {"fct_rows": ROWS})


def test_dates_come_back_as_dates_and_an_absent_one_as_none(warehouse):
    assert warehouse.mart("fct_rows")["count_date"].tolist() == [OLD, NEW, NEW, None]


@pytest.mark.parametrize(
    ("asked", "pupils"),
    [({}, [2, 3, 4, 1]), ({"dates": [NEW]}, [3, 4]), ({"municipality": "9001"}, [2, 3]),
     ({"dates": [NEW], "municipality": "9001"}, [3]), ({"municipality": "9004"}, [])],
)  # fmt: skip
def test_a_mart_is_read_by_date_and_by_municipality_in_key_order(warehouse, asked, pupils):
    assert warehouse.mart("fct_rows", **asked)["pupil_count"].tolist() == pupils


def test_a_mart_by_municipality_reads_each_when_it_is_asked_for(warehouse, monkeypatch):
    read = []
    query = Warehouse.query
    monkeypatch.setattr(
        Warehouse, "query", lambda self, sql, values=(): read.append(list(values)) or query(self, sql, values)
    )
    each = warehouse.each("fct_rows", dates=[NEW])
    assert read == []
    assert each["9001"]["pupil_count"].tolist() == [3]
    assert read == [[NEW, "9001"]]
    assert (list(each), len(each)) == (["9001", "9002", "9003"], 3)


def test_a_municipality_without_rows_has_none_and_is_not_among_them(warehouse):
    each = warehouse.each("fct_rows")
    assert ("9004" in each, "9001" in each) == (False, True)
    assert (len(each["9004"]), list(each["9004"])) == (0, list(ROWS))


def test_a_warehouse_that_was_not_built_is_said_to_be_missing(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="has not been built"):
        Warehouse(path=str(tmp_path / "warehouse.duckdb")).mart("fct_rows")
