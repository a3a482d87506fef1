"""One equation for every rule of sharing: find λ with Σ_j clip(α_j + λβ_j, l_j, u_j) = P, exactly.

Belongs here: the exact solver, its attainable range, and whole amounts of its solution. Does not: what α and β mean
(``rules``), where bounds come from (``guarantees``), floats (``kernel_batch``).

The equation is the continuous quadratic knapsack problem; sorted breakpoints solve it in O(J log J): Brucker 1984
(Operations Research Letters 3), Kiwiel 2008 (Mathematical Programming 112). Claims rules are cases of it: Thomson 2003
(Mathematical Social Sciences 45).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from models_py.allocation.infeasible import CapsBelowPot, FloorAboveCap, FloorsExceedPot, InfeasibleError, OutOfReach
from models_py.allocation.rounding import Exact, exact_sum, largest_remainder, listed
from models_py.errors import AllocationError

Bound = Exact | None
"""A lower or upper bound; None is no bound on that side."""


@dataclass(frozen=True, slots=True)
class Term:
    """clip(alpha + λ beta, lower, upper): what one school unit gets at λ. beta ≥ 0; None is no bound."""

    alpha: Exact = 0
    beta: Exact = 0
    lower: Bound = 0
    upper: Bound = None

    def at(self, multiplier: Exact) -> Exact:
        """The unit's amount at λ = ``multiplier``."""
        return clip(self.alpha + multiplier * self.beta, lower=self.lower, upper=self.upper)


@dataclass(frozen=True, slots=True)
class Solution:
    """Amounts that add up to exactly the pot.

    Attributes
    ----------
    multiplier : λ, exact; None when every β is zero. Where several do, the largest finite breakpoint among them
    amounts : school_unit_code to exact amount, ascending by code
    free, at_lower, at_upper : codes strictly between their bounds (β > 0), at the lower, at the upper; ascending
    """

    multiplier: Fraction | None
    amounts: Mapping[str, Fraction]
    free: tuple[str, ...]
    at_lower: tuple[str, ...]
    at_upper: tuple[str, ...]


def clip(value: Exact, *, lower: Bound, upper: Bound) -> Exact:
    """``value`` moved into its bounds."""
    raised = value if lower is None or value > lower else lower
    return raised if upper is None or raised < upper else upper


def attainable(terms: Mapping[str, Term]) -> tuple[Bound, Bound]:
    """Lowest and highest sum over all λ; None where it has no end. A term with beta = 0 stays where alpha puts it."""
    fixed = exact_sum(Fraction(term.at(0)) for term in terms.values() if not term.beta)
    ends: list[Bound] = []
    for side in ("lower", "upper"):
        bounds = [getattr(term, side) for term in terms.values() if term.beta]
        ends.append(None if None in bounds else fixed + exact_sum(map(Fraction, bounds)))
    return ends[0], ends[1]


def solve(terms: Mapping[str, Term], *, total: Exact) -> Solution:
    """The λ and the exact amounts that share ``total``.

    Parameters
    ----------
    terms : school_unit_code to Term; every number int or Fraction
    total : P, in the unit of alpha and the bounds

    Raises AllocationError for a negative beta or a float, InfeasibleError (before solving) when a lower bound lies
    above an upper one, or when ``total`` lies outside the attainable range.
    """
    ordered = {code: terms[code] for code in sorted(terms)}
    refuse_unattainable(ordered, total=total)
    multiplier = _multiplier(ordered, total)
    at = 0 if multiplier is None else multiplier
    amounts = {code: Fraction(term.at(at)) for code, term in ordered.items()}
    free, low, high = [], [], []
    for code, term in ordered.items():
        if amounts[code] == term.lower:
            low.append(code)
        elif amounts[code] == term.upper:
            high.append(code)
        elif term.beta:
            free.append(code)
    return Solution(multiplier, amounts, tuple(free), tuple(low), tuple(high))


def whole_bounds(terms: Mapping[str, Term]) -> dict[str, Term]:
    """Bounds narrowed to whole units, ceil(lower) and floor(upper), so that whole amounts can keep them."""
    return {
        code: replace(
            term,
            lower=None if term.lower is None else math.ceil(term.lower),
            upper=None if term.upper is None else math.floor(term.upper),
        )
        for code, term in terms.items()
    }


