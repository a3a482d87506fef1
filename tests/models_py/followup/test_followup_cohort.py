"""Cohorts are followed pupil by pupil; counts, changes and the reasons for silence can be done by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.errors import FollowupError
from models_py.followup import GOALS, WHOLE, Indicator, cohort_counts, current_codes, progression, yearly_values
from models_py.followup.cohort import COUNTS, KEYS
from models_py.followup.indicators import check_indicators

SIX = Indicator("passing_grade", 1, GOALS, "grade", 6, ("english",), 10.0, 2012)
SEVEN = Indicator("passing_grade", 1, GOALS, "grade", 7, ("english",), 10.0, 2012)


def tables(pupils):
    """Rows of (pupil, unit in 6, value in 6, unit in 7, value in 7); None = not there, nan = not assessed."""
    enrolled, told = [], []
    for pupil, *places in pupils:
        for grade, year, unit, value in ((6, 2023, *places[:2]), (7, 2024, *places[2:])):
            if unit is not None:
                enrolled.append((pupil, year - 1, unit, grade, "9999"))
                told.append((pupil, year, unit, grade, "grade", "english", value))
    results = pd.DataFrame(
        told, columns=["pupil_key", "result_year", "school_unit_code", "grade", "measure", "subject", "value"]
    )
    names = ["pupil_key", "count_year", "school_unit_code", "grade", "municipality_code"]
    return results, pd.DataFrame(enrolled, columns=names)


PUPILS = [
    *[(f"s{k}", "A", 0.0, "A", 15.0) for k in range(3)],  # gained
    *[(f"t{k}", "A", 10.0, "A", 12.5) for k in range(7)],
    ("u", "A", 10.0, "A", 0.0),  # lost
    ("v", "A", 10.0, "A", np.nan),
    *[(f"j{k}", "B", 0.0, "A", 10.0) for k in range(2)],
    ("new", None, None, "A", 10.0),
    *[(f"l{k}", "A", 20.0, "B", 10.0) for k in range(4)],
    ("gone", "A", 0.0, None, None),
    *[(f"b{k}", "B", 10.0, "B", 10.0) for k in range(12)],
]


@pytest.fixture(scope="module")
def counts():
    return cohort_counts(*tables(PUPILS), indicators=(SIX, SEVEN))


def row(table, unit, group, grade=7):
    own = table[(table["school_unit_code"] == unit) & (table["pupil_group"] == group) & (table["grade"] == grade)]
    assert len(own) == 1
    return own.iloc[0]


def test_groups_are_counted_by_pupil(counts):
    stayers = row(counts, "A", "stayers")
    assert stayers[list(COUNTS)].tolist() == [12, 11, 10, 12, 9, 11, 10, 3, 1]
    joiners = row(counts, "A", "joiners")
    assert joiners[list(COUNTS)].tolist() == [3, 3, 3, 2, 0, 2, 2, 2, 0]
    leavers = row(counts, "A", "leavers")
    assert leavers[list(COUNTS)].tolist() == [5, 4, 4, 5, 4, 4, 4, 0, 0]
    everyone = row(counts, "A", "all")
    assert everyone[list(COUNTS[:5])].tolist() == [15, 14, 13, 17, 13]
    town = row(counts, WHOLE, "joiners")
    assert town["enrolled_count"] == 1
    assert (counts["cohort_year"] == 2017).all()


def test_all_are_those_who_stayed_and_those_who_joined(counts):
    for unit in ("A", "B", WHOLE):
        own = counts[(counts["school_unit_code"] == unit) & (counts["grade"] == 7)].set_index("pupil_group")
        for name in COUNTS[:3]:
            parts = sum(own.loc[g, name] for g in ("stayers", "joiners") if g in own.index)
            assert own.loc["all", name] == parts


def test_a_change_is_that_of_the_same_pupils_with_its_interval(counts):
    told = progression(counts)
    stayers = row(told, "A", "stayers")
    assert stayers["change"] == pytest.approx((3 - 1) / 11)
    assert stayers["reached_share"] - stayers["prior_share"] == pytest.approx(stayers["change"])
    assert stayers["prior_share"] == pytest.approx(8 / 11)
    up, down = 4 / 13, 2 / 13
    reach = 1.959964 * np.sqrt((up + down - (up - down) ** 2) / 13)
    assert stayers["interval_lower"] == pytest.approx(up - down - reach)
    assert stayers["interval_upper"] == pytest.approx(up - down + reach)
    everyone = row(told, "A", "all")
    assert everyone["change"] == pytest.approx(13 / 14 - 13 / 17)
    assert stayers["change_beside_municipality"] == pytest.approx(
        stayers["change"] - row(told, WHOLE, "stayers")["change"]
    )


def test_nothing_is_told_of_fewer_than_ten(counts):
    joiners = row(progression(counts), "A", "joiners")
    assert joiners["change_state"] == "few_pupils"
    assert joiners[["reached_share", "prior_share", "change", "interval_lower", "interval_upper"]].isna().all()
    assert row(progression(counts), "A", "all", grade=6)["change_state"] == "first_indicator"


def test_a_new_version_breaks_the_series_unless_it_may_be_compared():
    results, enrollment = tables(PUPILS)
    old = Indicator("passing_grade", 1, GOALS, "grade", 6, ("english",), 10.0, 2012, 2023)
    new = Indicator("passing_grade", 2, GOALS, "grade", 7, ("english",), 4.0, 2024)
    broken = (old, new)
    told = row(progression(cohort_counts(results, enrollment, indicators=broken), indicators=broken), "A", "stayers")
    assert told["change_state"] == "version_break"
    assert np.isnan(told["change"])
    assert not np.isnan(told["reached_share"])
    linked = (old, Indicator("passing_grade", 2, GOALS, "grade", 7, ("english",), 4.0, 2024, None, (1,)))
    told = row(progression(cohort_counts(results, enrollment, indicators=linked), indicators=linked), "A", "stayers")
    assert told["change_state"] == "told"


def test_versions_that_hold_together_are_refused():
    twice = (SIX, Indicator("passing_grade", 2, GOALS, "grade", 6, ("english",), 4.0, 2020))
    with pytest.raises(FollowupError, match="versions 1 and 2 both hold in 2020"):
        check_indicators(twice)
    with pytest.raises(FollowupError, match="last_year 2011 before 2012"):
        check_indicators((Indicator("x", 1, GOALS, "grade", 6, ("english",), 10.0, 2012, 2011),))


def test_a_pupil_with_two_grades_of_one_year_is_refused_without_being_named():
    results, enrollment = tables(PUPILS)
    with pytest.raises(FollowupError, match="enrollment: 1 rows repeat") as refused:
        cohort_counts(results, pd.concat([enrollment, enrollment.iloc[:1]]), indicators=(SIX,))
    assert "s0" not in str(refused.value)


def test_before_a_municipality_s_first_delivery_nobody_is_a_joiner():
    results, enrollment = tables([(k, None, None, "A", 10.0) for k in range(12)])
    other_results, other = tables([(k, "B", 10.0, "B", 10.0) for k in range(20, 32)])
    found = cohort_counts(
        pd.concat([results, other_results]),
        pd.concat([enrollment, other.assign(municipality_code="8888")]),
        indicators=(SIX, SEVEN),
    )
    assert set(found.loc[found["municipality_code"] == "9999", "pupil_group"]) == {"all"}
    assert set(found.loc[found["municipality_code"] == "8888", "pupil_group"]) == {"all", "stayers"}


def test_who_stays_through_a_new_code_is_a_stayer():
    results, enrollment = tables([(f"p{k}", "OLD", 10.0, "NEW", 10.0) for k in range(12)])
    apart = cohort_counts(results, enrollment, indicators=(SIX, SEVEN))
    assert set(apart.loc[(apart["grade"] == 7) & (apart["school_unit_code"] == "NEW"), "pupil_group"]) == {
        "all",
        "joiners",
    }
    for table in (results, enrollment):
        table["school_unit_code"] = current_codes(table["school_unit_code"], successors={"OLD": "MID", "MID": "NEW"})
    joined = cohort_counts(results, enrollment, indicators=(SIX, SEVEN))
    assert row(joined, "NEW", "stayers")["both_count"] == 12
    with pytest.raises(FollowupError, match="circle"):
        current_codes(pd.Series(["A"]), successors={"A": "B", "B": "A"})


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_counts_agree_with_counting_one_pupil_at_a_time(seed):
    random = np.random.default_rng(seed)
    values = [0.0, 10.0, 15.0, np.nan]
    pupils = []
    for k in range(40):
        places = [None if random.random() < 0.15 else str(random.choice(["A", "B"])) for _ in range(2)]
        pupils.append((k, places[0], random.choice(values), places[1], random.choice(values)))
    results, enrollment = tables(pupils)
    if not len(enrollment):
        return
    found = cohort_counts(results.sample(frac=1, random_state=seed), enrollment, indicators=(SIX, SEVEN))
    for group in ("stayers", "joiners"):
        own = [p for p in pupils if p[3] == "A" and (p[1] == "A") == (group == "stayers")]
        gained = [p for p in own if p[1] is not None and p[2] < 10 <= p[4]]
        table = found[(found["school_unit_code"] == "A") & (found["grade"] == 7) & (found["pupil_group"] == group)]
        if len(table) == 0:
            assert not own or not any(np.isfinite(p[4]) for p in pupils if p[3] is not None)
            continue
        assert table.iloc[0]["enrolled_count"] == len(own)
        assert table.iloc[0]["gained_count"] == len(gained)


def test_a_world_s_cohorts_are_followed_through_every_grade(schools):
    counts = cohort_counts(schools.results, schools.enrollment)
    assert not counts.duplicated(list(KEYS)).any()
    told = progression(counts)
    goals = told[(told["series"] == GOALS) & (told["subject"] == "mathematics") & (told["pupil_group"] == "stayers")]
    assert set(goals["grade"]) == {4, 5, 6, 7, 8, 9}
    assert goals.loc[goals["change_state"] == "told", "coverage_share"].between(0.5, 1).all()
    yearly = yearly_values(counts, series=GOALS, indicator="passing_grade", subject="mathematics", grade=9)
    r = schools.results
    nine = r[(r["measure"] == "grade") & (r["subject"] == "mathematics") & (r["grade"] == 9)]
    assert yearly["pupil_count"].sum() == len(nine)
    assert (yearly["value"] * yearly["pupil_count"]).sum() == pytest.approx((nine["value"] >= 10).sum())
