"""A small home with accepted rows as the door writes them, and one dbt build over it.

Belongs here: the files' schemas, the rows of the small world, running dbt. Does not: what the marts must hold.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.warehouse_file import opened
from tests.dbt.accounts import MUNICIPAL, ROW, add_accounts
from tests.dbt.accounts import SCHEMAS as OF_ACCOUNTS

DBT_PROJECT = Path(__file__).parents[2] / "dbt_project"
DBT = Path(sys.executable).with_name("likvard-dbt")


def coded(name: str, kind: str) -> dict[str, str]:
    return {name: kind, f"{name}_code": "text"}


SCHEMAS: dict[str, dict[str, str]] = {
    "enrollment": ROW
    | dict.fromkeys(["pupil_key", "school_unit_code", "school_form", "grade"], "text")
    | {"valid_from": "date", "valid_to": "date", "home_municipality_code": "text", "is_sva": "bool"}
    | {"mother_tongue": "text", "entered_swedish_school_date": "date", "is_asylum_seeker": "bool"}
    | {"has_leisure_time_centre": "bool", "id_type": "text", "birth_year": "int"},
    "background": ROW
    | {"pupil_key": "text", "guardian_education": "text", "immigration_year": "int", "household_income_quintile": "int"}
    | {"has_econ_assistance": "bool", "is_boy": "bool", "lives_with_both": "bool", "sibling_count": "int"}
    | {"area_type": "int"},
    "results": ROW
    | dict.fromkeys(["pupil_key", "school_unit_code", "grade"], "text")
    | {"is_eligible_vocational": "bool", "merit_value": "float"},
    "subject_results": ROW
    | dict.fromkeys(["pupil_key", "school_unit_code", "grade"], "text")
    | {"reading_check": "bool", "parts_passed_swedish": "float", "parts_passed_mathematics": "float"}
    | dict.fromkeys([f"judgement_{s}" for s in ("swedish", "english", "mathematics")], "bool")
    | dict.fromkeys([f"{k}_{s}" for k in ("test", "grade") for s in ("swedish", "english", "mathematics")], "text")
    | {"all_subjects_passed": "bool"},
    "protected_counts": ROW | {"school_unit_code": "text", "grade": "text", "pupil_count": "int"},
    "delivered_index": ROW | {"school_unit_code": "text", "index_value": "float", "pupil_count": "int"},
    "school_register": ROW
    | dict.fromkeys(["school_unit_code", "school_unit_name", "organiser_code", "organiser_name"], "text")
    | dict.fromkeys(["organiser_type", "location_municipality_code", "grades", "status"], "text")
    | {"valid_from": "date", "valid_to": "date", "predecessor_codes": "text"},
    "form_unit": ROW | dict.fromkeys(["school_unit_code", "school_form", "unit_name", "organiser_type"], "text"),
    "form_enrollment": ROW
    | dict.fromkeys(["pupil_key", "school_unit_code", "school_form", "stage", "hours", "programme", "track"], "text")
    | {"study_path": "text", "course_points": "int", "valid_from": "date", "valid_to": "date"}
    | {"home_municipality_code": "text", "admission_merit_value": "float", "prior_education": "text"}
    | {"has_other_mother_tongue": "bool", "guardian_education": "text", "immigration_year": "int"}
    | {"household_income_quintile": "int", "has_econ_assistance": "bool", "is_boy": "bool", "lives_with_both": "bool"}
    | {"sibling_count": "int", "area_type": "int", "id_type": "text", "birth_year": "int"},
    "skolverket_enrollment": ROW
    | dict.fromkeys(["school_unit_code", "school_unit_name", "location_municipality_name"], "text")
    | dict.fromkeys(["organiser_type", "organiser_name", "organiser_code"], "text")
    | coded("pupil_count_grade_f", "int")
    | coded("girl_share_grade_f", "float")
    | coded("pupil_count_grades_1_9", "int")
    | coded("girl_share_grades_1_9", "float")
    | coded("foreign_background_share", "float")
    | coded("post_secondary_share", "float")
    | {name: kind for grade in range(1, 10) for name, kind in coded(f"pupil_count_grade_{grade}", "int").items()},
    "skolverket_results": ROW
    | dict.fromkeys(["school_unit_code", "metric", "school_year"], "text")
    | {"value": "float", "value_code": "text"},
} | OF_ACCOUNTS
DELIVERIES = (
    dict.fromkeys(["delivery_id", "source", "municipality_code", "period"], "text")
    | {"received_number": "int", "sha256": "text", "encoding": "text", "status": "text", "refusal_code": "text"}
    | dict.fromkeys(["physical_rows", "header_rows", "blank_rows", "accepted_rows", "rejected_rows"], "int")
    | {"is_latest": "bool"}
)
FINDINGS = dict.fromkeys(["delivery_id", "source", "municipality_code", "period", "reason_code", "severity"], "text")
FINDINGS["row_count"] = "int"
ARROW = {"text": pa.string(), "int": pa.int32(), "float": pa.float64(), "bool": pa.bool_(), "date": pa.date32()}

Row = Mapping[str, Any]


def write(path: Path, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
    """Write rows (missing cells are null) as Parquet with exactly these columns."""
    for row in rows:
        assert not set(row) - set(columns), f"{path.name}: no such column {sorted(set(row) - set(columns))}"
    schema = pa.schema([(name, ARROW[kind]) for name, kind in columns.items()])
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema), path)


class AcceptedRows:
    """Writes deliveries into a home in the order of arrival, and at the end what the door knows of them."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "pseudonymised" / "accepted"
        self.deliveries: list[dict[str, Any]] = []
        for source, columns in SCHEMAS.items():
            write(self.folder / source / "_schema.parquet", columns, [])

    def add(
        self, source: str, delivery_id: str, municipality: str, period: str, rows: Sequence[Row], **door: Any
    ) -> None:
        """One delivery; `door` overrides what the door says of it. A row may bring its own municipality."""
        first = {"delivery_id": delivery_id, "municipality_code": municipality, "period": period}
        if door.get("status", "accepted") == "accepted":
            numbered = [first | {"row_number": line} | dict(row) for line, row in enumerate(rows, start=2)]
            write(self.folder / source / f"{delivery_id}.parquet", SCHEMAS[source], numbered)
        self.deliveries.append(
            first
            | {"source": source, "received_number": len(self.deliveries) + 1, "status": "accepted"}
            | {"physical_rows": len(rows) + 1, "header_rows": 1, "blank_rows": 0, "rejected_rows": 0}
            | {"accepted_rows": len(rows), "is_latest": True}
            | door
        )

    def close(self) -> None:
        write(self.folder / "_deliveries.parquet", DELIVERIES, self.deliveries)
        write(self.folder / "_findings.parquet", FINDINGS, [])


