"""How amounts lie over pupils and over need: the measures that stand beside every allocation and scenario.

Belongs here: inequality, concentration along need, what is redistributed, coverage of need. Does not: computing amounts,
or what money led to. Sources: Lorenz 1905; Gini 1914; Kakwani 1977 (concentration and progressivity); Theil 1967 and
Shorrocks 1980 (decomposition by groups).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models_py.allocation.measures import COMPARED_FROM_PUPILS
from models_py.allocation.rounding import listed
from models_py.allocation.scored_units import ScoredUnits, finite
from models_py.allocation.weighted import Curve, canonical, cumulative_curve, quantiles, weighted_line
from models_py.errors import AllocationError

FIFTHS = 5


@dataclass(frozen=True, slots=True)
class EquityMeasures:
    """Measures of one set of amounts, pupil-weighted. None where a measure is not defined (said below).

    Attributes
    ----------
    gini : of the amount per pupil, 0 equal. It rises when money follows need: read it beside ``need_gini``
    concentration : the same formula, units ranked by need index, low to high; equals ``gini`` when the amount per pupil
        rises with need; below zero when money goes to low need
    need_gini : Gini of pupils × index, 0 when all units have the same index
    kakwani : concentration − need_gini; 0 money proportional to need, below 0 it rises less than proportionally
    theil : Σ (n/N)(pp/μ) ln(pp/μ), 0 equal
    theil_within, theil_between : its parts inside and between the groups given, adding up to it; None without groups
    redistributed_share : 0..1 of all amounts: what a flat amount per pupil would put elsewhere
    slope_ore_per_100_points : öre per pupil and 100 index points, weighted least squares; None when need does not vary
    elasticity : weighted least squares of log amount per pupil on log index; None as above or with a zero among them
    p90_to_p10 : ratio of weighted quantiles of the amount per pupil; None when the lower is zero
    highest_to_lowest : of the amount per pupil, units of at least 20 pupils; None without one, or when the lowest is zero
    coverage : share of claims met in each fifth of the pupils, the neediest fifth first; None in a fifth without claims
    """

    gini: float
    concentration: float
    need_gini: float
    kakwani: float
    theil: float
    theil_within: float | None
    theil_between: float | None
    redistributed_share: float
    slope_ore_per_100_points: float | None
    elasticity: float | None
    p90_to_p10: float | None
    highest_to_lowest: float | None
    coverage: tuple[float | None, ...]


def equity_measures(
    units: ScoredUnits,
    *,
    amount_ore: np.ndarray,
    structural_ore: np.ndarray | None = None,
    claims_ore: np.ndarray | None = None,
    groups: Mapping[str, str] | None = None,
) -> EquityMeasures:
    """All measures of ``amount_ore``.

    Parameters
    ----------
    amount_ore : (J,) öre per unit, 0 or more, in the order of ``units``
    structural_ore : (J,) öre of it that is meant to follow need; what is redistributed and covered is then judged on
        this part (as a share of all amounts). Without it the whole amount is judged
    claims_ore : (J,) what would be enough, in öre; without it claims are linear in need and add up to the part judged,
        so that coverage is relative: 1 in every fifth when that part is proportional to need
    groups : unit to area, organiser or another label, for the parts of Theil's measure; it changes no other measure

    Raises AllocationError for amounts that are negative, not numbers or all zero; for an index that is zero everywhere;
    and for units without a group when groups are given.
    """
    amount = _amounts(amount_ore, units, "amount_ore")
    judged = amount if structural_ore is None else _amounts(structural_ore, units, "structural_ore", may_be_zero=True)
    pupils, need = units.pupil_count, units.need_index
    if not need.any():
        raise AllocationError("equity: every need_index is zero, so no measure along need exists")
    per_pupil = amount / pupils
    need_gini = need_curve(units).index
    concentration = concentration_curve(units, amount_ore=amount).index
    theil, within = theil_parts(amount, pupils=pupils, labels=_labels(units, groups))
    line = weighted_line(per_pupil, x=need, weights=pupils)
    positive = bool((per_pupil > 0).all() and (need > 0).all())
    log_line = weighted_line(np.log(per_pupil), x=np.log(need), weights=pupils) if positive else None
    low, high = quantiles(per_pupil, weights=pupils, at=(0.1, 0.9))
    return EquityMeasures(
        gini=lorenz_curve(units, amount_ore=amount).index,
        concentration=concentration,
        need_gini=need_gini,
        kakwani=concentration - need_gini,
        theil=theil,
        theil_within=within if groups is not None else None,
        theil_between=theil - within if groups is not None else None,
        redistributed_share=redistributed_ore(judged, pupils=pupils) / float(amount.sum()),
        slope_ore_per_100_points=None if line is None else line.slope * 100,
        elasticity=None if log_line is None else log_line.slope,
        p90_to_p10=high / low if low > 0 else None,
        highest_to_lowest=highest_to_lowest(units, amount_ore=amount),
        coverage=coverage_by_fifth(units, amount_ore=judged, claims_ore=claims_ore),
    )


def lorenz_curve(units: ScoredUnits, *, amount_ore: np.ndarray) -> Curve:
    """Cumulated shares of pupils and money, units ranked by amount per pupil."""
    amount = _amounts(amount_ore, units, "amount_ore")
    return cumulative_curve(amount, pupils=units.pupil_count, rank=amount / units.pupil_count)


def concentration_curve(units: ScoredUnits, *, amount_ore: np.ndarray) -> Curve:
    """Cumulated shares of pupils and money, units ranked by need index; ties in index are one step."""
    amount = _amounts(amount_ore, units, "amount_ore")
    return cumulative_curve(amount, pupils=units.pupil_count, rank=units.need_index)


def need_curve(units: ScoredUnits) -> Curve:
    """Cumulated shares of pupils and of need (pupils × index), units ranked by index."""
    need = units.pupil_count * units.need_index
    return cumulative_curve(need, pupils=units.pupil_count, rank=units.need_index)


def redistributed_ore(amount: np.ndarray, *, pupils: np.ndarray) -> float:
    """½ Σ |x_j − n_j X / N|: what a flat amount per pupil would put elsewhere."""
    flat = amount.sum() / pupils.sum()
    return float(np.abs(amount - pupils * flat).sum()) / 2


def highest_to_lowest(units: ScoredUnits, *, amount_ore: np.ndarray) -> float | None:
    """Ratio of the highest to the lowest amount per pupil over units of at least 20 pupils; see ``EquityMeasures``."""
    compared = (amount_ore / units.pupil_count)[units.pupil_count >= COMPARED_FROM_PUPILS]
    if not compared.size or not compared.min() > 0:
        return None
    return float(compared.max() / compared.min())


def coverage_by_fifth(
    units: ScoredUnits, *, amount_ore: np.ndarray, claims_ore: np.ndarray | None = None
) -> tuple[float | None, ...]:
    """Amount / claim in each fifth of the pupils, neediest first; see ``equity_measures``.

    A unit on the border of two fifths lies in both, in proportion to its pupils; units of equal index count together.
    """
    amount = _amounts(amount_ore, units, "amount_ore", may_be_zero=True)
    need = units.pupil_count * units.need_index
    if claims_ore is not None:
        claims = _amounts(claims_ore, units, "claims_ore")
    elif amount.any():
        claims = need * (amount.sum() / need.sum())
    else:
        return (None,) * FIFTHS
    met, claimed = (_by_fifth(values, units) for values in (amount, claims))
    least = 1e-9 * claimed.sum()  # below this a fifth's claim is what is left of adding up, not a claim
    return tuple(float(m / c) if c > least else None for m, c in zip(met, claimed, strict=True))


def _by_fifth(values: np.ndarray, units: ScoredUnits) -> np.ndarray:
    if not values.any():
        return np.zeros(FIFTHS)
    curve = cumulative_curve(values, pupils=units.pupil_count, rank=-units.need_index)
    edges = np.linspace(0.0, 1.0, FIFTHS + 1)
    return np.diff(np.interp(edges, curve.pupil_share, curve.amount_share)) * values.sum()


def theil_parts(amount: np.ndarray, *, pupils: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Theil's measure of the amount per pupil, and the part of it inside the labelled groups."""
    order = canonical(labels, pupils, amount)
    amount, pupils, labels = amount[order], pupils[order], labels[order]
    starts = np.flatnonzero(np.concatenate([[True], labels[1:] != labels[:-1]]))
    group_amount, group_pupils = np.add.reduceat(amount, starts), np.add.reduceat(pupils, starts)
    sizes = np.diff(np.append(starts, len(amount)))
    total = amount.sum()
    theil = _theil(amount / total, pupils / pupils.sum())
    between = _theil(group_amount / total, group_pupils / pupils.sum())
    return theil, 0.0 if (sizes == 1).all() else theil - between


