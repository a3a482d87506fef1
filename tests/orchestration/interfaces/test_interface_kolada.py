"""Kolada: no value is taken before the title has been checked, and a missing value says why it is missing."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.intake.interfaces import context
from orchestration.intake.interfaces.client import Pace
from orchestration.intake.interfaces.errors import InterfaceError
from orchestration.intake.interfaces.fetch import fetch_kolada
from orchestration.intake.interfaces.kolada import known_titles
from orchestration.intake.store import DeliveryStore
from tests.orchestration.interfaces.answers import MISSING, PLANNED, figure, offer, statistics, unit

ROOT = Path(__file__).resolve().parents[3]
QUICK = Pace(requests_per_second=10_000, attempts=2, first_wait=0.001)
NOW = datetime(2026, 4, 21, tzinfo=UTC)
KPI = "N15428"
TITLE = "Elever i åk 9 som är behöriga till yrkesprogram, hemkommun, andel (%)"


def row(code: str, year: int, *values: dict) -> dict:
    return {"kpi": KPI, "municipality": code, "period": year, "values": list(values)}


def value(number: float | None, *, gender: str = "T", status: str = "", deleted: bool = False) -> dict:
    return {"gender": gender, "value": number, "status": status, "count": 1, "isdeleted": deleted}


@pytest.fixture
def kolada(replay):
    replay.says(f"kpi/{KPI}", {"values": [{"id": KPI, "title": TITLE, "description": "…"}], "next_url": None})
    pages = {
        "1": {
            "values": [row("0180", 2024, value(85.5), value(87.0, gender="K"))],
            "next_url": "https://elsewhere.invalid",
        },
        "2": {
            "values": [
                row("0128", 2024, value(None, status="Privacy"), value(1.0, deleted=True)),
                row("0128", 2023, value(None, status="Missing")),
                row("2425", 2023, value(None, status="Not applicable")),
                row("2425", 2022, value(None)),
            ],
            "next_url": None,
        },
    }
    years = ",".join(str(year) for year in range(2002, 2027))
    replay.says(f"data/kpi/{KPI}/year/{years}", lambda query: pages[query["page"]])
    replay.says(f"data/kpi/{KPI}/municipality/0180,0128", lambda query: pages["2"])
    return replay


def fetch(home, replay, *codes: str, kpi: str = KPI, title: str | None = None):
    return fetch_kolada(
        home, kpis=[kpi], base_url=replay.url, received=NOW, municipality_codes=codes, expected_title=title, pace=QUICK
    )


def refused(home, replay, code: str, **named) -> InterfaceError:
    with pytest.raises(InterfaceError) as found:
        fetch(home, replay, **named)
    assert found.value.code == code
    assert DeliveryStore(home).deliveries() == ()
    return found.value


def test_every_page_and_every_reason_arrives(tmp_path, kolada):
    fetch(tmp_path, kolada)
    rows = pq.read_table(context.kolada_path(tmp_path)).to_pylist()
    assert [(r["municipality_code"], r["year"], r["gender"], r["value"], r["value_code"]) for r in rows] == [
        ("0128", 2023, "T", None, "missing"),
        ("0128", 2024, "T", None, "privacy"),
        ("0180", 2024, "K", 87.0, "exact"),
        ("0180", 2024, "T", 85.5, "exact"),
        ("2425", 2022, "T", None, "missing"),
        ("2425", 2023, "T", None, "not_applicable"),
    ]
    assert {r["title"] for r in rows} == {TITLE}
    assert [query.get("page") for _, query, _ in kolada.asked] == [None, "1", "2"]


def test_named_municipalities_are_asked_for_by_name(tmp_path, kolada):
    fetch(tmp_path, kolada, "0180", "0128")
    assert kolada.asked[-1][0] == f"data/kpi/{KPI}/municipality/0180,0128"


def test_a_changed_title_names_code_expected_and_found(tmp_path, kolada):
    kolada.says(f"kpi/{KPI}", {"values": [{"id": KPI, "title": "Modellberäknat värde (SALSA)"}]})
    error = refused(tmp_path, kolada, "A-TITLE")
    for language in ("sv", "en"):
        assert all(word in error.text(language) for word in (KPI, TITLE, "Modellberäknat värde (SALSA)"))
    assert all(not path.startswith("data/") for path, *_ in kolada.asked)  # not a value was asked for


def test_a_title_may_differ_in_spaces_only(tmp_path, kolada):
    kolada.says(f"kpi/{KPI}", {"values": [{"id": KPI, "title": TITLE.replace(", ", ",  ") + " "}]})
    fetch(tmp_path, kolada)
    kolada.says(f"kpi/{KPI}", {"values": [{"id": KPI, "title": TITLE.replace("åk 9", "åk 6")}]})
    with pytest.raises(InterfaceError, match="A-TITLE"):
        fetch(tmp_path, kolada)


def test_an_answer_cannot_speak_to_the_terminal(tmp_path, kolada):
    kolada.says(f"kpi/{KPI}", {"values": [{"id": KPI, "title": "\x1b[2Jrubrik"}]})
    refused(tmp_path, kolada, "A-SHAPE")
    kolada.says(f"kpi/{KPI}", {"values": [{"id": KPI, "title": TITLE}]})
    kolada.says(
        f"data/kpi/{KPI}/municipality/0180,0128", {"values": [row("0180", 2024, value(None, status="\x1b[2J"))]}
    )
    with pytest.raises(InterfaceError) as found:
        fetch(tmp_path, kolada, "0180", "0128")
    assert found.value.code == "A-WORD"
    assert "\x1b" not in found.value.text()


def test_a_new_title_is_taken_when_a_person_says_so(tmp_path, kolada):
    kolada.says(f"kpi/{KPI}", {"values": [{"id": KPI, "title": "Ny rubrik"}]})
    _, (fetched,) = fetch(tmp_path, kolada, title="Ny rubrik")
    assert fetched.title == "Ny rubrik"


def test_a_key_figure_nobody_agreed_on_is_not_even_asked_for(tmp_path, kolada):
    refused(tmp_path, kolada, "A-KPI-UNKNOWN", kpi="N00945")
    assert kolada.asked == []


@pytest.mark.parametrize("entry", [MISSING, {"values": []}, {"values": [{"id": "N15429", "title": TITLE}]}])
def test_a_key_figure_that_is_gone_is_said_to_be(tmp_path, kolada, entry):
    kolada.says(f"kpi/{KPI}", lambda _: entry)
    refused(tmp_path, kolada, "A-KPI-GONE")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([row("0180", 2024, value(None, status="Preliminary"))], "A-WORD"),
        ([row("180", 2024, value(1.0))], "A-SHAPE"),
        ([row("0180", 2024, value(1.0)) | {"kpi": "N15429"}], "A-SHAPE"),
        ([row("0180", 2024, value("85,5"))], "A-SHAPE"),
        ([row("0180", None, value(1.0))], "A-SHAPE"),
        ({"rows": []}, "A-SHAPE"),
    ],
)
def test_values_of_another_form_are_not_taken(tmp_path, kolada, rows, code):
    kolada.says(f"data/kpi/{KPI}/municipality/0180,0128", {"values": rows})
    with pytest.raises(InterfaceError) as found:
        fetch(tmp_path, kolada, "0180", "0128")
    assert found.value.code == code
    assert not context.kolada_path(tmp_path).exists()


def test_a_later_fetch_replaces_its_own_values_only(tmp_path, kolada):
    fetch(tmp_path, kolada)
    corrected = {"values": [row("0128", 2024, value(79.0))], "next_url": None}
    kolada.says(f"data/kpi/{KPI}/municipality/0180,0128", corrected)
    fetch(tmp_path, kolada, "0180", "0128")
    rows = {
        (r["municipality_code"], r["year"], r["gender"]): r["value"]
        for r in pq.read_table(context.kolada_path(tmp_path)).to_pylist()
    }
    assert len(rows) == 6
    assert rows["0128", 2024, "T"] == 79.0


def test_the_agreed_titles_are_those_of_the_catalogue(open_data):
    catalogue = pq.read_table(open_data / "kolada_did" / "2023-03-28_KOLADA_KPI_list.parquet", columns=["id", "title"])
    titles = {r["id"]: " ".join(r["title"].split()) for r in catalogue.to_pylist()}
    assert {kpi: titles[kpi] for kpi in known_titles()} == dict(known_titles())


def test_the_real_values_come_through_unchanged(tmp_path, kolada, open_data):
    """Kolada's own values of one key figure, 290 municipalities, replayed in its form: the same come out."""
    table = pq.read_table(open_data / "kolada_did" / "2024-12-12_KOLADA_data_raw.parquet", filters=[("kpi", "=", KPI)])
    published = table.to_pylist()
    rows = [
        row(r["municipality_id"], r["year"], value(r["value"] if r["value"] == r["value"] else None, gender=r["gender"], status=r["status"] or ""))
        for r in published
    ]  # fmt: skip
    kolada.says(f"data/kpi/{KPI}/municipality/0180,0128", {"values": rows})
    _, (fetched,) = fetch(tmp_path, kolada, "0180", "0128")
    assert len(fetched.values) == len(published) > 4_000
    assert sum(v.value is not None for v in fetched.values) == sum(not r["status"] for r in published)
    assert {v.municipality_code for v in fetched.values} == {r["municipality_id"] for r in published}


