"""Whole units that add up: largest remainder in integers and fractions.

Belongs here: rounding that conserves a total, and exact decimals. Does not: deciding what is shared.
Nothing here touches a float: float remainders decide ties differently from 10**12 öre on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from models_py.errors import AllocationError

Exact = int | Fraction
Number = int | Fraction | Decimal
"""What callers may give: decided values often come as Decimal. A float is never exact and is refused."""


def round_to_total(weights: Mapping[str, Exact], total: int) -> dict[str, int]:
    """Share ``total`` whole units (kronor, öre) in proportion to ``weights``; the shares add up to exactly ``total``.

    Largest remainder: everyone gets the whole part, the largest remainders one more; ties go to the lower code.
    Each share is less than one unit from its exact value, and no order of the input matters.

    Raises AllocationError for a negative total or weight, and when a positive total meets no positive weight.
    """
    if total < 0:
        raise AllocationError(f"cannot share a negative total ({total})")
    negative = sorted(code for code, weight in weights.items() if weight < 0)
    if negative:
        raise AllocationError(f"weights are negative for {listed(negative)}")
    # One common denominator makes every remainder an integer, which is exact and fast.
    scale = math.lcm(*(weight.denominator for weight in weights.values()))
    whole_weights = {code: weight.numerator * (scale // weight.denominator) for code, weight in weights.items()}
    weight_sum = sum(whole_weights.values())
    if weight_sum == 0:
        if total:
            raise AllocationError(f"{total} to share, but the weights of {listed(sorted(weights))} are all zero")
        return dict.fromkeys(sorted(weights), 0)
    parts = {code: divmod(whole_weights[code] * total, weight_sum) for code in sorted(weights)}
    left_over = total - sum(whole for whole, _ in parts.values())
    favoured = set(sorted(parts, key=lambda code: (-parts[code][1], code))[:left_over])
    return {code: whole + (code in favoured) for code, (whole, _) in parts.items()}


def largest_remainder(
    amounts: Mapping[str, Exact],
    *,
    lower: Mapping[str, Exact] | None = None,
    upper: Mapping[str, Exact] | None = None,
) -> dict[str, int]:
    """Round exact ``amounts`` to whole units that keep their sum (which must be whole) and integer bounds.

    Bounds become ``ceil(lower)`` and ``floor(upper)``; a code without a bound is free on that side. One unit each goes
    by descending remainder, ties to the lower code, skipping those at their upper bound; a surplus caused by lower
    bounds is taken back in the reverse order, skipping those at their lower bound.

    Raises AllocationError when the sum is not whole, or when no whole numbers within the bounds have that sum.
    """
    lowest = {code: math.ceil(bound) for code, bound in (lower or {}).items()}
    highest = {code: math.floor(bound) for code, bound in (upper or {}).items()}
    crossed = sorted(code for code in lowest.keys() & highest.keys() if lowest[code] > highest[code])
    if crossed:
        raise AllocationError(f"no whole number lies between the bounds of {listed(crossed)}")
    unknown = sorted((lowest.keys() | highest.keys()) - amounts.keys())
    if unknown:
        raise AllocationError(f"bounds without an amount for {listed(unknown)}")
    together = exact_sum(amounts.values())
    if together.denominator != 1:
        raise AllocationError(f"amounts add up to {together}, which is not whole; share a whole total first")
    total = together.numerator

    def clip(code: str, value: int) -> int:
        raised = max(value, lowest[code]) if code in lowest else value
        return min(raised, highest[code]) if code in highest else raised

    result = {code: clip(code, math.floor(amounts[code])) for code in sorted(amounts)}
    order = sorted(amounts, key=lambda code: (-(amounts[code] - result[code]), code))
    missing = total - sum(result.values())
    while missing:
        step = 1 if missing > 0 else -1
        movable = [
            code for code in (order if step > 0 else order[::-1]) if clip(code, result[code] + step) != result[code]
        ]
        if not movable:
            side = "upper bounds leave" if step > 0 else "lower bounds exceed the total by"
            raise AllocationError(f"no whole solution: the {side} {abs(missing)} of {total}")
        for code in movable[: abs(missing)]:
            result[code] += step
        missing = total - sum(result.values())
    return result


def exact(value: Number) -> Fraction:
    """``value`` as a Fraction, without rounding. Raises AllocationError for a float, and for what is not finite."""
    if isinstance(value, bool) or not isinstance(value, int | Fraction | Decimal):
        raise AllocationError(f"exact arithmetic takes int, Fraction or Decimal, not {type(value).__name__}")
    if isinstance(value, Decimal) and not value.is_finite():
        raise AllocationError(f"{value} is not a finite number")
    return Fraction(value)


def exact_sum(values: Iterable[Exact]) -> Fraction:
    """Their sum as a Fraction, also of none and of whole numbers."""
    return Fraction(sum(values))


def half_even(value: Exact, *, decimals: int) -> int:
    """``value`` in units of 10**-decimals, rounded half to even: ``half_even(Fraction(1, 8), decimals=2) == 12``."""
    return round(Fraction(value) * 10**decimals)


def as_decimal(units: int, *, decimals: int) -> Decimal:
    """``units`` × 10**-decimals as a Decimal, exact whatever the decimal context says."""
    return Decimal((int(units < 0), tuple(int(digit) for digit in str(abs(units))), -decimals))


def listed(codes: list[str], *, limit: int = 5) -> str:
    """A count and the first few, for messages: ``'7 (A, B, C, D, E, …)'``."""
    more = ", …" if len(codes) > limit else ""
    return f"{len(codes)} ({', '.join(codes[:limit])}{more})"
