"""Skolverket's register of school units (Skolenhetsregistret), version 2: units of a municipality with their status.

It knows what the statistics do not: units that rest, are planned or have ceased. Head teachers, telephones, e-mail and
addresses stand in its answers and in no shape here.
"""

from __future__ import annotations

from pydantic import Field

from orchestration.intake.interfaces.clean import grades, legal_person, organiser_type
from orchestration.intake.interfaces.client import Answer, Client
from orchestration.intake.interfaces.errors import InterfaceError
from orchestration.intake.interfaces.planned import Fetched, Unit
from orchestration.intake.interfaces.shapes import MunicipalityCode, Shape, Text, UnitCode, shaped

PATH = "skolenhetsregistret/v2/school-units"
SCHOOL_TYPE = "GR"

_STATUS = {"AKTIV": "active", "VILANDE": "resting", "PLANERAD": "planned", "UPPHORT": "ceased"}


class _Listed(Shape):
    schoolUnitCode: UnitCode
    name: str | None = None
    status: str | None = None


class _ListData(Shape):
    attributes: list[_Listed]


class _List(Shape):
    data: _ListData


class _Offered(Shape):
    grades: list[str] | None = None


class _ByType(Shape):
    compulsory: _Offered | None = Field(default=None, alias="gr")


class _Attributes(Shape):
    displayName: Text
    municipalityCode: MunicipalityCode
    status: str
    schoolTypeProperties: _ByType | None = None
    startDate: str | None = None
    endDate: str | None = None


class _Data(Shape):
    schoolUnitCode: UnitCode
    attributes: _Attributes


class _About(Shape):
    organizerType: str
    displayName: str | None = None


class _Organiser(Shape):
    organizationNumber: str | None = None
    attributes: _About


class _Detail(Shape):
    data: _Data
    included: _Organiser


def fetch_register(client: Client, municipality_code: str) -> Fetched:
    """Every unit of compulsory school in a municipality, whatever its status. `figures` is empty.

    Raises `InterfaceError`; then nothing may be kept.
    """
    answer = client.get(PATH, municipality_code=municipality_code, school_type=SCHOOL_TYPE)
    listed = shaped(_List, answer.body, url=answer.url).data.attributes
    if not listed:
        raise InterfaceError("A-EMPTY", url=answer.url, asked=municipality_code)
    answers = [Answer(answer.url, answer.status, [item.kept() for item in listed])]
    units = []
    for code in dict.fromkeys(item.schoolUnitCode for item in listed):
        told = client.get(f"{PATH}/{code}")
        detail = _cleaned(shaped(_Detail, told.body, url=told.url))
        if detail.data.schoolUnitCode != code:
            raise InterfaceError("A-SHAPE", url=told.url, what="details of another unit than the one asked for")
        place = detail.data.attributes.municipalityCode
        if place != municipality_code:  # the list's filter is not taken on trust
            raise InterfaceError("A-FILTER", url=answer.url, asked=municipality_code, count=1, first=place)
        units.append(_unit(detail, told.url))
        answers.append(Answer(told.url, told.status, detail.kept()))
    return Fetched(tuple(units), (), tuple(answers))


def _cleaned(detail: _Detail) -> _Detail:
    organiser = detail.included
    number = legal_person(organiser.organizationNumber)
    about = organiser.attributes if number else organiser.attributes.model_copy(update={"displayName": None})
    included = organiser.model_copy(update={"organizationNumber": number, "attributes": about})
    return detail.model_copy(update={"included": included})


def _unit(detail: _Detail, url: str) -> Unit:
    unit, organiser = detail.data.attributes, detail.included
    if unit.status not in _STATUS:
        raise InterfaceError("A-WORD", url=url, field="status", word=unit.status[:40])
    offered = unit.schoolTypeProperties.compulsory if unit.schoolTypeProperties else None
    return Unit(
        school_unit_code=detail.data.schoolUnitCode,
        school_unit_name=unit.displayName,
        location_municipality_code=unit.municipalityCode,
        organiser_type=organiser_type(organiser.attributes.organizerType, url=url, field="organizerType"),
        organiser_code=organiser.organizationNumber,
        organiser_name=organiser.attributes.displayName,
        grades=grades(iter((offered.grades if offered else None) or ())),
        status=_STATUS[unit.status],
    )
