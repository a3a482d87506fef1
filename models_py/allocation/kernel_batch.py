"""The kernel's equation for many scenarios at once, in floats: what a screen of scenarios needs, not what is decided.

Belongs here: λ and amounts of S scenarios × J school units. Does not: the decided allocation (``kernel``, in
fractions), whole kronor (``rounding_batch``), the bounds' origin (``bounds_batch``).

Newton on a piecewise linear increasing function with a bracket and bisection as fallback: Cominetti, Mascarenhas &
Silva 2014 (Mathematical Programming Computation 6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models_py.allocation.rounding import listed
from models_py.errors import AllocationError

Floats = npt.NDArray[np.float64]

_BLOCK = 1 << 15
"""Scenarios are solved in blocks of about so many cells, which stay in the processor's cache."""
_MAXIMUM_STEPS = 400
_TOLERANCE = 1e-12
"""|Σ amounts - pot| allowed, relative to the pot and to the largest sums on the way."""


@dataclass(frozen=True, slots=True, eq=False)
class BatchSolution:
    """multiplier: (S,) λ, NaN where every β is zero; amounts: (S, J), each row sums to its pot within 1e-12 of it."""

    multiplier: Floats
    amounts: Floats


def solve_batch(
    alpha: npt.ArrayLike, *, beta: npt.ArrayLike, lower: npt.ArrayLike, upper: npt.ArrayLike, total: npt.ArrayLike
) -> BatchSolution:
    """λ_s and clip(α + λ_s β, l, u) with Σ_j = P_s for every scenario s.

    Parameters
    ----------
    alpha, beta, lower, upper : (J,) or (S, J), kronor; beta ≥ 0; -inf and inf are no bound
    total : (S,) or a number, kronor

    Returns
    -------
    BatchSolution, also for one scenario with S = 1

    Raises AllocationError, before any scenario is solved, for NaN, a negative or infinite beta, crossed bounds, or pots
    outside their attainable range; it names the scenarios by number, from 0.
    """
    pots = np.atleast_1d(np.asarray(total, dtype=float))
    problem = _Problem(*(np.atleast_2d(np.asarray(v, dtype=float)) for v in (alpha, beta, lower, upper)))
    shapes = [values.shape for values in problem]
    try:
        scenarios, units = np.broadcast_shapes(*shapes, (len(pots), 1))
    except ValueError:
        raise AllocationError(f"alpha, beta, lower, upper {shapes} and {len(pots)} pots do not fit together") from None
    pots = np.broadcast_to(pots, (scenarios,))
    multiplier, amounts = np.empty(scenarios), np.empty((scenarios, units))
    rows = max(1, _BLOCK // max(1, units))
    blocks = [slice(start, min(start + rows, scenarios)) for start in range(0, scenarios, rows)]
    wrong: list[str] = []
    for block in blocks:
        wrong += _unsolvable(problem.rows(block, units), pots[block], first=block.start)
    if wrong:
        raise AllocationError(f"scenarios cannot be solved: {listed(wrong)}", reason="scenarios_infeasible")
    for block in blocks:
        multiplier[block] = _solve_block(problem.rows(block, units), pots[block], amounts[block])
    return BatchSolution(multiplier, amounts)


def attainable_batch(
    alpha: npt.ArrayLike, *, beta: npt.ArrayLike, lower: npt.ArrayLike, upper: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Lowest and highest sum per scenario, (S,) each, infinite where there is no end; to drop what cannot be solved."""
    a, b, low, high = (np.atleast_2d(np.asarray(values, dtype=float)) for values in (alpha, beta, lower, upper))
    fixed = np.clip(a, low, high)
    return np.where(b > 0, low, fixed).sum(axis=1), np.where(b > 0, high, fixed).sum(axis=1)


class _Problem(NamedTuple):
    """Four (1 or S, J) arrays."""

    alpha: Floats
    beta: Floats
    lower: Floats
    upper: Floats

    def rows(self, block: slice, units: int) -> _Problem:
        """The same for a block of scenarios, every array (rows, J); views, nothing is copied."""
        shape = (block.stop - block.start, units)
        return _Problem(*(np.broadcast_to(v if v.shape[0] == 1 else v[block], shape) for v in self))


def _unsolvable(problem: _Problem, pots: Floats, *, first: int) -> list[str]:
    alpha, beta, lower, upper = problem
    lowest, highest = attainable_batch(alpha, beta=beta, lower=lower, upper=upper)
    slack = _TOLERANCE * np.maximum(1, np.abs(pots))
    reasons: tuple[tuple[str, npt.NDArray[np.bool_]], ...] = (
        ("alpha or beta not finite, or beta negative", ~np.isfinite(alpha) | ~(np.isfinite(beta) & (beta >= 0))),
        ("floor_above_cap", ~(lower <= upper) | (lower == np.inf) | (upper == -np.inf)),
        ("floors_exceed_pot", ~(lowest <= pots + slack)[:, None]),
        ("caps_below_pot", ~(highest >= pots - slack)[:, None]),
    )
    faults = [(reason, set(np.flatnonzero(mask.any(axis=1)).tolist())) for reason, mask in reasons]
    return [
        f"{first + row} {next(reason for reason, rows in faults if row in rows)}"
        for row in range(len(pots))
        if any(row in rows for _, rows in faults)
    ]


def _solve_block(problem: _Problem, pots: Floats, amounts: Floats) -> Floats:
    """Fill ``amounts`` and return λ. A row leaves the loop when its sum is met or λ no longer moves."""
    alpha, beta, lower, upper = problem
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        weight = beta.sum(axis=1)
        guess = (pots - alpha.sum(axis=1)) / weight
        multiplier = np.where(weight > 0, guess, np.nan)
        low, high = np.full(len(pots), -np.inf), np.full(len(pots), np.inf)
        todo = np.flatnonzero(weight > 0)
        still = np.flatnonzero(~(weight > 0))
        amounts[still] = np.clip(alpha[still], lower[still], upper[still])
        for _ in range(_MAXIMUM_STEPS):
            if not len(todo):
                return multiplier
            every = len(todo) == len(pots)
            a, b, lo, up = (v if every else v[todo] for v in (alpha, beta, lower, upper))
            at, pot = multiplier[todo], pots[todo]
            raw = b * at[:, None]
            raw += a
            clipped = np.minimum(np.maximum(raw, lo), up)
            amounts[todo] = clipped
            gap = clipped.sum(axis=1) - pot
            scale = np.maximum(np.maximum(1.0, np.abs(pot)), np.abs(clipped).sum(axis=1))
            high[todo] = np.where(gap > 0, at, high[todo])
            low[todo] = np.where(gap <= 0, at, low[todo])
            slope = np.einsum("sj,sj->s", b, raw == clipped)
            step = at - gap / slope
            ends_low, ends_high = low[todo], high[todo]
            outside = ~((step > ends_low) & (step < ends_high))
            if outside.any():
                step = np.where(outside, _between(ends_low, ends_high, at), step)
            multiplier[todo] = np.where(np.abs(gap) <= _TOLERANCE * scale, at, step)
            todo = todo[(np.abs(gap) > _TOLERANCE * scale) & (step != at)]
    raise AllocationError(f"{len(todo)} scenarios did not settle in {_MAXIMUM_STEPS} steps; solve them exactly")


def _between(low: Floats, high: Floats, at: Floats) -> Floats:
    """Middle of the bracket; away from ``at``, doubling, while an end is open."""
    reach = 2 * np.abs(at) + 1
    start = np.where(np.isfinite(low), low, at - reach)
    end = np.where(np.isfinite(high), high, at + reach)
    return np.where(
        np.isfinite(low) & np.isfinite(high), start + (end - start) / 2, np.where(np.isfinite(low), end, start)
    )
