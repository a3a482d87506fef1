"""Swedish identity numbers: form, date and check digit, and nothing about the person behind.

An identity is a `pnr` (personnummer), a `samordning` (coordination number, day + 60), a `tf` (temporary number with
letters, as pupil systems give to pupils who wait for a number) or `other` (a case number of the Migration Agency, seven
or eight digits, only where the file itself says that it is one). Anything else is `invalid`. Problems are codes; no
text made here holds the number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

IdentityKind = Literal["pnr", "samordning", "tf", "other", "invalid"]

_LONG = re.compile(r"((?:18|19|20)[0-9]{2})([0-9]{2})([0-9]{2})-?([0-9]{4})", re.ASCII)
_SHORT = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})([-+]?)([0-9]{4})", re.ASCII)
_TEMPORARY = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})-?([A-Z][0-9]{3}|[A-Z]{2}[0-9]{2})", re.ASCII)
_CASE_NUMBER = re.compile(r"[0-9]{7,8}", re.ASCII)
_DOUBLED = str.maketrans("0123456789", "0246813579")  # a digit doubled, digits of the product summed
_INSIDE_TEXT = re.compile(r"(?<![0-9])(?:[0-9]{6}|[0-9]{8})[-+ ]?[0-9]{4}(?![0-9])", re.ASCII)

COORDINATION_DAYS = 60


@dataclass(frozen=True, slots=True)
class Identity:
    """What a cell turned out to be. `normalised` (12 characters) never shows in a printed form."""

    kind: IdentityKind
    normalised: str = field(default="", repr=False)
    problem: str | None = None


def has_valid_check_digit(ten_digits: str) -> bool:
    """Whether ten digits satisfy the Luhn formula (every other digit doubled, from the first)."""
    total = sum(map(int, ten_digits[0::2].translate(_DOUBLED))) + sum(map(int, ten_digits[1::2]))
    return total % 10 == 0


def parse_identity(text: str, *, reference: date, allow_other: bool = False) -> Identity:
    """Classify one identity number.

    `reference` is a day at which the person lives: it decides the century of ten-digit forms (the latest that is not
    after it, `+` a hundred years more) and refuses births after it. `allow_other` admits a case number. Only ASCII
    digits count; spaces around are ignored. Problems: E-PNR-FORM, E-PNR-DATE, E-PNR-CHECKSUM.
    """
    text = text.strip()
    if match := _LONG.fullmatch(text):
        year, month, day, number = match.groups()
    elif match := _SHORT.fullmatch(text):
        short_year, month, day, sign, number = match.groups()
        year = str(_century_year(int(short_year), int(month), int(day), sign=sign, reference=reference))
    elif match := _TEMPORARY.fullmatch(text.upper()):
        year, month, day, number = match.groups()
        if not _is_birth_date(int(year), int(month), int(day), reference=reference):
            return Identity("invalid", problem="E-PNR-DATE")
        return Identity("tf", normalised=year + month + day + number)
    elif allow_other and _CASE_NUMBER.fullmatch(text):
        return Identity("other", normalised=text.rjust(12, "x"))
    else:
        return Identity("invalid", problem="E-PNR-FORM")
    is_coordination = int(day) > COORDINATION_DAYS
    real_day = int(day) - COORDINATION_DAYS if is_coordination else int(day)
    if not _is_birth_date(int(year), int(month), real_day, reference=reference):
        return Identity("invalid", problem="E-PNR-DATE")
    if not has_valid_check_digit(year[2:] + month + day + number):
        return Identity("invalid", problem="E-PNR-CHECKSUM")
    return Identity("samordning" if is_coordination else "pnr", normalised=year + month + day + number)


def holds_identity(text: str, *, reference: date) -> bool:
    """Whether free text holds something that is a valid identity number: such text must not pass the door."""
    return any(
        parse_identity(found.group().replace(" ", ""), reference=reference).kind in ("pnr", "samordning")
        for found in _INSIDE_TEXT.finditer(text)
    )


def is_natural_person(organisation_number: str) -> bool:
    """Whether ten digits name a person: legal persons have at least 2 as third digit, a sole trader's number is a
    personnummer or coordination number, whose third digit (the month's first) is 0 or 1."""
    return organisation_number[2] in "01"


def _century_year(short_year: int, month: int, day: int, *, sign: str, reference: date) -> int:
    day = day - COORDINATION_DAYS if day > COORDINATION_DAYS else day
    year = reference.year // 100 * 100 + short_year
    if (year, month, day) > (reference.year, reference.month, reference.day):
        year -= 100
    return year - 100 if sign == "+" else year


def _is_birth_date(year: int, month: int, day: int, *, reference: date) -> bool:
    try:
        born = date(year, month, day)
    except ValueError:
        return False
    return born <= reference
