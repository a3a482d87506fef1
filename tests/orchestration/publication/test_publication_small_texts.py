"""CSV, the data package and the waivers on a few cells: the bytes, the whole descriptor, and every field of a line."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal as D

import pandas as pd
import pyarrow as pa
import pytest

from expectations.columns import COLUMNS
from expectations.contracts import Contract
from expectations.labels import swedish_label
from orchestration.publication.candidate import Reason
from orchestration.publication.dictionary import data_package
from orchestration.publication.release import Changes, about, changes_between
from orchestration.publication.text_tables import EXCEL_SV, MACHINE, csv_bytes, with_kronor
from orchestration.publication.waiving import WaiverLine, review, unwaived
from orchestration.resources.governance import Waiver, WaiverScope

TABLE = pa.table(
    {
        "a": pa.array(["x", '=1 "q"', None, ""]),
        "b": pa.array([True, False, None, True]),
        "n": pa.array([D("-1.50"), D("0.00"), None, D("12345.60")], pa.decimal128(18, 2)),
        "f": pa.array([0.25, -1e-07, None, 3.0]),
        "i": pa.array([7, -1, None, 0]),
        "d": pa.array([date(2027, 1, 2), None, None, None]),
    }
)


def test_the_machine_s_csv_byte_for_byte():
    assert csv_bytes(TABLE, flavour=MACHINE) == (
        b'a,b,n,f,i,d\r\n"x",true,-1.50,0.25,7,2027-01-02\r\n"\'=1 ""q""",false,0.00,-1e-07,-1,\r\n,,,,,\r\n'
        b'"",true,12345.60,3.0,0,\r\n'
    )


def test_swedish_excel_s_csv_byte_for_byte():
    assert csv_bytes(TABLE.slice(0, 2), flavour=EXCEL_SV) == (
        b'\xef\xbb\xbfa;b;n;f;i;d\r\n"x";SANT;-1,50;0,25;7;2027-01-02\r\n"\'=1 ""q""";FALSKT;0,00;-1e-07;-1;\r\n'
    )
    assert (MACHINE.folder, EXCEL_SV.folder) == ("tables", "excel")
    assert (MACHINE.name, EXCEL_SV.name) == ("machine", "excel-sv")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\x00"])
def test_what_starts_a_formula_is_guarded_at_the_start_only(start: str):
    data = csv_bytes(pa.table({"a": [f"{start}1", f"1{start}"]}), flavour=MACHINE)
    assert data == f'a\r\n"\'{start}1"\r\n"1{start}"\r\n'.encode()


def test_kronor_stand_where_the_columns_say_and_are_exact():
    table = pa.table({"amount_ore": pa.array([-105, None], pa.int64()), "x": ["p", "q"]})
    columns = (COLUMNS["amount_ore"], COLUMNS["total_sek"])
    made = with_kronor(table.rename_columns(["total_ore", "x"]), columns[1:])
    assert made.schema == pa.schema([("total_sek", pa.decimal128(18, 2))])
    assert made.to_pylist() == [{"total_sek": D("-1.05")}, {"total_sek": None}]


SMALL = Contract(
    "small_table", "One row per unit.", "En rad per enhet.", ("school_unit_code",),
    ("school_unit_code", "amount_ore", "structural_part_sek", "is_demo", "count_date"), frozenset({"amount_ore"}),
)  # fmt: skip
PATHS = ("tables/small_table.parquet", "tables/small_table.csv", "excel/small_table.csv")


def field(name: str, kind: str, required: bool, *, of: str = "", unit: str = "", **more: object) -> dict[str, object]:
    column = COLUMNS[of or name]
    limits = {key: more.pop(key) for key in ("minimum", "maximum") if key in more}
    told = {
        "name": name, "type": kind, "title": swedish_label(name), "description": f"{column.en} / {column.sv}",
        "constraints": {"required": required} | limits,
    }  # fmt: skip
    return told | ({"unit": unit} if unit else {}) | more


