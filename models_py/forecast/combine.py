"""From plain forecasts to one: cohorts and levels weighed by what has held, whole municipalities adding up, naive where
that has been better.

Belongs here: choices made from forecasts that could already be judged, and the sum over units. Does not: making the plain
forecasts (``origin``), intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models_py.forecast.origin import HORIZON, Origin
from models_py.forecast.panel import EnrollmentPanel

USUAL_WEIGHT = (0.8, 0.7, 0.6)
"""Weight of carried-up cohorts per horizon before own forecasts can be judged; the rest is the recent level."""

SIZE_HELD = (0.5, 0.6, 0.7)
"""How far a unit's size is held where it is, per horizon: premises and classes keep a school's size while its grades change."""

WEIGHTS = tuple(k / 10 for k in range(11))
WORSE_ORIGINS = 4
"""Origins at which the forecast has to be worse than naive, and worse in all, before naive takes over."""

BLEND, SAME_GRADE, CARRIED = "progression", "naive_same_grade", "naive_previous_grade"
METHODS = (BLEND, SAME_GRADE, CARRIED)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What is known of the forecasts at one origin.

    Attributes
    ----------
    weight : (H,) weight of carried-up cohorts
    unit_method, municipal_method : (H, M) place in ``METHODS``
    """

    weight: np.ndarray
    unit_method: np.ndarray
    municipal_method: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Pupils expected, not rounded: ``units`` (H, J, 10), ``municipalities`` (H, M, 10); units add up to them."""

    units: np.ndarray
    municipalities: np.ndarray


def choose(panel: EnrollmentPanel, origins: Mapping[int, Origin], *, known: int, usable: np.ndarray) -> Choice:
    """Weights and methods from origins whose target year has been counted at place ``known`` of the panel's years."""
    municipalities = len(panel.municipality_codes)
    weight = np.array(USUAL_WEIGHT)
    unit_method = np.zeros((HORIZON, municipalities), dtype=int)
    municipal_method = np.zeros((HORIZON, municipalities), dtype=int)
    for h in range(HORIZON):
        judged = [o for o in sorted(origins) if o + h + 1 <= known]
        if len(judged) >= 2:
            weight[h] = _best_weight(panel, origins, judged, h=h, usable=usable)
        unit_method[h] = _method(_unit_errors(panel, origins, judged, h=h, usable=usable, weight=float(weight[h])))
        municipal_method[h] = _method(_municipal_errors(panel, origins, judged, h=h, usable=usable))
    return Choice(weight, unit_method, municipal_method)


def combine(panel: EnrollmentPanel, origin: Origin, choice: Choice) -> Expected:
    """The forecast: units blended, then scaled so that they add up to their municipality's path, grade by grade."""
    units = np.empty_like(origin.progressed)
    municipalities = np.empty_like(origin.path)
    for h in range(HORIZON):
        blend = _blend(origin, float(choice.weight[h]), h=h)
        plain = np.stack([blend, origin.same_grade, origin.carried[h]])
        expected = plain[choice.unit_method[h][panel.municipality], np.arange(len(blend))]
        naive = [panel.by_municipality(each) for each in (origin.same_grade, origin.carried[h])]
        path = np.stack([origin.path[h], *naive])[choice.municipal_method[h], np.arange(len(origin.path[h]))]
        units[h] = _add_up(panel, expected, path)
        municipalities[h] = panel.by_municipality(units[h])
    return Expected(units, municipalities)


def judgeable(panel: EnrollmentPanel, origin: Origin, *, place: int, target: int, usable: np.ndarray) -> np.ndarray:
    """(J,) units with a forecast from ``place`` whose municipality can be used both then and in the target year."""
    fine = usable[:, place] & usable[:, target]
    return origin.is_open & fine[panel.municipality]


