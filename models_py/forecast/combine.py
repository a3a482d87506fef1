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

USUAL = ((0.9, 0.5), (0.7, 0.5), (0.5, 0.5))
"""Weight of carried-up cohorts and hold of size per horizon, before own forecasts can be judged."""

MIXTURES = tuple((weight / 10, hold / 4) for weight in range(10, -1, -1) for hold in range(5))
"""Weights of cohorts, the rest being the recent level, and holds of size: premises and classes keep a school's size while
its grades change. Equal errors go to the first."""

WORSE_ORIGINS = 4
"""Origins at which the forecast has to be worse than naive, and worse in all, before naive takes over."""

BLEND, SAME_GRADE, CARRIED = "progression", "naive_same_grade", "naive_previous_grade"
METHODS = (BLEND, SAME_GRADE, CARRIED)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What is known of the forecasts at one origin.

    Attributes
    ----------
    mixture : (H, 2) weight of carried-up cohorts, hold of the unit's size; each 0..1
    unit_method, municipal_method : (H, M) place in ``METHODS``
    """

    mixture: np.ndarray
    unit_method: np.ndarray
    municipal_method: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Pupils expected, not rounded: ``units`` (H, J, 10), ``municipalities`` (H, M, 10); units add up to them."""

    units: np.ndarray
    municipalities: np.ndarray


Errors = dict[tuple[int, int], np.ndarray]
"""Origin and horizon (from 0) to the (mixtures,) errors that came of them; filled once, since no origin's errors change."""


def choose(
    panel: EnrollmentPanel, origins: Mapping[int, Origin], *, known: int, usable: np.ndarray, errors: Errors
) -> Choice:
    """Mixtures and methods from origins whose target year has been counted at place ``known`` of the panel's years.

    ``errors`` is a store that the caller keeps between calls; it is filled here.
    """
    municipalities = len(panel.municipality_codes)
    mixture = np.array(USUAL)
    unit_method = np.zeros((HORIZON, municipalities), dtype=int)
    municipal_method = np.zeros((HORIZON, municipalities), dtype=int)
    for h in range(HORIZON):
        judged = [o for o in sorted(origins) if o + h + 1 <= known]
        if len(judged) >= 2:
            mixture[h] = _best_mixture(panel, origins, judged, h=h, usable=usable, errors=errors)
        unit_method[h] = _method(_unit_errors(panel, origins, judged, h=h, usable=usable, mixture=mixture[h]))
        municipal_method[h] = _method(_municipal_errors(panel, origins, judged, h=h, usable=usable))
    return Choice(mixture, unit_method, municipal_method)


def combine(panel: EnrollmentPanel, origin: Origin, choice: Choice) -> Expected:
    """The forecast: units blended, then scaled so that they add up to their municipality's path, grade by grade."""
    units = np.empty_like(origin.progressed)
    municipalities = np.empty_like(origin.path)
    for h in range(HORIZON):
        blend = _blend(origin, choice.mixture[h], h=h)
        plain = np.stack([blend, origin.same_grade, origin.carried[h]])
        expected = plain[choice.unit_method[h][panel.municipality], np.arange(len(blend))]
        naive = [panel.by_municipality(each) for each in (origin.same_grade, origin.carried[h])]
        path = np.stack([origin.path[h], *naive])[choice.municipal_method[h], np.arange(len(origin.path[h]))]
        path[:, 0] = np.where(np.isnan(origin.born[h]), path[:, 0], origin.born[h])  # births outlive a naive path
        units[h] = _add_up(panel, expected, path)
        municipalities[h] = panel.by_municipality(units[h])
    return Expected(units, municipalities)


def judgeable(panel: EnrollmentPanel, origin: Origin, *, place: int, target: int, usable: np.ndarray) -> np.ndarray:
    """(J,) units with a forecast from ``place`` whose municipality can be used both then and in the target year."""
    fine = usable[:, place] & usable[:, target]
    return origin.is_open & fine[panel.municipality]


def _blend(origin: Origin, mixture: np.ndarray | tuple[float, float], *, h: int) -> np.ndarray:
    """(J, 10) cohorts and level weighed, and the unit's size held towards the last count."""
    weight, hold = mixture
    mixed = weight * origin.progressed[h] + (1 - weight) * origin.level
    size, last = mixed.sum(axis=1), origin.same_grade.sum(axis=1)
    held = np.divide(last, size, out=np.ones_like(size), where=size > 0)
    return mixed * (held**hold)[:, None]


def _add_up(panel: EnrollmentPanel, expected: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Scale each grade to its municipality's path; a grade nobody is expected to teach is left out."""
    total = panel.by_municipality(expected)
    factor = np.divide(path, total, out=np.ones_like(path), where=total > 0)
    return expected * factor[panel.municipality]


def _best_mixture(
    panel: EnrollmentPanel,
    origins: Mapping[int, Origin],
    judged: Sequence[int],
    *,
    h: int,
    usable: np.ndarray,
    errors: Errors,
) -> tuple[float, float]:
    """The mixture with the least absolute error over grades of units and over whole units, both in pupils."""
    for o in judged:
        if (o, h) in errors:
            continue
        target = o + h + 1
        counts = judgeable(panel, origins[o], place=o, target=target, usable=usable)
        actual = panel.count[counts, target]
        missed = [_blend(origins[o], mixture, h=h)[counts] - actual for mixture in MIXTURES]
        errors[o, h] = np.array([np.abs(miss).sum() + np.abs(miss.sum(axis=1)).sum() for miss in missed])
    summed = np.sum([errors[o, h] for o in judged], axis=0)
    return MIXTURES[int(np.flatnonzero(summed <= summed.min() + 1e-9)[0])]


def _unit_errors(
    panel: EnrollmentPanel,
    origins: Mapping[int, Origin],
    judged: Sequence[int],
    *,
    h: int,
    usable: np.ndarray,
    mixture: np.ndarray,
) -> np.ndarray:
    """(origins, methods, M) absolute error over cells; NaN where the origin cannot be judged for the municipality."""
    found = []
    for o in judged:
        origin, target = origins[o], o + h + 1
        counts = judgeable(panel, origin, place=o, target=target, usable=usable)
        blend = _blend(origin, mixture, h=h)
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
