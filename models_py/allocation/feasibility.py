"""Whether the guarantees can all be kept, and the award when they can. Nothing is relaxed in silence.

Belongs here: refusing before solving, the smallest feasible damping, sharing a pot under guarantees in whole kronor.
Does not: the guarantees themselves, what they cost (``prices``).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from models_py.allocation.guarantees import Guarantee, Protected, binding, bounded
from models_py.allocation.infeasible import FloorsExceedPot, InfeasibleError
from models_py.allocation.kernel import Solution, Term, refuse_unattainable, solve, solve_whole, whole_bounds

DAMPING_STEP = Fraction(1, 10_000)
"""The smallest feasible damping is told in hundredths of a percentage point, rounded up so that it is enough."""


@dataclass(frozen=True, slots=True)
class Award:
    """A pot shared in whole kronor.

    Attributes
    ----------
    amounts : school_unit_code to kronor, ascending by code; sums to the pot
    solution : the exact amounts before rounding, with λ
    held_by : unit to ((guarantee name, "lower" or "upper"), …); units that no guarantee holds are left out
    """

    amounts: Mapping[str, int]
    solution: Solution
    held_by: Mapping[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class SmallestDamping:
    """Shares 0..1: ``exact``, the root in fractions; ``enough``, rounded up so that floors in whole kronor fit."""

    exact: Fraction
    enough: Fraction


def award(terms: Mapping[str, Term], *, pot: int, guarantees: Sequence[Guarantee] = ()) -> Award:
    """Share ``pot`` kronor by a rule's ``terms`` (``rules``) under ``guarantees``, exact, whole and refused if it cannot.

    Raises InfeasibleError before anything is shared; its finding names kind, figures and school units: floor_above_cap,
    floors_exceed_pot (with the smallest feasible damping of the first guarantee against last year), caps_below_pot,
    pot_out_of_reach.
    """
    narrowed = whole_bounds(bounded(terms, guarantees=guarantees))
    refuse_infeasible(terms, pot=pot, guarantees=guarantees)
    solution, amounts = solve_whole(narrowed, total=pot)
    return Award(amounts, solution, binding(solution, terms=narrowed, guarantees=guarantees))


def refuse_infeasible(terms: Mapping[str, Term], *, pot: int, guarantees: Sequence[Guarantee]) -> None:
    """Raise InfeasibleError when guarantees, in whole kronor, cannot all be kept; see ``award``."""
    try:
        refuse_unattainable(whole_bounds(bounded(terms, guarantees=guarantees)), total=pot)
    except InfeasibleError as refused:
        damped = next((guarantee for guarantee in guarantees if guarantee.protected), None)
        if damped is None or not isinstance(refused.finding, FloorsExceedPot):
            raise
        others = [guarantee for guarantee in guarantees if guarantee is not damped]
        smallest = smallest_damping(terms, pot=pot, damped=damped, others=others)
        finding = replace(refused.finding, x_min=None if smallest is None else smallest.enough)
        raise InfeasibleError(finding, where=damped.name) from None


def smallest_damping(
    terms: Mapping[str, Term], *, pot: int, damped: Guarantee, others: Sequence[Guarantee] = ()
) -> SmallestDamping | None:
    """Smallest fall that must be allowed for the floors to fit the pot: Σ max(other floor, asked - x previous) = pot.

    The kernel's own equation with λ = -x. None when the other floors alone exceed the pot, when nothing is
    protected, or when a unit has no floor but this one. May be negative: then last year's amounts could even rise.
    """
    floors = _floors(terms, damped, others)
    falling = [term for term in floors.values() if term.beta]
    whole_floors = [None if term.lower is None else math.ceil(term.lower) for term in floors.values()]
    if not falling or None in whole_floors or sum(floor or 0 for floor in whole_floors) > pot:
        return None
    multiplier = solve(floors, total=pot).multiplier
    assert multiplier is not None  # some floor falls
    # Where every floor has fallen to the other guarantees' the sum was just seen to fit; between, it only falls.
    bottom = max((term.alpha - (term.lower or 0)) / Fraction(term.beta) for term in falling)
    first, last = (math.ceil(fall / DAMPING_STEP) for fall in (-multiplier, max(bottom, -multiplier)))
    steps = range(first, last + 1)
    found = bisect_left(steps, True, key=lambda step: _whole_floors(floors, step * DAMPING_STEP) <= pot)
    return SmallestDamping(-multiplier, steps[found] * DAMPING_STEP)


def _floors(terms: Mapping[str, Term], damped: Guarantee, others: Sequence[Guarantee]) -> dict[str, Term]:
    """Each unit's floor as a function of -x; units without a baseline stand still at their other floor."""
    free_rule = {code: replace(term, upper=None) for code, term in terms.items()}
    floors = {}
    for code, term in bounded(free_rule, guarantees=others).items():
        own = damped.protected.get(code, Protected(Fraction(0), Fraction(term.lower or 0)))
        floors[code] = Term(alpha=own.asked, beta=own.previous, lower=term.lower)
    return floors


def _whole_floors(floors: Mapping[str, Term], fall: Fraction) -> int:
    return sum(math.ceil(term.at(-fall)) for term in floors.values())