def enrolled(pupil: str, unit: str, grade: str, valid_from: str = "2020-08-15", **more: Any) -> dict[str, Any]:
    form = "preschool_class" if grade == "F" else "compulsory_school"
    return {
        "pupil_key": pupil,
        "school_unit_code": unit,
        "school_form": form,
        "grade": grade,
        "valid_from": date.fromisoformat(valid_from),
    } | more


def background(pupil: str, **more: Any) -> dict[str, Any]:
    """A pupil at the reference level of all eight factors, but for `more`."""
    return {
        "pupil_key": pupil,
        "guardian_education": "post_secondary_long",
        "household_income_quintile": 5,
        "has_econ_assistance": False,
        "is_boy": False,
        "lives_with_both": True,
        "sibling_count": 1,
        "area_type": 5,
    } | more


def result(pupil: str, unit: str, eligible: bool | None, merit: float | None, grade: str = "9") -> dict[str, Any]:
    return {
        "pupil_key": pupil,
        "school_unit_code": unit,
        "grade": grade,
        "is_eligible_vocational": eligible,
        "merit_value": merit,
    }


def registered(unit: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "school_unit_code": unit,
        "school_unit_name": name,
        "organiser_type": "municipal",
        "location_municipality_code": "9999",
        "status": "active",
    } | more


