"""How many factors: a path that says what each factor tells and moves, and a rule that never drops the core."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import count_outcomes, fit_within_school, need_index, predict_from_counts
from models_py.need.forward import CORE
from models_py.need.path_index import index_rmse, pot_moved_share, within_school_index
from models_py.need.selection import COLUMNS, SelectionPath, select_factors


@pytest.fixture(scope="module")
def selected(world) -> SelectionPath:
    small = world(30, schools=30, leavers=50)
    counts = count_outcomes(small.cells)
    return select_factors(counts, index_of=within_school_index(counts, register_counts=small.register()))


def flat_index(effect: dict[str, float]):
    """Two units of 100 pupils; each factor named adds its effect to the first unit's index."""

    def index_of(names: tuple[str, ...]) -> pd.DataFrame:
        up = sum(effect.get(name, 0.0) for name in names)
        return pd.DataFrame(
            {"school_unit_code": ["a", "b"], "pupil_count": [100, 100], "need_index": [100 + up, 100 - up]}
        )

    return index_of


def test_the_table_has_a_row_per_step_with_both_validations(selected):
    table = selected.table
    assert tuple(table.columns) == COLUMNS
    assert table["step"].tolist() == list(range(9))
    assert table["is_core"].tolist() == [False, True, True] + [False] * 6
    assert table["is_minimum"].sum() == table["is_cohort_minimum"].sum() == 1
    assert table.loc[table["is_minimum"], "paired_difference"].item() == 0
    assert table["deviance_school_folds"].idxmin() == table["is_minimum"].idxmax()
    assert table["deviance_cohort_folds"].notna().all()


def test_what_is_recommended_follows_from_the_table(selected):
    table = selected.table
    one_se = int(table["is_within_one_se"].idxmax())
    beyond = table[(table["step"] > 2) & (table["step"] <= max(one_se, 2))]
    enough = beyond["pot_moved_by_factor_share"] >= 0.005
    assert selected.factors == (*table["factor_added"][1:3], *beyond.loc[enough, "factor_added"])
    assert selected.moving_too_little == tuple(beyond.loc[~enough, "factor_added"])
    assert set(CORE) <= set(selected.factors)
    assert tuple(table.loc[table["is_recommended"], "factor_added"]) == selected.factors


def test_index_and_pot_are_those_of_the_fit_on_the_factors_so_far(world, selected):
    small = world(30, schools=30, leavers=50)
    counts = count_outcomes(small.cells)

    def index(names: list[str]) -> pd.DataFrame:
        fit = fit_within_school(counts.of_factors(names))
        return need_index(predict_from_counts(fit, small.register()).table).table

    entered = selected.table["factor_added"].tolist()[1:]
    three, two, full = index(entered[:3]), index(entered[:2]), index(entered)
    row = selected.table.iloc[3]

    def pot(table: pd.DataFrame) -> np.ndarray:
        weight = (table["pupil_count"] * table["need_index"]).to_numpy()
        return weight / weight.sum()

    assert row["pot_moved_by_factor_share"] == pytest.approx(0.5 * np.abs(pot(three) - pot(two)).sum(), rel=1e-12)
    assert row["pot_from_full_share"] == pytest.approx(0.5 * np.abs(pot(three) - pot(full)).sum(), rel=1e-12)
    apart = np.sqrt(np.average((three["need_index"] - full["need_index"]) ** 2, weights=full["pupil_count"]))
    assert row["index_rmse_from_full"] == pytest.approx(apart, rel=1e-12)
    assert selected.table["pot_from_full_share"].iloc[-1] == selected.table["index_rmse_from_full"].iloc[-1] == 0


def test_the_order_of_rows_changes_nothing(world, selected):
    small = world(30, schools=30, leavers=50)
    counts = count_outcomes(small.pupils.sample(frac=1, random_state=3))
    again = select_factors(
        counts, index_of=within_school_index(counts, register_counts=small.register().sample(frac=1, random_state=4))
    )
    pd.testing.assert_frame_equal(again.table, selected.table, check_exact=True)
    assert again.factors == selected.factors


def test_a_factor_that_tells_but_moves_no_money_is_not_recommended(world):
    """The rule keeps it, the pot does not notice it: it is named apart. The core stays even if it moves nothing."""
    counts = count_outcomes(world(31, schools=60, leavers=60).cells)
    moving = {"econ_assistance": 5.0}
    chosen = select_factors(counts, index_of=flat_index(moving))
    kept = chosen.table[chosen.table["step"].between(1, chosen.table["is_within_one_se"].idxmax())]["factor_added"]
    assert {"econ_assistance", "household"} <= set(kept)
    assert set(chosen.factors) == {*CORE, "econ_assistance"}
    assert set(chosen.moving_too_little) == set(kept) - set(chosen.factors)
    generous = select_factors(counts, index_of=flat_index(moving), minimum_pot_moved=0.0)
    assert set(generous.factors) == set(kept)
    strict = select_factors(counts, index_of=flat_index(moving), minimum_pot_moved=0.0251)
    assert set(strict.factors) == set(CORE)


def test_where_the_rule_stops_inside_the_core_the_core_decides(world):
    cells = world(32, schools=10, leavers=20).pupils
    rng = np.random.default_rng(1)
    counts = count_outcomes(cells.assign(not_eligible_count=(rng.random(len(cells)) < 0.15).astype(int)))
    chosen = select_factors(counts, index_of=flat_index({}))
    assert chosen.chosen_by == "core"
    assert set(chosen.factors) == set(CORE)
    assert chosen.table["is_within_one_se"].idxmax() < 2


def test_one_year_has_no_cohorts_to_leave_out(world):
    counts = count_outcomes(world(33, schools=20, years=1, leavers=80).cells)
    chosen = select_factors(counts, index_of=flat_index({}))
    assert chosen.cohort_factors is None
    assert chosen.table["deviance_cohort_folds"].isna().all()
    assert chosen.table["is_cohort_within_one_se"].isna().all()
    assert chosen.table["deviance_school_folds"].notna().all()


def test_a_constant_factor_is_named_and_stays_out_of_the_full_model(world):
    counts = count_outcomes(world(34, schools=20).cells.assign(sex="missing"))
    chosen = select_factors(counts, index_of=flat_index({}))
    assert chosen.constant_factors == ("sex",)
    assert "sex" not in chosen.full_factors
    assert len(chosen.full_factors) == 7


def test_pot_moved_is_half_the_absolute_difference_of_shares():
    first = flat_index({"x": 0.0})(("x",))
    second = flat_index({"x": 10.0})(("x",))
    assert pot_moved_share(first, second) == pytest.approx(0.05)
    assert index_rmse(first, second) == pytest.approx(10.0)


def test_indices_of_different_units_are_not_compared():
    table = flat_index({})(())
    with pytest.raises(NeedError) as caught:
        pot_moved_share(table, table.assign(school_unit_code=["a", "c"]))
    assert caught.value.reason == "different_units"
