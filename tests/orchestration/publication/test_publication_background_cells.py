"""Background as cells and sums, on one factor and two units: what is told, what is seen unchanged, and what ends leave open."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import numpy as np
import pandas as pd
import pytest

from models_py.disclosure import DisclosureRule
from orchestration.publication.background import (
    ALL_UNITS,
    COST_OF_A_TOTAL,
    Told,
    engine_tables,
    seen_unchanged,
    told_by,
    with_counts,
)
from orchestration.publication.disclosure import contributions_together, protected_tables

DAY = date(2026, 10, 15)
ROWS = ["factor", "level", "unit", "pupils", "count"]


def told(*rows: tuple[str, str, str, int, float | None], name: str = "") -> Told:
    table = pd.DataFrame(rows, columns=ROWS).astype({"count": float})
    return Told(name, DAY, table.sort_values(["factor", "unit", "level"]).reset_index(drop=True))


NOW = told(
    ("born", "here", "A", 30, 20), ("born", "there", "A", 30, 10),
    ("born", "here", "B", 20, None), ("born", "there", "B", 20, None),
    ("born", "here", ALL_UNITS, 50, None), ("born", "there", ALL_UNITS, 50, None),
)  # fmt: skip


def test_what_tables_tell_is_one_row_per_unit_and_for_the_municipality():
    schools = pd.DataFrame(
        [
            ("B", "born", "there", DAY, 20, None),
            ("A", "born", "there", DAY, 30, 10),
            ("A", "born", "here", DAY, 30, 20),
        ],
        columns=["school_unit_code", "factor", "level", "count_date", "pupil_count", "background_count"],
    )
    town = pd.DataFrame([("born", "there", 50, 25)], columns=["factor", "level", "pupil_count", "background_count"])
    found = told_by({"school_background": schools, "municipality_background": town}, publication_id="2027.0.1")
    assert found is not None
    assert (found.publication_id, found.count_date) == ("2027.0.1", DAY)
    expected = pd.DataFrame(
        [("born", "there", "*", 50, 25.0), ("born", "here", "A", 30, 20.0), ("born", "there", "A", 30, 10.0),
         ("born", "there", "B", 20, np.nan)],
        columns=ROWS,
    )  # fmt: skip
    pd.testing.assert_frame_equal(found.rows, expected)
    assert told_by({"school_background": schools.iloc[:0], "municipality_background": town}) is None
    single = told_by({"school_background": schools.iloc[[0]], "municipality_background": town})
    assert single is not None
    assert single.rows["unit"].tolist() == ["*", "B"]
    assert told_by({"municipality_background": town}) is None
    without = told_by({"school_background": schools, "municipality_background": town})
    assert without is not None
    assert without.publication_id == ""


def test_a_reader_sees_no_difference_where_pupils_and_all_counts_told_twice_are_alike():
    assert seen_unchanged(NOW, NOW) == {("born", "A"), ("born", "B"), ("born", ALL_UNITS)}
    for column, value in (("count", 21.0), ("pupils", 31)):
        rows = NOW.rows.copy()
        rows.loc[(rows["unit"] == "A") & (rows["level"] == "here"), column] = value
        assert seen_unchanged(NOW, Told("x", DAY, rows)) == {("born", "B"), ("born", ALL_UNITS)}, column
    hidden = with_counts(NOW, NOW.rows["unit"] == "A")
    assert hidden.rows["count"].isna().all()
    assert (hidden.publication_id, hidden.count_date) == ("", DAY)
    assert seen_unchanged(NOW, hidden) == seen_unchanged(hidden, NOW) == seen_unchanged(NOW, NOW), "told once only"
    fewer = Told("x", DAY, NOW.rows.iloc[:-1])
    assert ("born", "B") not in seen_unchanged(NOW, fewer), "a level that only one of them has"
    assert ("born", "B") not in seen_unchanged(fewer, NOW)


def test_the_cells_of_one_publication_with_their_costs_and_ends():
    """A unit's cell costs 1 + its share of all pupils, a municipality's 5; a whole is fixed.

    The highest share is told as 0.5: at most 0.5005 of 30 and of 20 pupils, so 15 and 10.
    """
    ends = pd.DataFrame({"factor": ["born"], "level": ["there"], "lowest_share": [0.1], "highest_share": [0.5]})
    must = pd.Series(NOW.rows["unit"] == "B")
    fixed = pd.Series(NOW.rows["unit"] == "A")
    cells = engine_tables([NOW], same={}, must_hide=must, fixed=fixed, ends=ends)
    columns = (cells.values, cells.whole, cells.cost, cells.may_hide, cells.must_hide, cells.lower, cells.upper)
    assert dict(zip(cells.keys, zip(*columns, strict=True), strict=True)) == {
        "born|*|*": (50, -1, 1.0, False, False, 0.0, np.inf),
        "born|*|here": (-1, 50, 5.0, True, False, 0.0, 50.0),
        "born|*|there": (-1, 50, 5.0, True, False, 0.0, 50.0),
        "born|A|*": (30, -1, 1.0, False, False, 0.0, np.inf),
        "born|A|here": (20, 30, 1.6, False, False, 0.0, 30.0),
        "born|A|there": (10, 30, 1.6, False, False, 0.0, 15.0),
        "born|B|*": (20, -1, 1.0, False, False, 0.0, np.inf),
        "born|B|here": (-1, 20, 1.4, True, True, 0.0, 20.0),
        "born|B|there": (-1, 20, 1.4, True, True, 0.0, 10.0),
    }
    assert COST_OF_A_TOTAL == 5.0
    # Each unit and the municipality over levels, and each level over units.
    assert sorted(_sums(cells)) == [
        ("born|*|*", "born|*|here", "born|*|there"), ("born|*|here", "born|A|here", "born|B|here"),
        ("born|*|there", "born|A|there", "born|B|there"), ("born|A|*", "born|A|here", "born|A|there"),
        ("born|B|*", "born|B|here", "born|B|there"),
    ]  # fmt: skip


def _sums(cells) -> list[tuple[str, ...]]:
    found = []
    for row in cells.sums.toarray():
        (total,) = cells.keys[row == 1]
        found.append((total, *sorted(cells.keys[row == -1])))
    return found


def test_ends_bound_units_from_twenty_pupils_and_only_where_they_are_told():
    small = told(
        ("born", "there", "A", 19, None), ("born", "there", "B", 20, None), ("born", "there", ALL_UNITS, 39, None)
    )
    ends = pd.DataFrame({"factor": ["born"], "level": ["there"], "lowest_share": [0.1], "highest_share": [0.0995]})
    cells = engine_tables([small], same={}, ends=ends)
    upper = dict(zip(cells.keys, cells.upper, strict=True))
    assert (upper["born|A|there"], upper["born|B|there"], upper["born|*|there"]) == (19.0, 2.0, 39.0)
    other = engine_tables([small], same={}, ends=ends.assign(level="here"))
    assert dict(zip(other.keys, other.upper, strict=True))["born|B|there"] == 20.0


def test_rows_seen_unchanged_are_one_unknown_and_the_others_are_the_earlier_publication_s_own():
    """Before, A told the same, and of B the pupils were one fewer: B and the sums over units are unknowns of their own."""
    before = told(
        ("born", "here", "A", 30, None), ("born", "there", "A", 30, 10),
        ("born", "here", "B", 19, 9), ("born", "there", "B", 19, 10),
        ("born", "here", ALL_UNITS, 49, None), ("born", "there", ALL_UNITS, 49, None), name="p1",
    )  # fmt: skip
    same = {"p1": seen_unchanged(NOW, before)}
    assert same == {"p1": {("born", "A")}}
    cells = engine_tables([NOW, before], same=same)
    known = dict(zip(cells.keys, cells.values, strict=True))
    assert known == {
        "born|*|*": 50, "born|*|here": -1, "born|*|there": -1, "born|A|*": 30, "born|A|here": 20, "born|A|there": 10,
        "born|B|*": 20, "born|B|here": -1, "born|B|there": -1, "p1|born|*|*": 49, "p1|born|*|here": -1, "p1|born|*|there": -1,
        "p1|born|B|*": 19, "p1|born|B|here": 9, "p1|born|B|there": 10,
    }  # fmt: skip
    assert ("p1|born|*|here", "born|A|here", "p1|born|B|here") in _sums(cells)
    assert len(_sums(cells)) == 5 + 4
    assert not cells.must_hide.any()
    assert cells.may_hide.sum() == 10


def test_a_municipality_s_count_that_is_shared_is_the_sum_of_the_units_of_either_publication():
    """A pupil moved from B to A, and the municipality is as before; what is fixed now fixes nothing of the earlier units."""
    before = told(
        ("born", "here", "A", 31, None), ("born", "there", "A", 31, 11),
        ("born", "here", "B", 19, None), ("born", "there", "B", 19, None),
        ("born", "here", ALL_UNITS, 50, None), ("born", "there", ALL_UNITS, 50, None), name="p1",
    )  # fmt: skip
    every = pd.Series(True, index=NOW.rows.index)
    cells = engine_tables([NOW, before], same={"p1": seen_unchanged(NOW, before)}, fixed=every, must_hide=every)
    sums = _sums(cells)
    assert ("born|*|here", "born|A|here", "born|B|here") in sums
    assert ("born|*|here", "p1|born|A|here", "p1|born|B|here") in sums
    assert len(sums) == 5 + 4
    assert cells.keys[cells.may_hide].tolist() == [
        "p1|born|A|here",
        "p1|born|A|there",
        "p1|born|B|here",
        "p1|born|B|there",
    ]
    assert cells.keys[cells.must_hide].tolist() == [
        "born|*|here", "born|*|there", "born|A|here", "born|A|there", "born|B|here", "born|B|there"
    ]  # fmt: skip


COLUMNS = [
    "municipality_code", "funding_year", "school_unit_code", "school_form", "factor", "index_contribution",
    "contribution_sek_per_pupil", "contribution_sek",
]  # fmt: skip


def parts(*rows: tuple[str, str, float, str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [("9999", 2027, unit, "GR", factor, index, D(each), D(all_)) for unit, factor, index, each, all_ in rows],
        columns=COLUMNS,
    )


PARTS = parts(
    ("A", "sex", -0.5, "-10.00", "-300.00"), ("A", "born", 2.0, "40.00", "1200.00"), ("A", "education", 1.0, "20.00", "600.00"),
    ("B", "sex", 0.25, "5.00", "100.00"), ("B", "born", 3.0, "60.00", "1200.00"),
)  # fmt: skip


def test_a_small_factor_is_told_with_the_smallest_other_part_of_its_unit():
    made = contributions_together(PARTS, small={("A", "born")})
    expected = parts(
        ("A", "education", 1.0, "20.00", "600.00"), ("A", "other_factors", 1.5, "30.00", "900.00"),
        ("B", "born", 3.0, "60.00", "1200.00"), ("B", "sex", 0.25, "5.00", "100.00"),
    )  # fmt: skip
    pd.testing.assert_frame_equal(made, expected)


def test_two_small_factors_are_told_together_and_need_no_third():
    made = contributions_together(PARTS, small={("A", "born"), ("A", "education"), ("C", "sex")})
    expected = parts(
        ("A", "other_factors", 3.0, "60.00", "1800.00"), ("A", "sex", -0.5, "-10.00", "-300.00"),
        ("B", "born", 3.0, "60.00", "1200.00"), ("B", "sex", 0.25, "5.00", "100.00"),
    )  # fmt: skip
    pd.testing.assert_frame_equal(made, expected)


def test_without_a_small_factor_or_a_part_nothing_is_put_together():
    assert contributions_together(PARTS, small=set()) is PARTS
    none = PARTS.iloc[:0]
    assert contributions_together(none, small={("A", "born")}) is none


@pytest.mark.parametrize("factor", ["sex", None])
def test_without_counts_of_what_is_not_public_elsewhere_the_tables_are_empty(factor: str | None):
    rows = [(DAY, "A", factor, "girl", 3)] if factor else []
    counts = pd.DataFrame(rows, columns=["count_date", "school_unit_code", "factor", "level", "pupil_count"])
    made = protected_tables({"x": PARTS}, counts, municipality_code="9999", funding_year=2027, rule=DisclosureRule())
    assert list(made) == ["x", "school_background", "municipality_background"]
    assert made["x"] is PARTS
    assert (len(made["school_background"]), len(made["municipality_background"])) == (0, 0)
