"""Forecasts made as if from every earlier count date, and what came: ours beside the two naive ones.

Belongs here: every origin with what was known then, errors, bands measured on earlier errors only. Does not: the table of
the newest forecast (``forecast``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.forecast.breaks import find_breaks
from models_py.forecast.combine import Choice, Errors, Expected, choose, combine, judgeable
from models_py.forecast.intake import Cohorts
from models_py.forecast.interval import Band, measured_band
from models_py.forecast.origin import HORIZON, Origin, forecasts_from
from models_py.forecast.panel import EnrollmentPanel

FIRST_ORIGIN = 2
"""Transitions that must be known before the first forecast."""

LEVELS = ("grade", "unit", "municipality")
"""Grade of a unit, whole unit, whole municipality."""

SUMS = (
    "forecast_count", "pupil_sum", "absolute_error", "same_grade_error", "previous_grade_error", "relative_count",
    "relative_error", "same_grade_relative_error", "previous_grade_relative_error", "interval_count", "covered_count",
)  # fmt: skip
COLUMNS = ("municipality_code", "level", "horizon_years", "origin_count", *SUMS)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Everything known from the origins of a panel.

    Attributes
    ----------
    table : ``COLUMNS``, a row per municipality, level and horizon that could be judged; sums over origins, so that they
        add up over municipalities
    newest : the last origin, its choice and expected counts
    bands : level and horizon (1..H) to the band measured on all judged forecasts; None where there are too few
    """

    table: pd.DataFrame
    newest: tuple[Origin, Choice, Expected]
    bands: dict[tuple[str, int], Band | None]


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Forecasts of one level from one origin and horizon: municipality place, ours, both naive, what came."""

    origin: int
    municipality: np.ndarray
    ours: np.ndarray
    same: np.ndarray
    carried: np.ndarray
    actual: np.ndarray


Found = dict[tuple[str, int], list[_Pairs]]
"""Level and horizon (from 0) to the forecasts made."""


def judge_origins(
    panel: EnrollmentPanel, *, links: Sequence[tuple[str, str]] = (), cohorts: Cohorts | None = None
) -> Judged:
    """Forecast from every year of the panel with what was known then, and compare with what came.

    A municipality's year that was not usable (see ``breaks``) is neither judged from nor against.
    """
    usable, last = find_breaks(panel).usable, len(panel.years) - 1
    places = range(min(FIRST_ORIGIN, last), last + 1)
    origins = {o: forecasts_from(panel.until(panel.years[o]), links=links, cohorts=cohorts) for o in places}
    errors: Errors = {}
    pairs: Found = {(level, h): [] for level in LEVELS for h in range(HORIZON)}
    for o in places:
        choice = choose(panel, {k: v for k, v in origins.items() if k < o}, known=o, usable=usable, errors=errors)
        expected = combine(panel, origins[o], choice)
        for h in range(HORIZON):
            if o + h + 1 <= last:
                for level in LEVELS:
                    pairs[level, h].append(_pairs(panel, origins[o], expected, level=level, o=o, h=h, usable=usable))
    bands = {
        (level, h + 1): _band(pairs[level, h], known=last, h=h) or _wider(pairs, level, known=last, h=h)
        for level, h in pairs
    }
    rows = [row for (level, h), found in pairs.items() for row in _rows(panel, pairs, found, level=level, h=h)]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(list(COLUMNS[:3]), ignore_index=True)
    return Judged(table=table, newest=(origins[last], choice, expected), bands=bands)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """One row per level and horizon over all municipalities of ``table``: shares 0..1.

    Columns level, horizon_years, wape, naive_wape, mape, naive_mape, coverage; naive is the better of last year's same
    grade and the previous grade carried forward. Weighted error = summed absolute error over summed pupils.
    """
    sums = table.groupby(["level", "horizon_years"], sort=True)[list(SUMS)].sum().reset_index()
    naive = np.minimum(sums["same_grade_error"], sums["previous_grade_error"])
    relative = np.minimum(sums["same_grade_relative_error"], sums["previous_grade_relative_error"])
    return pd.DataFrame(
        {
            "level": sums["level"],
            "horizon_years": sums["horizon_years"],
            "wape": sums["absolute_error"] / sums["pupil_sum"],
            "naive_wape": naive / sums["pupil_sum"],
            "mape": sums["relative_error"] / sums["relative_count"],
            "naive_mape": relative / sums["relative_count"],
            "coverage": sums["covered_count"] / sums["interval_count"].where(sums["interval_count"] > 0),
        }
    )


def _pairs(
    panel: EnrollmentPanel, origin: Origin, expected: Expected, *, level: str, o: int, h: int, usable: np.ndarray
) -> _Pairs:
    target = o + h + 1
    fine = usable[:, o] & usable[:, target]
    four = (expected.units[h], origin.same_grade, origin.carried[h], panel.count[:, target].astype(float))
    if level == "municipality":
        whose = np.flatnonzero(fine)
        return _Pairs(o, whose, *(panel.by_municipality(each).sum(axis=1)[whose] for each in four))
    counts = judgeable(panel, origin, place=o, target=target, usable=usable)
    whose = panel.municipality[counts]
    if level == "unit":
        return _Pairs(o, whose, *(each[counts].sum(axis=1) for each in four))
    # A grade that nobody expected and nobody had tells nothing.
    cells = [each[counts].ravel() for each in four]
    told = np.any([each > 0 for each in cells], axis=0)
    return _Pairs(o, np.repeat(whose, 10)[told], *(each[told] for each in cells))


def _band(found: Sequence[_Pairs], *, known: int, h: int) -> Band | None:
    """Band from forecasts whose target had been counted at place ``known``."""
    judged = [each for each in found if each.origin + h + 1 <= known]
    if not judged:
        return None
    return measured_band(
        np.concatenate([each.ours for each in judged]), np.concatenate([each.actual for each in judged])
    )


def _wider(pairs: Found, level: str, *, known: int, h: int) -> Band | None:
    """Few municipalities have few totals to judge by: theirs is the band of whole units, which is wider."""
    return _band(pairs["unit", h], known=known, h=h) if level == "municipality" else None


def _rows(
    panel: EnrollmentPanel, pairs: Found, found: Sequence[_Pairs], *, level: str, h: int
) -> Iterator[tuple[object, ...]]:
    sums = np.zeros((len(panel.municipality_codes), len(SUMS)))
    origins = np.zeros(len(sums), dtype=int)
    for each in found:
        band = _band(found, known=each.origin, h=h) or _wider(pairs, level, known=each.origin, h=h)
        errors = [np.abs(made - each.actual) for made in (each.ours, each.same, each.carried)]
        some = each.actual > 0
        parts = [np.ones_like(each.actual), each.actual, *errors, some.astype(float)]
        parts += [np.where(some, error / np.where(some, each.actual, 1), 0) for error in errors]
        told = (each.ours >= 0.5) & (band is not None)
        inside = told & (errors[0] <= _outward(each.ours, band)) if band else told
        parts += [told.astype(float), inside.astype(float)]
        np.add.at(sums, each.municipality, np.stack(parts, axis=1))
        origins[np.unique(each.municipality)] += 1
    whole = {"forecast_count", "pupil_sum", "relative_count", "interval_count", "covered_count"}
    for m in np.flatnonzero(origins):
        values = [int(v) if name in whole else float(v) for name, v in zip(SUMS, sums[m], strict=True)]
        yield (str(panel.municipality_codes[m]), level, h + 1, int(origins[m]), *values)


def _outward(expected: np.ndarray, band: Band) -> np.ndarray:
    """Reach of the published interval, whose ends are whole pupils outward, to the nearer of them."""
    reach = band.reach(expected)
    return np.minimum(expected - np.floor(expected - reach), np.ceil(expected + reach) - expected)