def published(municipality: str, unit: str, pupils: Mapping[str, int], **more: Any) -> dict[str, Any]:
    """A row of the export: pupils per grade; a grade not named is '.', composition is exact unless `more` says so."""
    counts: dict[str, Any] = {}
    for grade in range(1, 10):
        given = pupils.get(str(grade))
        counts[f"pupil_count_grade_{grade}"] = given
        counts[f"pupil_count_grade_{grade}_code"] = "none" if given is None else "exact"
    total = sum(count for grade, count in pupils.items() if grade != "F")
    return (
        {"municipality_code": municipality, "school_unit_code": unit, "school_unit_name": f"Skola {unit}"}
        | {"location_municipality_name": f"Kommun {municipality}", "organiser_type": "municipal"}
        | {"pupil_count_grade_f": pupils.get("F"), "pupil_count_grade_f_code": "exact" if "F" in pupils else "none"}
        | {"pupil_count_grades_1_9": total or None, "pupil_count_grades_1_9_code": "exact" if total else "none"}
        | {"girl_share_grades_1_9": 0.5, "girl_share_grades_1_9_code": "exact"}
        | {"foreign_background_share": 0.25, "foreign_background_share_code": "exact"}
        | {"post_secondary_share": 0.5, "post_secondary_share_code": "exact"}
        | counts
        | more
    )


SUPPRESSED = {"foreign_background_share": None, "foreign_background_share_code": "few_pupils"}
ELIGIBLE = "ratioOfPupils9thGradeEligibleForNationalProgramYR"
MERIT = "averageGradesMeritRating9thGrade"


def statistic(unit: str, metric: str, year: str | None, value: float | None, code: str = "exact") -> dict[str, Any]:
    return {"school_unit_code": unit, "metric": metric, "school_year": year, "value": value, "value_code": code}


