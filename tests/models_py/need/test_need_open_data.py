"""The open-statistics model on Skolverket's own figures: autumn 2020 composition, results of June 2021."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models_py.need import fit_open_statistics, need_index, out_of_fold, predict_from_shares, rank_correlations

OPEN_DATA = os.environ.get("LIKVARD_OPEN_DATA", "")
pytestmark = pytest.mark.skipif(
    not OPEN_DATA or not Path(OPEN_DATA).is_dir(), reason="LIKVARD_OPEN_DATA is unset or absent"
)
EXPORT = "skolverket_elever_arskurs/Grundskolan - Antal elever per årskurs {} Skolenhet.csv"
ELIGIBILITY = "ratioOfPupils9thGradeEligibleForNationalProgramYR"


def number(text: pd.Series) -> pd.Series:
    return pd.to_numeric(text.str.replace(r"\s", "", regex=True).str.replace(",", "."), errors="coerce")


def school_factors(autumn: int) -> pd.DataFrame:
    with (Path(OPEN_DATA) / EXPORT.format(autumn)).open(encoding="utf-8-sig", newline="") as file:
        rows = [row[:22] for row in csv.reader(file, delimiter=";") if len(row) > 20 and row[1].strip().isdigit()]
    raw = pd.DataFrame(rows)
    grades_1_9 = number(raw[9]).fillna(0)
    table = pd.DataFrame({"municipality_code": raw[3], "school_unit_code": raw[1], "count_date": f"{autumn}-10-15"})
    table["pupil_count"] = (number(raw[7]).fillna(0) + grades_1_9).astype(int)
    table["grade_9_pupil_count"] = number(raw[21])
    for name, text in (("foreign_background_share", raw[11]), ("post_secondary_share", raw[12])):
        value = number(text) / 100
        few = text.eq("..") | (text.eq(".") & (name == "post_secondary_share"))
        upper = np.minimum(1.0, 9 / grades_1_9.where(grades_1_9 > 0))
        zero = text.eq(".") & ~few
        table[name] = value.mask(few, upper / 2).mask(zero, 0.0).where(grades_1_9 > 0)
        table[f"{name}_lower"] = table[name].mask(few & (grades_1_9 > 0), 0.0)
        table[f"{name}_upper"] = table[name].mask(few, upper)
    return table


def school_results(factors: pd.DataFrame, school_year: str, june: int) -> pd.DataFrame:
    raw = pd.read_parquet(Path(OPEN_DATA) / "skolverket_api_gr_v4/gr_statistics_long.parquet")
    raw = raw[(raw["metric"] == ELIGIBILITY) & (raw["lasar"] == school_year)]
    table = raw.rename(columns={"skolenhetskod": "school_unit_code"}).merge(
        factors[["municipality_code", "school_unit_code", "grade_9_pupil_count"]], on="school_unit_code"
    )
    nearly_all = table["value"].eq("~100")
    counted = table["grade_9_pupil_count"] * (1 - number(table["value"].fillna("")) / 100)
    for name, failures in (("", 2.5), ("_lower", 1.0), ("_upper", 4.0)):
        table[f"not_eligible_count{name}"] = counted.mask(nearly_all, table["grade_9_pupil_count"].clip(upper=failures))
    return table.assign(result_year=june)


@pytest.fixture(scope="module")
def factors() -> pd.DataFrame:
    return school_factors(2020)


@pytest.fixture(scope="module")
def results(factors: pd.DataFrame) -> pd.DataFrame:
    return school_results(factors, "2020/21", 2021)


def test_both_shares_raise_need_and_the_dispersion_is_real(factors, results):
    fit = fit_open_statistics(factors, results=results)
    assert fit.units == 612
    assert (fit.intervals[:, 0] > 0).all()
    assert fit.dispersion > 2


def test_units_left_out_are_ranked_within_their_municipality(factors, results):
    found = rank_correlations(out_of_fold(factors, results=results))
    assert found.municipalities >= 25
    assert found.within_municipality > 0.5
    assert found.pooled > 0.5


def test_every_municipality_gets_an_index_of_mean_100_for_every_unit_with_pupils(factors, results):
    fit = fit_open_statistics(factors, results=results)
    need = predict_from_shares(fit, pd.concat([factors, school_factors(2021)])).table
    unit_count = 0
    for _, own in need.groupby("municipality_code"):
        index = need_index(own).table
        unit_count += len(index)
        assert abs(np.average(index["need_index"], weights=index["pupil_count"]) - 100) < 1e-9
        assert (index["need_index_lower"] <= index["need_index"] + 1e-9).all()
        assert (index["need_index"] <= index["need_index_upper"] + 1e-9).all()
    assert unit_count == 4743


def test_one_or_four_failures_at_nearly_all_change_the_slopes_little(factors, results):
    used, lower, upper = (
        fit_open_statistics(factors, results=results, outcome=end).coefficients for end in ("used", "lower", "upper")
    )
    assert lower[1] > used[1] > upper[1]
    assert lower == pytest.approx(upper, rel=0.35)
