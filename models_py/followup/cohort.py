"""A cohort followed pupil by pupil from grade 1 to 9: counts per unit, subject and indicator, for those who stayed, joined,
left, and all.

Belongs here: counting. The cohort's year is the autumn in which it began grade 1. Does not: shares, changes and their
intervals (``progression``), estimation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import FollowupError
from models_py.followup.indicators import INDICATORS, Indicator, check_indicators
from models_py.followup.tables import ENROLLMENT, RESULT_KEY, RESULTS, codes_of, number_pupils, require, require_single
from models_py.followup.tally import ALL, COUNTS, JOINERS, LEAVERS, STAYERS, Tally

WHOLE = "all"
"""school_unit_code of a whole municipality."""

KEYS = (
    "municipality_code", "school_unit_code", "series", "subject", "cohort_year", "result_year", "grade", "indicator",
    "pupil_group",
)  # fmt: skip
COLUMNS = (*KEYS, "version", "prior_indicator", "prior_version", "prior_grade", *COUNTS)


@dataclass(frozen=True, slots=True, eq=False)
class _Roll:
    """Pupils of one grade, sorted by pupil and year: who was where. Keys are pupil number × years + year."""

    key: np.ndarray
    unit: np.ndarray

    def units_at(self, key: np.ndarray) -> np.ndarray:
        """Unit of each key, -1 where the pupil was not enrolled in the grade that year."""
        return _looked_up(self.key, self.unit, key, absent=-1)


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Results of one indicator and subject in one grade: sorted keys and whether reached."""

    indicator: Indicator
    key: np.ndarray
    reached: np.ndarray

    def reached_at(self, key: np.ndarray) -> np.ndarray:
        """1 reached, 0 not, -1 not assessed."""
        return _looked_up(self.key, self.reached, key, absent=-1)


def cohort_counts(
    results: pd.DataFrame, enrollment: pd.DataFrame, *, indicators: Sequence[Indicator] = INDICATORS
) -> pd.DataFrame:
    """Count every cohort at every indicator, and against the indicator before it in its series and subject.

    Parameters
    ----------
    results : columns ``RESULTS``
    enrollment : columns ``ENROLLMENT`` and municipality_code; school_unit_code as the unit is called today
    indicators : definitions; versions by date

    Returns ``COLUMNS``, ordered by ``KEYS``; a row per group with a pupil. Groups, against the unit one indicator earlier:
    ``all`` enrolled at the unit now, its prior counts are of those who were there then, other pupils among them;
    ``stayers`` there at both; ``joiners`` now only, their prior counts from wherever they were; ``leavers`` then only, for
    units that still have the grade. ``both``, ``both_reached`` (now), ``gained`` and ``lost`` count pupils of the group assessed twice. A first
    indicator has only ``all``. school_unit_code ``all`` is the municipality, where staying is staying in it.

    Raises FollowupError for missing columns, repeated keys, and versions that hold at the same time.
    """
    require(results, RESULTS, what="results")
    require(enrollment, (*ENROLLMENT, "municipality_code"), what="enrollment")
    results, enrollment = number_pupils(results[list(RESULTS)], enrollment[[*ENROLLMENT, "municipality_code"]])
    require_single(results, RESULT_KEY, what="results")
    require_single(enrollment, ("pupil_key", "count_year"), what="enrollment")
    check_indicators(indicators)
    if enrollment.empty:
        raise FollowupError("enrollment: no rows, so there is no cohort to follow")
    book = _Book(results, enrollment)
    parts: list[pd.DataFrame] = []
    for series, subject in sorted({(one.series, s) for one in indicators for s in one.subjects}):
        grades = sorted({one.grade for one in indicators if one.series == series and subject in one.subjects})
        before: list[_Point] = []
        for grade in grades:
            here = [one for one in indicators if (one.series, one.grade) == (series, grade) and subject in one.subjects]
            points = [book.point(one, subject) for one in sorted(here, key=lambda v: (v.code, v.version))]
            for point in points:
                # The chain of a code first; else whatever the series had before it.
                own = [p for p in before if p.indicator.code == point.indicator.code] or before
                latest = max((p.indicator.grade for p in own), default=None)
                parts += book.counted(point, [p for p in own if p.indicator.grade == latest], subject)
            before = [*before, *points]
    found = [part for part in parts if len(part)]
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))
    return table[list(COLUMNS)].sort_values(list(KEYS), ignore_index=True)


