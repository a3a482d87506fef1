"""Skolverket's answers: what is taken, what is refused, what never gets past, and that the door reads them as any file."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from orchestration.intake.door import read_deliveries
from orchestration.intake.inbox import load_mapping_set, receive
from orchestration.intake.interfaces import context
from orchestration.intake.interfaces.clean import legal_person
from orchestration.intake.interfaces.client import Pace
from orchestration.intake.interfaces.errors import InterfaceError
from orchestration.intake.interfaces.fetch import fetch_skolverket, fetch_units
from orchestration.intake.interfaces.kept import answers_in
from orchestration.intake.interfaces.planned import Figure
from orchestration.intake.interfaces.results import overlaid
from orchestration.intake.schemas import NATIONAL
from orchestration.intake.store import DeliveryStore
from tests.orchestration.interfaces.answers import MISSING, PLANNED, figure, offer, statistics, unit

QUICK = Pace(requests_per_second=10_000, attempts=2, first_wait=0.001)
NOW = datetime(2026, 4, 21, 12, 0, tzinfo=UTC)
ELIGIBLE = "ratioOfPupils9thGradeEligibleForNationalProgramYR"
PERSON = "20120314-2383"  # of the range that is never issued to people
REGISTER = "skolenhetsregistret/v2/school-units"


@pytest.fixture
def mappings(tmp_path):
    return load_mapping_set(tmp_path, municipality_codes=())


def fetch(home: Path, replay, mappings, *codes: str, at: datetime = NOW):
    return fetch_skolverket(
        home, municipality_codes=codes or ("9999",), base_url=replay.url, mappings=mappings, received=at, pace=QUICK
    )


def refused(home: Path, replay, mappings, code: str) -> InterfaceError:
    with pytest.raises(InterfaceError) as found:
        fetch(home, replay, mappings)
    assert found.value.code == code
    assert DeliveryStore(home).deliveries() == ()  # a part would pass for the whole
    assert not context.units_path(home).exists()
    return found.value


def accepted(home: Path) -> dict[tuple[str, str, str | None], tuple[float | None, str]]:
    newest = max(
        (d for d in DeliveryStore(home).deliveries() if d.source == "skolverket_results"),
        key=lambda d: d.received_number,
    )
    table = pq.read_table(home / "pseudonymised" / "accepted" / newest.source / f"{newest.delivery_id}.parquet")
    return {
        (r["school_unit_code"], r["metric"], r["school_year"]): (r["value"], r["value_code"]) for r in table.to_pylist()
    }


def test_figures_reach_the_accepted_table_as_they_were_published(tmp_path, replay, mappings):
    offer(replay, [unit("99990001")])
    figures = [figure("83,2"), figure("~100", "ROUNDED_OFF_DUE_TO_FEW_PUPILS_NOT_ELIGIBLE", "2023/24")]
    total = [figure("cirka 210", year="2025/26")]
    nothing = [figure(None, "MISSING", None)]
    replay.says(
        f"{PLANNED}/99990001/statistics/gr",
        statistics(
            "99990001", **{ELIGIBLE: figures}, totalNumberOfPupils=total, specialTeacherPositions=nothing, empty=[]
        ),
    )
    done = fetch(tmp_path, replay, mappings)
    report = read_deliveries(tmp_path, mappings=mappings)
    assert [outcome.status for outcome in report.outcomes] == ["accepted"]  # kept answers are no files for the door
    assert accepted(tmp_path) == {
        ("99990001", ELIGIBLE, "2024/25"): (83.2, "exact"),
        ("99990001", ELIGIBLE, "2023/24"): (None, "nearly_all"),
        ("99990001", "totalNumberOfPupils", "2025/26"): (210.0, "rounded"),
        ("99990001", "specialTeacherPositions", None): (None, "missing"),
    }
    assert (done.questions, done.units, done.figures) == (3, 1, 4)
    assert done.for_the_door.delivery.municipality_code == NATIONAL


def test_an_unpublishable_cell_is_rejected_by_the_door_and_not_by_guesswork(tmp_path, replay, mappings):
    offer(replay, [unit("99990001")])
    replay.says(
        f"{PLANNED}/99990001/statistics/gr",
        statistics("99990001", **{ELIGIBLE: [figure("<5"), figure("80,0", year="2023/24")]}),
    )
    fetch(tmp_path, replay, mappings)
    report = read_deliveries(tmp_path, mappings=mappings)
    assert report.outcomes[0].counts.rejected_rows == 1
    assert report.findings.column("reason_code").to_pylist().count("E-TYPE") == 1


def test_nothing_about_people_is_kept(tmp_path, replay, mappings):
    trader = unit("99990001", organisationRegistryNumber=PERSON, corporationName="Förnamn Efternamn", rector="Maria X")
    offer(replay, [trader])
    replay.says(f"{PLANNED}/99990001/statistics/gr", MISSING)
    fetch(tmp_path, replay, mappings)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (PERSON, PERSON.replace("-", ""), "120314", "Förnamn", "rektor@", "08-123", "Maria", "wgs84"):
        assert secret.encode() not in kept, secret
    table = pq.read_table(context.units_path(tmp_path)).to_pylist()
    assert [(row["organiser_code"], row["organiser_name"], row["grades"]) for row in table] == [(None, None, "F,1,2")]


@pytest.mark.parametrize(
    "number", [PERSON, "1203142383", "120314-2383", "161203142383", "2120000135", "", None, "212000"]
)
def test_only_a_legal_person_keeps_its_number(number):
    assert legal_person(number) is None


def test_a_legal_persons_number_is_kept_without_its_dash():
    assert [legal_person(n) for n in ("212000-0134", "2120000134", "162120000134")] == ["2120000134"] * 3


def test_an_identity_in_a_name_stops_the_fetch_without_being_named(tmp_path, replay, mappings):
    offer(replay, [unit("99990001", name=f"Skolan {PERSON}")])
    replay.says(f"{PLANNED}/99990001/statistics/gr", MISSING)
    error = refused(tmp_path, replay, mappings, "A-IDENTITY")
    assert PERSON not in str(error)
    assert "name" in str(error)


def test_pages_are_counted_from_zero_and_all_of_them_asked_for(tmp_path, replay, mappings):
    units = [unit(f"9999{number:04}") for number in range(7)]
    offer(replay, units, size=3)
    for item in units:
        replay.says(f"{PLANNED}/{item['code']}/statistics/gr", MISSING)
    assert fetch(tmp_path, replay, mappings).units == 7
    assert [query["page"] for path, query, _ in replay.asked if path == PLANNED] == ["0", "1", "2"]


def test_a_list_that_ignores_its_filter_is_not_taken(tmp_path, replay, mappings):
    offer(replay, [unit("99990001"), unit("01280001", municipality="0128")])
    assert "0128" in str(refused(tmp_path, replay, mappings, "A-FILTER"))


@pytest.mark.parametrize(
    ("total", "code"), [(3, "A-PAGES"), (1, "A-PAGES"), (0, "A-EMPTY")], ids=["one missing", "one too many", "none"]
)
def test_pages_that_do_not_add_up_are_not_taken(tmp_path, replay, mappings, total, code):
    offer(replay, [unit("99990001"), unit("99990002")], total=total)
    refused(tmp_path, replay, mappings, code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"principalOrganizerType": "Kyrklig"}, "A-WORD"),
        ({"code": "9999000"}, "A-SHAPE"),
        ({"code": "99990001x"}, "A-SHAPE"),
    ],
)
def test_an_answer_of_another_form_is_not_taken(tmp_path, replay, mappings, change, code):
    offer(replay, [unit("99990001") | change])
    replay.says(f"{PLANNED}/99990001/statistics/gr", MISSING)
    refused(tmp_path, replay, mappings, code)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"status": "OK"},
        statistics("99990002"),
        statistics("99990001", **{ELIGIBLE: [{"value": "1"}]}),
        statistics("99990001", **{ELIGIBLE: [figure("1") | {"value": 83.2}]}),
    ],
    ids=["a list", "no body", "another unit", "no period", "a number"],
)
def test_statistics_of_another_form_are_not_taken(tmp_path, replay, mappings, body):
    offer(replay, [unit("99990001")])
    replay.says(f"{PLANNED}/99990001/statistics/gr", body)
    refused(tmp_path, replay, mappings, "A-SHAPE")


def test_one_unit_that_cannot_be_asked_leaves_no_trace_of_the_others(tmp_path, replay, mappings):
    offer(replay, [unit("99990001"), unit("99990002")])
    replay.says(f"{PLANNED}/99990001/statistics/gr", MISSING)
    del replay.routes[f"{PLANNED}/99990002"]
    refused(tmp_path, replay, mappings, "A-STATUS")


def test_links_of_answers_are_never_followed(tmp_path, replay, mappings):
    offer(replay, [unit("99990001")])
    replay.says(f"{PLANNED}/99990001/statistics/gr", statistics("99990001"))
    fetch(tmp_path, replay, mappings)
    assert all("/v3/" not in path for path, *_ in replay.asked)


def test_the_same_answers_again_are_nothing_new(tmp_path, replay, mappings):
    offer(replay, [unit("99990001")])
    replay.says(f"{PLANNED}/99990001/statistics/gr", statistics("99990001", **{ELIGIBLE: [figure("80,0")]}))
    first, second = (fetch(tmp_path, replay, mappings) for _ in range(2))
    assert [receipt.note for receipt in (*first.kept, first.for_the_door)] == ["new", "new"]
    assert [receipt.note for receipt in (*second.kept, second.for_the_door)] == ["already_received"] * 2


def test_a_kept_delivery_says_where_each_answer_came_from(tmp_path, replay, mappings):
    offer(replay, [unit("99990001")])
    replay.says(f"{PLANNED}/99990001/statistics/gr", MISSING)
    delivery = fetch(tmp_path, replay, mappings).kept[0].delivery
    assert (delivery.source, delivery.municipality_code, delivery.period) == ("skolverket_api", "9999", "2026-04-21")
    assert delivery.sender == f"{replay.url}/planned-educations/v4"
    answers = answers_in(DeliveryStore(tmp_path).content(delivery))
    assert [(answer.url.removeprefix(replay.url), answer.status) for answer in answers] == [
        (f"/{PLANNED}?page=0&size=50&geographicalAreaCode=9999&typeOfSchooling=gr", 200),
        (f"/{PLANNED}/99990001", 200),
        (f"/{PLANNED}/99990001/statistics/gr", 404),
    ]


def test_a_fetch_replaces_its_own_figures_and_takes_nothing_from_others():
    earlier = overlaid(
        None,
        [
            Figure("1", "a", "2023/24", "70,0", "EXISTS"),
            Figure("1", "a", None, None, "MISSING"),
            Figure("1", "b", None, None, "MISSING"),
            Figure("2", "a", "2024/25", "..", "OMITTED"),
        ],
    )
    later = overlaid(
        earlier, [Figure("1", "a", "2024/25", "71,0", "EXISTS"), Figure("1", "a", "2023/24", "70,5", "EXISTS")]
    )
    assert [tuple(row.values())[:4] for row in later.to_pylist()] == [
        ("1", "a", "2023/24", "70,5"),
        ("1", "a", "2024/25", "71,0"),
        ("1", "b", None, None),
        ("2", "a", "2024/25", ".."),
    ]
    assert later.equals(overlaid(later, []))


def test_the_register_knows_units_that_have_ceased(tmp_path, replay):
    units = {"99990001": "AKTIV", "99990002": "UPPHORT"}
    replay.says(
        REGISTER, {"data": {"attributes": [{"schoolUnitCode": c, "name": "x", "status": s} for c, s in units.items()]}}
    )
    for code, status in units.items():
        attributes = {
            "displayName": "Skolan",
            "municipalityCode": "9999",
            "status": status,
            "headMaster": "Maria X",
            "email": "m@x.invalid",
        }
        attributes["schoolTypeProperties"] = {"gr": {"grades": ["1", "2"]}}
        organiser = {"organizationNumber": PERSON, "attributes": {"organizerType": "ENSKILD", "displayName": "Per Y"}}
        replay.says(
            f"{REGISTER}/{code}", {"data": {"schoolUnitCode": code, "attributes": attributes}, "included": organiser}
        )
    fetch_units(tmp_path, municipality_codes=["9999"], base_url=replay.url, received=NOW, pace=QUICK)
    rows = pq.read_table(context.units_path(tmp_path)).to_pylist()
    assert [(row["status"], row["organiser_type"], row["organiser_code"], row["grades"]) for row in rows] == [
        ("active", "independent", None, "1,2"),
        ("ceased", "independent", None, "1,2"),
    ]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not any(secret in kept for secret in (b"Maria", b"Per Y", b"m@x", PERSON.encode()))


# With the real answers.


def test_salem_is_a_whole_chain_from_list_to_figures(tmp_path, real, mappings):
    done = fetch(tmp_path, real, mappings, "0128")
    report = read_deliveries(tmp_path, mappings=mappings)
    assert (done.questions, done.units) == (11, 5)
    assert report.outcomes[0].counts.accepted_rows == done.figures
    found = accepted(tmp_path)
    assert found["54067262", ELIGIBLE, "2024/25"] == (79.1, "exact")
    rows = pq.read_table(context.units_path(tmp_path)).to_pylist()
    assert {row["school_unit_code"]: row["organiser_type"] for row in rows} == {
        "54067262": "municipal", "36262199": "municipal", "71677992": "municipal", "58385274": "municipal", "56858061": "independent",
    }  # fmt: skip


def test_stockholm_has_155_units_on_four_pages(tmp_path, real, mappings):
    codes = {unit["code"] for page in range(4) for unit in _listed(real, "0180", page)}
    for number in range(4):
        for item in _listed(real, "0180", number):
            real.routes.setdefault(f"{PLANNED}/{item['code']}", lambda _, item=item: {"body": item})
    assert len(codes) == 155
    assert fetch(tmp_path, real, mappings, "0180").units == 155


def test_the_real_compact_list_is_seen_through(tmp_path, real, mappings):
    """It answers another municipality's question with the whole country; put in the list's place it is not taken."""
    real.routes[PLANNED] = real.routes["planned-educations/v4/compact-school-units"]
    with pytest.raises(InterfaceError, match="A-SHAPE"):
        fetch(tmp_path, real, mappings, "0126")


def test_interface_and_published_table_give_the_same_accepted_rows(tmp_path, real, open_data, mappings):
    """All eighteen real statistics answers: every metric, code and value pattern, by both ways through the door."""
    paths = sorted(path for path in real.routes if path.endswith("/statistics/gr"))
    codes = [path.split("/")[-3] for path in paths]
    offer(real, [unit(code) for code in codes])
    fetch(tmp_path / "asked", real, mappings)
    table = pq.read_table(open_data / "skolverket_api_gr_v4" / "gr_statistics_long.parquet")
    part = table.filter(pc.is_in(table.column("skolenhetskod"), pa.array(codes)))
    sink = pa.BufferOutputStream()
    pq.write_table(part, sink)
    receive(
        sink.getvalue().to_pybytes(), home=tmp_path / "published", mapping=mappings[NATIONAL, "skolverket_results"],
        municipality_code=NATIONAL, file_name="gr_statistics_long.parquet", sender="open data", received=NOW,
    )  # fmt: skip
    for home in ("asked", "published"):
        read_deliveries(tmp_path / home, mappings=mappings)
    assert len(codes) == 18
    assert len(accepted(tmp_path / "asked")) > 900
    assert accepted(tmp_path / "asked") == accepted(tmp_path / "published")


def test_a_fetch_over_the_published_table_keeps_the_rest_of_the_country(tmp_path, real, open_data, mappings):
    published = (open_data / "skolverket_api_gr_v4" / "gr_statistics_long.parquet").read_bytes()
    receive(
        published, home=tmp_path, mapping=mappings[NATIONAL, "skolverket_results"], municipality_code=NATIONAL,
        file_name="gr_statistics_long.parquet", sender="open data", received=NOW,
    )  # fmt: skip
    read_deliveries(tmp_path, mappings=mappings)
    before = accepted(tmp_path)
    fetch(tmp_path, real, mappings, "0128")
    report = read_deliveries(tmp_path, mappings=mappings)
    assert [outcome.is_latest for outcome in report.outcomes] == [False, True]
    assert before.keys() <= accepted(tmp_path).keys()
    assert len(before) == 87_386


def _listed(real, code: str, page: int) -> list[dict]:
    body = json.loads(json.dumps(real.routes[PLANNED]({"geographicalAreaCode": code, "page": str(page)})))
    return body["body"]["_embedded"]["listedSchoolUnits"]
