"""Promises to school units, as bounds on what each may get of the pot.

Belongs here: floors, caps, damping, hold-harmless, absolute minimum, how they narrow a rule's terms, who binds whom.
Does not: what is refused and the smallest feasible damping (``feasibility``), the opening balance (``baseline``),
capped gains that pay for top-ups (``protection``).

Amounts are in the pot's unit, kronor. ``beside`` is what a unit gets outside the pot that the promise counts in: the
base part and earlier components, without what the policy excludes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from models_py.allocation.kernel import Bound, Solution, Term
from models_py.allocation.rounding import Exact, Number, exact, listed
from models_py.errors import AllocationError


@dataclass(frozen=True, slots=True)
class Protected:
    """Last year's money of one unit at this year's pupils and prices, kronor: in all, and the part asked of the pot."""

    previous: Fraction
    asked: Fraction


@dataclass(frozen=True, slots=True)
class Guarantee:
    """One promise: unit to (lower, upper) of its amount from the pot; None is no bound on that side.

    ``down`` and ``protected`` are set by promises against last year: lower = asked - down × previous. A unit without
    a baseline is in neither.
    """

    name: str
    intervals: Mapping[str, tuple[Bound, Bound]]
    down: Fraction | None = None
    protected: Mapping[str, Protected] = field(default_factory=dict)


def floor_per_pupil(pupils: Mapping[str, int], *, amount: Number, name: str = "floor_per_pupil") -> Guarantee:
    """At least ``amount`` kronor per pupil from the pot."""
    return Guarantee(name, {code: (exact(amount) * n, None) for code, n in sorted(pupils.items())})


def cap_per_pupil(pupils: Mapping[str, int], *, amount: Number, name: str = "cap_per_pupil") -> Guarantee:
    """At most ``amount`` kronor per pupil from the pot."""
    return Guarantee(name, {code: (None, exact(amount) * n) for code, n in sorted(pupils.items())})


def minimum_per_pupil(
    pupils: Mapping[str, int],
    *,
    level: Mapping[str, Number],
    beside: Mapping[str, Number],
    name: str = "minimum_per_pupil",
) -> Guarantee:
    """At least ``level`` kronor per pupil of ``beside`` and pot together: an absolute minimum, whatever last year was.

    ``level`` is per unit, since a level weighted by stage differs between them; ``timetable_level`` derives one.
    """
    _same_units(pupils, level=level, beside=beside)
    return Guarantee(
        name,
        {code: (exact(level[code]) * n - exact(beside[code]), None) for code, n in sorted(pupils.items())},
    )


def timetable_level(*, hours: Number, group_size: Number, cost_per_hour: Number) -> Fraction:
    """Kronor per pupil that the guaranteed timetable costs: hours a year / group size × kronor per teaching hour."""
    if min(exact(hours), exact(cost_per_hour)) < 0 or exact(group_size) <= 0:
        raise AllocationError("hours and cost_per_hour must be 0 or more, group_size above zero")
    return exact(hours) / exact(group_size) * exact(cost_per_hour)


def damping(
    pupils: Mapping[str, int],
    *,
    previous_per_pupil: Mapping[str, Number | None],
    beside: Mapping[str, Number],
    down: Number | None,
    up: Number | None,
    name: str = "damping",
) -> Guarantee:
    """Kronor per pupil change by at most the shares ``down`` and ``up`` (0..1; None: that side is free).

    ``previous_per_pupil``: last year's kronor per pupil, price-adjusted, with the same parts as ``beside`` and pot
    together; None is a state, "no baseline": a new unit, neither damped nor guessed. Pupils are this year's, so that a
    shrinking school is not counted as losing.
    """
    _same_units(pupils, previous_per_pupil=previous_per_pupil, beside=beside)
    previous = {code: _times(previous_per_pupil[code], n) for code, n in pupils.items()}
    return _against_last_year(previous, beside=beside, down=down, up=up, name=name)


def hold_harmless(
    pupils: Mapping[str, int],
    *,
    previous_per_pupil: Mapping[str, Number | None],
    beside: Mapping[str, Number],
    name: str = "hold_harmless",
) -> Guarantee:
    """No unit gets less per pupil than last year: damping that allows no fall and any rise."""
    return damping(pupils, previous_per_pupil=previous_per_pupil, beside=beside, down=0, up=None, name=name)


def hold_total(
    previous: Mapping[str, Number | None], *, beside: Mapping[str, Number], name: str = "hold_total"
) -> Guarantee:
    """No unit gets fewer kronor in all than last year, also when it has lost pupils; None is "no baseline"."""
    _same_units(beside, previous=previous)
    return _against_last_year({c: _times(v, 1) for c, v in previous.items()}, beside=beside, down=0, up=None, name=name)


def phased_claims(
    model: Mapping[str, Number],
    *,
    pupils: Mapping[str, int],
    previous_per_pupil: Mapping[str, Number | None],
    share: Number,
) -> dict[str, Fraction]:
    """Claims part of the way from last year's amounts to the model's: share × model + (1 - share) × last year's.

    ``model``: kronor a unit would get by the model alone; ``share`` 0..1, the part phased in. A unit without baseline
    claims its model amount. Share them with ``rules.proportional``, which scales them to the pot.
    """
    _same_units(pupils, model=model, previous_per_pupil=previous_per_pupil)
    part = _share(share, "share")
    claims = {}
    for code, n in sorted(pupils.items()):
        last = _times(previous_per_pupil[code], n)
        claims[code] = exact(model[code]) if last is None else part * exact(model[code]) + (1 - part) * last
    return claims


def bounded(terms: Mapping[str, Term], *, guarantees: Iterable[Guarantee]) -> dict[str, Term]:
    """The rule's terms narrowed by every guarantee: largest lower, smallest upper bound.

    A cap that belongs to the *rule* (equal awards stop at the claim) gives way to a guaranteed floor above it; caps
    that are guaranteed do not, so that a floor above them is refused when solving. Raises AllocationError for a
    guarantee to a unit that takes no part.
    """
    lower: dict[str, list[Exact]] = {code: [] for code in terms}
    upper: dict[str, list[Exact]] = {code: [] for code in terms}
    for guarantee in guarantees:
        strangers = sorted(guarantee.intervals.keys() - terms.keys())
        if strangers:
            raise AllocationError(f"{guarantee.name} is given to school units that take no part: {listed(strangers)}")
        for code, (low, high) in guarantee.intervals.items():
            lower[code] += [] if low is None else [low]
            upper[code] += [] if high is None else [high]
    return {code: _narrowed(term, lower[code], upper[code]) for code, term in sorted(terms.items())}


def binding(
    solution: Solution, *, terms: Mapping[str, Term], guarantees: Sequence[Guarantee]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Who is held by what: unit to ((guarantee name, "lower" or "upper"), …), units held by none left out.

    ``solution`` and ``terms`` as solved, with bounds in whole kronor or exact. The tightest bound is the one that
    holds; several with the same effect are all named, in the order given.
    """
    held: dict[str, tuple[tuple[str, str], ...]] = {}
    for side, (name, codes, whole) in enumerate(
        (("lower", solution.at_lower, math.ceil), ("upper", solution.at_upper, math.floor))
    ):
        for code in codes:
            bound = getattr(terms[code], name)
            bounds = [(g.name, g.intervals[code][side]) for g in guarantees if code in g.intervals]
            tightest = [who for who, value in bounds if value is not None and bound in (value, whole(value))]
            if tightest:
                held[code] = tuple((who, name) for who in tightest)
    return dict(sorted(held.items()))


