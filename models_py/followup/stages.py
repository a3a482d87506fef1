"""Pupils through a stage: where they began, where they ended, how long they were at the unit.

Belongs here: which results open and close a stage, matching them by pupil, exposure. Does not: what a unit added
(``value_added``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import FollowupError
from models_py.followup.scores import SubjectScores, one_score, subject_scores
from models_py.followup.tables import ENROLLMENT, RESULT_KEY, RESULTS, codes_of, number_pupils, require, require_single


@dataclass(frozen=True, slots=True)
class Stage:
    """Grades of a stage, the measure that closes it, and those before it; the first of them a pupil must have."""

    name: str
    first_grade: int
    last_grade: int
    outcome: str
    priors: tuple[tuple[str, int], ...]

    @property
    def years(self) -> int:
        """School years of the stage."""
        return self.last_grade - self.first_grade + 1


STAGES = (
    Stage("grades_4_6", 4, 6, "national_test", (("national_test", 3), ("reading_check", 1))),
    Stage("grades_7_9", 7, 9, "national_test", (("national_test", 6), ("national_test", 3))),
)
"""Closed by national tests, not grades: a lenient school would look good on grades. Grades F-3 have no test before them,
so nothing is estimated there."""


@dataclass(frozen=True, slots=True, eq=False)
class StagePupils:
    """Pupils who closed a stage and have a result from before it; rows ordered by content, never by pupil key.

    Attributes
    ----------
    stage : the stage
    units : school_unit_code by number, ascending
    unit, year : (N,) int64, number of the unit where the stage was closed, and the result year
    outcome : (N,) score at the end, SD within the year
    prior : (N, P) scores before, their squares and cubes, flags of missing ones, and further columns given
    names : P names of columns
    exposure : (N,) share of the stage's years at the unit, above 0 and at most 1
    enrolled : unit number × result year to pupils enrolled in the last grade, int64 (U, Y)
    years : (Y,) result years, ascending
    points_sd : SD of the outcome in points, to read an SD by
    opening_reliability : of the first score before, 0..1, among all pupils with it; nan where one subject alone makes it
    """

    stage: Stage
    units: np.ndarray
    unit: np.ndarray
    year: np.ndarray
    outcome: np.ndarray
    prior: np.ndarray
    names: tuple[str, ...]
    exposure: np.ndarray
    enrolled: np.ndarray
    years: np.ndarray
    points_sd: float
    opening_reliability: float

    @property
    def stayed(self) -> np.ndarray:
        """(N,) bool: at the unit through the whole stage."""
        return self.exposure >= 1.0


def stage_pupils(
    results: pd.DataFrame, enrollment: pd.DataFrame, *, stage: Stage, background: pd.DataFrame | None = None
) -> StagePupils:
    """Match the results that close a stage with those before it.

    Parameters
    ----------
    results : columns ``RESULTS``; every pupil in it lends a rank
    enrollment : columns ``ENROLLMENT``; school_unit_code as it is called today (``current_codes``)
    background : pupil_key and numeric columns, one row per pupil, no nan; pupils without a row get a flag. None = none

    Raises FollowupError for missing columns, repeated keys, and where nobody can be matched.
    """
    require(results, RESULTS, what="results")
    require(enrollment, ENROLLMENT, what="enrollment")
    wanted = {(stage.outcome, stage.last_grade), *stage.priors}
    inside = enrollment["grade"].between(stage.first_grade, stage.last_grade)
    empty = pd.DataFrame({"pupil_key": pd.Series([], dtype=object)})
    used, within, background = number_pupils(
        _only(results, wanted)[list(RESULTS)], enrollment.loc[inside, list(ENROLLMENT)],
        empty if background is None else _checked(background),
    )  # fmt: skip
    require_single(used, RESULT_KEY, what="results")
    require_single(within, ("pupil_key", "count_year"), what="enrollment")
    unit, units = codes_of(within["school_unit_code"])
    ended = one_score(_scores(used, stage.outcome, stage.last_grade))
    at_end = _units_at_end(within.assign(school_unit_code=unit), stage)
    rows = ended.merge(at_end, on=["pupil_key", "result_year"], how="inner")
    names: list[str] = []
    columns: list[np.ndarray] = []
    reliability = float("nan")
    for position, (measure, grade) in enumerate(stage.priors):
        scores = _scores(used, measure, grade)
        score = _latest(one_score(scores), rows["pupil_key"].to_numpy(np.int64))
        if position == 0:
            reliability = scores.reliability
            known = np.isfinite(score)
            rows, score = rows[known], score[known]
        _add_powers(f"{measure}_{grade}", score, names, columns)
    if rows.empty:
        measure, grade = stage.priors[0]
        raise FollowupError(f"{stage.name}: nobody has both {stage.outcome} {stage.last_grade} and {measure} {grade}")
    _add_background(background, rows["pupil_key"].to_numpy(np.int64), names, columns)
    years, year_at = np.unique(at_end["result_year"].to_numpy(np.int64), return_inverse=True)
    enrolled = np.zeros((len(units), len(years)), dtype=np.int64)
    np.add.at(enrolled, (at_end["school_unit_code"].to_numpy(np.int64), year_at), 1)
    own = rows["school_unit_code"].to_numpy(np.int64)
    prior, outcome = np.column_stack(columns), rows["score"].to_numpy(float)
    exposure, year = rows["exposure"].to_numpy(float), rows["result_year"].to_numpy(np.int64)
    order = np.lexsort((*prior.T[::-1], exposure, outcome, own, year))
    return StagePupils(
        stage, units, own[order], year[order], outcome[order], prior[order], tuple(names), exposure[order], enrolled,
        years, float(np.std(np.sort(ended["points"].to_numpy(float)))), reliability,
    )  # fmt: skip


def _only(results: pd.DataFrame, wanted: set[tuple[str, int]]) -> pd.DataFrame:
    keep = np.zeros(len(results), dtype=bool)
    for measure, grade in wanted:
        keep |= ((results["measure"] == measure) & (results["grade"] == grade)).to_numpy()
    return results[keep]


def _scores(results: pd.DataFrame, measure: str, grade: int) -> SubjectScores:
    return subject_scores(results[(results["measure"] == measure) & (results["grade"] == grade)])


def _units_at_end(within: pd.DataFrame, stage: Stage) -> pd.DataFrame:
    """Pupils of the last grade: result_year, their unit, and the share of the stage's years that they were there."""
    pupil, unit, year = (within[name].to_numpy(np.int64) for name in ("pupil_key", "school_unit_code", "count_year"))
    base = int(year.min()) - stage.years if len(year) else 0
    span = int(year.max()) - base + 1 if len(year) else 1
    here = (pupil * (int(unit.max(initial=0)) + 1) + unit) * span + year - base
    held = np.sort(here)
    last = within["grade"].to_numpy() == stage.last_grade
    own = here[last]
    years_here = np.zeros(len(own), dtype=np.int64)
    for back in range(stage.years):
        place = np.minimum(np.searchsorted(held, own - back), max(len(held) - 1, 0))
        years_here += held[place] == own - back if len(held) else 0
    closed = within[last]
    return pd.DataFrame({
        "pupil_key": closed["pupil_key"].to_numpy(), "result_year": closed["count_year"].to_numpy(np.int64) + 1,
        "school_unit_code": closed["school_unit_code"].to_numpy(np.int64), "exposure": years_here / stage.years,
    })  # fmt: skip


