"""Amounts that fade: support for small and remote school units as functions of size and distance.

Belongs here: the tapers, their product behind a gate, and the test that nobody loses money by enrolling a pupil. Does
not: who is eligible by policy, the base part. Need is no factor here: size is a cost, not a risk.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from itertools import pairwise

from models_py.allocation.rounding import Number, exact
from models_py.errors import AllocationError

_DIGITS = Context(prec=50, rounding=ROUND_HALF_EVEN)
"""ln is rounded correctly to 50 digits by decimal arithmetic, the same on every machine; a float's last bit is not."""
_NANO = 10**9


def log_taper(pupils: int, *, rate: Number, size_limit: int) -> Fraction:
    """F n max(0, ln(n0 / n)), rounded to 10⁻⁹ kronor: no cliff, and 0 from n0 pupils and without pupils.

    Parameters
    ----------
    pupils : n, 0 or more
    rate : F, kronor; the amount per pupil where n = n0 / e
    size_limit : n0, pupils

    Nobody loses money by enrolling a pupil as long as F is below the base part per pupil (``enrolment_losses``).
    """
    _sane(pupils, size_limit)
    if exact(rate) < 0:
        raise AllocationError("rate of a taper is negative; small units would pay")
    if not 0 < pupils < size_limit:
        return Fraction(0)
    logarithm = Fraction(_DIGITS.subtract(_DIGITS.ln(Decimal(size_limit)), _DIGITS.ln(Decimal(pupils))))
    return Fraction(round(exact(rate) * pupils * logarithm * _NANO), _NANO)


def linear_weight(value: Number, *, full: Number, zero: Number) -> Fraction:
    """Clipped linear taper: 1 at ``full`` and beyond, 0 at ``zero`` and beyond, straight between; either may be larger.

    ``linear_weight(15, full=Decimal("10.7"), zero=Decimal("21.4"))`` fades with size; with full above zero the weight
    rises, as with distance. Raises AllocationError when the two are equal: that is a gate, not a taper.
    """
    at, one, nil = exact(value), exact(full), exact(zero)
    if one == nil:
        raise AllocationError("a taper needs two different ends; use a gate for a step")
    return min(Fraction(1), max(Fraction(0), (at - nil) / (one - nil)))


def tapered(maximum: Number, *, weights: tuple[Fraction, ...], eligible: bool = True) -> Fraction:
    """maximum × product of weights, exact; 0 behind a closed gate. Round where amounts meet the pot, not here."""
    if not eligible:
        return Fraction(0)
    amount = exact(maximum)
    for weight in weights:
        if not 0 <= weight <= 1:
            raise AllocationError("a weight of a taper must lie in 0..1")
        amount *= weight
    return amount


def sparsity(
    *,
    year_group_size: Number,
    size_threshold: Number,
    distance: Number,
    distance_threshold: Number,
    maximum: Number,
    distance_gate: Number = Decimal("0.8"),
) -> Fraction:
    """Support for small and remote units by size and distance, with the gate of the English regulations.

    Parameters
    ----------
    year_group_size, size_threshold : A, B; mean pupils per grade. Eligible below B, full weight below B / 2
    distance, distance_threshold : D, C; to the second nearest suitable school. Full weight from C
    maximum : kronor at full weights
    distance_gate : share of C that D must exceed; the taper starts there

    Source: the School and Early Years Finance (England) Regulations 2022, schedule 3 paragraph 14.
    """
    a, b, d, c, gate = map(exact, (year_group_size, size_threshold, distance, distance_threshold, distance_gate))
    if b <= 0 or c <= 0 or not 0 <= gate < 1:
        raise AllocationError("thresholds of size and distance must be above zero, the gate in 0..1 and below 1")
    return tapered(
        maximum,
        weights=(linear_weight(a, full=b / 2, zero=b), linear_weight(d, full=c, zero=gate * c)),
        eligible=a < b and d > gate * c,
    )


def enrolment_losses(
    supplement: Callable[[int], Fraction], *, base_per_pupil: Number, up_to: int
) -> tuple[tuple[int, Fraction], ...]:
    """Sizes at which one pupil more would cost a unit money: (pupils before, kronor lost), empty when there is none.

    Compares base_per_pupil · n + supplement(n) with the same at n + 1, for n = 1 .. up_to - 1. A cliff shows here.
    """
    base = exact(base_per_pupil)
    totals = [base * n + supplement(n) for n in range(1, up_to + 1)]
    return tuple((n, before - after) for n, (before, after) in enumerate(pairwise(totals), start=1) if after < before)


def _sane(pupils: int, size_limit: int) -> None:
    if isinstance(pupils, bool) or not isinstance(pupils, int) or pupils < 0 or size_limit < 1:
        raise AllocationError("a taper needs whole pupils from 0 up and a size limit of at least 1 pupil")
