"""From the warehouse's pupils and results to the tables of the follow-up, under their contracts' names.

Belongs here: which years a funding year may see, codes that follow reorganisation, what is withheld. Does not: any estimate
(``models_py.followup``), writing, what the public is told (``publication.cohorts``). Scores are ranks within the
municipality; no pupil's row leaves this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from expectations.contracts import FOLLOWING
from expectations.contracts.followup import FOLLOWUP
from models_py.errors import FollowupError, LikvardError
from models_py.followed import Followed
from models_py.followup import (
    GOALS,
    INDICATORS,
    SHOWN,
    STAGES,
    cohort_counts,
    current_codes,
    expectation_band,
    grade_gap,
    naive_change,
    pooled_sd,
    progression,
    stage_pupils,
    value_added,
    yearly_values,
)
from models_py.followup.tally import ALL
from orchestration.followup.reorganised import successors_of
from orchestration.publication.cohorts import COUNTED
from orchestration.resources.warehouse import Warehouse
from orchestration.school_forms import renamed

TABLES = tuple(contract.table for contract in FOLLOWUP)
COHORTS = 3
NOTED_SHARE, NOTED_POINTS = 0.10, 10.0
"""Changes that people take note of: a tenth of a share, ten points of merit value."""

BAND_STEP = 0.01
MERIT = "merit_value"
ALL_SUBJECTS = "all_subjects"

_RESULTS = """
    select municipality_code, pupil_key, result_year, school_unit_code, grade, measure, subject, assessed_value as "value"
    from intermediate.int_subject_results__assessed where municipality_code = ? order by all
"""
# Pupils with protected identity are numbers without a past: nobody can follow them, and nobody may.
_ENROLLMENT = """
    select municipality_code, pupil_key, cast(extract(year from count_date) as integer) as count_year, school_unit_code,
        grade,
        guardian_education, immigration, household_income, area_type, sex, econ_assistance, household, siblings
    from intermediate.int_pupils__factors
    where municipality_code = ? and pupil_key not like 'protected-%' and extract(month from count_date) = 10 order by all
"""
_MERIT = """
    select municipality_code, school_unit_code, result_year, cast(count(*) as integer) as pupil_count,
        sum(cast(merit_value * 2 as bigint)) / 2.0 as value_sum,
        sum(cast(merit_value * 2 as bigint) * cast(merit_value * 2 as bigint)) / 4.0 as square_sum
    from intermediate.int_leavers__factors where municipality_code = ? and merit_value is not null
    group by all order by all
