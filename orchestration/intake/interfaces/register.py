"""Skolverket's register of school units (Skolenhetsregistret), version 2: units of a municipality with their status.

It knows what the statistics do not: units that rest, are planned or have ceased. Head teachers, telephones, e-mail and
addresses stand in its answers and are not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.intake.interfaces.clean import legal_person, only, organiser_type
from orchestration.intake.interfaces.client import Answer, Client
from orchestration.intake.interfaces.errors import InterfaceError
from orchestration.intake.interfaces.planned import Fetched, Unit, grades

PATH = "skolenhetsregistret/v2/school-units"
SCHOOL_TYPE = "GR"

_LISTED = ("schoolUnitCode", "name", "status")
_DETAILED = (
    "schoolName",
    "displayName",
    "municipalityCode",
    "status",
    "schoolTypes",
    "schoolUnitType",
    "startDate",
    "endDate",
)
_STATUS = {"AKTIV": "active", "VILANDE": "resting", "PLANERAD": "planned", "UPPHORT": "ceased"}
_ORGANISER_TYPES = {"KOMMUN": "Kommunal", "ENSKILD": "Enskild", "REGION": "Region"}


def fetch_register(client: Client, municipality_code: str) -> Fetched:
    """Every unit of compulsory school in a municipality, whatever its status. `figures` is empty.

    Raises `InterfaceError`; then nothing may be kept.
    """
    answer = client.get(PATH, municipality_code=municipality_code, school_type=SCHOOL_TYPE)
    listed = _data(answer).get("attributes")
    if not isinstance(listed, list) or not all(isinstance(item, Mapping) for item in listed):
        raise InterfaceError("A-SHAPE", url=answer.url, what="no list of units")
    if not listed:
        raise InterfaceError("A-EMPTY", url=answer.url, asked=municipality_code)
    answers = [Answer(answer.url, answer.status, [only(item, _LISTED) for item in listed])]
    units = []
    for code in dict.fromkeys(str(item.get("schoolUnitCode")) for item in listed):
        if not (len(code) == 8 and code.isascii() and code.isdigit()):
            raise InterfaceError("A-SHAPE", url=answer.url, what="a unit code that is not eight digits")
        detail_answer = client.get(f"{PATH}/{code}")
        detail = _cleaned(detail_answer, code)
        place = detail["municipalityCode"]
        if place != municipality_code:  # the list's filter is not taken on trust
            raise InterfaceError("A-FILTER", url=answer.url, asked=municipality_code, count=1, first=place)
        units.append(_unit(detail, detail_answer.url))
        answers.append(Answer(detail_answer.url, detail_answer.status, detail))
    return Fetched(tuple(units), (), tuple(answers))


def _data(answer: Answer) -> Mapping[str, Any]:
    data = answer.body.get("data") if isinstance(answer.body, Mapping) else None
    if not isinstance(data, Mapping):
        raise InterfaceError("A-SHAPE", url=answer.url, what="no data")
    return data


def _cleaned(answer: Answer, code: str) -> dict[str, Any]:
    data = _data(answer)
    attributes = data.get("attributes")
    if data.get("schoolUnitCode") != code or not isinstance(attributes, Mapping):
        raise InterfaceError("A-SHAPE", url=answer.url, what="details of another unit than the one asked for")
    organiser = answer.body.get("included")
    organiser = organiser if isinstance(organiser, Mapping) else {}
    about = organiser.get("attributes")
    about = about if isinstance(about, Mapping) else {}
    number = legal_person(organiser.get("organizationNumber"))
    compulsory = (attributes.get("schoolTypeProperties") or {}).get("gr") or {}
    return only(attributes, _DETAILED) | {
        "schoolUnitCode": code,
        "grades": compulsory.get("grades"),
        "organizerType": about.get("organizerType"),
        "organizationNumber": number,
        "organizerName": about.get("displayName") if number else None,
    }


def _unit(detail: Mapping[str, Any], url: str) -> Unit:
    status, organiser = detail["status"], str(detail["organizerType"])
    if status not in _STATUS:
        raise InterfaceError("A-WORD", url=url, field="status", word=str(status)[:40])
    return Unit(
        school_unit_code=detail["schoolUnitCode"],
        school_unit_name=str(detail["displayName"] or detail["schoolName"]),
        location_municipality_code=detail["municipalityCode"],
        organiser_type=organiser_type(_ORGANISER_TYPES.get(organiser, organiser), url=url, field="organizerType"),
        organiser_code=detail["organizationNumber"],
        organiser_name=detail["organizerName"],
        grades=grades(iter(detail["grades"] or ())),
        status=_STATUS[status],
    )