def write_small_world(home: Path, more: Callable[[AcceptedRows], None] | None = None) -> None:
    """9999 with own pupils on two dates; 9998 and 9997 in Skolverket's exports, where 9999 stands in one too.

    ``more`` adds deliveries that come after all others.
    """
    rows = AcceptedRows(home)
    first, second = "2020-10-15", "2021-10-15"
    rows.add("enrollment", "e-2020", "9999", first, [enrolled("p1", "99990001", "9"), enrolled("p9", "99990003", "2")])
    rows.add("enrollment", "e-2021-early", "9999", second, [enrolled("p1", "99990001", "9"), enrolled("p8", "x", "1")])
    rows.add(
        "enrollment",
        "e-2021",
        "9999",
        second,
        [
            enrolled("p1", "99990001", "9"),
            enrolled("p1", "99990001", "9"),  # the same again
            enrolled("p2", "99990001", "9"),
            enrolled("p3", "99990001", "F", "2021-08-15"),
            enrolled("p4", "99990001", "4"),  # moved on
            enrolled("p4", "99990002", "4", "2021-09-01"),
            enrolled("p5", "99990002", "4", "2021-10-16"),  # starts a day late
            enrolled("p6", "99990002", "5", valid_to=date(2021, 10, 14)),  # left the day before
            enrolled("p7", "99990002", "5", school_form="adapted_compulsory_school"),
            enrolled("p0", "99990002", "9"),  # no background row
        ],
    )
    rows.add("enrollment", "e-2021-refused", "9999", second, [enrolled("p1", "99990001", "9")], status="refused")
    rows.add("background", "b-2020", "9999", first, [background("p1", guardian_education="compulsory")])
    rows.add(
        "background",
        "b-2021",
        "9999",
        second,
        [
            background("p1"),
            background("p1", guardian_education="compulsory"),  # the same key again: the first row stands
            background("p2", guardian_education=None, immigration_year=2019, is_boy=True, has_econ_assistance=True),
            background("p3"),
            background("p4", guardian_education="upper_secondary", immigration_year=2012),
        ],
    )
    rows.add(
        "results",
        "r-2022",
        "9999",
        "2021/22",
        [
            result("p1", "99990001", True, 250.0),
            result("p2", "99990001", False, 110.0),
            result("p0", "99990001", False, None),
            result("p2", "99990001", True, 110.0),  # the same key again
            result("p5", "99990001", None, None),
            result("p6", "99990001", True, 200.0, grade="8"),
        ],
    )
    assessed = {
        "pupil_key": "p1",
        "school_unit_code": "99990001",
        "grade": "9",
        "test_english": "D",
        "grade_english": "C",
    }
    third = {"pupil_key": "p4", "school_unit_code": "99990001", "grade": "3", "parts_passed_swedish": 0.875}
    rows.add(
        "subject_results",
        "t-2022",
        "9999",
        "2021/22",
        [
            assessed,
            third | {"test_swedish": "A"},
            assessed | {"grade_english": "A"},
            third | {"pupil_key": "p3", "grade": "F"},
        ],
    )
    protected = [{"school_unit_code": "99990002", "grade": "4", "pupil_count": 2}]
    rows.add("protected_counts", "c-2021", "9999", second, protected)
    rows.add("protected_counts", "c-2019", "9999", "2019-10-15", protected)  # no register for the date
    unit = {"school_unit_code": "99990001", "index_value": 0.9, "pupil_count": 4}
    rows.add("delivered_index", "i-2021-early", "9999", second, [unit])
    other = {"school_unit_code": "99990002", "index_value": 90.0}  # 0.9 and 90 are two scales
    rows.add("delivered_index", "i-2021", "9999", second, [unit, other, unit | {"index_value": 1.3}])
    rows.add("school_register", "s-2020", "9999", "2020-10-01", [registered("99990003", "Gamla skolan")])
    rows.add(
        "school_register",
        "s-2021",
        "9999",
        "2021-10-01",
        [
            registered("99990001", "Norra skolan", organiser_code=MUNICIPAL),
            registered("99990002", "Södra skolan", predecessor_codes="99990003"),
            registered("99990002", "Södra skolan"),
            registered("99990003", "Gamla skolan", status="ceased"),
            registered("99990004", "Nya skolan"),
        ],
    )
    add_accounts(rows.add)
    rows.add("skolverket_enrollment", "k-2020", "0000", "2020/21", [published("9998", "10000001", {"9": 40})])
    rows.add(
        "skolverket_enrollment",
        "k-2021",
        "0000",
        "2021/22",
        [
            published("9998", "10000001", {"F": 10, "1": 50, "9": 40}),
            published("9998", "10000001", {"F": 11, "1": 50, "9": 40}),  # the same key again
            published("9998", "10000002", {"7": 30, "9": 60}, **SUPPRESSED),
            published("9998", "10000003", {"F": 7}, **SUPPRESSED),
            published("9997", "10000004", {"1": 5}, pupil_count_grades_1_9_code="few_pupils"),
            published("9999", "99990001", {"9": 99}),  # 9999 counts its own pupils
        ],
    )
    rows.add(
        "skolverket_results",
        "k-results",
        "0000",
        "all",
        [
            statistic("10000001", ELIGIBLE, "2021/22", 85.0),
            statistic("10000001", MERIT, "2021/22", 231.5),
            statistic("10000002", ELIGIBLE, "2021/22", None, "nearly_all"),
            statistic("10000002", ELIGIBLE, "2020/21", None, "nearly_all"),  # no grade-9 pupils known that year
            statistic("10000003", ELIGIBLE, "2021/22", None, "few_pupils"),
            statistic("99990001", ELIGIBLE, "2021/22", 90.0),  # 9999 has its own results
            statistic("10000009", ELIGIBLE, "2021/22", 90.0),  # in no export
            statistic("10000001", "studentsPerTeacherQuota", "2021/22", 12.0),
            statistic("10000001", MERIT, None, None, "missing"),
        ],
    )
    if more is not None:
        more(rows)
    rows.close()


