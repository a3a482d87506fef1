"""Skolverket's Planned Educations, version 4: units of a municipality, their details, statistics of compulsory school.

Known of it and guarded here: pages count from 0; the compact list ignores its municipality filter (it is not used, and
the filter of the list that is used is checked); links in answers point to an older version (none is followed); a metric
may be an empty list; `value` and `timePeriod` may be null; school years are texts, "0" is the preschool class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.intake.interfaces.clean import legal_person, only, organiser_type
from orchestration.intake.interfaces.client import Answer, Client
from orchestration.intake.interfaces.errors import InterfaceError

ACCEPT = "application/vnd.skolverket.plannededucations.api.v4.hal+json"
PATH = "planned-educations/v4"
PAGE_SIZE = 50
MOST_PAGES = 400

_LISTED = ("code", "name", "geographicalAreaCode", "typeOfSchooling", "principalOrganizerType", "abroadSchool")
_DETAILED = (*_LISTED, "organisationRegistryNumber", "corporationName", "companyForm", "schoolOrientation")
_FIGURE = ("value", "valueType", "timePeriod")
_COMPULSORY = {"fsk", "gr"}
_GRADES = {"0": "F"} | {str(grade): str(grade) for grade in range(1, 10)}


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


def fetch_municipality(client: Client, municipality_code: str) -> Fetched:
    """All units of a municipality with compulsory school, their details and statistics.

    Raises `InterfaceError`; then nothing may be kept, since a part would pass for the whole.
    """
    answers: list[Answer] = []
    codes = _listed(client, municipality_code, answers)
    units, figures = [], []
    for code in codes:
        answer = client.get(f"{PATH}/school-units/{code}")
        body = _body(answer)
        if body.get("code") != code or body.get("geographicalAreaCode") != municipality_code:
            raise InterfaceError("A-SHAPE", url=answer.url, what="details of another unit than the one asked for")
        detail = _cleaned_detail(body)
        units.append(_unit(detail, answer.url))
        answers.append(Answer(answer.url, answer.status, detail))
        answer = client.get(f"{PATH}/school-units/{code}/statistics/gr", may_be_missing=True)
        statistics = None if answer.body is None else _cleaned_statistics(_body(answer), code, answer.url)
        answers.append(Answer(answer.url, answer.status, statistics))
        figures += [] if statistics is None else figures_of(code, statistics)
    return Fetched(tuple(units), tuple(figures), tuple(answers))


def figures_of(code: str, statistics: Mapping[str, Any]) -> Iterator[Figure]:
    """Every figure of a cleaned statistics body, in its order."""
    for metric, figures in statistics.items():
        if isinstance(figures, list):
            for item in figures:
                yield Figure(code, metric, item["timePeriod"], item["value"], item["valueType"])


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
        body = _body(answer)
        page = body.get("page")
        if not isinstance(page, Mapping) or not {"number", "totalPages", "totalElements"} <= page.keys():
            raise InterfaceError("A-SHAPE", url=answer.url, what="no page count")
        if page["totalElements"] == 0:
            raise InterfaceError("A-EMPTY", url=answer.url, asked=municipality_code)
        units = (body.get("_embedded") or {}).get("listedSchoolUnits")
        if not isinstance(units, list) or not all(isinstance(unit, Mapping) for unit in units):
            raise InterfaceError("A-SHAPE", url=answer.url, what="no listedSchoolUnits")
        strangers = [unit for unit in units if unit.get("geographicalAreaCode") != municipality_code]
        if strangers:
            first = ", ".join(sorted({str(unit.get("geographicalAreaCode")) for unit in strangers})[:3])
            raise InterfaceError("A-FILTER", url=answer.url, asked=municipality_code, count=len(strangers), first=first)
        if page["number"] != number:
            raise InterfaceError("A-SHAPE", url=answer.url, what="another page than the one asked for")
        codes |= dict.fromkeys(_unit_code(unit, answer.url) for unit in units)
        kept = {"page": dict(page), "listedSchoolUnits": [only(unit, _LISTED) for unit in units]}
        answers.append(Answer(answer.url, answer.status, kept))
        if number + 1 >= page["totalPages"]:
            if len(codes) != page["totalElements"]:
                raise InterfaceError("A-PAGES", url=answer.url, said=page["totalElements"], found=len(codes))
            return tuple(codes)
    raise InterfaceError("A-SHAPE", url=answer.url, what=f"more than {MOST_PAGES} pages")


def _body(answer: Answer) -> Mapping[str, Any]:
    whole = answer.body
    if not isinstance(whole, Mapping) or not isinstance(whole.get("body"), Mapping):
        raise InterfaceError("A-SHAPE", url=answer.url, what="no body")
    return whole["body"]


def _unit_code(unit: Mapping[str, Any], url: str) -> str:
    code = unit.get("code")
    if not (isinstance(code, str) and len(code) == 8 and code.isascii() and code.isdigit()):
        raise InterfaceError("A-SHAPE", url=url, what="a unit code that is not eight digits")
    return code


def _cleaned_detail(body: Mapping[str, Any]) -> dict[str, Any]:
    detail = only(body, _DETAILED)
    number = legal_person(detail["organisationRegistryNumber"])
    return detail | {
        "organisationRegistryNumber": number,
        "corporationName": detail["corporationName"] if number else None,
    }


def _cleaned_statistics(body: Mapping[str, Any], code: str, url: str) -> dict[str, Any]:
    """Lists of figures only. Raises A-SHAPE where a figure is not a text with its code and period."""
    if body.get("schoolUnit") != code:
        raise InterfaceError("A-SHAPE", url=url, what="statistics of another unit than the one asked for")
    kept: dict[str, Any] = {"schoolUnit": code}
    for metric, figures in body.items():
        if not isinstance(figures, list):
            continue
        for item in figures:
            if not isinstance(item, Mapping) or not set(_FIGURE) <= item.keys():
                raise InterfaceError("A-SHAPE", url=url, what=f"{metric} without {', '.join(_FIGURE)}")
            if not all(item[name] is None or isinstance(item[name], str) for name in _FIGURE):
                raise InterfaceError("A-SHAPE", url=url, what=f"{metric} with a number where a text was published")
        kept[metric] = [only(item, _FIGURE) for item in figures]
    return kept


def _unit(detail: Mapping[str, Any], url: str) -> Unit:
    return Unit(
        school_unit_code=detail["code"],
        school_unit_name=detail["name"],
        location_municipality_code=detail["geographicalAreaCode"],
        organiser_type=organiser_type(detail["principalOrganizerType"], url=url, field="principalOrganizerType"),
        organiser_code=detail["organisationRegistryNumber"],
        organiser_name=detail["corporationName"],
        grades=grades(
            year
            for form in detail["typeOfSchooling"] or ()
            if form.get("code") in _COMPULSORY
            for year in form.get("schoolYears") or ()
        ),
        status="active",  # the list holds no others
    )


def grades(years: Iterator[object]) -> str:
    """`F,1,2` from the interface's texts ("0" is F), in grade order; what is no grade of compulsory school is left out."""
    offered = {_GRADES[str(year)] for year in years if str(year) in _GRADES}
    return ",".join(grade for grade in _GRADES.values() if grade in offered)
