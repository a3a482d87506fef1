"""What happens to school units within a year, and what each event does to prices and payees from its month on.

Belongs here: opening, closure, succession (closure with a successor), split, merge, change of organiser. Does not: pupils
(they follow by themselves where payment follows them), lines of money.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, get_args

from models_py.errors import PaymentError
from models_py.payment.terms import Key, Payee, Price, YearTerms

EventKind = Literal["opening", "closure", "succession", "split", "merge", "organiser_change"]
_SHAPES: Mapping[str, tuple[range, range]] = {
    "opening": (range(1), range(1, 2)),
    "closure": (range(1, 2), range(1)),
    "succession": (range(1, 2), range(1, 2)),
    "split": (range(1, 2), range(2, 100)),
    "merge": (range(2, 100), range(1, 2)),
    "organiser_change": (range(1, 2), range(1)),
}
"""How many units an event concerns, and how many follow."""


@dataclass(frozen=True, slots=True)
class SchoolEvent:
    """One event, in force from the first day of ``first_month`` (1..12).

    Attributes
    ----------
    school_units : units that close, split, merge or change organiser; none for an opening
    successors : units that open or take over; one that continues stands on both sides
    shares : successor to its part of sums that do not follow pupils, for a split; equal parts where empty
    payees : organisers of successors, or the new one of the unit that changes; a successor not named has its predecessor's
    frame_ore : decided öre a year of a unit that opens under fixed frames
    """

    event_id: str
    kind: EventKind
    first_month: int
    school_units: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()
    shares: Mapping[str, Fraction] = field(default_factory=dict)
    payees: Mapping[str, Payee] = field(default_factory=dict)
    frame_ore: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(EventKind):
            raise PaymentError(f"event {self.event_id}: kind {self.kind!r} is none of {', '.join(get_args(EventKind))}")
        if not 1 <= self.first_month <= 12:
            raise PaymentError(f"event {self.event_id}: first_month {self.first_month} is no month")
        for name, many in zip(("school_units", "successors"), _SHAPES[self.kind], strict=True):
            given = getattr(self, name)
            if len(given) not in many or len(set(given)) != len(given):
                raise PaymentError(
                    f"event {self.event_id}: a {self.kind} has {many.start} to {many.stop - 1} {name}, each once, not {len(given)}"
                )
        if self.shares and (set(self.shares) != set(self.successors) or sum(self.shares.values()) != 1):
            raise PaymentError(f"event {self.event_id}: shares name each successor and add up to 1")
        if self.kind == "organiser_change" and set(self.payees) != set(self.school_units):
            raise PaymentError(f"event {self.event_id}: payees says the new organiser of {self.school_units[0]}")

    @property
    def closes(self) -> frozenset[str]:
        """Units that are paid nothing from ``first_month`` on."""
        return frozenset(self.school_units) - set(self.successors) if self.kind != "organiser_change" else frozenset()

    @property
    def concerned(self) -> frozenset[str]:
        """Every unit that it changes something for."""
        return frozenset((*self.school_units, *self.successors))


@dataclass(frozen=True, slots=True, eq=False)
class MonthTerms:
    """Prices and payees as they are in one month; ``closed`` units are paid nothing whoever is counted there."""

    prices: Mapping[Key, Price]
    payees: Mapping[str, Payee]
    closed: frozenset[str]


def terms_of_month(year: YearTerms, *, events: Iterable[SchoolEvent], month: int) -> MonthTerms:
    """The terms after the events that are in force in ``month``.

    Under fixed frames a price is the unit's decided öre of the year and follows no pupils.
    Raises PaymentError for an event about a unit that the terms do not know then, or a new unit without an organiser.
    """
    frames = {key: Price(fixed=((1, ore),)) for key, ore in year.frames_ore.items()}
    prices = dict(year.prices if year.mode == "follow_pupil" else frames)
    payees, closed = dict(year.payees), set[str]()
    for event in sorted(events, key=lambda one: (one.first_month, one.event_id)):
        if event.first_month > month:
            continue
        unknown = sorted(set(event.school_units) - payees.keys())
        if unknown:
            raise PaymentError(f"event {event.event_id}: no school unit {', '.join(unknown)} is known in {month}")
        _payees_after(event, payees)
        if event.kind == "opening":
            _open(event, prices, year)
        elif event.kind != "organiser_change":
            _hand_over(event, prices, year.decided_pupils)
        closed = (closed | event.closes) - set(event.successors)
    return MonthTerms(prices, payees, frozenset(closed))


def _payees_after(event: SchoolEvent, payees: dict[str, Payee]) -> None:
    for unit in event.successors:
        inherited = payees.get(event.school_units[0]) if event.school_units else None
        payee = event.payees.get(unit, payees.get(unit, inherited))
        if payee is None:
            raise PaymentError(f"event {event.event_id}: say in payees who runs the new unit {unit}")
        payees[unit] = payee
    if event.kind == "organiser_change":
        payees |= event.payees


def _open(event: SchoolEvent, prices: dict[Key, Price], year: YearTerms) -> None:
    (unit,) = event.successors
    if year.mode == "follow_pupil":
        for component, price in year.common.items():
            if price.per_pupil:
                prices.setdefault((unit, component), Price(price.per_pupil))
        return
    if event.frame_ore <= 0:
        raise PaymentError(
            f"event {event.event_id}: under fixed frames a new unit needs the decided frame_ore of its year"
        )
    prices[unit, "base_part"] = Price(fixed=((1, event.frame_ore),))


def _hand_over(event: SchoolEvent, prices: dict[Key, Price], pupils: Mapping[str, int]) -> None:
    """Take the prices of the units that end and give them to those that follow: rates as a mean by decided pupils, sums
    in parts that add up."""
    sources = sorted({*event.school_units, *(unit for unit in event.successors if event.kind == "merge")})
    taken = {unit: {key[1]: prices.pop(key) for key in sorted(prices) if key[0] == unit} for unit in sources}
    if not event.successors:
        return
    weights = {unit: max(pupils.get(unit, 0), 1) for unit, own in taken.items() if own}
    followers = sorted(event.successors)
    for component in sorted({component for own in taken.values() for component in own}):
        own = {unit: each[component] for unit, each in taken.items() if component in each}
        rates = _mean_rates(own, weights, event.kind)
        for unit, parts in zip(followers, _divided(own, followers, event), strict=True):
            before = prices.get((unit, component), Price())  # a successor that ran before keeps its own sums
            prices[unit, component] = Price(rates or before.per_pupil, before.fixed + parts)


def _divided(own: Mapping[str, Price], followers: list[str], event: SchoolEvent) -> list[tuple[tuple[int, int], ...]]:
    """The sums of the units that end, divided among ``followers``: the last has each sum less the others' parts of it."""
    whole = tuple(each for price in own.values() for each in price.fixed)
    parts: list[tuple[tuple[int, int], ...]] = []
    for unit in followers[:-1]:
        share = event.shares.get(unit, Fraction(1, len(followers)))
        parts.append(tuple((sign, int(ore * share)) for sign, ore in whole))
    taken = tuple((-sign, ore) for each in parts for sign, ore in each)
    return [*parts, whole + taken]


def _mean_rates(own: Mapping[str, Price], weights: Mapping[str, int], kind: str) -> dict[str, int]:
    """Per grade; a predecessor without the component counts with nothing, as its pupils were due nothing of it."""
    grades = sorted({grade for price in own.values() for grade in price.per_pupil})
    if kind != "merge":
        (only,) = own.values()
        return dict(only.per_pupil)
    total = sum(weights.values())
    return {
        grade: round(Fraction(sum(p.per_pupil.get(grade, 0) * weights[u] for u, p in own.items()), total))
        for grade in grades
    }