def _add_powers(name: str, score: np.ndarray, names: list[str], columns: list[np.ndarray]) -> None:
    """A cubic of the score (a line where it has too few values to bend), zero where missing, with a flag where any is."""
    missing = ~np.isfinite(score)
    z = np.where(missing, 0.0, score)
    powers = [("", z), ("_squared", np.where(missing, 0.0, z**2 - 1)), ("_cubed", z**3)]
    for suffix, column in powers if len(np.unique(score[~missing])) > 3 else powers[:1]:
        names.append(name + suffix)
        columns.append(column)
    if missing.any():
        names.append(f"{name}_missing")
        columns.append(missing.astype(float))


def _latest(scores: pd.DataFrame, pupil: np.ndarray) -> np.ndarray:
    """The newest score of each pupil asked for; nan without one."""
    ordered = scores.sort_values("result_year", kind="stable")
    number = ordered["pupil_key"].to_numpy(np.int64)
    found = np.full(int(max(number.max(initial=0), pupil.max(initial=0))) + 1, np.nan)
    found[number] = ordered["score"].to_numpy(float)
    return np.asarray(found[pupil])


def _checked(background: pd.DataFrame) -> pd.DataFrame:
    require(background, ("pupil_key",), what="background")
    require_single(background, ("pupil_key",), what="background")
    given: Sequence[str] = [name for name in background.columns if name != "pupil_key"]
    empty = [name for name in given if background[name].isna().any()]
    if empty:
        raise FollowupError(
            f"background: columns {', '.join(empty)} have empty values; give missing a level of its own"
        )
    return background


def _add_background(background: pd.DataFrame, pupil: np.ndarray, names: list[str], columns: list[np.ndarray]) -> None:
    given = [name for name in background.columns if name != "pupil_key"]
    if not given:
        return
    number = background["pupil_key"].to_numpy(np.int64)
    row = np.full(int(max(number.max(initial=0), pupil.max(initial=0))) + 1, -1)
    row[number] = np.arange(len(number))
    at, unknown = row[pupil], row[pupil] < 0
    for name in given:
        names.append(name)
        columns.append(np.where(unknown, 0.0, background[name].to_numpy(float)[at]))
    if unknown.any():
        names.append("background_missing")
        columns.append(unknown.astype(float))
