"""Grade progression ratios: how many pupils of a grade there are in the next grade a year later.

Belongs here: ratios of one level (units, or municipalities) drawn together as far as chance allows. Does not: intake of
pupils from outside, forecasts.
Shrinkage by the dispersion of the yearly transitions (Wedderburn 1974, quasi-likelihood) and limited translation (Efron
and Morris 1972), so that a school that hands its pupils on after grade 6 keeps doing so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST_DISPERSION, LEAST_SPREAD = 0.02, 2e-4
LIMIT = 1.5
"""Standard errors that a ratio is moved at most."""

TAUGHT = 10
"""Pupils behind a ratio before it says what is usual."""

CONTINUES = (0.4, 1.6)
"""Ratios outside say that the grade is handed on, or begins, at the unit; they say nothing of others."""

NOT_TAUGHT = 5
"""Pupils that have left a unit after its last grade, none of them staying: from here the next grade is not taught."""


@dataclass(frozen=True, slots=True, eq=False)
class Ratios:
    """Ratios of J units from grade g to g + 1.

    Attributes
    ----------
    ratio : (J, 9) drawn together; 0 where the next grade is not taught
    begins : (J, 9) whether the next grade takes its pupils from elsewhere, so that no ratio holds
    dispersion : (9,) of yearly transitions around their own ratio; most pupils stay, so below 1
    typical : (9,) median ratio
    """

    ratio: np.ndarray
    begins: np.ndarray
    dispersion: np.ndarray
    typical: np.ndarray


def progression_ratios(count: np.ndarray, *, learned: np.ndarray, window: int) -> Ratios:
    """Ratios over the last ``window`` transitions that may be learned from.

    Parameters
    ----------
    count : (J, Y, 10) pupils
    learned : (J, Y) whether the transition into the year may be learned from
    window : transitions at most
    """
    first = max(0, count.shape[1] - 1 - window)
    use = learned[:, first + 1 :, None]
    before = count[:, first:-1, :9] * use
    after = count[:, first + 1 :, 1:] * use
    base, kept = before.sum(axis=1), after.sum(axis=1)
    own = np.divide(kept, base, out=np.full(base.shape, np.nan), where=base > 0)
    drawn = np.empty_like(own)
    dispersion, typical = np.empty(9), np.empty(9)
    for g in range(9):
        drawn[:, g], dispersion[g], typical[g] = _drawn(own[:, g], base[:, g], before[:, :, g], after[:, :, g])
    drawn[(base >= NOT_TAUGHT) & (kept == 0)] = 0.0
    begins = (kept > 0) & ~(own <= CONTINUES[1])
    return Ratios(ratio=drawn, begins=begins, dispersion=dispersion, typical=typical)


def _drawn(own: np.ndarray, base: np.ndarray, before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, float, float]:
    """One grade's ratios, their dispersion and their median."""
    tells = (base >= TAUGHT) & (own >= CONTINUES[0]) & (own <= CONTINUES[1])
    if not tells.any():
        return np.where(base > 0, own, 1.0), 1.0, 1.0
    typical = float(np.median(own[tells]))
    expected = own[tells][:, None] * before[tells]
    counted = expected > 0
    squares = np.where(counted, (after[tells] - expected) ** 2 / np.where(counted, expected, 1), 0).sum()
    free = int(counted.sum()) - int(tells.sum())
    dispersion = max(LEAST_DISPERSION, float(squares) / free) if free > 0 else 1.0
    noise = dispersion * typical / np.maximum(base, 1e-9)
    deviation = 1.4826 * np.median(np.abs(own[tells] - typical))
    spread = max(LEAST_SPREAD, float(deviation**2 - np.median(noise[tells])))
    drawn = typical + spread / (spread + noise) * (own - typical)
    reach = LIMIT * np.sqrt(noise)
    limited = np.clip(drawn, own - reach, own + reach)
    return np.where(base > 0, np.maximum(limited, 0), typical), dispersion, typical
