"""A goal is judged by its own figure, a change only against chance, and few pupils are never told."""

from __future__ import annotations

import pandas as pd
import pytest

from models_py.errors import ModelsError
from models_py.goals import Goal, goal_results

INDEX = pd.DataFrame({"school_unit_code": ["a", "b"], "need_index": [140.0, 60.0]})


def outcomes(*rows: tuple[str, int, int, int]) -> pd.DataFrame:
    """Unit, result year, leavers, not eligible; merit value 200 for the eligible and 100 for the others."""
    table = pd.DataFrame(rows, columns=["school_unit_code", "result_year", "leaver_count", "not_eligible_count"])
    passed = table["leaver_count"] - table["not_eligible_count"]
    return table.assign(
        merit_count=table["leaver_count"],
        merit_tenths_sum=2000 * passed + 1000 * table["not_eligible_count"],
        merit_tenths_square_sum=2000**2 * passed + 1000**2 * table["not_eligible_count"],
    )


def goal(figure: str, direction: str = "up", **targets: float) -> Goal:
    return Goal(figure, figure, direction, {int(year.removeprefix("y")): value for year, value in targets.items()})


COHORTS = outcomes(("a", 2025, 100, 30), ("b", 2025, 100, 10), ("a", 2026, 100, 20), ("b", 2026, 100, 12))


def test_figures_follow_from_the_counts():
    goals = [goal("eligible_share"), goal("merit_value"), goal("need_gap", "down")]
    found = goal_results(COHORTS, index=INDEX, goals=goals, funding_year=2027).set_index(["goal_code", "result_year"])
    values = found["figure_value"].astype(float)
    assert values["eligible_share", 2025] == pytest.approx(0.80)
    assert values["merit_value", 2025] == pytest.approx(180.0)
    assert values["need_gap", 2025] == pytest.approx(0.20)
    assert values["need_gap", 2026] == pytest.approx(0.08)
    assert float(found.loc[("merit_value", 2025), "figure_standard_error"]) == pytest.approx(40 / 200**0.5, rel=1e-3)


def test_targets_are_judged_in_their_direction_and_only_where_given():
    goals = [goal("eligible_share", y2025=0.81, y2026=0.84), goal("need_gap", "down", y2026=0.05)]
    found = goal_results(COHORTS, index=INDEX, goals=goals, funding_year=2027).set_index(["goal_code", "result_year"])
    assert found["is_met"].to_dict() == {
        ("eligible_share", 2025): False,
        ("eligible_share", 2026): True,
        ("need_gap", 2025): None,
        ("need_gap", 2026): False,
    }


def test_a_change_is_beyond_chance_only_when_it_is():
    small = goal_results(COHORTS, index=INDEX, goals=[goal("eligible_share")], funding_year=2027)
    assert list(small["is_change_beyond_chance"]) == [None, False]
    large = outcomes(("a", 2025, 2000, 600), ("a", 2026, 2000, 400))
    found = goal_results(large, index=INDEX, goals=[goal("eligible_share")], funding_year=2027)
    assert list(found["is_change_beyond_chance"]) == [None, True]
    assert found["change_since_year_before"][1] == pytest.approx(0.1)


def test_fewer_than_ten_failures_are_told_nowhere():
    few = outcomes(("a", 2025, 100, 9), ("b", 2025, 100, 30), ("a", 2026, 40, 9))
    goals = [goal("eligible_share", y2026=0.5), goal("need_gap", "down")]
    found = goal_results(few, index=INDEX, goals=goals, funding_year=2027).set_index(["goal_code", "result_year"])
    told = found["figure_value"].notna()
    assert told.to_dict() == {
        ("eligible_share", 2025): True,
        ("eligible_share", 2026): False,
        ("need_gap", 2025): False,
        ("need_gap", 2026): False,
    }
    assert found["is_met"].isna().all()


def test_results_of_the_funding_year_itself_are_not_known_yet_and_a_goal_stands_once():
    assert set(goal_results(COHORTS, index=INDEX, goals=[goal("merit_value")], funding_year=2026)["result_year"]) == {
        2025
    }
    with pytest.raises(ModelsError, match="twice"):
        goal_results(COHORTS, index=INDEX, goals=[goal("merit_value"), goal("merit_value")], funding_year=2027)
