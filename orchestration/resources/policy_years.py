"""Dated values: which one is in force in a funding year, and what is wrong with a row of them.

Belongs here: intervals, series, the words about time. Does not: the shape of the files (``policies``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from models_py.allocation.rounding import as_decimal, half_even
from orchestration.resources.policy_text import Place, PolicyDateError, PolicyText

INDEXED_DECIMALS = {"sek": 0, "sek_per_pupil": 2, "sek_per_unit": 2, "sek_per_point": 4}
"""Units that can follow a series, and the decimals an indexed value is rounded to (half even)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A parameter or series and the file that it stands in."""

    item: Any
    text: PolicyText
    place: Place

    def at(self, *below: str | int) -> str:
        """``folder/file:line`` of the entry, or of something below it."""
        return self.text.at((*self.place, *below))


@dataclass(frozen=True, slots=True)
class ResolvedValue:
    """The value of one key in one funding year, with its decision; ``where`` is ``folder/file:line``."""

    key: str
    value: Any
    unit: str
    interval: Any  # a ``policies.Interval``
    where: str


def one_of(keys: tuple[str, ...], parameters: Mapping[str, Entry], *, year: int, known_on: date | None = None) -> str:
    """The key of ``keys`` that a year has a value of (or the one given at all); two are an error."""
    given = [key for key in keys if key in parameters]
    touching = [key for key in given if touches_year(parameters[key], year=year, known_on=known_on)]
    if len(touching) > 1:
        raise PolicyDateError(
            [
                f"{parameters[key].at()}: {key}: stands beside {other} in {year}; a year has one of them"
                for key, other in (touching, touching[::-1])
            ]
        )
    return (touching or given or list(keys))[0]


def touches_year(entry: Entry, *, year: int, known_on: date | None = None) -> bool:
    """Whether the entry has a value on any day of the year."""
    return any(_touches(i, year) for _, i in _live(entry, known_on))


def value_in_force(
    key: str, entry: Entry, *, year: int, series: Mapping[str, Entry], known_on: date | None = None
) -> ResolvedValue:
    """The value on 1 January of ``year``, which must hold until 31 December; PolicyDateError otherwise.

    With ``known_on`` only what was decided on or before that day counts: a value that has since been superseded or
    corrected comes back, and of two for one day the one decided last is in force.
    """
    first_day, live = date(year, 1, 1), _live(entry, known_on)
    if not live:
        raise PolicyDateError([f"{entry.at()}: {key}: nothing was decided on or before {known_on}"])
    in_force = [(n, i) for n, i in live if i.valid_from <= first_day <= i.valid_to]
    if not in_force:
        first, last = min(i.valid_from for _, i in live), max(i.valid_to for _, i in live)
        raise PolicyDateError(
            [f"{entry.at()}: {key}: no value in force on {first_day}; values run from {first} to {last}"]
        )
    position, interval = max(in_force, key=_latest)
    where = entry.at("values", position)
    later = [
        i
        for n, i in live
        if _touches(i, year) and i.valid_from > first_day and _latest((n, i)) > _latest((position, interval))
    ]
    changes = min([i.valid_from - timedelta(days=1) for i in later] + [interval.valid_to])
    if changes < date(year, 12, 31):
        raise PolicyDateError(
            [
                f"{where}: {key}: changes inside funding year {year}, after {changes}; "
                "a value of a funding year holds from 1 January to 31 December"
            ]
        )
    value = interval.value if interval.index is None else _indexed(interval, series[interval.index], year)
    return ResolvedValue(key=key, value=value, unit=interval.unit, interval=interval, where=where)


def last_whole_year(day: date) -> int:
    """The calendar year that ends on or before ``day``."""
    return day.year if (day.month, day.day) == (12, 31) else day.year - 1


def _indexed(interval: Any, series: Entry, year: int) -> Any:
    factor = series.item.values.get(str(year))
    if factor is None:
        raise PolicyDateError(
            [f"{series.at('values')}: series.{interval.index}: has no factor for {year}; add the year"]
        )
    decimals = INDEXED_DECIMALS[interval.unit]

    def times(value: Decimal | int) -> Decimal | int:
        units = half_even(Fraction(value) * Fraction(factor), decimals=decimals)
        return units if isinstance(value, int) else as_decimal(units, decimals=decimals)

    value = interval.value
    return {grade: times(v) for grade, v in value.items()} if isinstance(value, dict) else times(value)


def _live(entry: Entry, known_on: date | None = None) -> list[tuple[int, Any]]:
    """Values that can be in force, with their position in the file, by first day."""
    if known_on is None:
        live = [(n, i) for n, i in enumerate(entry.item.values) if i.status in ("proposal", "decided")]
    else:
        live = [(n, i) for n, i in enumerate(entry.item.values) if i.decided is not None and i.decided <= known_on]
    return sorted(live, key=lambda pair: pair[1].valid_from)


def _latest(placed: tuple[int, Any]) -> tuple[date, bool, int]:
    """Order of decisions: the later one holds, of one day the one that still stands, then the lower one in the file."""
    position, interval = placed
    return interval.decided or date.min, interval.status in ("proposal", "decided"), position


def _touches(interval: Any, year: int) -> bool:
    return interval.valid_from <= date(year, 12, 31) and interval.valid_to >= date(year, 1, 1)


def time_problems(key: str, entry: Entry, series: Mapping[str, Entry]) -> Iterator[str]:
    """Gaps, overlaps and unknown series of one parameter, each with file and line."""
    live = _live(entry)
    if not live:
        yield f"{entry.at()}: {key}: has no value that is proposed or decided"
    for (_, earlier), (n, later) in pairwise(live):
        if later.valid_from <= earlier.valid_to:
            yield f"{entry.at('values', n)}: {key}: overlaps the value that holds until {earlier.valid_to}"
        elif later.valid_from > earlier.valid_to + timedelta(days=1):
            yield f"{entry.at('values', n)}: {key}: leaves a gap after {earlier.valid_to}"
    for n, interval in live:
        if interval.index is not None and interval.index not in series:
            known = ", ".join(sorted(series)) or "none"
            yield f"{entry.at('values', n, 'index')}: {key}: there is no series {interval.index}; known: {known}"


def canonical(value: Any) -> Any:
    """Text that is the same for 0.1 and 0.10, so that layout never changes a hash."""
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)