"""
_FACTORS = (
    "guardian_education", "immigration", "household_income", "area_type", "sex", "econ_assistance", "household", "siblings",
)  # fmt: skip


def with_results(warehouse: Warehouse) -> list[str]:
    """Municipalities with any result that a pupil can be followed by, ascending. Raises FileNotFoundError without a warehouse."""
    sql = "select distinct municipality_code from intermediate.int_subject_results__assessed order by all"
    return warehouse.query(sql)["municipality_code"].tolist()


def read_followed(warehouse: Warehouse, code: str) -> dict[str, pd.DataFrame]:
    """results, enrollment, merit and units of one municipality: its pupils alone are in memory."""
    queries = {"results": _RESULTS, "enrollment": _ENROLLMENT, "merit": _MERIT}
    read = {name: warehouse.query(sql, [code]) for name, sql in queries.items()}
    units = warehouse.mart("dim_school_unit", municipality=code)
    return read | {"units": units, "enrollment": numbered_by_age(read["enrollment"])}


def numbered_by_age(enrollment: pd.DataFrame) -> pd.DataFrame:
    """Pupils with the number of their grade by age, F as 0, as results have it: a cohort keeps its own over July 2028."""
    days = {year: date(year, 10, 15) for year in enrollment["count_year"].unique().tolist()}
    names = renamed(enrollment["grade"], told_on=enrollment["count_year"].map(days))
    return enrollment.assign(grade=[0 if name == "F" else int(name) for name in names])


def progress_of_year(
    read: Callable[[str], Mapping[str, pd.DataFrame]], *, codes: Sequence[str], funding_year: int
) -> Iterator[tuple[str, Followed]]:
    """Each municipality with its cohorts and value-added, or why it has none. ``read``: as ``read_followed``, by code."""
    for code in sorted(codes):
        try:
            yield code, follow_municipality(read(code), code, funding_year=funding_year)
        except LikvardError as error:  # one municipality's results must not stop its neighbours
            yield code, Followed(refusal=str(error))


def follow_municipality(found: Mapping[str, pd.DataFrame], code: str, *, funding_year: int) -> Followed:
    """The tables of one municipality, and what could not be told: stage to reason.

    Only results set before the funding year are seen. Raises FollowupError where there is nothing to follow.
    """
    own = {name: table[table["municipality_code"] == code] for name, table in found.items()}
    newest = funding_year - 1
    results = own["results"][own["results"]["result_year"] <= newest]
    enrollment = own["enrollment"][own["enrollment"]["count_year"] < newest]
    if not (results["measure"] != "eligible_vocational").any():
        raise FollowupError(f"no results per subject up to {newest}; deliver subject_results")
    successors = successors_of(own["units"])
    results, enrollment, merit = (
        table.assign(school_unit_code=current_codes(table["school_unit_code"], successors=successors))
        for table in (results, enrollment, own["merit"][own["merit"]["result_year"] <= newest])
    )
    counts = cohort_counts(results, enrollment)
    made = {"cohort_progression": _cohorts(progression(counts)), "grade_test_gap": _gaps(results, newest)}
    made["naive_comparison"], made["naive_noise"] = _naive(counts, merit)
    made["school_value_added"], silent = _value_added(results, enrollment)
    made[COUNTED] = _counted(counts)
    return Followed(made, not_shown=silent)


def _counted(counts: pd.DataFrame) -> pd.DataFrame:
    """Everybody assessed at an indicator of one subject; what all subjects together say stands beside the need model."""
    kept = (counts["series"] == GOALS) & (counts["pupil_group"] == ALL) & (counts["subject"] != ALL_SUBJECTS)
    names = [
        "school_unit_code", "subject", "indicator", "indicator_version", "grade", "cohort_year", "assessed_count",
        "reached_count",
    ]  # fmt: skip
    told = counts.loc[kept & (counts["assessed_count"] > 0)].rename(columns={"version": "indicator_version"})
    return told[names].reset_index(drop=True)


def _cohorts(told: pd.DataFrame) -> pd.DataFrame:
    names = {
        "version": "indicator_version", "prior_share": "prior_reached_share", "change": "cohort_change",
        "interval_lower": "cohort_change_lower", "interval_upper": "cohort_change_upper",
    }  # fmt: skip
    empty = told["prior_indicator"] == ""
    return told.assign(prior_indicator=told["prior_indicator"].mask(empty), grade=told["grade"].astype(str)).rename(
        columns=names
    )


def _gaps(results: pd.DataFrame, newest: int) -> pd.DataFrame:
    first = newest - COHORTS + 1
    names = {
        "compared_count": "gap_pupil_count", "interval_lower": "gap_lower_points", "interval_upper": "gap_upper_points",
        "gap_beside_all": "gap_beside_all_points",
    }  # fmt: skip
    told = grade_gap(results, result_years=(first, newest)).rename(columns=names)
    return told.assign(grade=told["grade"].astype(str), window_first_year=first, window_last_year=newest)


def _value_added(results: pd.DataFrame, enrollment: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Every stage's newest window. What is not shown is empty: a figure that says nothing must not be read."""
    parts, silent = [], {}
    for stage in STAGES:
        try:
            pupils = stage_pupils(
                results, enrollment, stage=stage, background=_background(enrollment, stage.last_grade)
            )
            found = value_added(pupils, result_year=int(pupils.year.max()), cohorts=COHORTS)
        except FollowupError as error:
            silent[stage.name] = str(error)
            continue
        table = found.table
        shown = table["state"] == SHOWN
        points = table[["value_added", "interval_lower", "interval_upper"]].mul(found.points_per_sd).where(shown)
        rows = table.assign(
            stage=stage.name, window_first_year=found.result_year - COHORTS + 1, window_last_year=found.result_year,
            value_added_sd=table["value_added"].where(shown), value_added_points=points["value_added"],
            value_added_lower_points=points["interval_lower"], value_added_upper_points=points["interval_upper"],
            value_state=table["state"], joiners_differ=table["joiners_differ"].astype(object).where(shown, None),
        )  # fmt: skip
        band = _band(table[shown]).reindex(table["school_unit_code"]).reset_index(drop=True)
        edges = band[["band_lower", "band_upper"]].astype(float) * found.points_per_sd
        parts.append(
            rows.assign(
                band_lower_points=edges["band_lower"].to_numpy(),
                band_upper_points=edges["band_upper"].to_numpy(),
                band_position=band["position"].to_numpy(),
            )
        )  # fmt: skip
    names = [
        name for name in FOLLOWING["school_value_added"].names if name not in ("municipality_code", "funding_year")
    ]
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names), silent


