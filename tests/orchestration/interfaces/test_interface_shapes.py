"""Whatever an interface answers, it is taken whole or refused with a code: no other error, and nothing half."""

import copy
import random
from collections.abc import Iterator
from datetime import date

import pytest

from orchestration.intake.interfaces.client import Answer
from orchestration.intake.interfaces.errors import InterfaceError
from orchestration.intake.interfaces.kept import content_of
from orchestration.intake.interfaces.kolada import fetch_kpi
from orchestration.intake.interfaces.planned import fetch_municipality
from orchestration.intake.interfaces.register import fetch_register
from tests.orchestration.interfaces.answers import figure, statistics, unit

CODE = "99990001"
INSTEAD = [
    None,
    "",
    "x",
    0,
    -1,
    1.5,
    True,
    [],
    {},
    [None],
    ["x"],
    {"a": 1},
    [[]],
    "9999",
    "A" * 400,
    "\ud800",
    float("nan"),
    [{"code": None}],
]

PLANNED = [
    {
        "body": {
            "_embedded": {"listedSchoolUnits": [unit(CODE)]},
            "page": {"number": 0, "totalPages": 1, "totalElements": 1},
        }
    },
    {"body": unit(CODE)},
    statistics(CODE, totalNumberOfPupils=[figure("cirka 210"), figure(None, "MISSING", None)]),
]
REGISTER = [
    {"data": {"attributes": [{"schoolUnitCode": CODE, "name": "x", "status": "AKTIV"}]}},
    {
        "data": {
            "schoolUnitCode": CODE,
            "attributes": {
                "displayName": "Skolan", "municipalityCode": "9999", "status": "AKTIV",
                "schoolTypeProperties": {"gr": {"grades": ["1"]}},
            },
        },
        "included": {"organizationNumber": "2120000134", "attributes": {"organizerType": "KOMMUN", "displayName": "K"}},
    },
]  # fmt: skip
KOLADA = [
    {"values": [{"id": "N15428", "title": "T"}], "next_url": None},
    {
        "values": [{"kpi": "N15428", "municipality": "0180", "period": 2024, "values": [{"gender": "T", "value": 85.5, "status": ""}]}],
        "next_url": None,
    },
]  # fmt: skip


class Told:
    """A client that gives prepared answers in their order, and the last one for ever."""

    base_url = "told"

    def __init__(self, bodies: list[object]) -> None:
        self._bodies = bodies
        self._at = 0

    def get(self, path: str, **_: object) -> Answer:
        self._at = min(self._at + 1, len(self._bodies))
        return Answer(f"told/{path}", 200, self._bodies[self._at - 1])


FETCHES = {
    "planned": (PLANNED, lambda client: fetch_municipality(client, "9999")),
    "register": (REGISTER, lambda client: fetch_register(client, "9999")),
    "kolada": (KOLADA, lambda client: fetch_kpi(client, "N15428", newest_year=2026, expected_title="T")),
}


def places(value: object, path: tuple = ()) -> Iterator[tuple]:
    """Every place in a nested answer."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        yield from places(item, (*path, name))


def changed(bodies: list[object], path: tuple, instead: object) -> list[object]:
    copied = copy.deepcopy(bodies)
    target: object = copied
    for name in path[:-1]:
        target = target[name]
    target[path[-1]] = copy.deepcopy(instead)
    return copied


@pytest.mark.parametrize("source", FETCHES)
def test_the_answers_as_they_should_be_are_taken(source):
    bodies, fetch = FETCHES[source]
    assert content_of(fetch(Told(bodies)).answers, reference=date(2026, 4, 21))


def refusal(source: str, bodies: list[object]) -> InterfaceError | None:
    """What a fetch of these answers is refused with; None when it is taken and kept. Any other error goes through."""
    try:
        content_of(FETCHES[source][1](Told(bodies)).answers, reference=date(2026, 4, 21))
    except InterfaceError as error:
        return error
    return None


@pytest.mark.parametrize("source", FETCHES)
def test_a_thing_of_another_kind_in_any_place_is_taken_or_refused(source):
    bodies, _ = FETCHES[source]
    found = [refusal(source, changed(bodies, path, instead)) for path in places(bodies) if path for instead in INSTEAD]
    refused = [error for error in found if error is not None]
    assert len(refused) > 100
    assert len(found) - len(refused) > 10  # what is not used may be anything
    assert all(error.text("sv") and error.text("en") for error in refused)


@pytest.mark.parametrize("source", FETCHES)
def test_many_changes_at_once_are_taken_or_refused(source):
    bodies, _ = FETCHES[source]
    chance = random.Random(source)
    codes = set()
    for _ in range(2_000):
        told = bodies
        for _ in range(chance.randint(1, 3)):
            path = chance.choice([path for path in places(told) if path])
            told = changed(told, path, chance.choice(INSTEAD))
        error = refusal(source, told)
        codes.add(error.code if error else "taken")
    assert {"taken", "A-SHAPE"} < codes
