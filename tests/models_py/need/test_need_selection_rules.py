"""The rule that chooses factors, on an index that says what each factor moves: the table's columns, types and borders."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import FACTORS
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.folds import cohort_folds, school_folds
from models_py.need.forward import along, forward_path
from models_py.need.path_index import index_rmse, pot_moved_share
from models_py.need.selection import COLUMNS, select_factors

EDUCATION, IMMIGRATION, SEX, HOUSEHOLD = FACTORS[0], FACTORS[1], FACTORS[4], FACTORS[6]
MOVES = {"guardian_education": 4.0, "immigration": 0.0, "sex": 1.25, "household": 0.5}


@pytest.fixture(scope="module")
def counts() -> CellCounts:
    """Twelve schools, two years; everything matters, sex and household too; siblings are constant."""
    rng = np.random.default_rng(4)
    size = 12 * 2 * 40
    factors = (EDUCATION, IMMIGRATION, SEX, HOUSEHOLD, FACTORS[7])
    levels = np.column_stack([rng.integers(0, 4, size), rng.integers(0, 2, size), rng.integers(0, 2, size),
                              rng.integers(0, 2, size), np.zeros(size, dtype=int)])  # fmt: skip
    chance = 1 / (1 + np.exp(2 - levels @ [0.5, 0.9, 0.9, 0.7, 0.0]))
    trials = rng.integers(2, 6, size)
    missed = rng.binomial(trials, chance)
    return cell_counts(
        factors,
        years=(2024, 2025),
        schools=[("9999", f"s{number:02d}") for number in range(12)],
        levels=levels,
        year=np.tile([0, 1], size // 2),
        school=np.repeat(np.arange(12), size // 12),
        counts=(trials, missed, missed),
    )


def index_of(names: tuple[str, ...]) -> pd.DataFrame:
    """Two units; a factor adds its points to the first: with a pot of 200, x points move x/200 of it."""
    up = sum(MOVES[name] for name in names)
    return pd.DataFrame({"school_unit_code": ["a", "b"], "pupil_count": [50, 50], "need_index": [100 + up, 100 - up]})


def test_the_table_is_made_of_both_paths_and_of_what_each_factor_moves(counts):
    found = select_factors(counts, index_of=index_of, folds=4)
    path = forward_path(counts, folds=school_folds(counts, folds=4))
    beside = along(counts, folds=cohort_folds(counts), path=path)
    moved = [MOVES[name] for name in path.factors]
    gone = np.cumsum([0.0, *moved])
    expected = pd.DataFrame({
        "step": np.arange(5),
        "factor_added": [None, *path.factors],
        "factor_count": np.arange(5),
        "is_core": [False, True, True, False, False],
        "deviance_school_folds": path.deviances.sum(axis=1),
        "paired_difference": path.paired_difference,
        "paired_standard_error": path.paired_standard_error,
        "is_minimum": np.arange(5) == path.minimum,
        "is_within_one_se": path.within_one_se,
        "deviance_cohort_folds": beside.deviances.sum(axis=1),
        "cohort_paired_difference": beside.paired_difference,
        "cohort_paired_standard_error": beside.paired_standard_error,
        "is_cohort_minimum": pd.array(np.arange(5) == beside.minimum, dtype="boolean"),
        "is_cohort_within_one_se": pd.array(beside.within_one_se, dtype="boolean"),
        "pot_moved_by_factor_share": np.array([np.nan, *moved]) / 200,
        "pot_from_full_share": (5.75 - gone) / 200,
        "index_rmse_from_full": 5.75 - gone,
        "is_recommended": [False, True, True, *(MOVES[name] >= 1.0 for name in path.factors[2:])],
    }, columns=list(COLUMNS))  # fmt: skip
    pd.testing.assert_frame_equal(found.table, expected, rtol=1e-12)
    assert path.one_se == 4
    assert found.factors == (*path.factors[:2], "sex")
    assert found.moving_too_little == ("household",)
    assert found.chosen_by == "paired_one_standard_error"
    assert found.full_factors == ("guardian_education", "immigration", "sex", "household")
    assert found.constant_factors == ("siblings",)
    cohorts = forward_path(counts, folds=cohort_folds(counts))
    assert found.cohort_factors == cohorts.factors[: max(cohorts.one_se, 2)]


@pytest.mark.parametrize(("minimum", "kept"), [(0.00249, {"sex", "household"}), (0.00251, {"sex"}), (0.00626, set())])
def test_a_factor_must_move_at_least_the_minimum_of_the_pot(counts, minimum, kept):
    found = select_factors(counts, index_of=index_of, folds=4, minimum_pot_moved=minimum)
    assert set(found.factors) - {"guardian_education", "immigration"} == kept
    assert set(found.moving_too_little) == {"sex", "household"} - kept


def test_core_ridge_folds_and_the_most_factors_reach_both_paths(counts):
    settings = {"core": ("sex",), "max_factors": 2, "ridge": 5.0}
    found = select_factors(counts, index_of=index_of, folds=3, **settings)
    path = forward_path(counts, folds=school_folds(counts, folds=3), **settings)
    assert found.table["deviance_school_folds"].tolist() == path.deviances.sum(axis=1).tolist()
    assert found.table["factor_added"].tolist()[1:] == list(path.factors)
    assert found.table["is_core"].tolist() == [False, True, False]
    held = cohort_folds(counts)
    beside = along(counts, folds=held, path=path, ridge=5.0)
    assert found.table["deviance_cohort_folds"].tolist() == beside.deviances.sum(axis=1).tolist()
    own = forward_path(counts, folds=held, **settings)
    assert found.cohort_factors == own.factors[: max(own.one_se, own.core_steps)]
    assert found.table["pot_from_full_share"].iloc[-1] > 0


def test_one_year_leaves_the_cohort_columns_null_in_their_types(counts):
    found = select_factors(counts.of_years([2025]), index_of=index_of, folds=4)
    cohort = found.table.loc[:, "deviance_cohort_folds":"is_cohort_within_one_se"]
    assert cohort.isna().all(axis=None)
    assert cohort.dtypes.astype(str).tolist() == ["float64"] * 3 + ["boolean"] * 2
    assert found.cohort_factors is None
    assert tuple(found.table.columns) == COLUMNS


def test_distances_weigh_pupils_and_are_refused_for_other_units():
    first = pd.DataFrame({"school_unit_code": ["a", "b"], "pupil_count": [30, 10], "need_index": [100.0, 100.0]})
    second = first.assign(need_index=[90.0, 130.0])
    assert pot_moved_share(first, second) == pytest.approx(0.075)
    assert index_rmse(first, second) == pytest.approx(np.sqrt((30 * 100 + 10 * 900) / 40))
    for measure in (pot_moved_share, index_rmse):
        with pytest.raises(NeedError) as told:
            measure(first, second.iloc[::-1])
        assert str(told.value) == (
            "indices of 2 and 2 units are not of the same units; compare one municipality and count date"
        )
