"""From need to a claim on the pot: the functions a policy may choose between, in exact fractions and as arrays.

Belongs here: claim per pupil as a function of one unit's index or share, and the structural share that a wanted ratio
takes. Does not: claims from single pupils' risks (``pupil_threshold``), sharing the pot, guarantees.
The exact form decides money; the array form serves scenarios and replicates, and agrees to the last few bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Literal, Protocol

import numpy as np

from models_py.allocation.rounding import exact_sum
from models_py.allocation.scored_units import ScoredUnits
from models_py.errors import AllocationError

Number = int | Fraction | Decimal
Reads = Literal["need_index", "need_share"]
POWER_DIGITS = 30
"""Decimals kept of a power that is not a fraction; the same on every machine."""


class ClaimFunction(Protocol):
    """What one pupil at a unit claims, given the unit's need.

    Attributes
    ----------
    reads : which measure of need it takes
    in_ore : whether claims are öre (what would be enough) or only relative to each other
    """

    @property
    def reads(self) -> Reads: ...
    @property
    def in_ore(self) -> bool: ...
    def per_pupil(self, need: Fraction) -> Fraction: ...
    def per_pupil_array(self, need: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Linear:
    """Index / 100: a pupil at index 200 claims twice what a pupil at 100 claims."""

    reads: Reads = field(default="need_index", init=False)
    in_ore: bool = field(default=False, init=False)

    def per_pupil(self, need: Fraction) -> Fraction:
        return need / 100

    def per_pupil_array(self, need: np.ndarray) -> np.ndarray:
        return need / 100


@dataclass(frozen=True, slots=True)
class Threshold:
    """max(0, index − threshold_index) / 100: nothing up to the threshold."""

    threshold_index: Number
    reads: Reads = field(default="need_index", init=False)
    in_ore: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        _exact(self, "threshold_index")

    def per_pupil(self, need: Fraction) -> Fraction:
        return max(Fraction(0), need - Fraction(self.threshold_index)) / 100

    def per_pupil_array(self, need: np.ndarray) -> np.ndarray:
        return np.maximum(0.0, need - float(self.threshold_index)) / 100


@dataclass(frozen=True, slots=True)
class Power:
    """(Index / 100) to the power ``exponent`` (above 0): above 1 the neediest gain most, without a cliff.

    A whole exponent is exact; any other is rounded to ``POWER_DIGITS`` decimals.
    """

    exponent: Number
    reads: Reads = field(default="need_index", init=False)
    in_ore: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        _exact(self, "exponent")
        if not self.exponent > 0:
            raise AllocationError(f"Power.exponent: {self.exponent} is not above 0")

    def per_pupil(self, need: Fraction) -> Fraction:
        exponent, base = Fraction(self.exponent), need / 100
        if exponent.denominator == 1:
            return base**exponent.numerator
        context = Context(prec=POWER_DIGITS + 30, rounding=ROUND_HALF_EVEN)
        decimal_base, decimal_exponent = (
            context.divide(Decimal(value.numerator), Decimal(value.denominator)) for value in (base, exponent)
        )
        power = context.power(decimal_base, decimal_exponent) if base else Decimal(0)
        return Fraction(power.quantize(Decimal(1).scaleb(-POWER_DIGITS), context=context))

    def per_pupil_array(self, need: np.ndarray) -> np.ndarray:
        return np.asarray((need / 100) ** float(self.exponent))


@dataclass(frozen=True, slots=True)
class StepTable:
    """The value of the last step that begins at or below the index; the first step begins at 0.

    ``steps``: (index from which it holds, claim per pupil), ascending. A step begins at the double nearest its number,
    as indices are doubles: a unit at index 120.1 stands on the step from 120.1.
    """

    steps: tuple[tuple[Number, Number], ...]
    reads: Reads = field(default="need_index", init=False)
    in_ore: bool = False

    def __post_init__(self) -> None:
        _check_knots("StepTable.steps", self.steps)

    def per_pupil(self, need: Fraction) -> Fraction:
        return next(Fraction(value) for start, value in reversed(self.steps) if need >= Fraction(float(start)))

    def per_pupil_array(self, need: np.ndarray) -> np.ndarray:
        starts, values = (np.array([float(step[k]) for step in self.steps]) for k in (0, 1))
        return values[np.searchsorted(starts, need, side="right") - 1]


@dataclass(frozen=True, slots=True)
class MarginalRates:
    """``at_zero`` + rate × what lies inside each bracket, like a tax scale: kinks, never steps.

    ``brackets``: (need from which it holds, rate per unit of need), ascending, the first from 0.
    """

    brackets: tuple[tuple[Number, Number], ...]
    at_zero: Number = 0
    reads: Reads = "need_index"
    in_ore: bool = False

    def __post_init__(self) -> None:
        _exact(self, "at_zero", not_negative=True)
        _check_knots("MarginalRates.brackets", self.brackets)

    def per_pupil(self, need: Fraction) -> Fraction:
        result, before = Fraction(self.at_zero), Fraction(0)
        for start, rate in self.brackets:
            result += (Fraction(rate) - before) * max(Fraction(0), need - Fraction(start))
            before = Fraction(rate)
        return result

    def per_pupil_array(self, need: np.ndarray) -> np.ndarray:
        result, before = np.full(need.shape, float(self.at_zero)), 0.0
        for start, rate in self.brackets:
            result += (float(rate) - before) * np.maximum(0.0, need - float(start))
            before = float(rate)
        return result


@dataclass(frozen=True, slots=True)
class PricePerPoint:
    """Öre per pupil and index point above ``from_index``."""

    ore_per_point: Number
    from_index: Number = 0
    reads: Reads = field(default="need_index", init=False)
    in_ore: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        _exact(self, "ore_per_point", "from_index", not_negative=True)

    def per_pupil(self, need: Fraction) -> Fraction:
        return Fraction(self.ore_per_point) * max(Fraction(0), need - Fraction(self.from_index))

    def per_pupil_array(self, need: np.ndarray) -> np.ndarray:
        return float(self.ore_per_point) * np.maximum(0.0, need - float(self.from_index))


@dataclass(frozen=True, slots=True)
class CostBased:
    """Öre per expected non-eligible pupil × need share: what the support of those pupils would cost."""

    ore_per_expected: Number
    reads: Reads = field(default="need_share", init=False)
    in_ore: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        _exact(self, "ore_per_expected", not_negative=True)

    def per_pupil(self, need: Fraction) -> Fraction:
        return Fraction(self.ore_per_expected) * need

    def per_pupil_array(self, need: np.ndarray) -> np.ndarray:
        return float(self.ore_per_expected) * need


def claims(function: ClaimFunction, *, units: ScoredUnits) -> dict[str, Fraction]:
    """Claim per unit, exact: pupils × claim per pupil at exactly the need delivered. By code, ascending.

    Raises AllocationError when the function reads need_share and the units have none.
    """
    need = needed(function, units=units)
    return {
        unit: count * function.per_pupil(Fraction(value))
        for unit, count, value in zip(units.school_unit_code, units.pupil_count.tolist(), need.tolist(), strict=True)
    }


def claims_array(function: ClaimFunction, *, units: ScoredUnits, need: np.ndarray | None = None) -> np.ndarray:
    """Claims as doubles, (…, J); ``need`` (…, J) puts other needs, such as replicates, in place of the units' own."""
    own = needed(function, units=units)
    return np.asarray(units.pupil_count * function.per_pupil_array(own if need is None else need))


