"""Skolverket's Planned Educations, version 4: units of a municipality, their details, statistics of compulsory school.

Known of it and guarded here: pages count from 0; the compact list ignores its municipality filter (it is not used, and
the filter of the list that is used is checked); links in answers point to an older version (none is followed);
coordinates are texts and may be "0" or null (none is taken); a metric may be an empty list; `value` and `timePeriod` may
be null; school years are texts, "0" is the preschool class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from orchestration.intake.interfaces.clean import grades, legal_person, organiser_type
from orchestration.intake.interfaces.client import Answer, Client
from orchestration.intake.interfaces.errors import InterfaceError
from orchestration.intake.interfaces.shapes import MunicipalityCode, Shape, Text, UnitCode, shaped

ACCEPT = "application/vnd.skolverket.plannededucations.api.v4.hal+json"
PATH = "planned-educations/v4"
PAGE_SIZE = 50
MOST_PAGES = 400

_COMPULSORY = {"fsk", "gr"}
_METRIC = re.compile(r"[A-Za-z0-9_]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Unit:
    """One school unit as an interface describes it. `grades` is a comma list in grade order; the organiser's number and
    name are None for a sole trader."""

    school_unit_code: str
    school_unit_name: str
    location_municipality_code: str
    organiser_type: str
    organiser_code: str | None
    organiser_name: str | None
    grades: str
    status: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure, as published: the text and its code, for a metric and a school year (None: not said)."""

    school_unit_code: str
    metric: str
    school_year: str | None
    value: str | None
    value_type: str | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one municipality's questions gave. `answers` are cleaned and in the order asked."""

    units: tuple[Unit, ...]
    figures: tuple[Figure, ...]
    answers: tuple[Answer, ...]


class _Schooling(Shape):
    code: str
    schoolYears: list[str] | None = None


class _Listed(Shape):
    code: UnitCode
    name: Text
    geographicalAreaCode: MunicipalityCode
    typeOfSchooling: list[_Schooling] | None = None
    principalOrganizerType: str
    abroadSchool: bool | None = None


class _Detail(_Listed):
    organisationRegistryNumber: str | None = None
    corporationName: str | None = None
    companyForm: str | None = None
    schoolOrientation: str | None = None


class _Page(Shape):
    number: int
    totalPages: int
    totalElements: int


class _Units(Shape):
    listedSchoolUnits: list[_Listed]


class _ListBody(Shape):
    page: _Page
    embedded: _Units | None = Field(default=None, alias="_embedded")


class _List(Shape):
    body: _ListBody


class _Details(Shape):
    body: _Detail


class _Published(Shape):
    value: str | None
    valueType: str | None
    timePeriod: str | None


class _Metric(Shape):
    figures: list[_Published]


class _Statistics(Shape):
    body: dict[str, Any]


def fetch_municipality(client: Client, municipality_code: str) -> Fetched:
    """All units of a municipality with compulsory school, their details and statistics.

    Raises `InterfaceError`; then nothing may be kept, since a part would pass for the whole.
    """
    answers: list[Answer] = []
    units: list[Unit] = []
    figures: list[Figure] = []
    for code in _listed(client, municipality_code, answers):
        answer = client.get(f"{PATH}/school-units/{code}")
        detail = _cleaned(shaped(_Details, answer.body, url=answer.url).body)
        if (detail.code, detail.geographicalAreaCode) != (code, municipality_code):
            raise InterfaceError("A-SHAPE", url=answer.url, what="details of another unit than the one asked for")
        units.append(_unit(detail, answer.url))
        answers.append(Answer(answer.url, answer.status, detail.kept()))
        answer = client.get(f"{PATH}/school-units/{code}/statistics/gr", may_be_missing=True)
        if answer.status == 404:
            answers.append(answer)
            continue
        found = tuple(_figures(answer, code))
        figures += found
        answers.append(Answer(answer.url, answer.status, {"schoolUnit": code, "figures": [_kept(f) for f in found]}))
    return Fetched(tuple(units), tuple(figures), tuple(answers))


def _listed(client: Client, municipality_code: str, answers: list[Answer]) -> tuple[str, ...]:
    """Unit codes of a municipality, over all pages; the pages must be of that municipality alone and add up."""
    codes: dict[str, None] = {}
    for number in range(MOST_PAGES):
        answer = client.get(
            f"{PATH}/school-units",
            page=number,
            size=PAGE_SIZE,
            geographicalAreaCode=municipality_code,
            typeOfSchooling="gr",
        )
        body = shaped(_List, answer.body, url=answer.url).body
        if body.page.totalElements == 0:
            raise InterfaceError("A-EMPTY", url=answer.url, asked=municipality_code)
        if body.embedded is None or body.page.number != number:
            raise InterfaceError("A-SHAPE", url=answer.url, what="another page than the one asked for")
        units = body.embedded.listedSchoolUnits
        strangers = [unit.geographicalAreaCode for unit in units if unit.geographicalAreaCode != municipality_code]
        if strangers:
            first = ", ".join(sorted(set(strangers))[:3])
            raise InterfaceError("A-FILTER", url=answer.url, asked=municipality_code, count=len(strangers), first=first)
        codes |= dict.fromkeys(unit.code for unit in units)
        kept = {"page": body.page.kept(), "listedSchoolUnits": [unit.kept() for unit in units]}
        answers.append(Answer(answer.url, answer.status, kept))
        if number + 1 >= body.page.totalPages:
            if len(codes) != body.page.totalElements:
                raise InterfaceError("A-PAGES", url=answer.url, said=body.page.totalElements, found=len(codes))
            return tuple(codes)
    raise InterfaceError("A-SHAPE", url=answer.url, what=f"more than {MOST_PAGES} pages")


def _figures(answer: Answer, code: str) -> Iterator[Figure]:
    """Every figure of a statistics answer, in its order; what is no list is no metric."""
    body = shaped(_Statistics, answer.body, url=answer.url).body
    if body.get("schoolUnit") != code:
        raise InterfaceError("A-SHAPE", url=answer.url, what="statistics of another unit than the one asked for")
    for metric, figures in body.items():
        if not isinstance(figures, list):
            continue
        if not _METRIC.fullmatch(metric):
            raise InterfaceError("A-SHAPE", url=answer.url, what="a metric whose name is no word")
        for item in shaped(_Metric, {"figures": figures}, url=answer.url).figures:
            yield Figure(code, metric, item.timePeriod, item.value, item.valueType)


def _kept(figure: Figure) -> list[str | None]:
    return [figure.metric, figure.school_year, figure.value, figure.value_type]


def _cleaned(detail: _Detail) -> _Detail:
    number = legal_person(detail.organisationRegistryNumber)
    name = detail.corporationName if number else None
    return detail.model_copy(update={"organisationRegistryNumber": number, "corporationName": name})


def _unit(detail: _Detail, url: str) -> Unit:
    return Unit(
        school_unit_code=detail.code,
        school_unit_name=detail.name,
        location_municipality_code=detail.geographicalAreaCode,
        organiser_type=organiser_type(detail.principalOrganizerType, url=url, field="principalOrganizerType"),
        organiser_code=detail.organisationRegistryNumber,
        organiser_name=detail.corporationName,
        grades=grades(
            year for form in detail.typeOfSchooling or () if form.code in _COMPULSORY for year in form.schoolYears or ()
        ),
        status="active",  # the list holds no others
    )
