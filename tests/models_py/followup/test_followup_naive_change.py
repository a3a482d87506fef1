"""Comparing this year's grade with last year's shows large changes where nothing happened; ours says so."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from models_py.errors import FollowupError
from models_py.followup import naive_change, pooled_sd

COUNT = 50
SD = 62.0


def means(units, *, change=0.0, seed=1, n=COUNT):
    random = np.random.default_rng(seed)
    level = random.normal(220, 15, size=units)
    rows = [
        (f"{j:04d}", year, n, level[j] + change * (year == 2024) + random.normal(scale=SD / np.sqrt(n)))
        for j in range(units)
        for year in (2023, 2024)
    ]
    return pd.DataFrame(rows, columns=["school_unit_code", "result_year", "pupil_count", "value"])


def test_half_of_the_schools_change_by_ten_points_where_nothing_happened_and_none_is_told_so():
    found = naive_change(means(600), kind="mean", threshold=10.0, within_sd=SD)
    assert found.compared_count == 600
    assert 0.36 < found.beyond_threshold_count / 600 < 0.50
    assert found.expected_by_chance == pytest.approx(found.beyond_threshold_count, rel=0.12)
    assert found.beyond_chance_count <= 3
    assert found.noise_share > 0.85


def test_a_change_that_is_real_and_large_is_told():
    found = naive_change(means(50, change=90.0), kind="mean", threshold=10.0, within_sd=SD)
    assert found.beyond_chance_count > 40


def test_where_schools_truly_move_less_of_the_change_is_noise():
    random = np.random.default_rng(4)
    moved = means(400)
    late = moved["result_year"] == 2024
    moved.loc[late, "value"] += random.normal(scale=25, size=400)
    noise = {
        name: naive_change(t, kind="mean", threshold=10.0, within_sd=SD).noise_share
        for name, t in {"still": means(400), "moved": moved}.items()
    }
    assert noise["moved"] < 0.4 < noise["still"]


def test_the_world_where_all_schools_are_alike_shows_it(alike):
    o = alike.world.outcomes
    merit = o[o["outcome"] == "merit_value"].copy()
    merit["square"] = merit["value"] ** 2
    told = merit.groupby(["site", "result_year"], as_index=False).agg(
        pupil_count=("value", "size"), value_sum=("value", "sum"), square_sum=("square", "sum")
    )
    sd = pooled_sd(*(told[name].to_numpy(float) for name in ("pupil_count", "value_sum", "square_sum")))
    told["school_unit_code"], told["value"] = told["site"].astype(str), told["value_sum"] / told["pupil_count"]
    found = naive_change(told, kind="mean", threshold=10.0, within_sd=sd)
    assert found.beyond_threshold_count / found.compared_count > 0.40
    assert found.beyond_chance_count <= 0.05 * found.compared_count


def test_pooled_sd_is_that_within_units():
    random = np.random.default_rng(1)
    groups = [random.normal(loc=mean, scale=7, size=n) for mean, n in ((0, 30), (100, 50), (5, 1))]
    expected = np.sqrt(sum(((g - g.mean()) ** 2).sum() for g in groups) / 78)
    sums = [np.array([f(g) for g in groups]) for f in (len, np.sum, lambda g: np.sum(g**2))]
    assert pooled_sd(*sums) == pytest.approx(expected)
    assert np.isnan(pooled_sd(np.array([1]), np.array([3.0]), np.array([9.0])))


def test_shares_use_the_binomial_error_and_never_certainty():
    rows = pd.DataFrame(
        [("a", 2023, 40, 0.5), ("a", 2024, 60, 0.7), ("b", 2023, 20, 1.0), ("b", 2024, 20, 1.0), ("c", 2024, 9, 0.1),
         ("c", 2023, 50, 0.9), ("d", 2022, 50, 0.9), ("d", 2024, 50, 0.1)],
        columns=["school_unit_code", "result_year", "pupil_count", "value"],
    )  # fmt: skip
    table = naive_change(rows, kind="share", threshold=0.1).table
    assert table["school_unit_code"].tolist() == ["a", "b"]  # c has too few, d a year between
    p = (0.5 * 40 + 0.7 * 60 + 1) / 102
    assert table["standard_error"][0] == pytest.approx(np.sqrt(p * (1 - p) * (1 / 40 + 1 / 60)))
    assert table["standard_error"][1] > 0
    assert table["change"].tolist() == pytest.approx([0.2, 0.0])


def test_all_comparisons_count_as_holm_s_rule_counts_them_in_an_outside_package():
    found = naive_change(means(80, change=25.0), kind="mean", threshold=10.0, within_sd=SD).table
    p = 2 * norm.sf(np.abs(found["change"] / found["standard_error"]))
    expected = multipletests(p, alpha=0.05, method="holm")[0]
    assert expected.any()
    assert not expected.all()
    assert found["is_beyond_chance"].tolist() == expected.tolist()


def test_no_column_ranks_units_by_their_change():
    table = naive_change(means(30), kind="mean", threshold=10.0, within_sd=SD).table
    assert not [name for name in table if "rank" in name]
    assert table["school_unit_code"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"kind": "median"}, "kind 'median'"),
        ({"threshold": 0.0}, "threshold 0.0"),
        ({"within_sd": None}, "SD above 0"),
        ({"kind": "share"}, "shares must lie"),
    ],
)
def test_what_cannot_be_compared_is_refused(wrong, told):
    with pytest.raises(FollowupError, match=told):
        naive_change(means(3), **({"kind": "mean", "threshold": 10.0, "within_sd": SD} | wrong))


def test_one_year_alone_compares_nothing():
    found = naive_change(means(5).query("result_year == 2024"), kind="mean", threshold=10.0, within_sd=SD)
    assert (found.compared_count, found.noise_share, found.expected_by_chance) == (0, 1.0, 0.0)
