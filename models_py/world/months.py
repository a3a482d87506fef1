"""Where pupils are in each month between two count dates: who moves, leaves and arrives, and when.

Belongs here: the month of each change that the yearly flow makes, and the roll of a month. Does not belong here: why
somebody moves (flow), files (deliveries). Most moves come with the school year in August, many in January.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.world.schools import build_sites
from models_py.world.settings import WorldError
from models_py.world.simulate import World
from models_py.world.streams import Bools, Ints, Streams

_MONTHS = np.array([11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22])
"""Months after October's count in which a change can come, counted from January of the count's year: 13 is January after."""
_CUMULATED = np.cumsum([0.04, 0.03, 0.20, 0.05, 0.04, 0.04, 0.03, 0.03, 0.44, 0.06, 0.04])
_AUGUST = 20
"""From here the next school year's grades hold; July's register already shows them."""
_JULY = 19


@dataclass(frozen=True, slots=True)
class _Steps:
    """A pupil's two places: before and after the change; grade -1 where the pupil is not enrolled."""

    pupil: Ints
    from_site: Ints
    from_grade: Ints
    to_site: Ints
    to_grade: Ints
    start_year: Ints


def month_roll(world: World, *, year: int, month: int) -> pd.DataFrame:
    """Enrolled pupils in the middle of a month: pupil, site, school_unit_code, grade (0 = F), start_year, begun_month.

    ``begun_month``: month (1..12) of ``year`` in which an enrollment began that the yearly register has no day of; 0 elsewhere.
    A month of July shows the autumn's places. Raises WorldError where the world has not the count dates around the month.
    """
    count_year = year - 1 if month < 10 else year
    last = world.settings.count_years[-1]
    if count_year not in world.settings.count_years or (month < 10 and year > last):
        raise WorldError(f"{year}-{month:02d} does not lie between two count dates of this world")
    at = month + 12 * (year - count_year)
    if count_year == last:  # nothing is known after the last count: everybody stays
        rows = world.enrollment[world.enrollment["count_year"] == last]
        pupil, site, grade, start_year = (rows[name].to_numpy() for name in ("pupil", "site", "grade", "start_year"))
        return _table(world, pupil, site, grade, start_year, count_year)
    streams = Streams(world.settings.seed)
    route = build_sites(world.settings, streams).route
    steps = _steps(world, count_year)
    place = np.searchsorted(_CUMULATED, streams.uniform("month.change", steps.pupil, count_year), side="right")
    changed_at = _MONTHS[np.minimum(place, len(_MONTHS) - 1)]
    changed = changed_at <= at
    site, grade = (_spring if at < _JULY else _autumn)(steps, changed, route)
    moved = changed & (site == steps.to_site) & (steps.from_grade >= 0) & (steps.from_site != steps.to_site)
    begun = np.where(moved & (changed_at > 12) & (changed_at != _AUGUST), changed_at - 12, 0)
    enrolled = site >= 0
    started = np.where(at >= _JULY, steps.start_year, np.minimum(steps.start_year, count_year))
    return _table(
        world, steps.pupil[enrolled], site[enrolled], grade[enrolled], started[enrolled],
        count_year if at < _JULY else count_year + 1, begun[enrolled],
    )  # fmt: skip


def _steps(world: World, count_year: int) -> _Steps:
    """Everybody of either count date, with the places on both."""
    columns = ["pupil", "site", "grade", "start_year"]
    first, second = (
        world.enrollment.loc[world.enrollment["count_year"] == y, columns] for y in (count_year, count_year + 1)
    )
    both = first.merge(second, on="pupil", how="outer", suffixes=("_from", "_to")).sort_values("pupil")
    known = both.fillna(dict.fromkeys(both.columns, -1)).astype(np.int64)
    start = np.where(known["start_year_to"] < 0, known["start_year_from"], known["start_year_to"])
    return _Steps(
        known["pupil"].to_numpy(), known["site_from"].to_numpy(), known["grade_from"].to_numpy(),
        known["site_to"].to_numpy(), known["grade_to"].to_numpy(), start,
    )  # fmt: skip


def _spring(steps: _Steps, changed: Bools, route: Ints) -> tuple[Ints, Ints]:
    """The old school year: a mover sits at the new site once it has the grade, an arrival one grade below autumn's."""
    stays = steps.from_grade >= 0
    grade = np.where(stays, steps.from_grade, steps.to_grade - 1)
    new_site = np.where((steps.to_site >= 0) & (grade >= 0), steps.to_site, 0)
    takes = (steps.to_site >= 0) & (grade >= 0) & (route[new_site, np.maximum(grade, 0)] == steps.to_site)
    leaves = stays & (steps.to_grade < 0) & (steps.from_grade < 9)
    site = np.where(stays, steps.from_site, -1)
    site = np.where(changed & takes, steps.to_site, site)
    return np.where(changed & leaves, -1, site), grade


def _autumn(steps: _Steps, changed: Bools, route: Ints) -> tuple[Ints, Ints]:
    """The new school year: the old roll one grade up where it leads, those who begin in grade F, and who has moved."""
    goes_on = (steps.from_grade >= 0) & (steps.from_grade < 9)
    grade = np.where(goes_on, steps.from_grade + 1, steps.to_grade)
    ahead = route[np.where(goes_on, steps.from_site, 0), np.maximum(grade, 0)]
    begins = (steps.from_grade < 0) & (steps.to_grade == 0)
    site = np.where(goes_on, ahead, np.where(begins, steps.to_site, -1))
    return np.where(changed | begins, np.where(steps.to_grade >= 0, steps.to_site, -1), site), grade


def _table(
    world: World, pupil: Ints, site: Ints, grade: Ints, start_year: Ints, code_year: int, begun: Ints | int = 0
) -> pd.DataFrame:
    sites = build_sites(world.settings, Streams(world.settings.seed))
    codes = sites.code[np.asarray(site), code_year - world.settings.first_count_year]
    return pd.DataFrame({
        "pupil": np.asarray(pupil), "site": np.asarray(site),
        "school_unit_code": [f"{code:08d}" for code in codes.tolist()], "grade": np.asarray(grade),
        "start_year": np.asarray(start_year), "begun_month": np.broadcast_to(begun, len(np.asarray(pupil))),
    })  # fmt: skip
