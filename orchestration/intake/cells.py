"""Typed cells: the text of one cell becomes a value, the way it was published, or a reason code. No rows, no files.

A parser is made once per column and used once per distinct text. Reason codes are explained in `messages.yml`; a cell's
text never leaves this module except as a value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from orchestration.intake.identity import (
    Identity,
    has_valid_check_digit,
    holds_identity,
    is_natural_person,
)
from orchestration.intake.mapping import Column, normalised_header, reference_day
from orchestration.school_forms import stage_calendar


@dataclass(frozen=True, slots=True)
class Cell:
    """One typed cell. `problem` rejects the row, `note` is counted but keeps it, `code` says how it was published."""

    value: str | int | float | bool | date | Identity | None = None
    code: str | None = None
    problem: str | None = None
    note: str | None = None


CellParser = Callable[[str], Cell]

MAXIMUM_TEXT = 300  # characters of a name; longer text is not a name

_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){1,4}|[0-9]{1,15})(?:,[0-9]{1,12})?", re.ASCII)
_WHOLE = re.compile(r"[-+]?(?:[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){1,2}|[0-9]{1,9})", re.ASCII)
_SPACES = str.maketrans("", "", " \u00a0\u202f")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_ORGANISATION = re.compile(r"(?:16)?([0-9]{6})-?([0-9]{4})", re.ASCII)
_PERSON_LONG = re.compile(r"(?:18|19|20)[0-9]{6}[-+]?[0-9]{4}", re.ASCII)
_SCHOOL_YEAR = re.compile(r"([0-9]{4})/(?:[0-9]{2})?([0-9]{2})", re.ASCII)
_GRADE_RANGE = re.compile(r"(F|10|[1-9])\s*[-–]\s*(10|[1-9])")
_SUPPRESSED = {"": "missing", ".": "none", "..": "few_pupils", "~100": "nearly_all", "*": "not_applicable"}
_YES_NO = {"j": True, "ja": True, "1": True, "true": True, "n": False, "nej": False, "0": False, "false": False}
_FIRST_DATE, _LAST_DATE = date(1990, 1, 1), date(2100, 12, 31)


def cell_parser(column: Column, *, period: str) -> CellParser:
    """The parser of one column of a delivery for `period`. It returns a `Cell` for any text and never raises."""
    inner = _typed_parser(column, period=period)
    missing = {normalised_header(word) for word in column.missing}
    if column.type.startswith("published_"):
        return inner

    def parse(text: str) -> Cell:
        text = text.strip()
        if text == "" or (missing and normalised_header(text) in missing):
            return Cell() if column.nullable else Cell(problem="E-REQUIRED")
        return inner(text)

    return parse


def _typed_parser(column: Column, *, period: str) -> CellParser:
    day = reference_day(period)
    match column.type:
        case "identity":
            raise ValueError("identities are parsed with their row: see `typed`")
        case "text":
            return lambda text: _text(text, day)
        case "identity_kind":
            kinds = {normalised_header(word): value for word, value in column.values.items()}
            return lambda text: Cell(
                value="other" if (kind := kinds.get(normalised_header(text))) == "local_key" else kind
            )
        case "protected_mark":
            marks = {normalised_header(word): value for word, value in column.values.items()} or _YES_NO
            return lambda text: Cell(
                problem=None if marks.get(normalised_header(text), True) is False else "E-PROTECTED"
            )
        case "bool" | "choice":
            words = {normalised_header(word): value for word, value in column.values.items()}
            words = words or dict(_YES_NO)
            return lambda text: _word(text, words)
        case "int" | "decimal":
            return lambda text: _number(text, column)
        case "published_count" | "published_share_percent" | "published_value":
            return lambda text: _published(text, column)
        case "school_unit_code":
            return lambda text: Cell(value=text) if _is_digits(text, column.digits) else Cell(problem="E-UNIT-CODE")
        case "school_unit_codes":
            return lambda text: _unit_codes(text, column)
        case "municipality_code":
            return lambda text: Cell(value=text) if _is_digits(text, (4,)) else Cell(problem="E-MUNICIPALITY")
        case "school_year":
            return lambda text: _school_year(text, period if column.must_equal_period else None)
        case "organisation_number":
            return _organisation_number
        case "date":
            return _date
        case "grade":
            grades = stage_calendar().grades(day)
            return lambda text: _grade(text, grades)
        case "grades":
            grades = stage_calendar().grades(day)
            return lambda text: _grades(text, grades)


def _text(text: str, day: date) -> Cell:
    if len(text) > MAXIMUM_TEXT:
        return Cell(problem="E-LONG")
    if holds_identity(text, reference=day):
        return Cell(problem="E-IDENTITY-PLACE")
    return Cell(value=unicodedata.normalize("NFC", text))


def _word(text: str, words: dict[str, str | int | bool]) -> Cell:
    key = normalised_header(text)
    return Cell(value=words[key]) if key in words else Cell(problem="E-CODE")


def _number(text: str, column: Column) -> Cell:
    is_whole = column.type in ("int", "published_count")
    if not (_WHOLE if is_whole else _NUMBER).fullmatch(text):
        return Cell(problem="E-TYPE")
    plain = text.translate(_SPACES).replace(",", ".")
    value = int(plain) if is_whole else float(plain)
    if (column.minimum is not None and value < column.minimum) or (
        column.maximum is not None and value > column.maximum
    ):
        return Cell(problem="E-RANGE")
    return Cell(value=value)


def _published(text: str, column: Column) -> Cell:
    text = text.strip()
    if text in _SUPPRESSED:
        return Cell(code=_SUPPRESSED[text])
    word, _, rest = text.partition(" ")
    is_rounded = word == "cirka"
    cell = _number(rest.strip() if is_rounded else text, column)
    if cell.problem is not None or not isinstance(cell.value, int | float):
        return cell
    if cell.value < 0:
        return Cell(problem="E-RANGE")  # a published count, share or mean is never below nothing
    code = "rounded" if is_rounded else "exact"
    if column.type != "published_share_percent":
        return Cell(value=cell.value, code=code)
    return Cell(value=round(cell.value / 100, 12), code=code) if cell.value <= 100 else Cell(problem="E-RANGE")


def _is_digits(text: str, lengths: tuple[int, ...]) -> bool:
    return len(text) in lengths and _DIGITS.fullmatch(text) is not None


def _unit_codes(text: str, column: Column) -> Cell:
    codes = [part for part in re.split(r"[,\s]+", text) if part]
    if not all(_is_digits(code, column.digits) for code in codes):
        return Cell(problem="E-UNIT-CODE")
    return Cell(value=",".join(codes))


def _school_year(text: str, period: str | None) -> Cell:
    match = _SCHOOL_YEAR.fullmatch(text)
    if match is None or int(match[2]) != (int(match[1]) + 1) % 100:
        return Cell(problem="E-SCHOOL-YEAR")
    value = f"{match[1]}/{match[2]}"
    return Cell(value=value) if period in (None, value) else Cell(problem="E-PERIOD-ROW")


def _organisation_number(text: str) -> Cell:
    """Ten digits of a legal person; a person's number is forgotten, and one that is none of both too."""
    if _PERSON_LONG.fullmatch(text):
        return Cell(note="I-SOLE-TRADER")
    match = _ORGANISATION.fullmatch(text)
    if match is None:
        return Cell(note="I-ORGANISATION-NUMBER")
    number = match[1] + match[2]
    if is_natural_person(number):
        return Cell(note="I-SOLE-TRADER")
    return Cell(value=number) if has_valid_check_digit(number) else Cell(note="I-ORGANISATION-NUMBER")


