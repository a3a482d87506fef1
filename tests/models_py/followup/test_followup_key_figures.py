"""Costs, staffing, grants and equity add up by hand; who is similar does not depend on the order of rows."""

import numpy as np
import pandas as pd
import pytest

from models_py.allocation.equity import equity_measures
from models_py.allocation.scored_units import scored_units
from models_py.errors import FollowupError
from models_py.followup import beside_similar, cost_per_pupil, equity_by_year, nearest, staffing, state_grants

KEY = ["municipality_code", "school_unit_code", "year"]


def table(rows, *columns):
    return pd.DataFrame([("9999", *row) for row in rows], columns=[*KEY, *columns])


PUPILS = table([("A", 2025, 100), ("B", 2025, 8)], "pupil_count")
ALLOCATION = table([("A", 2025, 1_000_000), ("B", 2025, 90_000)], "amount_ore")
COSTS = table(
    [("A", 2025, "teaching", 700_000), ("A", 2025, "meals", 350_000), ("B", 2025, "teaching", 50_000)],
    "cost_type", "amount_ore",
)  # fmt: skip


def test_costs_add_up_and_stand_beside_the_allocation():
    told = cost_per_pupil(COSTS, PUPILS, ALLOCATION).set_index(["school_unit_code", "cost_type"])
    whole = told.loc[("A", "all")]
    assert whole["cost_ore"] == 1_050_000
    assert whole["cost_per_pupil_ore"] == pytest.approx(10_500)
    assert whole["allocated_per_pupil_ore"] == pytest.approx(10_000)
    assert whole["spent_of_allocated"] == pytest.approx(1.05)
    assert told.loc[("A", "teaching"), "cost_share"] == pytest.approx(2 / 3)
    assert np.isnan(told.loc[("A", "teaching"), "spent_of_allocated"])
    assert np.isnan(told.loc[("B", "all"), "cost_per_pupil_ore"])
    parts = told.drop(index="all", level="cost_type")["cost_ore"].groupby(level=0).sum()
    assert parts.equals(told.xs("all", level="cost_type")["cost_ore"])


def test_money_that_no_pupil_stands_behind_is_refused():
    with pytest.raises(FollowupError, match="1 school units without pupils: B"):
        cost_per_pupil(COSTS, PUPILS.iloc[:1], ALLOCATION)
    with pytest.raises(FollowupError, match="1 rows repeat"):
        cost_per_pupil(pd.concat([COSTS, COSTS.iloc[:1]]), PUPILS, ALLOCATION)
    with pytest.raises(FollowupError, match="'all' is the sum"):
        cost_per_pupil(COSTS.assign(cost_type="all"), PUPILS, ALLOCATION)


def test_staffing_is_told_per_pupil_and_per_teacher():
    staff = table([("A", 2025, 12.0, 9.0), ("B", 2025, 6.0, 1.0)], "teacher_count", "certified_count")
    told = staffing(staff, PUPILS).set_index("school_unit_code")
    figures = ["teachers_per_100_pupils", "pupils_per_teacher", "certified_share"]
    assert told.loc["A", figures].tolist() == pytest.approx([12.0, 100 / 12, 0.75])
    assert told.loc["B", figures].isna().all()
    assert told["state"].tolist() == ["told", "few_pupils"]
    with pytest.raises(FollowupError, match="more certified teachers than teachers in A"):
        staffing(staff.assign(certified_count=[13.0, 1.0]), PUPILS)


@pytest.mark.parametrize(
    ("posts", "state", "hidden"),
    [(4.99, "few_teachers", {"teacher_count", "teachers_per_100_pupils", "pupils_per_teacher", "certified_share"}),
     (5.0, "share_withheld", {"certified_share"}), (9.99, "share_withheld", {"certified_share"}), (10.0, "told", set())],
)  # fmt: skip
def test_no_figure_is_of_a_few_teachers(posts, state, hidden):
    (row,) = staffing(table([("A", 2025, posts, 1.0)], "teacher_count", "certified_count"), PUPILS).to_dict("records")
    assert row["state"] == state
    assert {name for name, value in row.items() if pd.isna(value)} == hidden


def test_what_the_allocation_is_not_for_stands_apart_and_in_no_sum():
    outside = table([("A", 2025, "transport", 90_000)], "cost_type", "amount_ore")
    told = cost_per_pupil(pd.concat([COSTS, outside]), PUPILS, ALLOCATION, outside=["transport"])
    rows = told.set_index(["school_unit_code", "cost_type"])
    assert rows.loc[("A", "all"), "cost_ore"] == 1_050_000
    assert rows.loc[("A", "transport"), "cost_per_pupil_ore"] == pytest.approx(900)
    assert np.isnan(rows.loc[("A", "transport"), "cost_share"])


