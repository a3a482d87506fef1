"""Pupils over time of a candidate's units, in the shape of the home's tables: cohorts, value-added, noise, forecast.

Belongs here: plain rows that stand on the units alone. Does not: what is published of cohorts (``publication.cohorts``).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from models_py.disclosure import DisclosureRule
from orchestration.publication.cohorts import COMPARED, COUNTED, VALUED, told_progress
from orchestration.school_forms import by_their_day

NEWEST = 2026
POINTS = {
    "swedish": {
        1: "reading_check",
        3: "test_all_parts",
        4: "teacher_judgement",
        6: "passing_grade",
        9: "passing_grade",
    },
    "mathematics": {3: "test_all_parts", 4: "teacher_judgement", 6: "passing_grade", 9: "passing_grade"},
}
STAGES = ("grades_4_6", "grades_7_9")


def cohort_counts(codes: Sequence[str], *, newest: int = NEWEST) -> pd.DataFrame:
    """``cohort_count``: every unit's cohorts from 2010 on as far as they have come, and the municipality."""
    rows = []
    for number, unit in enumerate(codes):
        for subject, points in POINTS.items():
            for grade, indicator in points.items():
                for cohort in range(2010, newest - grade + 1):
                    assessed = 14 + (number * 7 + cohort * 3 + grade) % 9
                    missed = 2 + (number + cohort + grade) % 5 + (4 if number == 0 else 0)
                    rows.append([unit, subject, indicator, 1, grade, cohort, assessed, assessed - missed])
    names = [
        "school_unit_code", "subject", "indicator", "indicator_version", "grade", "cohort_year", "assessed_count", "reached_count",
    ]  # fmt: skip
    units = pd.DataFrame(rows, columns=names)
    town = units.groupby(names[1:6], as_index=False)[names[6:]].sum().assign(school_unit_code="all")
    return pd.concat([units, town[names]], ignore_index=True)


def kept(codes: Sequence[str], *, newest: int = NEWEST) -> dict[str, pd.DataFrame]:
    """The home's tables that the published ones are made of."""
    values = [
        {
            "school_unit_code": unit, "stage": stage, "window_first_year": newest - 2, "window_last_year": newest,
            "matched_count": 43 + 7 * number, "value_added_points": point, "value_added_lower_points": point - 0.62,
            "value_added_upper_points": point + 0.62, "band_lower_points": -0.4, "band_upper_points": 0.4,
            "band_position": "above" if point > 1.02 else "undecided", "value_state": "shown",
        }
        for number, unit in enumerate(codes)
        for stage, point in zip(STAGES, (0.31 - 0.37 * number, 1.13 - 0.2 * number), strict=True)
    ]  # fmt: skip
    few = dict.fromkeys([name for name in values[0] if name.endswith("_points")]) | {"band_position": None}
    values[-1] |= few | {"value_state": "few_pupils", "matched_count": 12}
    noise = [
        {
            "indicator": indicator, "subject": subject, "grade": "9", "threshold": threshold, "pair_count": 12,
            "beyond_threshold_count": 5, "expected_by_chance": 4.5432, "beyond_chance_count": 1, "noise_share": 0.8765,
        }
        for indicator, subject, threshold in (("passing_grade", "swedish", 0.1), ("merit_value", "all_subjects", 10.0))
    ]  # fmt: skip
    return {COUNTED: cohort_counts(codes, newest=newest), VALUED: pd.DataFrame(values), COMPARED: pd.DataFrame(noise)}


def progress_rows(
    everywhere: Mapping[str, Any], codes: Sequence[str], *, threshold: int = 10
) -> dict[str, pd.DataFrame]:
    """The four published tables, without earlier publications.

    Cohorts are of the same four units however many ``codes`` there are, so that candidates can follow each other.
    """
    return dict(_made(everywhere["municipality_code"], everywhere["funding_year"], tuple(codes), threshold))


@functools.cache
def _made(code: str, year: int, codes: tuple[str, ...], threshold: int) -> dict[str, pd.DataFrame]:
    forecast = pd.DataFrame(_forecast(codes, newest=year - 1), dtype=object).assign(
        municipality_code=code, funding_year=year
    )
    four = [f"{code}{number:04d}" for number in range(1, 5)]
    told = told_progress(
        kept(four, newest=year - 1),
        municipality_code=code,
        funding_year=year,
        rule=DisclosureRule(threshold=threshold),
    )
    return told | {"pupil_forecast": forecast}


def _forecast(codes: Sequence[str], *, newest: int) -> list[dict[str, Any]]:
    rows = []
    places = [(unit, "all", 160 + 9 * number) for number, unit in enumerate(codes)]
    places += [("all", "all", sum(size for *_, size in places)), ("all", "F", 62), ("all", "9", 70)]
    for unit, age, size in places:
        for step in range(-3, 4):
            ahead, expected = step > 0, size * (1 + 0.021 * step)
            (grade,) = by_their_day([age], wanted_on=[date(newest + step, 10, 15)])
            rows.append(
                {
                    "school_unit_code": unit, "grade": grade, "count_year": newest + step,
                    "counted_count": None if ahead else round(expected),
                    "expected_count": round(expected, 1) if ahead else None,
                    "interval_lower_count": int(expected * (1 - 0.04 * step)) if ahead else None,
                    "interval_upper_count": int(expected * (1 + 0.04 * step)) if ahead else None,
                    "forecast_method": "progression" if ahead else None,
                }
            )  # fmt: skip
    return rows
