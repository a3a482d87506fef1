"""Choosing among scenarios: which are not beaten on both counts, and what share a wanted ratio takes.

Belongs here: comparison of finished scenarios, and solving for the structural share on real base amounts.
Does not: computing scenarios (``scenarios``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from models_py.allocation.measures import COMPARED_FROM_PUPILS
from models_py.allocation.rounding import Exact, exact_sum, listed
from models_py.errors import AllocationError


def pareto_front(*, benefit: Sequence[float], loss: Sequence[float]) -> np.ndarray:
    """Which scenarios no other beats: at least as much benefit for at most the loss, and better in one of the two.

    ``benefit`` (more is better: coverage of the neediest fifth, concentration) and ``loss`` (less is better: largest
    loss per pupil), one value per scenario. Returns (S,) bool; equal scenarios stand or fall together. Raises
    AllocationError for unequal lengths and for values that are not numbers.
    """
    gained, lost = np.asarray(benefit, dtype=float), np.asarray(loss, dtype=float)
    if gained.shape != lost.shape or gained.ndim != 1:
        raise AllocationError(f"pareto front: {gained.shape} benefits and {lost.shape} losses; give one of each")
    unknown = np.flatnonzero(np.isnan(gained) | np.isnan(lost))
    if unknown.size:
        raise AllocationError(f"pareto front: no benefit or loss for scenarios {listed([str(s) for s in unknown])}")
    kept = np.zeros(len(gained), dtype=bool)
    best, best_loss = -np.inf, np.inf
    for s in np.lexsort((-gained, lost)):
        if gained[s] > best:
            best, best_loss = gained[s], lost[s]
        kept[s] = gained[s] == best and lost[s] == best_loss
    return kept


def structural_share_for_ratio(
    *, base: Mapping[str, Exact], claims: Mapping[str, Exact], pupils: Mapping[str, int], ratio: Exact
) -> Fraction:
    """Largest structural share at which highest / lowest total per pupil is still at most ``ratio``, exact.

    The budget is fixed: a share s of it follows ``claims``, the rest follows ``base`` (base amounts, or weighted
    pupils), so stage mix counts as it does in the real amounts. Only units of at least 20 pupils are compared.
    At the share returned the ratio is met exactly, unless even a share of 1 stays at or below it, which is refused.

    Raises AllocationError when the units differ, nothing is claimed or compared, the ratio cannot be reached, or the
    base part alone exceeds it at every share.
    """
    if not base.keys() == claims.keys() == pupils.keys():
        differing = sorted(
            (base.keys() | claims.keys() | pupils.keys()) - (base.keys() & claims.keys() & pupils.keys())
        )
        raise AllocationError(
            f"base, claims and pupils must cover the same school units; they differ in {listed(differing)}"
        )
    base_sum, claim_sum = exact_sum(base.values()), exact_sum(claims.values())
    compared = [unit for unit in sorted(pupils) if pupils[unit] >= COMPARED_FROM_PUPILS]
    if not (base_sum > 0 and claim_sum > 0 and compared):
        raise AllocationError("base and claims must not be all zero, and a unit of at least 20 pupils must exist")
    # Per pupil and krona of budget: intercept + slope × s.
    start = [Fraction(base[unit]) / base_sum / pupils[unit] for unit in compared]
    slope = [Fraction(claims[unit]) / claim_sum / pupils[unit] - at for unit, at in zip(compared, start, strict=True)]

    # excess(s) = highest − ratio × lowest is convex and piecewise linear, so Newton's steps from the right are exact.
    share = Fraction(1)
    while True:
        at = [a + b * share for a, b in zip(start, slope, strict=True)]
        # At a kink the steepest line to the left is the smallest slope of the highest, the largest of the lowest.
        (highest, top), (lowest, low) = (
            max(zip(at, (-b for b in slope), strict=True)),
            min(zip(at, (-b for b in slope), strict=True)),
        )
        excess, steepness = highest - ratio * lowest, -top + ratio * low
        if excess <= 0:
            if share == 1 and excess < 0:
                reached = float(highest / lowest)
                raise AllocationError(
                    f"a highest to lowest of {float(ratio):g} is not reached: with every krona following need it is "
                    f"{reached:.4g}; choose a steeper claim or a lower ratio"
                )
            return share
        if steepness <= 0 or share - excess / steepness < 0:
            raise AllocationError(
                f"highest to lowest exceeds {float(ratio):g} at every structural share: the base part alone does so; "
                "choose a higher ratio"
            )
        share -= excess / steepness
