"""Rules of sharing as terms of the kernel: what α, β and the bounds are for each of them.

Belongs here: proportional, least squared unmet need, equal awards, level-up, spreading a residual. Does not: claims
themselves, guarantees, solving (``kernel``).

Every rule takes bounds of its own from 0 up; ``guarantees.bounded`` narrows them. The first three are the proportional,
constrained equal losses and constrained equal awards rules of claims problems (Aumann & Maschler 1985; Thomson 2003).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from models_py.allocation.kernel import Term
from models_py.allocation.rounding import Number, exact, listed
from models_py.errors import AllocationError


def proportional(claims: Mapping[str, Number]) -> dict[str, Term]:
    """The same share λ of every claim: a_j = λ T_j. A unit without a claim gets its lower bound.

    ``claims``: school_unit_code to claim, 0 or more, in any unit.
    """
    _not_negative(claims, "claims")
    return {code: Term(beta=exact(claim)) for code, claim in sorted(claims.items())}


def least_squared_unmet(claims: Mapping[str, Number], *, pupils: Mapping[str, int]) -> dict[str, Term]:
    """The same shortfall -λ in kronor per pupil: a_j = T_j + λ n_j, which minimises Σ (T_j - a_j)² / n_j.

    ``claims``: kronor, at the level that would meet the need; ``pupils``: 1 or more per unit. With a pot above the sum
    of the claims λ is positive, and everybody gets the same amount per pupil above the claim.
    """
    _not_negative(claims, "claims")
    _positive(pupils, claims)
    return {code: Term(alpha=exact(claim), beta=pupils[code]) for code, claim in sorted(claims.items())}


def equal_awards(claims: Mapping[str, Number], *, pupils: Mapping[str, int]) -> dict[str, Term]:
    """The same kronor per pupil λ, but nobody more than the claim: a_j = min(λ n_j, T_j); small claims are met first."""
    _not_negative(claims, "claims")
    _positive(pupils, claims)
    return {code: Term(beta=pupils[code], upper=exact(claim)) for code, claim in sorted(claims.items())}


def level_up(own: Mapping[str, Number], *, weights: Mapping[str, Number]) -> dict[str, Term]:
    """Raise the poorest per weighted pupil to one common level λ: a_j = max(0, λ W_j - R_j).

    ``own``: kronor a unit already has (R); ``weights``: weighted pupils (W), above zero. The equalising step of the
    Brazilian education fund Fundeb (Lei 14.113/2020, VAAF).
    """
    _positive(weights, own)
    return {code: Term(alpha=-exact(money), beta=exact(weights[code])) for code, money in sorted(own.items())}


def spread_residual(amounts: Mapping[str, Number], *, weights: Mapping[str, Number]) -> dict[str, Term]:
    """Move given amounts to another total, the same kronor λ per weight (pupil) up or down: a_j + λ n_j, unbounded.

    For zero-sum corrections, as after damping. Bounds come from ``guarantees.bounded``; so does "not below zero".
    """
    _not_negative(weights, "weights")
    _known(weights, amounts)
    return {
        code: Term(alpha=exact(amount), beta=exact(weights[code]), lower=None)
        for code, amount in sorted(amounts.items())
    }


def common_level(
    own: Mapping[str, Number], lifts: Mapping[str, Fraction], *, weights: Mapping[str, Number]
) -> Fraction:
    """Lowest amount per weight after the lifts: the level of ``level_up``, also when nobody or everybody is lifted."""
    return min((exact(own[code]) + lifts[code]) / exact(weights[code]) for code in own)


def _not_negative(values: Mapping[str, Number], name: str) -> None:
    wrong = sorted(code for code, value in values.items() if exact(value) < 0)
    if wrong:
        raise AllocationError(f"{name} are negative for school units {listed(wrong)}")


def _positive(weights: Mapping[str, Number], units: Mapping[str, Number]) -> None:
    _known(weights, units)
    wrong = sorted(code for code in units if exact(weights[code]) <= 0)
    if wrong:
        raise AllocationError(f"pupils or weights must be above zero; they are not for school units {listed(wrong)}")


def _known(weights: Mapping[str, Number], units: Mapping[str, Number]) -> None:
    if weights.keys() != units.keys():
        raise AllocationError(
            f"pupils or weights are not of the same school units: {listed(sorted(weights.keys() ^ units.keys()))} differ"
        )