def solve_whole(terms: Mapping[str, Term], *, total: int) -> tuple[Solution, dict[str, int]]:
    """The exact solution under whole bounds, and whole amounts that add up to ``total`` and keep every bound.

    Bounds are narrowed *before* solving; then each whole amount is less than one unit from its exact value. Largest
    remainder, ties to the lower code. Raises as ``solve``; also when whole numbers leave no room between two bounds.
    """
    if not isinstance(total, int):
        raise AllocationError(f"{total} is not whole; share whole kronor or whole öre")
    narrowed = whole_bounds(terms)
    solution = solve(narrowed, total=total)
    lower = {code: term.lower for code, term in narrowed.items() if term.lower is not None}
    upper = {code: term.upper for code, term in narrowed.items() if term.upper is not None}
    return solution, largest_remainder(solution.amounts, lower=lower, upper=upper)


def refuse_unattainable(terms: Mapping[str, Term], *, total: Exact) -> None:
    """Raise when no λ gives ``total``; see ``solve``."""
    inexact = sorted(code for code, term in terms.items() if not all(_is_exact(value) for value in _numbers(term)))
    if inexact or not _is_exact(total):
        raise AllocationError(f"exact sharing takes int and Fraction only; it got others for {listed(inexact)}")
    negative = sorted(code for code, term in terms.items() if term.beta < 0)
    if negative:
        raise AllocationError(
            f"beta is negative for school units {listed(negative)}; a larger pot would take from them"
        )
    crossed = sorted(
        code
        for code, term in terms.items()
        if term.lower is not None and term.upper is not None and term.lower > term.upper
    )
    if crossed:
        raise InfeasibleError(FloorAboveCap(tuple(crossed)))
    lowest, highest = attainable(terms)
    if (lowest is None or lowest <= total) and (highest is None or total <= highest):
        return
    floors = {code: Fraction(term.lower) for code, term in terms.items() if term.lower is not None}
    sum_floors = exact_sum(floors.values())
    if len(floors) == len(terms) and sum_floors > total:
        largest = sorted((code for code in floors if floors[code] > 0), key=lambda code: (-floors[code], code))
        raise InfeasibleError(FloorsExceedPot(sum_floors, total, sum_floors - total, None, tuple(largest)))
    caps = [Fraction(term.upper) for term in terms.values() if term.upper is not None]
    sum_caps = exact_sum(caps)
    if len(caps) == len(terms) and sum_caps < total:
        raise InfeasibleError(CapsBelowPot(sum_caps, total, total - sum_caps, tuple(sorted(terms))))
    fixed = tuple(sorted(code for code, term in terms.items() if not term.beta))
    raise InfeasibleError(OutOfReach(total, lowest, highest, fixed))


def _multiplier(terms: Mapping[str, Term], total: Exact) -> Fraction | None:
    """λ by sorted breakpoints. Between two of them the sum is A + λB; A and B are kept as integers over one denominator,
    so that they do not grow with the number of breakpoints passed.
    """
    sharing = [term for term in terms.values() if term.beta]
    if not sharing:
        return None
    money = math.lcm(*(v.denominator for t in terms.values() for v in (t.alpha, t.lower, t.upper) if v is not None))
    money = math.lcm(money, total.denominator)
    weight = math.lcm(*(term.beta.denominator for term in sharing))
    pot = int(total * money) - sum(int(term.at(0) * money) for term in terms.values() if not term.beta)
    # Each event: λ = numerator / beta (in units of weight / money), then what it adds to A and to B.
    events: list[tuple[int, int, int, int]] = []
    constant = slope = 0
    for term in sharing:
        alpha, beta = int(term.alpha * money), int(term.beta * weight)
        if term.lower is None:
            constant, slope = constant + alpha, slope + beta
        else:
            lower = int(term.lower * money)
            constant += lower
            events.append((lower - alpha, beta, alpha - lower, beta))
        if term.upper is not None:
            upper = int(term.upper * money)
            events.append((upper - alpha, beta, upper - alpha, -beta))
    # Fractions with denominators up to D differ by at least 1/D², so these integers order them exactly, and fast.
    bits = 2 * max((beta.bit_length() for _, beta, _, _ in events), default=0) + 1
    events.sort(key=lambda event: (event[0] << bits) // event[1])
    last: tuple[int, int] | None = None
    for numerator, beta, to_constant, to_slope in events:
        if constant * beta + numerator * slope > pot * beta:
            break
        constant, slope, last = constant + to_constant, slope + to_slope, (numerator, beta)
    if slope:
        return Fraction((pot - constant) * weight, slope * money)
    assert last is not None  # without a slope and without an event the pot would have been refused
    return Fraction(last[0] * weight, last[1] * money)


def _numbers(term: Term) -> list[Exact]:
    return [value for value in (term.alpha, term.beta, term.lower, term.upper) if value is not None]


def _is_exact(value: object) -> bool:
    return isinstance(value, int | Fraction) and not isinstance(value, bool)
