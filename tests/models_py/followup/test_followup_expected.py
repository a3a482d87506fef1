"""Bands instead of ranks, grades beside tests, expected values as description, and SALSA's published values reproduced."""

import csv
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from models_py.errors import FollowupError
from models_py.followup import expectation_band, grade_gap, reproduce_expected, salsa_like

FACTORS = ("parental_education", "newly_immigrated_share", "boy_share")


def units(apart, *, reach=0.0, stratum="all"):
    return pd.DataFrame({
        "school_unit_code": [f"{stratum}{k:03d}" for k in range(len(apart))], "stratum": stratum,
        "observed": 200.0 + np.array(apart), "expected": 200.0,
        "interval_lower": 200.0 + np.array(apart) - reach, "interval_upper": 200.0 + np.array(apart) + reach,
    })  # fmt: skip


def test_the_band_s_width_leaves_a_quarter_on_either_side():
    told = pd.concat([units(np.arange(-50, 51.0)), units(np.arange(-5, 5.1, 0.1), stratum="small")])
    band = expectation_band(told, step=0.5)
    wide, small = (band.widths.set_index("stratum").loc[name] for name in ("all", "small"))
    assert 48 <= wide["width"] <= 53
    assert wide["below_share"] == pytest.approx(0.25, abs=0.01)
    assert wide["inside_share"] == pytest.approx(0.50, abs=0.015)
    assert small["width"] == pytest.approx(5.0, abs=0.5)


def test_a_unit_whose_interval_crosses_an_edge_is_undecided():
    sure = expectation_band(units(np.arange(-50, 51.0)), step=0.5).units["position"].value_counts()
    assert "undecided" not in sure
    assert sure["inside"] > sure["below"] > 20
    unsure = expectation_band(units(np.arange(-50, 51.0), reach=10.0), step=0.5).units
    crossing = (unsure["interval_lower"] < unsure["band_upper"]) & (unsure["interval_upper"] > unsure["band_upper"])
    assert (unsure["position"][crossing] == "undecided").all()
    assert crossing.sum() > 10


def test_a_band_of_nothing_or_of_no_numbers_is_refused():
    with pytest.raises(FollowupError, match="step 0"):
        expectation_band(units([1.0]), step=0)
    with pytest.raises(FollowupError, match="1 rows hold values that are no numbers"):
        expectation_band(units([1.0, np.nan]), step=1)
    assert expectation_band(units([0.0, 0.0]), step=1).widths["width"].tolist() == [0.0]


def graded(pairs):
    rows = [
        (k, 2024, "A", 9, measure, "english", value)
        for k, pair in enumerate(pairs)
        for measure, value in zip(("grade", "national_test"), pair, strict=True)
    ]
    return pd.DataFrame(
        rows, columns=["pupil_key", "result_year", "school_unit_code", "grade", "measure", "subject", "value"]
    )


def test_the_gap_between_grade_and_test_is_that_of_the_same_pupils():
    pairs = [(12.5, 10.0)] * 6 + [(10.0, 12.5)] * 2 + [(15.0, 15.0)] * 4 + [(20.0, np.nan)] * 5
    gap = grade_gap(graded(pairs), result_years=(2024, 2024)).iloc[0]
    differences = np.array([2.5] * 6 + [-2.5] * 2 + [0.0] * 4)
    assert gap[["compared_count", "higher_count", "lower_count"]].tolist() == [12, 6, 2]
    assert gap["gap_points"] == pytest.approx(differences.mean())
    reach = 1.959964 * differences.std(ddof=1) / np.sqrt(12)
    assert gap["interval_upper"] - gap["gap_points"] == pytest.approx(reach)
    assert gap["gap_beside_all"] == pytest.approx(0)
    assert grade_gap(graded(pairs[:9]), result_years=(2024, 2024)).empty
    assert grade_gap(graded(pairs), result_years=(2022, 2023)).empty


