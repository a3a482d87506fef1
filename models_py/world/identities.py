"""Identity numbers that belong to nobody: the Tax Agency's reserved test numbers.

Belongs here: giving each simulated pupil a number of valid form and check digit. Does not belong here: parsing numbers.

Assurance. Skatteverket publishes test personal numbers and test coordination numbers as open data. For births from 1990
they carry birth number 238 (female) or 239 (male), one of each per birth date; they are never issued to people. Only
these are used here: at most one per sex and day for personal numbers, and as many coordination numbers (day + 60).
"""

from __future__ import annotations

from calendar import isleap

import numpy as np

from models_py.world.settings import WorldError
from models_py.world.streams import Bools, Ints, Streams

FIRST_RESERVED_YEAR = 1990
_FEMALE, _MALE = 238, 239


def check_digit(nine: Ints) -> Ints:
    """Luhn check digit of nine-digit numbers (modulus 10, weights 2, 1, 2 ...), as on every Swedish identity number."""
    total = np.zeros_like(nine)
    for place in range(9):
        digit = nine // 10 ** (8 - place) % 10
        doubled = digit * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return (10 - total % 10) % 10


def _days(year: int) -> int:
    return 366 if isleap(year) else 365


def _spread(wanted: dict[int, Ints], kind: str) -> dict[int, Ints]:
    """Positions per birth year such that no year exceeds its days; the surplus starts school a year early or late."""
    placed = {year: at[: _days(year)] for year, at in wanted.items()}
    for year in sorted(wanted):
        surplus = wanted[year][_days(year) :]
        for neighbour in (year + 1, year - 1):
            there = placed.get(neighbour, np.empty(0, dtype=np.int64))
            room = _days(neighbour) - len(there)
            placed[neighbour], surplus = np.concatenate([there, surplus[:room]]), surplus[room:]
        if len(surplus):
            raise WorldError(
                f"birth year {year}, {kind}: {len(wanted[year])} pupils, {_days(year)} reserved numbers, and the "
                f"neighbouring years are full ({len(surplus)} too many); make the municipality smaller"
            )
    return placed


def assign_identities(
    *, birth_year: Ints, is_boy: Bools, is_coordination: Bools, streams: Streams
) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Twelve-digit identity numbers (YYYYMMDDNNNC), one per pupil in the order given, all different.

    The birth year is kept unless its reserved numbers run out; then a neighbouring year is used, as for children who
    start school early or late. Raises WorldError when those are used up too, or for births before 1990.
    """
    if len(birth_year) and birth_year.min() < FIRST_RESERVED_YEAR:
        raise WorldError(f"birth year {birth_year.min()}: the reserved birth numbers 238 and 239 hold from 1990")
    number = np.zeros(len(birth_year), dtype=np.int64)
    for coordination in (False, True):
        for boy in (False, True):
            kind = f"{'boys' if boy else 'girls'}, {'coordination' if coordination else 'personal'} numbers"
            member = np.flatnonzero((is_coordination == coordination) & (is_boy == boy))
            wanted = {int(y): member[birth_year[member] == y] for y in np.unique(birth_year[member])}
            for year, at in sorted(_spread(wanted, kind).items()):
                day = np.argsort(streams.uniform("identity", year, int(coordination), int(boy), np.arange(_days(year))))
                date = np.datetime64(f"{year}-01-01") + day[: len(at)]
                month = date.astype("datetime64[M]").astype(np.int64) % 12 + 1
                in_month = (date - date.astype("datetime64[M]")).astype(np.int64) + 1 + 60 * coordination
                nine = ((year % 100 * 100 + month) * 100 + in_month) * 1000 + (_MALE if boy else _FEMALE)
                number[at] = (year // 100 * 10**9 + nine) * 10 + check_digit(nine)
    return number.astype(str)