def _theil(money_share: np.ndarray, pupil_share: np.ndarray) -> float:
    """Σ share of money × ln(share of money / share of pupils); a unit without money adds nothing."""
    paid = money_share > 0
    return float(np.sum(money_share[paid] * np.log(money_share[paid] / pupil_share[paid])))


def _labels(units: ScoredUnits, groups: Mapping[str, str] | None) -> np.ndarray:
    """Group of every unit as a whole number, numbered by name."""
    if groups is None:
        return np.zeros(len(units.school_unit_code), dtype=np.int64)
    without = [unit for unit in units.school_unit_code if unit not in groups]
    if without:
        raise AllocationError(f"equity: school units {listed(without)} have no group; give each one")
    return np.unique([str(groups[unit]) for unit in units.school_unit_code], return_inverse=True)[1]


def _amounts(values: np.ndarray, units: ScoredUnits, what: str, *, may_be_zero: bool = False) -> np.ndarray:
    amounts = finite(values, units=units, what=what)
    if amounts.ndim != 1:
        raise AllocationError(f"{what}: {amounts.ndim} axes; measure one set of amounts at a time")
    negative = [units.school_unit_code[j] for j in np.flatnonzero(amounts < 0)]
    if negative:
        raise AllocationError(f"{what}: negative for school units {listed(negative)}")
    if not amounts.any() and not may_be_zero:
        raise AllocationError(f"{what}: every amount is zero, so there is no distribution to measure")
    return amounts