def likvard(home: Path, replay, *arguments: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("LIKVARD_")}
    environment |= {"LIKVARD_HOME": str(home), "LIKVARD_SKOLVERKET_URL": replay.url, "LIKVARD_KOLADA_URL": replay.url}
    environment |= {"LIKVARD_LANGUAGE": language, "NO_PROXY": "127.0.0.1", "COLUMNS": "300"}
    command = [sys.executable, "-c", "from orchestration.cli import main; main()", "fetch", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_the_command_fetches_and_says_what_came_of_it(tmp_path, replay):
    offer(replay, [unit("99990001")])
    replay.says(
        f"{PLANNED}/99990001/statistics/gr", statistics("99990001", averageGradesMeritRating9thGrade=[figure("214,3")])
    )
    done = likvard(tmp_path / "home", replay, "skolverket", "--municipality", "9999")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 questions answered: 1 school units, 1 figures." in done.stdout
    assert done.stdout.count("Kept as delivery") == 2


def test_the_command_says_in_swedish_what_went_wrong(tmp_path, kolada):
    kolada.says(f"kpi/{KPI}", {"values": [{"id": KPI, "title": "[Ny] rubrik"}]})
    done = likvard(tmp_path / "home", kolada, "kolada", "--kpi", KPI, language="sv")
    assert done.returncode == 1
    assert all(text in done.stderr for text in ("Inget hämtades", KPI, "[Ny] rubrik", TITLE, "A-TITLE"))
    wrong = likvard(tmp_path / "home", kolada, "kolada", "--kpi", "15428", language="sv")
    assert wrong.returncode == 2
