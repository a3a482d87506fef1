"""What of an answer may be kept: fields named here and no others, so that nothing new slips in unasked.

Contact persons, head teachers, telephones, e-mail, addresses and coordinates have no use in funding and never pass. A
sole trader's organisation number is a personal identity number: it goes, and the organiser's name beside it, which is
then a person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from orchestration.intake.identity import has_valid_check_digit, holds_identity, is_natural_person
from orchestration.intake.interfaces.errors import InterfaceError

ORGANISER_TYPES = {
    "Kommunal": "municipal",
    "Region": "municipal",  # a public organiser like a municipality
    "Fristående": "independent",  # the word of this interface
    "Enskild": "independent",  # the word of the statistics exports
}


def only(record: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """The named fields of a record; those it lacks come as None."""
    return {name: record.get(name) for name in fields}


def legal_person(number: object) -> str | None:
    """Ten digits of a legal person's organisation number; None for a person's, for no number, and for a wrong one."""
    digits = re.sub(r"[-\s]", "", number) if isinstance(number, str) else ""
    digits = digits.removeprefix("16") if len(digits) == 12 else digits
    is_number = len(digits) == 10 and digits.isascii() and digits.isdigit() and has_valid_check_digit(digits)
    return digits if is_number and not is_natural_person(digits) else None


def organiser_type(word: object, *, url: str, field: str) -> str:
    """`municipal` or `independent`; the interfaces have two words for the latter. Raises A-WORD for any other."""
    known = {text.casefold(): kind for text, kind in ORGANISER_TYPES.items()}
    kind = known.get(word.casefold()) if isinstance(word, str) else None
    if kind is None:
        raise InterfaceError("A-WORD", url=url, field=field, word=str(word)[:40])
    return kind


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