class _Book:
    """Enrollment and results with pupils, units and years as numbers."""

    def __init__(self, results: pd.DataFrame, enrollment: pd.DataFrame) -> None:
        self.first = int(min(enrollment["count_year"].min() + 1, results["result_year"].min()))
        last = int(max(enrollment["count_year"].max() + 1, results["result_year"].max()))
        self.span = last - self.first + 1
        unit, self.units = codes_of(enrollment["school_unit_code"])
        town, self.towns = codes_of(enrollment["municipality_code"])
        self.town_of = np.zeros(len(self.units), dtype=np.int64)
        self.town_of[unit] = town
        key = enrollment["pupil_key"].to_numpy(np.int64) * self.span
        key = key + enrollment["count_year"].to_numpy(np.int64) + 1 - self.first
        self.town_years = np.zeros((len(self.towns), self.span), dtype=bool)
        self.town_years[town, key % self.span] = True
        grade = enrollment["grade"].to_numpy(np.int64)
        self.rolls = {g: _roll(key[grade == g], unit[grade == g]) for g in range(1, 10)}
        measure, names = codes_of(results["measure"])
        subject, subjects = codes_of(results["subject"])
        self._measures = {str(name): k for k, name in enumerate(names)}
        self._subjects = {str(name): k for k, name in enumerate(subjects)}
        pupil, value = results["pupil_key"].to_numpy(np.int64), results["value"].to_numpy(float)
        known = np.isfinite(value)
        self._measure, self._subject, self._value = measure[known], subject[known], value[known]
        self._grade = results["grade"].to_numpy(np.int64)[known]
        self._year = results["result_year"].to_numpy(np.int64)[known]
        self._key = pupil[known] * self.span + self._year - self.first

    def point(self, one: Indicator, subject: str) -> _Point:
        """The results that an indicator reads in one subject."""
        own = (self._measure == self._measures.get(one.measure, -1)) & (self._grade == one.grade)
        own &= self._subject == self._subjects.get(subject, -1)
        own &= (self._year >= one.first_year) & (self._year <= (one.last_year or 9999))
        order = np.argsort(self._key[own], kind="stable")
        return _Point(one, self._key[own][order], (self._value[own][order] >= one.reached_from).astype(np.int64))

    def counted(self, point: _Point, earlier: Sequence[_Point], subject: str) -> Iterator[pd.DataFrame]:
        """Rows of one indicator: units and municipalities, all and, where there is an earlier one, the groups."""
        one, roll = point.indicator, self.rolls[point.indicator.grade]
        reached = point.reached_at(roll.key)
        years = np.unique(roll.key[reached >= 0] % self.span)
        inside = np.isin(roll.key % self.span, years)
        now, key, reached = roll.unit[inside], roll.key[inside], reached[inside]
        for of_town in (False, True):
            where = self.town_of if of_town else np.arange(len(self.units))
            tally = Tally(len(self.towns) if of_town else len(self.units), self.span)
            unit, year = where[now], key % self.span
            tally.add(ALL, unit, year, enrolled=np.ones(len(key), dtype=np.int64), reached=reached)
            if earlier:
                self._with_prior(tally, point, earlier, now=now, key=key, reached=reached, where=where)
            yield self._named(tally, one, earlier, subject, of_town=of_town)

    def _with_prior(
        self, tally: Tally, point: _Point, earlier: Sequence[_Point], *, now: np.ndarray, key: np.ndarray,
        reached: np.ndarray, where: np.ndarray,
    ) -> None:  # fmt: skip
        unit, back = where[now], point.indicator.grade - earlier[0].indicator.grade
        then = self.rolls[earlier[0].indicator.grade]
        possible = self._delivered(now, key, back)
        before = np.where(possible, then.units_at(key - back), -1)
        before = np.where(before >= 0, where[before], -1)
        prior = np.where(possible, _first_known(earlier, key - back), -1)
        # Before a municipality's first delivery nobody's past is known: they are neither.
        for group, member in ((STAYERS, possible & (before == unit)), (JOINERS, possible & (before != unit))):
            tally.add(
                group, unit[member], key[member] % self.span, enrolled=np.ones(int(member.sum()), dtype=np.int64),
                reached=reached[member], prior=prior[member],
            )  # fmt: skip
        later = then.key + back
        inside = then.key % self.span + back < self.span
        old_key, old = later[inside], where[then.unit[inside]]
        new = self.rolls[point.indicator.grade].units_at(old_key)
        new = np.where(new >= 0, where[new], -1)
        old_prior, old_year = _first_known(earlier, old_key - back), old_key % self.span
        has_grade = np.isin(old * self.span + old_year, np.unique(unit * self.span + key % self.span))
        tally.add_prior(ALL, old[has_grade], old_year[has_grade], old_prior[has_grade])
        gone = has_grade & (new != old)
        tally.add(
            LEAVERS, old[gone], old_year[gone], enrolled=np.ones(int(gone.sum()), dtype=np.int64),
            reached=point.reached_at(old_key[gone]), prior=old_prior[gone],
        )  # fmt: skip

    def _delivered(self, now: np.ndarray, key: np.ndarray, back: int) -> np.ndarray:
        """Whether the municipality of each pupil's unit had counted pupils ``back`` years before."""
        year = key % self.span - back
        town = self.town_of[now]
        return np.asarray((year >= 0) & self.town_years[town, np.maximum(year, 0)])

    def _named(
        self, tally: Tally, one: Indicator, earlier: Sequence[_Point], subject: str, *, of_town: bool
    ) -> pd.DataFrame:
        rows = tally.rows()
        place = rows.pop("place").to_numpy(np.int64)
        town = place if of_town else self.town_of[place]
        year = rows["result_year"].to_numpy(np.int64) + self.first
        prior_grade = earlier[0].indicator.grade if earlier else 0
        version = _versions(earlier, year - one.grade + prior_grade)
        return rows.assign(
            municipality_code=np.asarray(self.towns)[town].astype(str),
            school_unit_code=WHOLE if of_town else np.asarray(self.units)[place].astype(str),
            series=one.series, subject=subject, result_year=year, cohort_year=year - one.grade, grade=one.grade,
            indicator=one.code, version=one.version, prior_indicator=earlier[0].indicator.code if earlier else "",
            prior_version=version, prior_grade=prior_grade,
        )  # fmt: skip


def _roll(key: np.ndarray, unit: np.ndarray) -> _Roll:
    order = np.argsort(key, kind="stable")
    return _Roll(key[order], unit[order])


def _looked_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray, *, absent: int) -> np.ndarray:
    if not len(keys):
        return np.full(len(wanted), absent, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], absent)


def _first_known(points: Sequence[_Point], key: np.ndarray) -> np.ndarray:
    """What the one version that held says; -1 where none does."""
    told = np.full(len(key), -1, dtype=np.int64)
    for point in points:
        told = np.where(told < 0, point.reached_at(key), told)
    return told


def _versions(points: Sequence[_Point], year: np.ndarray) -> np.ndarray:
    """Version that held in each year; 0 where none did."""
    told = np.zeros(len(year), dtype=np.int64)
    for point in points:
        one = point.indicator
        told = np.where((year >= one.first_year) & (year <= (one.last_year or 9999)), one.version, told)
    return told
