"""The last look at what may be kept: organisers that are people, and identities in any text.

Contact persons, head teachers, telephones, e-mail, addresses and coordinates have no use in funding and stand in no
shape. A sole trader's organisation number is a personal identity number: it goes, and the organiser's name beside it,
which is then a person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from orchestration.intake.identity import has_valid_check_digit, holds_identity, is_natural_person
from orchestration.intake.interfaces.errors import InterfaceError

_ORGANISER_TYPES = {
    "kommunal": "municipal",
    "kommun": "municipal",
    "region": "municipal",  # a public organiser like a municipality
    "fristående": "independent",  # the word of Planned Educations
    "enskild": "independent",  # the word of the register and of the statistics exports
}
_GRADES = {"0": "F"} | {str(grade): str(grade) for grade in range(1, 10)}


def legal_person(number: str | None) -> str | None:
    """Ten digits of a legal person's organisation number; None for a person's, for no number, and for a wrong one."""
    digits = re.sub(r"[-\s]", "", number or "")
    digits = digits.removeprefix("16") if len(digits) == 12 else digits
    is_number = len(digits) == 10 and digits.isascii() and digits.isdigit() and has_valid_check_digit(digits)
    return digits if is_number and not is_natural_person(digits) else None


def organiser_type(word: str, *, url: str, field: str) -> str:
    """`municipal` or `independent`, from the words of either interface. Raises A-WORD for any other."""
    if word.casefold() not in _ORGANISER_TYPES:
        raise InterfaceError("A-WORD", url=url, field=field, word=word[:40])
    return _ORGANISER_TYPES[word.casefold()]


def grades(years: Iterator[str]) -> str:
    """`F,1,2` from an interface's texts ("0" is F), in grade order; what is no grade of compulsory school is left out."""
    offered = {_GRADES[year] for year in years if year in _GRADES}
    return ",".join(grade for grade in _GRADES.values() if grade in offered)


def refuse_identities(body: Any, *, url: str, reference: date) -> None:
    """The last look before an answer is kept. Raises A-IDENTITY naming the field when any text holds an identity."""
    for field, text in _texts(body, ""):
        if holds_identity(text, reference=reference):
            raise InterfaceError("A-IDENTITY", url=url, field=field)


def _texts(value: Any, field: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, f"{field}.{name}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, field)