def test_the_data_package_of_one_table_as_a_whole():
    files = {path: {"bytes": number, "sha256": f"{number}" * 64} for number, path in enumerate(PATHS)}
    data = data_package(
        publication_id="2027.0.1", municipality_code="9999", files=files, contracts=[SMALL], about={"sv": "Vad.", "en": "What."}
    )  # fmt: skip
    text = data.decode()
    assert text.endswith("}\n]}\n")
    assert text.count("\n") == 5
    package = json.loads(text)
    resources = package.pop("resources")
    assert package == {
        "profile": "data-package", "name": "likvard-9999-2027.0.1", "title": "Vad.", "description": "What.", "version": "2027.0.1",
    }  # fmt: skip
    unit = field("school_unit_code", "string", True)
    ore, sek = field("amount_ore", "integer", False, unit="öre"), {"unit": "kr", "minimum": 0}
    part, day = field("structural_part_sek", "number", True, **sek), field("count_date", "date", True)
    demo, version = field("is_demo", "boolean", True), field("publication_id", "string", True)

    def resource(place: int, suffix: str, fields: list[dict[str, object]]) -> dict[str, object]:
        return {
            "name": f"small-table-{suffix}", "path": PATHS[place], "bytes": place, "hash": "sha256:" + f"{place}" * 64,
            "title": "En rad per enhet.", "description": "One row per unit.",
            "schema": {"fields": fields, "primaryKey": ["school_unit_code"], "missingValues": [""]},
        }  # fmt: skip

    parquet = {"format": "parquet", "mediatype": "application/vnd.apache.parquet"}
    csv = {"profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv"}
    dialect = {"lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True}
    machine = [
        unit,
        ore,
        part | {"decimalChar": "."},
        demo | {"trueValues": ["true"], "falseValues": ["false"]},
        day,
        version,
    ]
    kronor = field("amount_sek", "number", False, of="amount_ore", unit="kr") | {"decimalChar": ","}
    excel = [
        unit,
        ore,
        kronor,
        part | {"decimalChar": ","},
        demo | {"trueValues": ["SANT"], "falseValues": ["FALSKT"]},
        day,
        version,
    ]
    assert resources == [
        resource(0, "parquet", [unit, ore, part, demo, day, version]) | parquet,
        resource(1, "machine", machine) | csv | {"encoding": "utf-8", "dialect": dialect | {"delimiter": ","}},
        resource(2, "excel-sv", excel) | csv | {"encoding": "utf-8-sig", "dialect": dialect | {"delimiter": ";"}},
    ]


DAY = date(2027, 6, 1)


def waiver(rule_id: str, most: int = 2, *, name: str = "cecilia", expires: date = DAY) -> Waiver:
    return Waiver(
        rule_id=rule_id,
        scope=WaiverScope(failing_count_at_most=most),
        reason="Looked at by hand.",
        name=name,
        expires=expires,
    )


RESULTS = pd.DataFrame(
    [
        ("Q-COUNT-004", "warning", 2), ("Q-COUNT-001", "warning", 3), ("Q-INDEX-001", "warning", 0), ("Q-SHARE-001", "critical", 9),
        ("Q-COUNT-002", "warning", 1), ("Q-COUNT-003", "info", 4),
    ],
    columns=["rule_id", "severity", "failing_count"],
)  # fmt: skip
GIVEN = {"failing_count_at_most": 2, "name": "cecilia", "reason": "Looked at by hand.", "expires": "2027-06-01"}


def test_every_failing_warning_and_every_waiver_has_a_line_in_order():
    waivers = (waiver("Q-INDEX-001"), waiver("Q-COUNT-004"), waiver("Q-COUNT-001"))
    lines = review(waivers, rule_results=RESULTS, day=DAY, entitled={"cecilia"})
    assert lines == (
        WaiverLine("Q-COUNT-001", 3, "exceeded", **GIVEN),
        WaiverLine("Q-COUNT-002", 1, "missing", None, None, None, None),
        WaiverLine("Q-COUNT-004", 2, "in_force", **GIVEN),
        WaiverLine("Q-INDEX-001", 0, "unneeded", **GIVEN),
    )
    assert lines[0].plain() == {"rule_id": "Q-COUNT-001", "failing_count": 3, "state": "exceeded"} | GIVEN
    assert unwaived(lines) == (
        Reason(
            "G-WAIVER-001",
            2,
            "Q-COUNT-001 (3: exceeded), Q-COUNT-002 (1: missing); mend the data, or waive by name in waivers/",
        ),
    )
    assert unwaived(lines[2:]) == ()


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (waiver("Q-COUNT-004", expires=date(2027, 5, 31), name="other"), "expired"),
        (waiver("Q-INDEX-001", expires=date(2027, 5, 31)), "expired"),
        (waiver("Q-INDEX-001", name="other"), "unneeded"),
        (waiver("Q-COUNT-001", name="other"), "not_entitled"),
        (waiver("Q-COUNT-004", 1), "exceeded"),
    ],
)
def test_the_first_reason_why_a_waiver_does_nothing_is_told(given: Waiver, state: str):
    lines = review((given,), rule_results=RESULTS, day=DAY, entitled={"cecilia"})
    assert [line.state for line in lines if line.rule_id == given.rule_id] == [state]


def test_three_open_warnings_are_named_and_more_are_counted():
    four = tuple(WaiverLine(f"Q-COUNT-00{number}", number, "missing") for number in (1, 2, 3, 4))
    (three,) = unwaived(four[:3])
    assert three.detail.startswith("Q-COUNT-001 (1: missing), Q-COUNT-002 (2: missing), Q-COUNT-003 (3: missing); mend")
    (more,) = unwaived(four)
    assert (more.failing_count, "Q-COUNT-003 (3: missing) and 1 more; mend" in more.detail) == (4, True)


def totals(**sek: str) -> pd.DataFrame:
    return pd.DataFrame({"school_unit_code": list(sek), "total_sek": [D(each) for each in sek.values()]})


def test_what_differs_from_the_publication_before():
    before, after = (
        totals(A="10.00", B="5.00", D="7.00", E="1.00"),
        totals(C="3.00", A="10.00", B="1.99", D="10.00", F="0.00"),
    )
    assert changes_between("2027.0.1", before, after) == Changes("2027.0.1", 4, ("C", "F"), ("E",), "B", -301)
    assert changes_between("x", before, before) == Changes("x", 0, (), (), None, 0)
    tie = changes_between("x", totals(B="1.00", A="1.00"), totals(B="2.00", A="0.00"))
    assert (tie.largest_unit, tie.largest_ore) == ("A", -100)


def test_a_publication_says_whether_it_is_decided_and_invented():
    plain, demo = (about("2027.0.1", is_demo=each) for each in (False, True))
    assert set(plain) == {"sv", "en"}
    assert all(demo[lang].startswith(f"{plain[lang]} ") for lang in plain)
    decided = about("2027.1.0", is_demo=False, decision="KS § 1")
    assert all("2027.1.0" in words and "KS § 1" in words for words in decided.values())
    assert "KS" not in plain["sv"] + plain["en"]