def _narrowed(term: Term, lower: list[Exact], upper: list[Exact]) -> Term:
    low: Bound = max([*lower, *([] if term.lower is None else [term.lower])], default=None)
    own_cap = term.upper if term.upper is None or not lower else max(term.upper, *lower)
    high: Bound = min([*upper, *([] if own_cap is None else [own_cap])], default=None)
    return replace(term, lower=low, upper=high)


def _against_last_year(
    previous: Mapping[str, Fraction | None],
    *,
    beside: Mapping[str, Number],
    down: Number | None,
    up: Number | None,
    name: str,
) -> Guarantee:
    fall = None if down is None else _share(down, f"{name}.down")
    rise = None if up is None else exact(up)
    if rise is not None and rise < 0:
        raise AllocationError(f"{name}.up: is negative")
    money = {code: value for code, value in sorted(previous.items()) if value is not None}
    negative = [code for code, value in money.items() if value < 0]
    if negative:
        raise AllocationError(f"{name}: last year's money is negative for school units {listed(negative)}")
    protected = {code: Protected(value, value - exact(beside[code])) for code, value in money.items()}
    intervals = {
        code: (
            None if fall is None else own.asked - fall * own.previous,
            None if rise is None else own.asked + rise * own.previous,
        )
        for code, own in protected.items()
    }
    return Guarantee(name, intervals, fall, {} if fall is None else protected)


def _times(per_pupil: Number | None, pupils: int) -> Fraction | None:
    return None if per_pupil is None else exact(per_pupil) * pupils


def _share(value: Number, name: str) -> Fraction:
    if not 0 <= exact(value) <= 1:
        raise AllocationError(f"{name}: must lie in 0..1; a share, not per cent")
    return exact(value)


def _same_units(first: Mapping[str, object], **others: Mapping[str, object]) -> None:
    for name, other in others.items():
        if other.keys() != first.keys():
            raise AllocationError(
                f"{name} is not given for the same school units: {listed(sorted(other.keys() ^ first.keys()))} differ; "
                "give None for a unit without a baseline"
            )