def _date(text: str) -> Cell:
    if not _DATE.fullmatch(text):
        return Cell(problem="E-DATE")
    try:
        value = date.fromisoformat(text)
    except ValueError:
        return Cell(problem="E-DATE")
    return Cell(value=value) if _FIRST_DATE <= value <= _LAST_DATE else Cell(problem="E-RANGE")


def _grade(text: str, grades: tuple[str, ...]) -> Cell:
    """One of ``grades``, those that exist on the day: year 10 not before July 2028, the preschool class not after it."""
    grade = text.upper()
    grade = {"0": "F", "FSK": "F", "FKLASS": "F"}.get(grade, grade.removeprefix("0"))
    return Cell(value=grade) if grade in grades else Cell(problem="E-GRADE")


def _grades(text: str, grades: tuple[str, ...]) -> Cell:
    """A list (`F,1,2`) or ranges (`F-3`), given back as a list in grade order."""
    found: set[str] = set()
    for part in text.upper().replace(" ", ",").split(","):
        if match := _GRADE_RANGE.fullmatch(part):
            if match[1] not in grades or match[2] not in grades:
                return Cell(problem="E-GRADE")
            first, last = grades.index(match[1]), grades.index(match[2])
            found.update(grades[first : last + 1])
            if first > last:
                return Cell(problem="E-GRADE")
        elif part:
            cell = _grade(part, grades)
            if cell.problem is not None:
                return cell
            found.add(str(cell.value))
    return Cell(value=",".join(grade for grade in grades if grade in found))
