"""Open statistics for several municipalities: which years count, what each gets, and what each is refused for."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from models_py.need import fit_open_statistics, need_index, predict_from_shares
from models_py.need.evidence import UNSURE
from models_py.need.municipality import MunicipalNeed, need_from_shares
from models_py.need.record import COEFFICIENT_COLUMNS, fit_record

DATES = {year: date(year, 10, 15) for year in (2023, 2024, 2025)}


def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """120 units in four municipalities, three count dates, results of 2024 to 2027."""
    rng = np.random.default_rng(2)
    units = pd.DataFrame({
        "municipality_code": np.repeat(["0001", "0002", "0003", "0004"], 30),
        "school_unit_code": [f"u{number:03d}" for number in range(120)],
    })  # fmt: skip
    factors = pd.concat([
        units.assign(count_date=day, pupil_count=300, girl_share=rng.uniform(0.4, 0.6, 120),
                     post_secondary_share=rng.uniform(0.2, 0.9, 120),
                     foreign_background_share=rng.uniform(0, 0.8, 120))
        for day in DATES.values()
    ], ignore_index=True)  # fmt: skip
    results = pd.concat([
        units.assign(result_year=year, grade_9_pupil_count=80,
                     not_eligible_count=rng.binomial(80, 0.25, 120).astype(float))
        for year in (2024, 2025, 2026, 2027)
    ], ignore_index=True)  # fmt: skip
    return factors, results


FACTORS_, RESULTS = tables()
ASKED = {"0002": (DATES[2025], DATES[2024]), "0001": (DATES[2025],)}


def needs(results: pd.DataFrame = RESULTS, **changes: object) -> list[MunicipalNeed]:
    plain = {"dates": ASKED, "funding_year": 2027, "index_minimum_pupils": {"0001": 20, "0002": 301, "9": 1}}
    return need_from_shares(FACTORS_, results=results, **plain | changes)


def test_each_municipality_has_its_index_by_the_one_model_of_the_years_ended():
    found = needs()
    fit = fit_open_statistics(FACTORS_, results=RESULTS[RESULTS["result_year"] <= 2026])
    assert [need.municipality_code for need in found] == ["0001", "0002"]
    for need, minimum in zip(found, (20, 301), strict=True):
        rows = FACTORS_[(FACTORS_["municipality_code"] == need.municipality_code)
                        & FACTORS_["count_date"].isin(ASKED[need.municipality_code])]  # fmt: skip
        index = need_index(predict_from_shares(fit, rows).table, index_minimum_pupils=minimum).table
        assert need.index["need_index"].tolist() == index["need_index"].tolist()
        assert need.index["index_rule"].tolist() == index["index_rule"].tolist()
        assert set(need.index["municipality_code"]) == {need.municipality_code}
        assert set(need.index["funding_year"]) == {2027}
        assert set(need.index["fit_id"]) == {need.record["fit_id"]} == set(need.coefficients["fit_id"])
        assert need.index[list(UNSURE)].isna().all(axis=None)
        assert list(need.coefficients.columns) == list(COEFFICIENT_COLUMNS)
        assert set(need.coefficients["municipality_code"]) == {need.municipality_code}
        assert need.coefficients["estimate"].iloc[0] == fit.intercept
        assert (need.refusal, need.weights, need.tables) == (None, None, {})
    record = fit_record(fit, funding_year=2027, inputs_sha256=found[0].record["inputs_sha256"])
    assert found[0].record == found[1].record == record
    assert record["trained_on"]["result_years"] == [2024, 2025, 2026]


def test_a_year_without_counts_of_outcome_is_no_year_of_the_window():
    blank = RESULTS.assign(not_eligible_count=RESULTS["not_eligible_count"].where(RESULTS["result_year"] != 2026))
    assert needs(blank)[0].record["trained_on"]["result_years"] == [2024, 2025]


def test_without_results_everybody_is_refused_in_order_and_nothing_else_is_said():
    for results in (RESULTS[RESULTS["result_year"] == 2027], RESULTS.iloc[:0]):
        found = needs(results)
        assert [(need.municipality_code, need.refusal) for need in found] == [
            (code, "no results of a school year ended before the funding year") for code in ("0001", "0002")
        ]
        for need in found:
            assert need.index.empty
            assert need.coefficients.empty
            assert (need.record, need.tables, need.weights) == ({}, {}, None)


def test_a_municipality_without_units_is_refused_alone():
    found = needs(dates={"9": (DATES[2025],)} | ASKED)
    assert [need.municipality_code for need in found] == ["0001", "0002", "9"]
    assert [need.refusal is None for need in found] == [True, True, False]
    assert found[2].refusal


@pytest.mark.parametrize("results", [RESULTS.assign(grade_9_pupil_count=0)])
def test_what_the_model_refuses_is_told_to_all(results):
    assert len({need.refusal for need in needs(results)} - {None}) == 1