def test_grants_stand_beside_the_municipality_s_money_and_are_never_added_to_it():
    units = pd.DataFrame({"school_unit_code": ["A", "B"], "organiser_code": ["K", "E"]})
    names = ["organiser_code", "school_unit_code", "year", "grant_code", "purpose", "bought", "granted_ore", "used_ore"]
    rows = [("K", "A", 2025, "equity", "equal schools", "two teachers", 200_000, 150_000)]
    told = state_grants(pd.DataFrame(rows, columns=names), ALLOCATION, units).iloc[0]
    assert told["not_used_ore"] == 50_000
    assert told["grant_of_allocated"] == pytest.approx(0.2)
    assert told["allocated_ore"] == 1_000_000
    whole = pd.DataFrame(rows, columns=names).assign(school_unit_code="all", organiser_code="E")
    assert np.isnan(state_grants(whole, ALLOCATION, units).iloc[0]["allocated_ore"])
    with pytest.raises(FollowupError, match="of another organiser: A"):
        state_grants(pd.DataFrame(rows, columns=names).assign(organiser_code="E"), ALLOCATION, units)
    with pytest.raises(FollowupError, match="use more than was granted: equity"):
        state_grants(pd.DataFrame(rows, columns=names).assign(used_ore=200_001), ALLOCATION, units)


def test_equity_of_a_year_is_that_of_its_units_in_any_order():
    rows = [(unit, year, n, index, n * (100 + index * (year - 2023)))
            for year in (2024, 2025) for unit, n, index in (("C", 200, 130.0), ("A", 300, 80.0), ("B", 100, 100.0))]  # fmt: skip
    units = table(rows, "pupil_count", "need_index", "amount_ore")
    told = equity_by_year(units.sample(frac=1, random_state=1))
    assert told["year"].tolist() == [2024, 2025]
    own = units[units["year"] == 2025].sort_values("school_unit_code")
    measured = equity_measures(scored_units(own), amount_ore=own["amount_ore"].to_numpy(float))
    assert told.iloc[1]["gini"] == measured.gini
    assert told.iloc[1]["coverage_fifth_1"] == measured.coverage[0]
    assert told.iloc[1]["gini"] > told.iloc[0]["gini"]


def towns(n=40, seed=1):
    random = np.random.default_rng(seed)
    return pd.DataFrame({
        "code": [f"{k:04d}" for k in range(n)], "pupil_count": np.exp(random.normal(8, 1, n)).round(),
        "post_secondary_share": random.uniform(0.3, 0.7, n),
    })  # fmt: skip


def test_the_nearest_are_others_each_once_and_order_does_not_matter():
    known = towns()
    pairs = nearest(known, features=["pupil_count", "post_secondary_share"], logged=["pupil_count"])
    assert (pairs.groupby("code")["similar_code"].nunique() == 7).all()
    assert (pairs["code"] != pairs["similar_code"]).all()
    assert (pairs.groupby("code")["distance"].diff().dropna() >= 0).all()
    again = nearest(
        known.sample(frac=1, random_state=3), features=["pupil_count", "post_secondary_share"], logged=["pupil_count"]
    )
    pd.testing.assert_frame_equal(pairs, again, check_exact=True)
    twin = pd.concat([known, known.iloc[[5]].assign(code="twin")])
    close = nearest(twin, features=["pupil_count", "post_secondary_share"], logged=["pupil_count"], count=1)
    assert close.set_index("code").loc["twin", "similar_code"] == known["code"][5]


def test_what_cannot_be_near_is_refused():
    for wrong, told in (
        (towns().assign(pupil_count=5.0), "pupil_count: does not vary"),
        (towns().assign(pupil_count=0.0), "have no logarithm"),
        (pd.concat([towns(), towns().iloc[:2]]), "2 rows repeat code"),
    ):
        with pytest.raises(FollowupError, match=told):
            nearest(wrong, features=["pupil_count"], logged=["pupil_count"])


def test_a_figure_stands_beside_the_middle_of_the_similar():
    pairs = pd.DataFrame(
        {"code": ["a"] * 3, "similar_code": ["b", "c", "d"], "place": [1, 2, 3], "distance": [1.0, 2.0, 3.0]}
    )
    values = pd.DataFrame({"code": list("abcd"), "year": 2024, "value": [5.0, 1.0, 2.0, np.nan]})
    told = beside_similar(values, pairs).set_index("code")
    assert told.loc["a", ["value", "similar_count", "similar_median"]].tolist() == [5.0, 2, 1.5]
    assert told.loc["b", "similar_count"] == 0
    assert np.isnan(told.loc["b", "similar_median"])
