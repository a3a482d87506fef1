"""Where the present model stands: today's amounts scored against need, before anything is changed.

Belongs here: slope, what is redistributed, money in the wrong place, unequal money at equal need, gains and losses under
a proposal. Does not: importing amounts, and taking out what is not comparable (rural support, newly arrived, premises).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.allocation.equity import redistributed_ore
from models_py.allocation.rounding import listed
from models_py.allocation.scored_units import ScoredUnits, finite
from models_py.allocation.weighted import misplaced_share, weighted_line
from models_py.allocation.winners import Winners, winners_and_losers
from models_py.errors import AllocationError

ClaimsOf = Callable[[np.ndarray], np.ndarray]
"""Index (…, J) to claims (…, J); relative."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of present amounts; öre per pupil, shares 0..1. None where need does not vary.

    Attributes
    ----------
    slope_ore_per_100_points : of the comparable amount per pupil on the index, weighted least squares
    slope_of_claims_ore_per_100_points : the same of the pot shared by the claims: what the rule says it does
    elasticity : of the comparable amount per pupil to the index; None also with a zero among them
    redistributed_share : of all comparable amounts, what a flat amount per pupil would put elsewhere
    misplaced_share : of the pot, what would have to move for it to lie as the claims say
    horizontal_ore_per_pupil : pupil-weighted standard deviation around the line: unequal money at equal need
    horizontal_share : the same over the mean amount per pupil
    """

    slope_ore_per_100_points: float | None
    slope_of_claims_ore_per_100_points: float | None
    elasticity: float | None
    redistributed_share: float
    misplaced_share: float
    horizontal_ore_per_pupil: float | None
    horizontal_share: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """``scores``; ``intervals``: DataFrame score, estimate, lower, upper (None without replicates); ``units``: DataFrame
    school_unit_code, pupil_count, need_index, present_ore_per_pupil (comparable), expected_ore_per_pupil (on the line,
    NaN where there is none), claimed_ore_per_pupil, misplaced_ore (pot now − pot by claims); ``winners`` under the
    proposal, or with the pot shared by the claims."""

    scores: Scores
    intervals: pd.DataFrame | None
    units: pd.DataFrame
    winners: Winners


def diagnose(
    units: ScoredUnits,
    *,
    present_ore: np.ndarray,
    base_ore: np.ndarray,
    claims_of: ClaimsOf,
    proposal_ore: np.ndarray | None = None,
    index_replicates: np.ndarray | None = None,
    level: float = 0.95,
) -> Diagnosis:
    """Score present amounts against need.

    Parameters
    ----------
    present_ore : (J,) today's amounts, like with like: on today's pupils, without what follows other things than need
    base_ore : (J,) the part of them that today's base weights give; the pot is the rest and may be negative at a unit.
        For comparing, the base part is spread at its mean per pupil, which takes out the mix of grades
    claims_of : claims by which the same pot should lie, linear: ``lambda index: units.pupil_count * index``
    proposal_ore : (J,) proposed totals on the same pupils; None: today's base part and the pot by the claims
    index_replicates : (B, J) draws of the index, for percentile intervals of the scores; see ``signal``
    level : of those intervals

    Raises AllocationError when the pot is not positive over all units (then there is nothing to score), for claims that
    are all zero or negative, and for arrays of other units.
    """
    present = finite(present_ore, units=units, what="present_ore")
    base = finite(base_ore, units=units, what="base_ore")
    pot_now = present - base
    pot = float(pot_now.sum())
    if not pot > 0:
        raise AllocationError(
            f"present amounts hold {pot / 100:.2f} kr beyond the base part, so no pot can be scored against need; give "
            "the base part that today's weights pay"
        )
    pupils = units.pupil_count
    base_per_pupil = float(base.sum() / pupils.sum())
    own = _claimed(claims_of, units, units.need_index, pot)
    scores = _scores(units, units.need_index, base_per_pupil, pot_now, own)
    per_pupil = base_per_pupil + pot_now / pupils
    line = weighted_line(per_pupil, x=units.need_index, weights=pupils)
    table = pd.DataFrame(
        {
            "school_unit_code": list(units.school_unit_code),
            "pupil_count": pupils,
            "need_index": units.need_index,
            "present_ore_per_pupil": per_pupil,
            "expected_ore_per_pupil": np.nan if line is None else line.intercept + line.slope * units.need_index,
            "claimed_ore_per_pupil": base_per_pupil + own / pupils,
            "misplaced_ore": pot_now - own,
        }
    )
    proposed = base + own if proposal_ore is None else proposal_ore
    intervals = None
    if index_replicates is not None:
        replicates = finite(index_replicates, units=units, what="index_replicates")
        drawn = [
            _scores(units, index, base_per_pupil, pot_now, _claimed(claims_of, units, index, pot))
            for index in replicates
        ]
        intervals = _intervals(scores, drawn, level)
    return Diagnosis(scores, intervals, table, winners_and_losers(units, new_ore=proposed, old_ore=present))


def _claimed(claims_of: ClaimsOf, units: ScoredUnits, index: np.ndarray, pot: float) -> np.ndarray:
    claims = finite(claims_of(index), units=units, what="claims")
    negative = [units.school_unit_code[j] for j in np.flatnonzero(claims < 0)]
    if negative or not claims.any():
        raise AllocationError(f"claims: all zero, or negative for school units {listed(negative)}")
    return claims * (pot / claims.sum())


def _scores(
    units: ScoredUnits, index: np.ndarray, base_per_pupil: float, pot_now: np.ndarray, claimed: np.ndarray
) -> Scores:
    pupils = units.pupil_count
    per_pupil = base_per_pupil + pot_now / pupils
    line = weighted_line(per_pupil, x=index, weights=pupils)
    by_claims = weighted_line(claimed / pupils, x=index, weights=pupils)
    positive = bool((per_pupil > 0).all() and (index > 0).all())
    log_line = weighted_line(np.log(per_pupil), x=np.log(index), weights=pupils) if positive else None
    total = per_pupil * pupils
    mean = total.sum() / pupils.sum()
    return Scores(
        slope_ore_per_100_points=None if line is None else 100 * line.slope,
        slope_of_claims_ore_per_100_points=None if by_claims is None else 100 * by_claims.slope,
        elasticity=None if log_line is None else log_line.slope,
        redistributed_share=redistributed_ore(total, pupils=pupils) / float(total.sum()),
        misplaced_share=float(misplaced_share(pot_now, claimed)),
        horizontal_ore_per_pupil=None if line is None else line.residual_sd,
        horizontal_share=None if line is None else line.residual_sd / float(mean),
    )


def _intervals(scores: Scores, drawn: list[Scores], level: float) -> pd.DataFrame:
    """Percentiles over the draws; a score that some draw does not have has no interval."""
    rows = []
    for name in Scores.__slots__:
        values = [getattr(draw, name) for draw in drawn]
        known = bool(values) and None not in values and getattr(scores, name) is not None
        ends = (
            np.quantile(np.array(values, dtype=float), [(1 - level) / 2, (1 + level) / 2]) if known else (np.nan,) * 2
        )
        rows.append((name, np.nan if getattr(scores, name) is None else getattr(scores, name), ends[0], ends[1]))
    return pd.DataFrame(rows, columns=["score", "estimate", "lower", "upper"])
