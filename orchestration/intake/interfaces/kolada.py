"""Kolada, version 3: the title of a key figure, checked before a single value is taken, and its values.

Published code gives the same code different meanings, and Kolada may change a key figure without notice: a code alone
proves nothing. Values are per municipality (`0000`: the country), year and gender (T all, K women, M men); a missing one
carries a reason. At most 25 years fit one question. Pages count from 1; the link to the next only says that there is one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated, Literal

import yaml
from pydantic import Field

from orchestration.intake.interfaces.client import Answer, Client
from orchestration.intake.interfaces.errors import InterfaceError
from orchestration.intake.interfaces.shapes import MunicipalityCode, Shape, Text, shaped

PAGE_SIZE = 5_000
MOST_PAGES = 200
MOST_YEARS = 25

_VALUE_CODES = {"Missing": "missing", "Privacy": "privacy", "Not applicable": "not_applicable"}


@dataclass(frozen=True, slots=True)
class KpiValue:
    """One value. `value` is None unless `value_code` is `exact`; else the code says why (missing, privacy,
    not_applicable)."""

    kpi: str
    title: str
    municipality_code: str
    year: int
    gender: str
    value: float | None
    value_code: str


@dataclass(frozen=True, slots=True)
class FetchedKpi:
    """One key figure: its title as it stands at Kolada, its values, and the cleaned answers in the order asked."""

    kpi: str
    title: str
    values: tuple[KpiValue, ...]
    answers: tuple[Answer, ...]


@cache
def known_titles() -> Mapping[str, str]:
    """The agreed title of every key figure in use."""
    return yaml.safe_load(resources.files(__package__).joinpath("kolada_titles.yml").read_text("utf-8"))


class _Entry(Shape):
    id: Text
    title: Text
    description: str | None = None
    municipality_type: str | None = None
    publication_date: str | None = None


class _Catalogue(Shape):
    values: list[_Entry]


class _Value(Shape):
    gender: Literal["T", "K", "M"]
    value: float | None
    status: str | None = None
    count: int | None = None
    isdeleted: bool = False


class _Row(Shape):
    kpi: str
    municipality: MunicipalityCode
    period: Annotated[int, Field(ge=1900, le=2200)]
    values: list[_Value]


class _Page(Shape):
    values: list[_Row]
    next_url: str | None = None


def fetch_kpi(
    client: Client,
    kpi: str,
    *,
    municipality_codes: Sequence[str] = (),
    newest_year: int,
    expected_title: str | None = None,
) -> FetchedKpi:
    """A key figure's values: of the named municipalities, or of all in the 25 years up to `newest_year`.

    `expected_title` replaces the agreed one. Raises `InterfaceError`: A-KPI-UNKNOWN before anything is asked, A-KPI-GONE,
    A-TITLE (with both titles), A-SHAPE, A-WORD.
    """
    expected = expected_title or known_titles().get(kpi)
    if expected is None:
        raise InterfaceError("A-KPI-UNKNOWN", url=client.base_url, kpi=kpi)
    answer, entry = _entry(client, kpi)
    if _plain(entry.title) != _plain(expected):
        raise InterfaceError("A-TITLE", url=answer.url, kpi=kpi, expected=expected, found=entry.title)
    answers = [Answer(answer.url, answer.status, entry.kept())]
    years = ",".join(str(year) for year in range(newest_year - MOST_YEARS + 1, newest_year + 1))
    place = f"municipality/{','.join(municipality_codes)}" if municipality_codes else f"year/{years}"
    values: list[KpiValue] = []
    for told, rows in _pages(client, f"data/kpi/{kpi}/{place}"):
        answers.append(Answer(told.url, told.status, [row.kept() for row in rows]))
        values += [value for row in rows for value in _values(row, kpi, entry.title, told.url)]
    return FetchedKpi(kpi, entry.title, tuple(values), tuple(answers))


def _entry(client: Client, kpi: str) -> tuple[Answer, _Entry]:
    answer = client.get(f"kpi/{kpi}", may_be_missing=True)
    entries = [] if answer.status == 404 else shaped(_Catalogue, answer.body, url=answer.url).values
    entry = next((item for item in entries if item.id == kpi), None)
    if entry is None:
        raise InterfaceError("A-KPI-GONE", url=answer.url, kpi=kpi)
    return answer, entry


def _pages(client: Client, path: str) -> Iterator[tuple[Answer, list[_Row]]]:
    for number in range(1, MOST_PAGES + 1):
        answer = client.get(path, page=number, per_page=PAGE_SIZE)
        page = shaped(_Page, answer.body, url=answer.url)
        yield answer, page.values
        if not page.next_url:
            return
    raise InterfaceError("A-SHAPE", url=answer.url, what=f"more than {MOST_PAGES} pages")


def _values(row: _Row, kpi: str, title: str, url: str) -> Iterator[KpiValue]:
    if row.kpi != kpi:
        raise InterfaceError("A-SHAPE", url=url, what="values of another key figure than the one asked for")
    for item in row.values:
        if item.status and item.status not in _VALUE_CODES:
            raise InterfaceError("A-WORD", url=url, field="status", word=item.status[:40])
        if item.isdeleted:
            continue
        code = _VALUE_CODES.get(item.status or "") or ("missing" if item.value is None else "exact")
        yield KpiValue(
            kpi=kpi,
            title=title,
            municipality_code=row.municipality,
            year=row.period,
            gender=item.gender,
            value=item.value if code == "exact" else None,
            value_code=code,
        )


def _plain(title: str) -> str:
    return " ".join(unicodedata.normalize("NFC", title).split())