def _blend(origin: Origin, weight: float, *, h: int) -> np.ndarray:
    """(J, 10) cohorts and level weighed, and the unit's size held towards the last count."""
    mixed = weight * origin.progressed[h] + (1 - weight) * origin.level
    size, last = mixed.sum(axis=1), origin.same_grade.sum(axis=1)
    held = np.divide(last, size, out=np.ones_like(size), where=size > 0)
    return mixed * (held ** SIZE_HELD[h])[:, None]


def _add_up(panel: EnrollmentPanel, expected: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Scale each grade to its municipality's path; a grade nobody is expected to teach is left out."""
    total = panel.by_municipality(expected)
    factor = np.divide(path, total, out=np.ones_like(path), where=total > 0)
    return expected * factor[panel.municipality]


def _best_weight(
    panel: EnrollmentPanel, origins: Mapping[int, Origin], judged: Sequence[int], *, h: int, usable: np.ndarray
) -> float:
    """The weight with the least absolute error over units and grades; the larger one when two are equal."""
    errors = np.zeros(len(WEIGHTS))
    for o in judged:
        target = o + h + 1
        counts = judgeable(panel, origins[o], place=o, target=target, usable=usable)
        actual, up, level = panel.count[counts, target], origins[o].progressed[h][counts], origins[o].level[counts]
        errors += [float(np.abs(w * up + (1 - w) * level - actual).sum()) for w in WEIGHTS]
    return max(w for w, error in zip(WEIGHTS, errors, strict=True) if error <= errors.min() + 1e-9)


def _unit_errors(
    panel: EnrollmentPanel,
    origins: Mapping[int, Origin],
    judged: Sequence[int],
    *,
    h: int,
    usable: np.ndarray,
    weight: float,
) -> np.ndarray:
    """(origins, methods, M) absolute error over cells; NaN where the origin cannot be judged for the municipality."""
    found = []
    for o in judged:
        origin, target = origins[o], o + h + 1
        counts = judgeable(panel, origin, place=o, target=target, usable=usable)
        blend = _blend(origin, weight, h=h)
        per = [
            panel.by_municipality(np.abs(each - panel.count[:, target]).sum(axis=1) * counts)
            for each in (blend, origin.same_grade, origin.carried[h])
        ]
        found.append(np.where((usable[:, o] & usable[:, target])[None], np.stack(per), np.nan))
    return np.stack(found) if found else np.empty((0, len(METHODS), len(panel.municipality_codes)))


def _municipal_errors(
    panel: EnrollmentPanel, origins: Mapping[int, Origin], judged: Sequence[int], *, h: int, usable: np.ndarray
) -> np.ndarray:
    """As ``_unit_errors``, of the municipality's total."""
    found = []
    for o in judged:
        origin, target = origins[o], o + h + 1
        actual = panel.by_municipality(panel.unit_total)[:, target]
        totals = [
            origin.path[h].sum(axis=1),
            *(panel.by_municipality(each).sum(axis=1) for each in (origin.same_grade, origin.carried[h])),
        ]
        found.append(np.where((usable[:, o] & usable[:, target])[None], np.abs(np.stack(totals) - actual), np.nan))
    return np.stack(found) if found else np.empty((0, len(METHODS), len(panel.municipality_codes)))


def _method(errors: np.ndarray) -> np.ndarray:
    """(M,) place in ``METHODS``: naive where it was better at ``WORSE_ORIGINS`` origins and in all."""
    if not len(errors):
        return np.zeros(errors.shape[2], dtype=int)
    known = ~np.isnan(errors[:, 0])
    summed = np.where(known[:, None], errors, 0).sum(axis=0)
    naive = 1 + np.argmin(summed[1:], axis=0)
    better = np.take_along_axis(errors, naive[None, None, :].repeat(len(errors), axis=0), axis=1)[:, 0]
    worse = ((errors[:, 0] > better) & known).sum(axis=0)
    taken = (
        (worse >= WORSE_ORIGINS)
        & (2 * worse > known.sum(axis=0))
        & (summed[0] > np.take_along_axis(summed, naive[None], axis=0)[0])
    )
    return np.where(taken, naive, 0)
