"""Identity numbers of a whole column at once: what `identity.parse_identity` says of each distinct text.

The usual forms (ten or twelve digits, with or without a sign) are judged as arrays; every other text one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.intake.identity import COORDINATION_DAYS, parse_identity

KINDS = ("pnr", "samordning", "tf", "other")
PROBLEMS = ("E-PNR-FORM", "E-PNR-DATE", "E-PNR-CHECKSUM", "E-REQUIRED")
WIDTH = 12  # characters of a normalised identity

_NONE = -1
_AT_ONCE = 1 << 15  # rows; small enough to stay near the processor
_PNR, _COORDINATION = KINDS.index("pnr"), KINDS.index("samordning")
_DATE, _CHECKSUM = PROBLEMS.index("E-PNR-DATE"), PROBLEMS.index("E-PNR-CHECKSUM")
_FORMS = {12: (8, b""), 13: (8, b"-"), 10: (6, b""), 11: (6, b"-+")}  # characters: where a sign stands, and which
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_ZERO = ord("0")


@dataclass(frozen=True, slots=True)
class Identities:
    """One entry per text: place in KINDS or PROBLEMS (-1: none), and the normalised identity (empty for a problem)."""

    kinds: np.ndarray  # int8
    problems: np.ndarray  # int8
    normalised: np.ndarray  # bytes, 12 wide


def parse_identities(texts: pa.StringArray, *, reference: date, allow_other: np.ndarray) -> Identities:
    """Classify each text. `allow_other` says for which a case number counts; else as `parse_identity`."""
    size = len(texts)
    found = Identities(np.full(size, _NONE, np.int8), np.full(size, _NONE, np.int8), np.zeros(size, f"S{WIDTH}"))
    lengths = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    is_usual = np.zeros(size, dtype=bool)
    for length in _FORMS:
        places = np.flatnonzero(lengths == length)
        for start in range(0, len(places), _AT_ONCE):
            rows = places[start : start + _AT_ONCE]
            is_usual[rows[_take_usual(_octets(texts, rows, length), rows, found, reference=reference)]] = True
    unusual = np.flatnonzero(~is_usual)
    for row, text in zip(unusual, texts.take(pa.array(unusual)).to_pylist(), strict=True):
        identity = parse_identity(text, reference=reference, allow_other=bool(allow_other[row]))
        problem = identity.problem if text.strip() else "E-REQUIRED"
        if problem is not None:
            found.problems[row] = PROBLEMS.index(problem)
        else:
            found.kinds[row] = KINDS.index(identity.kind)
            found.normalised[row] = identity.normalised.encode()
    return found


def _octets(texts: pa.StringArray, rows: np.ndarray, length: int) -> np.ndarray:
    chosen = texts.take(pa.array(rows))
    _, _, data = chosen.buffers()
    start = chosen.offset  # a taken array begins its own buffers
    return np.frombuffer(data, dtype=np.uint8, count=len(rows) * length, offset=start).reshape(-1, length)


def _take_usual(octets: np.ndarray, rows: np.ndarray, found: Identities, *, reference: date) -> np.ndarray:
    """Judge the texts (one a row, as bytes) that have a usual form; gives a mask of those that have."""
    sign_place, signs = _FORMS[octets.shape[1]]
    digits = np.delete(octets, sign_place, axis=1) if signs else octets
    is_usual = ((digits >= _ZERO) & (digits <= _ZERO + 9)).all(axis=1)
    is_older = np.zeros(len(octets), dtype=bool)
    if signs:
        is_usual &= np.isin(octets[:, sign_place], np.frombuffer(signs, dtype=np.uint8))
        is_older = octets[:, sign_place] == ord("+")
    numbers = np.where(is_usual[:, None], digits, _ZERO).astype(np.int32) - _ZERO
    number = _numbers_of(numbers)
    month, day = number(-8, -6), number(-6, -4)
    is_coordination = day > COORDINATION_DAYS
    day = np.where(is_coordination, day - COORDINATION_DAYS, day)
    today = reference.year * 10_000 + reference.month * 100 + reference.day
    if digits.shape[1] == WIDTH:
        year = number(0, 4)
        is_usual &= (year >= 1800) & (year <= 2099)
    else:
        year = reference.year // 100 * 100 + number(0, 2)
        year = year - 100 * (year * 10_000 + month * 100 + day > today) - 100 * is_older
    is_date = _is_date(year, month, day) & (year * 10_000 + month * 100 + day <= today)
    doubled = numbers[:, -10::2] * 2
    total = (doubled - 9 * (doubled > 9)).sum(axis=1) + numbers[:, -9::2].sum(axis=1)
    is_good = is_usual & is_date & (total % 10 == 0)
    found.problems[rows[is_usual & ~is_date]] = _DATE
    found.problems[rows[is_usual & is_date & ~is_good]] = _CHECKSUM
    found.kinds[rows[is_good]] = np.where(is_coordination[is_good], _COORDINATION, _PNR)
    found.normalised[rows[is_good]] = _normalised(year[is_good], digits[is_good])
    return is_usual


def _numbers_of(numbers: np.ndarray) -> Callable[[int, int], np.ndarray]:
    def number(first: int, after: int) -> np.ndarray:
        value = np.zeros(len(numbers), dtype=np.int64)
        for column in numbers[:, first:after].T:
            value = value * 10 + column
        return value

    return number


def _is_date(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days = _MONTH_DAYS[np.where(month <= 12, month, 0)] + ((month == 2) & is_leap)
    return (year >= date.min.year) & (day >= 1) & (day <= days)


def _normalised(year: np.ndarray, digits: np.ndarray) -> np.ndarray:
    whole = np.empty((len(digits), WIDTH), dtype=np.uint8)
    whole[:, 4:] = digits[:, -8:]
    for place in range(4):
        whole[:, place] = year // 10 ** (3 - place) % 10 + _ZERO
    return whole.view(f"S{WIDTH}").ravel()