@dataclass(frozen=True, slots=True)
class Dbt:
    """Runs dbt over a home; the target and log folders lie outside the project."""

    home: Path

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "LIKVARD_HOME": str(self.home),
            "DO_NOT_TRACK": "1",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        folders = ["--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT]
        folders += ["--target-path", self.home / "target", "--log-path", self.home / "logs"]
        return subprocess.run(
            [DBT, "--no-use-colors", *arguments, *map(str, folders)],
            env=environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the warehouse answers, opened read-only and closed at once."""
        with opened(self.home / "pseudonymised" / "warehouse.duckdb") as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """The small world, built with its data tests and its unit tests."""
    home = tmp_path_factory.mktemp("home")
    write_small_world(home)
    dbt = Dbt(home)
    built = dbt("build")
    assert built.returncode == 0, built.stdout[-6000:]
    return dbt


@pytest.fixture(scope="session")
def marts(small_world: Dbt) -> Callable[[str], list[tuple[Any, ...]]]:
    return small_world.rows


def write_months(rows: AcceptedRows) -> None:
    """Registers of other days than October's, as months are paid by: pupils have moved, come and left, a unit is empty."""
    for day, unit in (
        ("2020-11-15", "99990003"), ("2021-03-15", "99990002"), ("2021-07-15", "99990002"), ("2021-09-15", "99990001"),
        ("2021-11-15", "99990005"),
    ):  # fmt: skip
        pupils = [enrolled("p1", unit, "9"), enrolled("p2", unit, "9"), enrolled(f"new-{day}", unit, "F")]
        rows.add("enrollment", f"e-{day}", "9999", day, [*pupils, enrolled("p2", "99990004", "9")])
        protected = {"school_unit_code": unit, "grade": "4", "pupil_count": 1}
        rows.add("protected_counts", f"c-{day}", "9999", day, [protected])


@pytest.fixture
def with_months(small_world: Dbt, tmp_path: Path) -> Dbt:
    """The small world with monthly registers beside it, its models built anew by the SQL that dbt compiled."""
    write_small_world(tmp_path, more=write_months)
    warehouse = Path("pseudonymised") / "warehouse.duckdb"
    shutil.copy(small_world.home / warehouse, tmp_path / warehouse)
    nodes = json.loads((small_world.home / "target" / "manifest.json").read_text())["nodes"]
    models = {name: node for name, node in nodes.items() if node["resource_type"] == "model"}
    order = TopologicalSorter({name: models.keys() & node["depends_on"]["nodes"] for name, node in models.items()})
    with duckdb.connect(str(tmp_path / warehouse)) as connection:
        connection.execute(f"set file_search_path = '{tmp_path / 'pseudonymised'}'")
        for name in order.static_order():
            node = models[name]
            kind = node["config"]["materialized"]
            connection.execute(f"create or replace {kind} {node['relation_name']} as {node['compiled_code']}")
    return Dbt(tmp_path)


@pytest.fixture
def spoiled(small_world: Dbt, tmp_path: Path) -> Dbt:
    """A copy of the small world's accepted rows, to be broken."""
    accepted = Path("pseudonymised") / "accepted"
    shutil.copytree(small_world.home / accepted, tmp_path / accepted)
    return Dbt(tmp_path)


@pytest.fixture
def empty_home(tmp_path: Path) -> Dbt:
    """A home in which the door has run and nothing has arrived."""
    AcceptedRows(tmp_path).close()
    return Dbt(tmp_path)
