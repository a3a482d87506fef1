"""What a pot and each guarantee cost: the next krona, who is lifted, who pays, and how fast the price changes.

Belongs here: shadow prices, whole and marginal, and how several guarantees share an effect. Does not: setting a
guarantee, a report's words. Exact fractions throughout; rounding to kronor is the caller's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from models_py.allocation.guarantees import Guarantee, bounded
from models_py.allocation.kernel import Solution, Term, solve
from models_py.allocation.rounding import Exact, Number, exact, exact_sum
from models_py.errors import AllocationError

MAXIMUM_GUARANTEES = 8
"""Every subset of the guarantees is solved once: 2⁸ solutions at most."""


@dataclass(frozen=True, slots=True)
class PotPrice:
    """Where the next krona would go.

    Attributes
    ----------
    multiplier : λ. ``proportional``: kronor per unit of claim; ``least_squared_unmet``: -λ is kronor per pupil short,
        and the sum of squared unmet need changes by 2λ per krona; ``level_up``: the common level
    next_krona : unit to its part of the next krona, β_j / Σ β over those who are not held back from above; empty when
        nobody can take it
    """

    multiplier: Fraction | None
    next_krona: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class GuaranteePrice:
    """The price of guarantees at a fixed pot, kronor.

    Attributes
    ----------
    effect : unit to kronor with less kronor without; sums to 0
    receivers, payers : the positive and the negative part of it, as amounts above zero, ascending by code
    moved : sum of either
    lifted : Σ max(0, lower - amount without): extra pot that would leave everybody else whole
    held : Σ max(0, amount without - upper): kronor that caps set free
    multiplier_change : λ with less λ without; None when either does not exist
    """

    effect: Mapping[str, Fraction]
    receivers: Mapping[str, Fraction]
    payers: Mapping[str, Fraction]
    moved: Fraction
    lifted: Fraction
    held: Fraction
    multiplier_change: Fraction | None


@dataclass(frozen=True, slots=True)
class MarginalPrice:
    """Per unit and in all, kronor per 1.00 of the setting (divide by 100 for a percentage point).

    ``one_sided``: the smaller setting was not feasible, and the difference is taken upwards only.
    """

    effect: Mapping[str, Fraction]
    moved: Fraction
    multiplier_change: Fraction | None
    one_sided: bool


def pot_price(terms: Mapping[str, Term], solution: Solution) -> PotPrice:
    """λ, and who gets the next krona; at a breakpoint those who start to move, not those who stop."""
    at = solution.multiplier
    if at is None:
        return PotPrice(None, {})
    rising = {
        code: exact(term.beta)
        for code, term in sorted(terms.items())
        if term.beta
        and (term.lower is None or term.alpha + at * term.beta >= term.lower)
        and (term.upper is None or term.alpha + at * term.beta < term.upper)
    }
    weight = exact_sum(rising.values())
    return PotPrice(at, {code: beta / weight for code, beta in rising.items()})


def guarantee_price(terms: Mapping[str, Term], *, pot: Exact, guarantees: Sequence[Guarantee]) -> GuaranteePrice:
    """What ``guarantees`` together move, against the same rule and pot without them. Raises as ``kernel.solve``."""
    narrowed = bounded(terms, guarantees=guarantees)
    without, with_them = solve(terms, total=pot), solve(narrowed, total=pot)
    lifted = held = Fraction(0)
    for code, term in narrowed.items():
        amount = without.amounts[code]
        lifted += max(Fraction(0), Fraction(0) if term.lower is None else term.lower - amount)
        held += max(Fraction(0), Fraction(0) if term.upper is None else amount - term.upper)
    effect = _less(with_them.amounts, without.amounts)
    receivers = {code: change for code, change in effect.items() if change > 0}
    return GuaranteePrice(
        effect=effect,
        receivers=receivers,
        payers={code: -change for code, change in effect.items() if change < 0},
        moved=exact_sum(receivers.values()),
        lifted=lifted,
        held=held,
        multiplier_change=_gap(with_them.multiplier, without.multiplier),
    )


def in_order(
    terms: Mapping[str, Term], *, pot: Exact, guarantees: Sequence[Guarantee]
) -> dict[str, dict[str, Fraction]]:
    """Effect of each guarantee per unit when switched on one after the other, in the order given."""
    names = _names(guarantees)
    amounts = [solve(bounded(terms, guarantees=guarantees[:k]), total=pot).amounts for k in range(len(names) + 1)]
    return {name: _less(amounts[k + 1], amounts[k]) for k, name in enumerate(names)}


def shapley_mean(
    terms: Mapping[str, Term], *, pot: Exact, guarantees: Sequence[Guarantee]
) -> dict[str, dict[str, Fraction]]:
    """Mean effect of each guarantee per unit over all orders of switching on (Shapley 1953); no order is favoured.

    Sums over guarantees to the effect of all, over units to 0. Raises AllocationError beyond MAXIMUM_GUARANTEES.
    """
    names = _names(guarantees)
    size = len(names)
    if size > MAXIMUM_GUARANTEES:
        raise AllocationError(f"{size} guarantees have {2**size} subsets; join some, {MAXIMUM_GUARANTEES} is the limit")
    amounts = {
        chosen: solve(bounded(terms, guarantees=[guarantees[k] for k in chosen]), total=pot).amounts
        for count in range(size + 1)
        for chosen in combinations(range(size), count)
    }
    mean = {name: dict.fromkeys(sorted(terms), Fraction(0)) for name in names}
    for k, name in enumerate(names):
        for chosen in amounts:
            if k in chosen:
                continue
            weight = Fraction(
                math.factorial(len(chosen)) * math.factorial(size - len(chosen) - 1), math.factorial(size)
            )
            added = amounts[tuple(sorted((*chosen, k)))]
            for code, change in _less(added, amounts[chosen]).items():
                mean[name][code] += weight * change
    return mean


def marginal_price(
    terms_at: Callable[[Fraction], Mapping[str, Term]],
    *,
    pot: Exact,
    setting: Number,
    lowest: Number | None = None,
    step: Number = Fraction(1, 1000),
) -> MarginalPrice:
    """[A(x + h) - A(x - h)] / 2h per unit: what another percentage point of a guarantee's setting x moves.

    Parameters
    ----------
    terms_at : x to terms with all bounds on, as ``lambda x: bounded(rule, guarantees=[damping(…, down=x), …])``
    lowest : smallest feasible x, as from ``feasibility.smallest_damping`` (its ``exact``); nearer to it than h the
        difference is one-sided. None: every x is feasible
    step : h, default a tenth of a percentage point
    """
    x, h = exact(setting), exact(step)
    if h <= 0:
        raise AllocationError("step must be above zero")
    one_sided = lowest is not None and x - h < exact(lowest)
    below, above = (solve(terms_at(at), total=pot) for at in (x if one_sided else x - h, x + h))
    width = h if one_sided else 2 * h
    effect = {code: change / width for code, change in _less(above.amounts, below.amounts).items()}
    gap = _gap(above.multiplier, below.multiplier)
    return MarginalPrice(
        effect=effect,
        moved=exact_sum(change for change in effect.values() if change > 0),
        multiplier_change=None if gap is None else gap / width,
        one_sided=one_sided,
    )


def _less(amounts: Mapping[str, Fraction], others: Mapping[str, Fraction]) -> dict[str, Fraction]:
    return {code: amounts[code] - others[code] for code in sorted(amounts)}


def _gap(multiplier: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if multiplier is None or other is None else multiplier - other


def _names(guarantees: Sequence[Guarantee]) -> list[str]:
    names = [guarantee.name for guarantee in guarantees]
    if len(set(names)) < len(names):
        raise AllocationError(f"two guarantees have the same name: {', '.join(sorted(names))}")
    return names
