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
from typing import Any

import yaml

from orchestration.intake.interfaces.clean import only
from orchestration.intake.interfaces.client import Answer, Client
from orchestration.intake.interfaces.errors import InterfaceError

PAGE_SIZE = 5_000
MOST_PAGES = 200
MOST_YEARS = 25

_TITLE = ("id", "title", "description", "municipality_type", "is_divided_by_gender", "publication_date")
_ROW, _VALUE = ("kpi", "municipality", "period"), ("gender", "value", "status", "count")
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
    found = str(entry.get("title") or "")
    if _plain(found) != _plain(expected):
        raise InterfaceError("A-TITLE", url=answer.url, kpi=kpi, expected=expected, found=found)
    answers = [Answer(answer.url, answer.status, only(entry, _TITLE))]
    years = ",".join(str(year) for year in range(newest_year - MOST_YEARS + 1, newest_year + 1))
    place = f"municipality/{','.join(municipality_codes)}" if municipality_codes else f"year/{years}"
    values: list[KpiValue] = []
    for page in _pages(client, f"data/kpi/{kpi}/{place}"):
        rows = [_row(row, kpi, page.url) for row in page.body["values"]]
        answers.append(Answer(page.url, page.status, rows))
        values += [value for row in rows for value in _values(row, found, page.url)]
    return FetchedKpi(kpi, found, tuple(values), tuple(answers))


def _entry(client: Client, kpi: str) -> tuple[Answer, Mapping[str, Any]]:
    answer = client.get(f"kpi/{kpi}", may_be_missing=True)
    if answer.status == 404:
        raise InterfaceError("A-KPI-GONE", url=answer.url, kpi=kpi)
    entries = _listed(answer)
    entry = next((item for item in entries if item.get("id") == kpi), None)
    if entry is None:
        raise InterfaceError("A-KPI-GONE", url=answer.url, kpi=kpi)
    return answer, entry


def _pages(client: Client, path: str) -> Iterator[Answer]:
    for number in range(1, MOST_PAGES + 1):
        answer = client.get(path, page=number, per_page=PAGE_SIZE)
        _listed(answer)
        yield answer
        if not answer.body.get("next_url"):
            return
    raise InterfaceError("A-SHAPE", url=answer.url, what=f"more than {MOST_PAGES} pages")


def _listed(answer: Answer) -> list[Mapping[str, Any]]:
    values = answer.body.get("values") if isinstance(answer.body, Mapping) else None
    if not isinstance(values, list) or not all(isinstance(item, Mapping) for item in values):
        raise InterfaceError("A-SHAPE", url=answer.url, what="no list of values")
    return values


def _row(row: Mapping[str, Any], kpi: str, url: str) -> dict[str, Any]:
    code, year, values = row.get("municipality"), row.get("period"), row.get("values")
    is_place = isinstance(code, str) and len(code) == 4 and code.isascii() and code.isdigit()
    if row.get("kpi") != kpi or not is_place or not isinstance(values, list):
        raise InterfaceError("A-SHAPE", url=url, what="a row without key figure, municipality or values")
    if not isinstance(year, int | str) or not (str(year).isascii() and str(year).isdigit()):
        raise InterfaceError("A-SHAPE", url=url, what="a row without a year")
    standing = [only(value, _VALUE) for value in values if not value.get("isdeleted")]
    return only(row, _ROW) | {"values": standing}


def _values(row: Mapping[str, Any], title: str, url: str) -> Iterator[KpiValue]:
    for item in row["values"]:
        status, value = item["status"] or "", item["value"]
        if status and status not in _VALUE_CODES:
            raise InterfaceError("A-WORD", url=url, field="status", word=str(status)[:40])
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise InterfaceError("A-SHAPE", url=url, what="a value that is no number")
        code = _VALUE_CODES.get(status) or ("missing" if value is None else "exact")
        yield KpiValue(
            kpi=row["kpi"],
            title=title,
            municipality_code=row["municipality"],
            year=int(row["period"]),
            gender=str(item["gender"]),
            value=float(value) if code == "exact" else None,
            value_code=code,
        )


def _plain(title: str) -> str:
    return " ".join(unicodedata.normalize("NFC", title).split())
