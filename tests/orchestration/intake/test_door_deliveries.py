"""Whole deliveries through the door: good ones, spoiled ones, replaced ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.intake import parse
from orchestration.intake.door import DoorReport, KeyMismatchError, Outcome, quarantine_path, read_deliveries
from orchestration.intake.inbox import inbox, load_mapping_set, sweep
from orchestration.intake.pseudonym import demo_key
from orchestration.intake.schemas import ACCEPTED, SOURCES
from orchestration.intake.zones import check_zones
from tests.orchestration.fixtures import skolverket_files as files

MAPPINGS = load_mapping_set(Path(__file__).parents[3] / "policies", municipality_codes=["9999"])
UNITS = files.invented_units()
EXPORT = files.make_export(UNITS, "2021/22")
UNIT = UNITS[0].code
PUPILS = ("20200105-2394", "20200108-2383", "20200117-2390", "20200119-2398")  # the Tax Agency's test numbers
PUPIL_HEADER = "Personnummer;Skolenhetskod;Skolform;Årskurs;Startdatum;Slutdatum;Hemkommun;Id-typ"


@dataclass
class Home:
    """A home with an open-data folder and an inbox; each look takes in and reads what is there."""

    path: Path

    def national(self, content: bytes, name: str = files.export_name("2021/22")) -> None:
        (self.path / "open").mkdir(exist_ok=True)
        (self.path / "open" / name).write_bytes(content)

    def municipal(self, content: str, name: str = "elever_2026-10-15.csv") -> None:
        (inbox(self.path, municipality_code="9999") / name).write_bytes(content.encode("cp1252"))

    def look(self, **settings: object) -> DoorReport:
        (self.path / "open").mkdir(exist_ok=True)
        sweep(self.path, mappings=MAPPINGS, open_data=self.path / "open", received=datetime(2026, 10, 20))
        return read_deliveries(self.path, **{"mappings": MAPPINGS, "key": demo_key(1), **settings})  # type: ignore[arg-type]

    def rows(self, source: str) -> list[dict]:
        folder = self.path / "pseudonymised" / "accepted" / source
        return [row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()]

    def everything_outside_restricted(self) -> bytes:
        """All bytes a run wrote outside the restricted zone, Parquet read out cell by cell."""
        texts = []
        for path in (self.path / "pseudonymised").rglob("*"):
            if path.suffix == ".parquet":
                texts.append(str(pq.read_table(path).to_pylist()).encode())
            if path.is_file():
                texts.append(path.read_bytes())
        return b"\n".join(texts)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def pupil_file(*rows: str, header: str = PUPIL_HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def pupil(identity: str, *, unit: str = "99990001", grade: str = "F", kind: str = "pnr") -> str:
    return f"{identity};{unit};FKLASS;{grade};2026-08-17;;9999;{kind}"


GOOD_ROWS = [pupil(identity) for identity in PUPILS]


def findings(report: DoorReport) -> set[tuple[str, str, str, int]]:
    names = ("municipality_code", "reason_code", "severity", "row_count")
    return {tuple(row[name] for name in names) for row in report.findings.to_pylist()}  # type: ignore[misc]


def only(report: DoorReport) -> Outcome:
    assert len(report.outcomes) == 1
    return report.outcomes[0]


def test_a_good_export_passes_whole_and_keeps_how_it_was_published(home: Home) -> None:
    home.national(EXPORT)
    home.national(files.make_results(UNITS, ["2020/21", "2021/22"]), files.RESULTS_NAME)
    report = home.look()
    assert findings(report) == {("0000", "I-COLUMN-UNKNOWN", "info", 1)}  # the interface's own value codes
    assert [item.status for item in report.outcomes] == ["accepted", "accepted"]
    rows = {row["school_unit_code"]: row for row in home.rows("skolverket_enrollment")}
    assert set(rows) == {unit.code for unit in UNITS}
    row = rows[UNIT]
    assert row["pupil_count_grades_1_9"] == UNITS[0].in_grades_1_9
    assert (row["municipality_code"], row["period"], row["organiser_type"]) == ("9901", "2021/22", "municipal")
    assert {(code["girl_share_grade_f_code"], code["girl_share_grade_f"] is None) for code in rows.values()} >= {
        ("exact", False),
        ("none", True),
    }
    codes = {row["value_code"] for row in home.rows("skolverket_results")}
    assert {"exact", "rounded", "nearly_all"} <= codes


def test_every_accepted_file_has_the_promised_columns_even_with_no_delivery(home: Home) -> None:
    home.look()
    for source in SOURCES:
        schema = pq.read_schema(home.path / "pseudonymised" / "accepted" / source / "_schema.parquet")
        assert schema.equals(ACCEPTED[source])
        assert schema.metadata is None
    assert pq.read_table(home.path / "pseudonymised" / "accepted" / "_findings.parquet").num_rows == 0
    assert check_zones(home.path) == ()


def test_a_later_export_with_decimals_and_fewer_units_needs_no_change(home: Home) -> None:
    home.national(files.make_export(UNITS[3:], "2022/23", decimals=1), files.export_name("2022/23"))
    assert findings(home.look()) == set()
    assert any(round(row["girl_share_grades_1_9"] * 100, 6) % 1 for row in home.rows("skolverket_enrollment"))


@pytest.mark.parametrize("keep", [0.05, 0.5, 0.8])
def test_a_cut_off_export_is_refused_wherever_it_was_cut(home: Home, keep: float) -> None:
    home.national(files.truncate(EXPORT, keep=keep))
    report = home.look()
    assert only(report).refusal_code == ("E-HEADER" if keep == 0.05 else "E-TRUNCATED")
    assert {item[:1] + item[2:3] for item in findings(report)} == {("0000", "critical")}
    assert home.rows("skolverket_enrollment") == []


def test_an_export_cut_between_two_rows_is_refused_for_its_missing_footnotes(home: Home) -> None:
    home.national(EXPORT[: EXPORT.index(b"Rapportbeskrivning")])
    assert only(home.look()).refusal_code == "E-TRUNCATED"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (files.set_cell(EXPORT, UNIT, files.FOREIGN_BACKGROUND, "140"), "E-RANGE"),
        (files.set_cell(EXPORT, UNIT, "Typ av huvudman", "Statlig"), "E-CODE"),
        (files.open_quote(EXPORT, UNIT), "E-QUOTE"),
        (files.duplicate_unit(EXPORT, UNIT), "D-DUPLICATE"),
    ],
)
def test_one_bad_unit_is_critical_for_its_own_municipality_only(home: Home, content: bytes, code: str) -> None:
    home.national(content)
    assert findings(home.look()) == {("9901", code, "critical", 1)}
    assert len(home.rows("skolverket_enrollment")) == len(UNITS) + (1 if code == "D-DUPLICATE" else -1)


@pytest.mark.parametrize("spoil", [files.open_quote, files.duplicate_unit])
def test_one_bad_unit_is_critical_even_among_very_many(home: Home, spoil) -> None:
    units = files.invented_units(municipalities=2, units_each=250)
    home.national(spoil(files.make_export(units, "2021/22"), units[0].code))
    ((code, _, severity, count),) = findings(home.look())
    assert (code, severity, count) == ("9901", "critical", 1)


def test_the_only_unit_of_a_municipality_does_not_hold_up_the_others(home: Home) -> None:
    units = [UNITS[0], *UNITS[6:]]
    home.national(files.set_cell(files.make_export(units, "2021/22"), UNIT, files.FOREIGN_BACKGROUND, "140"))
    assert findings(home.look()) == {("9901", "E-RANGE", "critical", 1)}


def test_a_bad_row_of_unknown_place_concerns_everybody(home: Home) -> None:
    home.national(files.set_cell(EXPORT, UNIT, "Kommun-kod", "99"))
    assert findings(home.look()) == {("0000", "E-MUNICIPALITY", "critical", 1)}


def test_the_same_export_twice_in_one_file_is_critical_for_all_in_it(home: Home) -> None:
    home.national(EXPORT + EXPORT.removeprefix(b"\xef\xbb\xbf"))
    report = home.look()
    per_municipality = {(f"990{place}", "D-DUPLICATE", "critical", 6) for place in (1, 2, 3)}
    assert per_municipality <= findings(report)
    assert ("0000", "E-HEADER-REPEATED", "critical", 1) in findings(report)


def test_a_renamed_required_header_refuses_the_export_and_suggests(home: Home) -> None:
    home.national(files.rename_header(EXPORT, "Skol-enhetskod", "Skolenhetskoden"))
    outcome = only(home.look())
    assert outcome.refusal_code == "E-HEADER"
    assert '(nearest in the file: "Skolenhetskoden")' in outcome.problems[0].text("sv")


def test_a_header_with_pupils_of_another_year_is_refused(home: Home) -> None:
    home.national(files.make_export(UNITS, "2020/21"))  # under the name of 2021
    outcome = only(home.look())
    assert (outcome.refusal_code, outcome.delivery.period) == ("E-PERIOD", "unknown")
    home.national(EXPORT)
    report = home.look()
    assert [(item.status, item.is_latest) for item in report.outcomes] == [("refused", False), ("accepted", True)]


def test_a_result_above_its_metrics_bound_is_rejected(home: Home) -> None:
    bad = [(UNIT, files.ELIGIBLE, "2021/22", "140", "EXISTS")]
    home.national(files.make_results(UNITS[1:], ["2021/22"], extra=bad), files.RESULTS_NAME)
    assert ("0000", "E-RANGE", "critical", 1) in findings(home.look())


def test_pupils_pass_as_pseudonyms_and_duplicates_stay_for_the_warehouse(home: Home) -> None:
    home.municipal(pupil_file(*GOOD_ROWS, GOOD_ROWS[0]))
    report = home.look()
    rows = home.rows("enrollment")
    assert len(rows) == 5
    assert rows[0]["pupil_key"] == rows[4]["pupil_key"]
    assert [row["row_number"] for row in rows] == [2, 3, 4, 5, 6]
    assert {row["id_type"] for row in rows} == {"pnr"}
    assert all(1990 <= row["birth_year"] <= 2020 for row in rows)
    absent = ("9999", "D-COLUMN-ABSENT", "warning", 5)
    assert findings(report) == {("9999", "D-DUPLICATE", "critical", 1), absent}


def test_few_bad_rows_are_a_warning_and_many_are_critical(home: Home) -> None:
    many = [pupil(PUPILS[0], unit=f"9999{number:04d}") for number in range(400)]
    home.municipal(pupil_file(*many, pupil(PUPILS[1], grade="12")))
    home.municipal(pupil_file(*many[:100], pupil(PUPILS[1], grade="12")), "elever_2025-10-15.csv")
    report = home.look()
    assert {item for item in findings(report) if item[1] == "E-GRADE"} == {
        ("9999", "E-GRADE", "warning", 1),
        ("9999", "E-GRADE", "critical", 1),
    }


def test_a_wrong_identity_is_rejected_and_its_number_is_nowhere_outside_the_restricted_zone(home: Home) -> None:
    wrong, hidden = "202001052395", "Anna 20200108-2383"
    header = f"{PUPIL_HEADER};Modersmål"
    home.municipal(
        pupil_file(f"{pupil(wrong)};", f"{pupil(PUPILS[2])};{hidden}", f"{pupil(PUPILS[3])};", header=header)
    )
    report = home.look()
    outcome = only(report)
    assert {item[1] for item in findings(report)} >= {"E-PNR-CHECKSUM", "E-IDENTITY-PLACE"}
    words = " ".join(problem.text(language) for problem in outcome.problems for language in ("sv", "en"))
    written = home.everything_outside_restricted() + words.encode() + repr(report).encode()
    assert pq.read_table(home.path / "pseudonymised/accepted/_deliveries.parquet").num_rows == 1
    for number in (wrong, *PUPILS):
        digits = number.replace("-", "")
        for form in (digits, digits[2:], f"{digits[:8]}-{digits[8:]}", f"{digits[2:8]}-{digits[8:]}", digits[::-1]):
            assert form.encode() not in written
        assert digits[-4:] not in words
    lines = [json.loads(line) for line in quarantine_path(home.path, outcome.delivery).read_text().splitlines()]
    assert lines == [
        {"row": 2, "codes": ["E-PNR-CHECKSUM"], "columns": ["Personnummer"]},
        {"row": 3, "codes": ["E-IDENTITY-PLACE"], "columns": ["Modersmål"]},
    ]


def test_a_case_number_passes_where_the_file_declares_it(home: Home) -> None:
    home.municipal(pupil_file(*GOOD_ROWS, pupil("1234567", kind="Dossiernummer"), pupil("7654321")))
    report = home.look()
    assert [row["id_type"] for row in home.rows("enrollment")] == ["pnr"] * 4 + ["other"]
    assert [row["birth_year"] is None for row in home.rows("enrollment")] == [False] * 4 + [True]
    assert ("9999", "E-PNR-FORM", "critical", 1) in findings(report)


def test_a_sole_traders_number_and_name_are_dropped_and_counted(home: Home) -> None:
    header = "Skolenhetskod;Namn;Huvudman;Organisationsnummer;Huvudmannatyp;Lägeskommun;Årskurser;Status"
    person = f"99990002;Eken;Anna Andersson;{PUPILS[0][2:]};Enskild;9999;F-3;Aktiv"
    company = "99990001;Boken;Exempelkommun;212000-1439;Kommunal;9999;F-9;Aktiv"
    home.municipal(pupil_file(company, person, header=header), "skolenheter_2026-10-15.csv")
    report = home.look()
    rows = home.rows("school_register")
    assert [(row["organiser_name"], row["organiser_code"]) for row in rows] == [
        ("Exempelkommun", "2120001439"),
        (None, None),
    ]
    assert ("9999", "I-SOLE-TRADER", "info", 1) in findings(report)


@pytest.mark.parametrize("cut", [3, 12, 30])
def test_a_pupil_file_cut_in_its_last_row_is_refused(home: Home, cut: int) -> None:
    home.municipal(pupil_file(*GOOD_ROWS)[:-cut])
    outcome = only(home.look())
    assert outcome.refusal_code == ("E-TRUNCATED" if cut > 3 else None)  # `p` for `pnr` is no error: the kind is a hint
    counts = outcome.counts
    assert counts.physical_rows == counts.header_rows + counts.accepted_rows + counts.rejected_rows == 5


def test_a_file_whose_rows_cannot_be_counted_still_makes_a_finding(home: Home) -> None:
    home.national(b"\xef\xbb\xbf\xe5\xe4")
    assert findings(home.look()) == {("0000", "E-ENCODING", "critical", 1)}
    home.national(b"")
    assert ("0000", "E-EMPTY", "critical", 1) in findings(home.look())


def test_a_header_without_rows_is_refused(home: Home) -> None:
    home.municipal(pupil_file())
    assert only(home.look()).refusal_code == "E-EMPTY"


def test_a_refused_correction_is_the_newest_and_the_older_rows_stay(home: Home) -> None:
    home.municipal(pupil_file(*GOOD_ROWS))
    home.look()
    home.municipal("nothing useful\n")
    report = home.look()
    assert [(item.status, item.is_latest) for item in report.outcomes] == [("accepted", False), ("refused", True)]
    assert len(home.rows("enrollment")) == 4
    assert ("9999", "E-HEADER", "critical", 1) in findings(report)
    home.municipal(pupil_file(*GOOD_ROWS))  # last week's file again
    report = home.look()
    assert [(item.status, item.is_latest) for item in report.outcomes][2] == ("accepted", True)
    assert {item[2] for item in findings(report) if item[1] == "E-HEADER"} == {"info"}
    assert report.refused == ()


def test_a_second_look_reads_nothing_and_writes_the_same_bytes(home: Home) -> None:
    home.national(EXPORT)
    home.municipal(pupil_file(*GOOD_ROWS, pupil("202001052395")))
    assert home.look().files_read == 2
    folder = home.path / "pseudonymised"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    report = home.look()
    assert report.files_read == 0
    assert len(report.outcomes) == 2
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    changed = MAPPINGS[("9999", "enrollment")].model_copy(update={"rejected_share_critical": 1.0})
    assert home.look(mappings={**MAPPINGS, ("9999", "enrollment"): changed}).files_read == 1


def test_rows_go_when_a_changed_mapping_refuses_their_file(home: Home) -> None:
    home.municipal(pupil_file(*GOOD_ROWS))
    home.look()
    mapping = MAPPINGS[("9999", "enrollment")]
    column = mapping.columns["mother_tongue"].model_copy(update={"required": True})
    changed = mapping.model_copy(update={"columns": {**mapping.columns, "mother_tongue": column}})
    assert only(home.look(mappings={**MAPPINGS, ("9999", "enrollment"): changed})).refusal_code == "E-HEADER"
    assert home.rows("enrollment") == []
    assert home.look().refused == ()
    assert len(home.rows("enrollment")) == 4


def test_two_homes_get_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        home = Home(tmp_path / name)
        home.national(EXPORT)
        home.municipal(pupil_file(*GOOD_ROWS))
        home.look()
        root = home.path / "pseudonymised"
        written.append({path.relative_to(root): path.read_bytes() for path in root.rglob("*.parquet")})
    assert written[0] == written[1]


def test_another_key_is_refused_before_it_makes_two_of_every_pupil(home: Home) -> None:
    home.municipal(pupil_file(*GOOD_ROWS))
    home.look()
    first = home.rows("enrollment")[0]["pupil_key"]
    with pytest.raises(KeyMismatchError, match="fingerprint"):
        home.look(key=demo_key(2))
    with pytest.raises(KeyMismatchError, match="LIKVARD_KEY_FILE"):
        home.look(key=None)
    assert home.rows("enrollment")[0]["pupil_key"] == first
    assert home.look(key=demo_key(2), allow_new_key=True).files_read == 1
    assert home.rows("enrollment")[0]["pupil_key"] != first


def test_a_defect_in_one_file_stops_no_other_and_tells_no_value(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.national(EXPORT)
    home.municipal(pupil_file(*GOOD_ROWS))
    whole = parse.type_rows

    def fails_for_pupils(raw, *, mapping, **settings):
        if mapping.source == "enrollment":
            raise RuntimeError(f"cannot convert {PUPILS[0]}")
        return whole(raw, mapping=mapping, **settings)

    monkeypatch.setattr(parse, "type_rows", fails_for_pupils)
    report = home.look()
    assert {item.delivery.source: item.refusal_code for item in report.outcomes} == {
        "skolverket_enrollment": None,
        "enrollment": "E-UNEXPECTED",
    }
    assert "2394" not in repr(report)
    monkeypatch.undo()
    assert home.look().refused == ()  # tried again


def test_a_stored_file_that_changed_is_refused(home: Home) -> None:
    home.municipal(pupil_file(*GOOD_ROWS))
    sweep(home.path, mappings=MAPPINGS, received=datetime(2026, 10, 20))
    stored = next(path for path in (home.path / "restricted/inputs/sha256").glob("*/*/*") if path.suffix == "")
    stored.chmod(0o600)
    stored.write_bytes(b"other")
    report = read_deliveries(home.path, mappings=MAPPINGS, key=demo_key(1))
    assert only(report).refusal_code == "E-STORE"


def test_rows_of_no_known_delivery_are_removed(home: Home) -> None:
    home.national(EXPORT)
    home.look()
    stray = home.path / "pseudonymised/accepted/skolverket_enrollment/stray.parquet"
    stray.write_bytes(b"x")
    home.look()
    assert not stray.exists()
    assert len(home.rows("skolverket_enrollment")) == len(UNITS)