def test_the_gap_finds_who_grades_leniently(schools):
    gap = grade_gap(schools.results, result_years=(2022, 2024))
    site = schools.world.school_units.set_index("school_unit_code")["site"]
    lenient = schools.drawn.truth.leniency.set_index(["site", "subject"])["grade_leniency"]
    nine = gap[(gap["grade"] == 9) & (gap["compared_count"] >= 60)]
    truth = lenient.reindex(pd.MultiIndex.from_arrays([site.reindex(nine["school_unit_code"]), nine["subject"]]))
    assert np.corrcoef(nine["gap_beside_all"], truth)[0, 1] > 0.7


def background(n=200, seed=1):
    random = np.random.default_rng(seed)
    rows = pd.DataFrame({
        "parental_education": random.uniform(1.7, 2.8, n), "newly_immigrated_share": random.beta(1, 15, n),
        "boy_share": random.normal(0.51, 0.05, n), "leaver_count": random.integers(15, 130, n),
        "known_background_share": 0.95,
    })  # fmt: skip
    merit = 93.567 + 69.846 * rows["parental_education"] - 83.641 * rows["newly_immigrated_share"]
    return rows.assign(merit=merit - 35.271 * rows["boy_share"] + random.normal(scale=17.3, size=n))


def test_an_expected_value_is_that_of_an_outside_regression_with_room_for_a_unit():
    told = background()
    found = salsa_like(told, outcome="merit")
    theirs = sm.OLS(told["merit"], sm.add_constant(told[list(FACTORS)])).fit()
    assert np.allclose(found.coefficients["estimate"], theirs.params, atol=1e-9)
    assert found.residual_sd == pytest.approx(np.sqrt(theirs.mse_resid))
    inside = (found.units["merit"] >= found.units["interval_lower"]) & (
        found.units["merit"] <= found.units["interval_upper"]
    )
    assert 0.91 < inside.mean() < 0.99
    weighted = salsa_like(told, outcome="merit", weighted=True)
    assert not np.allclose(weighted.coefficients["estimate"], found.coefficients["estimate"])


def test_units_with_few_leavers_or_little_known_stay_out():
    told = background(60)
    told.loc[:9, "leaver_count"] = 14
    told.loc[10:14, "known_background_share"] = 0.74
    told.loc[15, "boy_share"] = np.nan
    assert salsa_like(told, outcome="merit").unit_count == 44
    with pytest.raises(FollowupError, match="5 units for 4 coefficients"):
        salsa_like(told.iloc[20:25], outcome="merit")
    with pytest.raises(FollowupError, match="cannot be told apart"):
        salsa_like(told.assign(boy_share=0.5), outcome="merit")


@pytest.mark.parametrize("year", [2015, 2020])
def test_published_expected_values_follow_from_the_published_factors(year):
    folder = os.environ.get("LIKVARD_OPEN_DATA")
    path = Path(folder or ".", "salsa_skane", "salsa.csv")
    if not path.is_file():
        pytest.skip("LIKVARD_OPEN_DATA is unset or has no salsa_skane/salsa.csv")
    with path.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.reader(handle, delimiter=";") if row[0] == str(year)]

    def number(column, scale=1.0):
        return pd.Series([float(row[column].replace(",", ".")) / scale for row in rows])

    told = pd.DataFrame({
        "parental_education": number(4), "newly_immigrated_share": number(5, 100), "boy_share": number(8, 100),
        "merit": number(12), "merit_expected": number(13), "all_subjects_expected": number(10),
    })  # fmt: skip
    merit = reproduce_expected(told, published="merit_expected", tolerance=5.0)
    share = reproduce_expected(told, published="all_subjects_expected", tolerance=3.0)
    assert merit.r_squared > 0.99
    assert merit.residual_sd < 2.2
    assert merit.within_share == 1.0
    assert share.residual_sd < 1.1
    assert share.within_share == 1.0
    # A fit of the results themselves in some municipalities is another equation, and no SALSA.
    own = salsa_like(told, outcome="merit").coefficients.set_index("term")["estimate"]
    assert abs(own["newly_immigrated_share"] - merit.coefficients["newly_immigrated_share"]) > 15
