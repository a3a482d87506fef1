"""Hand-over tables come back as they were written, whole or cut by municipality."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from orchestration.resources.tables import Tables

ROWS = pd.DataFrame(
    {"municipality_code": ["9999", "0780", "9999"], "school_unit_code": ["b", "c", "a"], "pupil_count": [3, 0, 5]}
)


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    made = Tables(root=str(tmp_path))
    made.write("counts", ROWS, 2027)
    return made


def test_a_table_by_municipality_holds_every_row_once_under_its_own_code(tables: Tables) -> None:
    cut = tables.by_municipality("counts", 2027)
    assert {code: rows["school_unit_code"].tolist() for code, rows in cut.items()} == {
        "0780": ["c"],
        "9999": ["b", "a"],
    }
    assert list(cut) == ["0780", "9999"]
    pd.testing.assert_frame_equal(pd.concat(cut.values()), tables.read("counts", 2027))


def test_a_table_that_no_municipality_has_is_empty_by_municipality(tables: Tables) -> None:
    assert tables.by_municipality("counts", 2026) == {}
    with pytest.raises(FileNotFoundError, match="run the steps before it first"):
        tables.read("counts", 2026)