def needed(function: ClaimFunction, *, units: ScoredUnits) -> np.ndarray:
    """The measure of need that the function reads."""
    if function.reads == "need_index":
        return units.need_index
    if units.need_share is None:
        raise AllocationError(
            f"{type(function).__name__} needs need_share of every school unit (expected share not eligible), and the "
            "units have an index only; choose a claim on the index or deliver the shares"
        )
    return units.need_share


def share_for_ratio(*, ratio: Number, lowest: Number, highest: Number) -> Fraction:
    """Structural share at which highest / lowest amount per pupil is ``ratio``, with a base part that is flat per pupil.

    (1 − s + s·highest) / (1 − s + s·lowest) = ratio, hence s = (ratio − 1) / (ratio − 1 + highest − ratio·lowest).

    Parameters
    ----------
    ratio : wanted highest / lowest, 1 or more
    lowest, highest : claim per pupil over the mean claim per pupil; with linear claims the index / 100

    Raises AllocationError for a ratio below 1, and for one that not even a share of 1 reaches.
    """
    wanted, low, high = Fraction(ratio), Fraction(lowest), Fraction(highest)
    if wanted < 1:
        raise AllocationError(f"a highest to lowest of {float(wanted):g} is below 1")
    if not 0 <= low <= high:
        raise AllocationError("claims per pupil must satisfy 0 <= lowest <= highest")
    if wanted == 1:
        return Fraction(0)
    if high < wanted * low or high == low:
        reached = float(high / low) if low else 1.0
        raise AllocationError(
            f"a highest to lowest of {float(wanted):g} cannot be reached: with every krona following need it is "
            f"{reached:.4g}; choose a steeper claim or a lower ratio"
        )
    return (wanted - 1) / (wanted - 1 + high - wanted * low)


def claim_range(claim_of: Mapping[str, Fraction], *, units: ScoredUnits) -> tuple[Fraction, Fraction]:
    """Lowest and highest claim per pupil over the mean claim per pupil, for ``share_for_ratio``."""
    pupils = dict(zip(units.school_unit_code, units.pupil_count.tolist(), strict=True))
    total = exact_sum(claim_of.values())
    if claim_of.keys() != pupils.keys() or not total > 0:
        raise AllocationError("claims must cover exactly the school units given, and not all be zero")
    mean = total / sum(pupils.values())
    relative = [claim_of[unit] / pupils[unit] / mean for unit in units.school_unit_code]
    return min(relative), max(relative)


def _exact(owner: object, *names: str, not_negative: bool = False) -> None:
    for name in names:
        _exact_value(getattr(owner, name), f"{type(owner).__name__}.{name}", not_negative=not_negative)


def _exact_value(value: object, what: str, *, not_negative: bool) -> None:
    finite = isinstance(value, int | Fraction) or (isinstance(value, Decimal) and value.is_finite())
    if not finite or isinstance(value, bool):
        raise AllocationError(f"{what}: {value!r} is not an exact number; give a whole number, Decimal or Fraction")
    if not_negative and value < 0:  # type: ignore[operator]
        raise AllocationError(f"{what}: is negative ({value})")


def _check_knots(what: str, knots: tuple[tuple[Number, Number], ...]) -> None:
    for knot in knots:
        for value in knot:
            _exact_value(value, what, not_negative=True)
    starts = [Fraction(start) for start, _ in knots]
    if not starts or starts[0] != 0 or starts != sorted(set(starts)):
        raise AllocationError(f"{what}: must begin at 0 and ascend, each start once; it has {len(starts)} rows")