def _band(shown: pd.DataFrame) -> pd.DataFrame:
    """The band around 0 in SD, and each unit's place in it, by unit; nothing for the others."""
    names = ["band_lower", "band_upper", "position"]
    if shown.empty:
        return pd.DataFrame(columns=names, dtype=object)
    units = shown.assign(stratum="all", observed=shown["value_added"], expected=0.0)
    return expectation_band(units, step=BAND_STEP).units.set_index("school_unit_code")[names].astype(object)


def _background(enrollment: pd.DataFrame, grade: int) -> pd.DataFrame:
    """A column per level of every factor but its first, as of the October of the stage's last grade."""
    last = enrollment[enrollment["grade"] == grade].sort_values("count_year").drop_duplicates("pupil_key", keep="last")
    columns = {"pupil_key": last["pupil_key"].to_numpy()}
    for factor in _FACTORS:
        levels = sorted(last[factor].unique())
        columns |= {f"{factor}_{level}": (last[factor] == level).to_numpy(np.int64) for level in levels[1:]}
    return pd.DataFrame(columns)


def _naive(counts: pd.DataFrame, merit: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Grades 6 and 9 of every indicator of the goals, and the merit value, against the year before."""
    pairs, noise = [], []
    for one in INDICATORS:
        if one.series == GOALS and one.grade in (6, 9):
            for subject in one.subjects:
                values = yearly_values(counts, series=GOALS, indicator=one.code, subject=subject, grade=one.grade)
                _compare(pairs, noise, values, (one.code, subject, one.grade), kind="share", threshold=NOTED_SHARE)
    sums = merit.groupby(["school_unit_code", "result_year"], as_index=False)[
        ["pupil_count", "value_sum", "square_sum"]
    ]
    told = sums.sum().assign(value=lambda t: t["value_sum"] / t["pupil_count"])
    spread = pooled_sd(*(told[name].to_numpy(float) for name in ("pupil_count", "value_sum", "square_sum")))
    if np.isfinite(spread) and spread > 0:
        key = (MERIT, ALL_SUBJECTS, 9)
        _compare(pairs, noise, told, key, kind="mean", threshold=NOTED_POINTS, within_sd=spread)
    return tuple(  # type: ignore[return-value]
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=[n for n in FOLLOWING[name].names if n not in ("municipality_code", "funding_year")])
        for name, parts in (("naive_comparison", pairs), ("naive_noise", noise))
    )


def _compare(
    pairs: list[pd.DataFrame], noise: list[pd.DataFrame], values: pd.DataFrame, key: tuple[str, str, int], *, kind: str,
    threshold: float, within_sd: float | None = None,
) -> None:  # fmt: skip
    found = naive_change(values, kind=kind, threshold=threshold, within_sd=within_sd)
    named = {"indicator": key[0], "subject": key[1], "grade": str(key[2])}
    columns = {
        "pupil_count": "pair_pupil_count", "previous_pupil_count": "pair_previous_pupil_count", "change": "naive_change",
        "standard_error": "naive_change_se",
    }  # fmt: skip
    if not found.compared_count:
        return
    pairs.append(found.table.rename(columns=columns).assign(**named))
    noise.append(
        pd.DataFrame(
            [
                named | {
                    "threshold": threshold, "pair_count": found.compared_count,
                    "beyond_threshold_count": found.beyond_threshold_count,
                    "expected_by_chance": found.expected_by_chance, "beyond_chance_count": found.beyond_chance_count,
                    "noise_share": found.noise_share,
                }
            ]
        )
    )  # fmt: skip
