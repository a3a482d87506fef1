"""The marts of the small world, number by number, and the faults that must stop a build."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.warehouse_file import opened

if TYPE_CHECKING:
    from conftest import Dbt

Marts = Callable[[str], list[tuple[Any, ...]]]
FIRST, SECOND = date(2020, 10, 15), date(2021, 10, 15)
FACTORS = "guardian_education, immigration, household_income, area_type, sex, econ_assistance, household, siblings"
LIFE = ("girl", "no", "with_both", "siblings_0_to_2")
REFERENCE = ("post_secondary_long", "born_in_sweden", "quintile_5", "area_5", *LIFE)
ALL_MISSING = ("missing",) * 8


def test_models_are_parsed_once_and_for_no_home_anew(small_world):
    assert (small_world.home / "target" / "run_results.json").is_file()
    assert not (small_world.home / "target" / "partial_parse.msgpack").exists()


def test_a_call_that_dbt_does_not_know_is_said_and_ends_with_two(small_world):
    done = small_world("no-such-command")
    assert done.returncode == 2
    assert "no-such-command" in done.stdout + done.stderr


def test_every_unit_test_of_the_sql_ran_and_passed(small_world: Dbt) -> None:
    results = json.loads((small_world.home / "target" / "run_results.json").read_text())["results"]
    statuses = {
        r["unique_id"].rsplit(".", 1)[-1]: r["status"] for r in results if r["unique_id"].startswith("unit_test.")
    }
    assert len(statuses) >= 9
    assert set(statuses.values()) == {"pass"}, statuses


def test_every_accepted_row_has_exactly_one_fate(marts: Marts) -> None:
    columns = "delivery_id, accepted_rows, used_rows, superseded_rows, duplicate_rows, excluded_rows"
    assert marts(f"select {columns} from marts.fct_row_accounting order by delivery_id") == [
        ("a-costs", 5, 3, 0, 1, 1),
        ("a-grants", 6, 2, 0, 0, 4),
        ("a-kkr", 1, 1, 0, 0, 0),
        ("a-staff", 2, 1, 0, 0, 1),
        ("b-2020", 1, 1, 0, 0, 0),
        ("b-2021", 5, 4, 0, 1, 0),
        ("c-2019", 1, 0, 0, 0, 1),
        ("c-2021", 1, 1, 0, 0, 0),
        ("e-2020", 2, 2, 0, 0, 0),
        ("e-2021", 10, 5, 0, 1, 4),
        ("e-2021-early", 2, 0, 2, 0, 0),
        ("i-2021", 3, 2, 0, 1, 0),
        ("i-2021-early", 1, 0, 1, 0, 0),
        ("k-2020", 1, 1, 0, 0, 0),
        ("k-2021", 6, 4, 0, 1, 1),
        ("k-results", 9, 6, 0, 0, 3),
        ("r-2022", 6, 3, 0, 1, 2),
        ("s-2020", 1, 1, 0, 0, 0),
        ("s-2021", 5, 4, 0, 1, 0),
        ("t-2022", 4, 3, 0, 1, 0),
    ]


def test_results_per_subject_stand_one_to_a_row_with_points_for_letters(marts: Marts) -> None:
    told = "select pupil_key, grade, measure, subject, assessed_value from intermediate.int_subject_results__assessed"
    assert marts(f"{told} where measure <> 'eligible_vocational' order by all") == [
        ("p1", 9, "grade", "english", 15.0),
        ("p1", 9, "national_test", "english", 12.5),
        ("p4", 3, "national_test", "swedish", 0.875),  # letters begin after grade 3
    ]
    assert marts(f"{told} where measure = 'eligible_vocational' order by all") == [
        ("p0", 9, "eligible_vocational", "all_subjects", 0.0),
        ("p1", 9, "eligible_vocational", "all_subjects", 1.0),
        ("p2", 9, "eligible_vocational", "all_subjects", 0.0),
    ]


def test_an_excluded_row_names_its_rule(marts: Marts) -> None:
    fates = " union all ".join(
        f"select * from intermediate.int_{source}__fates"
        for source in ("enrollment", "results", "protected_counts", "skolverket_enrollment", "skolverket_results")
    )
    assert marts(
        f"select excluded_rule, count(*) from ({fates}) where row_fate = 'excluded' group by 1 order by 1"
    ) == [
        ("metric_not_read", 1),
        ("no_pupil_register", 1),
        ("no_school_year", 1),
        ("not_grade_9", 1),
        ("not_valid_on_count_date", 2),
        ("other_school_form", 1),
        ("outcome_unknown", 1),
        ("pupil_count_unknown", 1),
        ("pupil_counted_elsewhere", 1),
        ("unit_in_no_export", 1),
    ]


def test_pupils_are_counted_once_and_own_pupils_stand_before_published_ones(marts: Marts) -> None:
    assert marts(
        "select municipality_code, count_date, school_unit_code, grade, pupil_count, basis "
        "from marts.fct_enrollment order by all"
    ) == [
        ("9998", FIRST, "10000001", "9", 40, "open_statistics"),
        ("9998", SECOND, "10000001", "1", 50, "open_statistics"),
        ("9998", SECOND, "10000001", "9", 40, "open_statistics"),
        ("9998", SECOND, "10000001", "F", 10, "open_statistics"),
        ("9998", SECOND, "10000002", "7", 30, "open_statistics"),
        ("9998", SECOND, "10000002", "9", 60, "open_statistics"),
        ("9998", SECOND, "10000003", "F", 7, "open_statistics"),
        ("9999", FIRST, "99990001", "9", 1, "pupil_level"),
        ("9999", FIRST, "99990003", "2", 1, "pupil_level"),
        ("9999", SECOND, "99990001", "9", 2, "pupil_level"),
        ("9999", SECOND, "99990001", "F", 1, "pupil_level"),
        ("9999", SECOND, "99990002", "4", 3, "pupil_level"),  # two of them with protected identity
        ("9999", SECOND, "99990002", "9", 1, "pupil_level"),
    ]


def test_conflicts_are_counted_for_both_units(marts: Marts) -> None:
    assert marts(
        "select conflict_kind, school_unit_code, other_school_unit_code, row_count, pupil_count, counted_here "
        "from marts.fct_enrollment_conflicts order by all"
    ) == [
        ("two_units_on_count_date", "99990001", "99990002", 1, 1, 0),
        ("two_units_on_count_date", "99990002", "99990001", 1, 1, 1),
    ]


def test_pupils_with_protected_identity_are_a_number_and_nothing_else(marts: Marts) -> None:
    assert marts(
        "select pupil_key, guardian_education, sex from intermediate.int_pupils__factors "
        "where pupil_key like 'protected-%' order by 1"
    ) == [(f"protected-99990002-4-{place}", "missing", "missing") for place in (1, 2)]


def test_a_delivered_index_stands_as_it_was_sent_and_doubt_about_its_scale_is_told(marts: Marts) -> None:
    assert marts("select * from marts.fct_delivered_index order by all") == [
        ("9999", SECOND, "99990001", 0.9, 4),
        ("9999", SECOND, "99990002", 90.0, None),
    ]
    assert marts("select * from rules.rule_delivered_index_in_doubt") == [("9999", SECOND)]


def test_suppressed_shares_keep_their_bounds_and_their_code(marts: Marts) -> None:
    share = "foreign_background_share"
    assert marts(
        f"select school_unit_code, pupil_count, {share}, {share}_lower, {share}_upper, {share}_code "
        f"from marts.fct_school_factors where basis = 'open_statistics' and count_date = '{SECOND}' "
        "order by 1"
    ) == [
        ("10000001", 100, 0.25, 0.25, 0.25, "exact"),
        ("10000002", 90, 0.05, 0.0, 0.1, "few_pupils"),
        ("10000003", 7, None, None, None, "no_pupils"),
    ]


def test_shares_of_own_pupils_stand_over_those_known(marts: Marts) -> None:
    third = pytest.approx(1 / 3)
    assert marts(
        "select school_unit_code, pupil_count, pupil_count_grade_f, girl_share, post_secondary_share, "
        "recently_immigrated_share, econ_assistance_share, missing_background_share, "
        "foreign_background_share, foreign_background_share_code "
        f"from marts.fct_school_factors where basis = 'pupil_level' and count_date = '{SECOND}' order by 1"
    ) == [
        ("99990001", 3, 1, 0.5, 1.0, third, third, third, None, "missing"),
        ("99990002", 4, 0, 1.0, 0.0, 0.0, 0.0, 0.75, None, "missing"),
    ]


def test_nearly_all_eligible_is_two_and_a_half_failures_and_no_count_without_grade_9(marts: Marts) -> None:
    count = "not_eligible_count"
    assert marts(
        "select municipality_code, result_year, school_unit_code, basis, grade_9_pupil_count, leaver_count, "
        f"{count}, {count}_lower, {count}_upper, not_eligible_share, eligibility_code, merit_value_mean "
        "from marts.fct_school_results order by 1, 2, 3"
    ) == [
        ("9998", 2021, "10000002", "open_statistics", None, None, None, None, None, None, "nearly_all", None),
        ("9998", 2022, "10000001", "open_statistics", 40, None, 6.0, 6.0, 6.0, pytest.approx(0.15), "exact", 231.5),
        ("9998", 2022, "10000002", "open_statistics", 60, None, 2.5, 1.0, 4.0, 2.5 / 60, "nearly_all", None),
        ("9998", 2022, "10000003", "open_statistics", 0, None, None, None, None, None, "few_pupils", None),
        ("9999", 2022, "99990001", "pupil_level", 2, 3, 2.0, 2.0, 2.0, pytest.approx(2 / 3), "exact", 180.0),
    ]


def test_leavers_meet_the_background_of_the_same_school_year(marts: Marts) -> None:
    newly_arrived = ("missing", "years_0_to_3", "quintile_5", "area_5", "boy", "yes", "with_both", "siblings_0_to_2")
    assert marts(
        f"select school_unit_code, {FACTORS}, leaver_count, not_eligible_count "
        "from marts.fct_need_outcome_counts order by all"
    ) == [
        ("99990001", *ALL_MISSING, 1, 1),
        ("99990001", *newly_arrived, 1, 1),
        ("99990001", *REFERENCE, 1, 0),
    ]


def test_every_pupil_of_the_register_is_in_a_cell_with_or_without_background(marts: Marts) -> None:
    cells = marts(
        f"select school_unit_code, {FACTORS}, pupil_count from marts.fct_need_register_counts "
        f"where count_date = '{SECOND}' order by all"
    )
    assert ("99990002", *ALL_MISSING, 3) in cells  # no background row, and two with protected identity
    assert ("99990001", *REFERENCE, 2) in cells
    assert ("99990002", "upper_secondary", "years_9_or_more", *REFERENCE[2:], 1) in cells
    assert sum(cell[-1] for cell in cells) == 7
    total = "select count_date, sum(pupil_count) from marts.{} where municipality_code = '9999' group by 1 order by 1"
    assert marts(total.format("fct_need_register_counts")) == marts(total.format("fct_enrollment"))


def test_presence_tells_closed_empty_and_unregistered_units_apart(marts: Marts) -> None:
    columns = "school_unit_code, is_active_in_register, has_pupils, had_pupils_before, pupil_count"
    assert marts(
        f"select count_date, {columns} from marts.fct_unit_presence where municipality_code = '9999' order by all"
    ) == [
        (FIRST, "99990001", False, True, False, 1),  # pupils at a unit the register does not know
        (FIRST, "99990003", True, True, False, 1),
        (SECOND, "99990001", True, True, True, 3),
        (SECOND, "99990002", True, True, False, 4),
        (SECOND, "99990003", False, False, True, 0),  # ceased
        (SECOND, "99990004", True, False, False, 0),  # open, and empty
    ]
    without_register = (
        "select distinct is_active_in_register from marts.fct_unit_presence where municipality_code = '9998'"
    )
    assert marts(without_register) == [(None,)]


def test_the_register_describes_units_and_their_succession(marts: Marts) -> None:
    units = "from marts.dim_school_unit where school_unit_code in ('99990002', '99990003', '10000001') order by 1"
    assert marts(f"select school_unit_key, school_unit_name, location_municipality_name, basis {units}") == [
        ("9998-10000001-2020-10-15", "Skola 10000001", "Kommun 9998", "open_statistics"),
        ("9999-99990002-2021-10-15", "Södra skolan", "Kommun 9999", "pupil_level"),
        ("9999-99990003-2020-10-15", "Gamla skolan", "Kommun 9999", "pupil_level"),
    ]
    assert marts(
        "select school_unit_key, valid_from, valid_to, first_count_date, last_count_date, "
        f"predecessor_codes, successor_codes {units}"
    ) == [
        ("9998-10000001-2020-10-15", FIRST, None, FIRST, SECOND, None, None),
        ("9999-99990002-2021-10-15", SECOND, None, SECOND, SECOND, "99990003", None),
        ("9999-99990003-2020-10-15", FIRST, None, FIRST, FIRST, None, "99990002"),
    ]


KEY = {"municipality_code": "VARCHAR", "school_unit_code": "VARCHAR"}
AT_COUNT = KEY | {"count_date": "DATE"}
IN_YEAR = KEY | {"result_year": "INTEGER"}
IN_ACCOUNTS = KEY | {"accounts_year": "INTEGER"}
LEVELS = dict.fromkeys(FACTORS.split(", "), "VARCHAR")
BASIS = {"basis": "VARCHAR"}


def shares(name: str) -> dict[str, str]:
    return dict.fromkeys([name, f"{name}_lower", f"{name}_upper"], "DOUBLE") | {f"{name}_code": "VARCHAR"}


PROMISED = {
    "dim_school_unit": KEY
    | BASIS
    | dict.fromkeys(["school_unit_key", "school_unit_name", "location_municipality_code"], "VARCHAR")
    | dict.fromkeys(["location_municipality_name", "organiser_code", "organiser_name", "organiser_type"], "VARCHAR")
    | dict.fromkeys(["valid_from", "valid_to", "first_count_date", "last_count_date"], "DATE")
    | dict.fromkeys(["predecessor_codes", "successor_codes"], "VARCHAR"),
    "dim_form_unit": AT_COUNT | dict.fromkeys(["school_form", "unit_name", "organiser_type"], "VARCHAR"),
    "fct_form_background": AT_COUNT
    | dict.fromkeys(["school_form", "programme", "prior_education", "study_path", "other_mother_tongue"], "VARCHAR")
    | dict.fromkeys(FACTORS.split(", "), "VARCHAR")
    | {"admission_merit_value": "DOUBLE", "pupil_count": "BIGINT"},
    "fct_form_counts": AT_COUNT
    | dict.fromkeys(["school_form", "stage", "hours", "programme", "track"], "VARCHAR")
    | {"pupil_count": "INTEGER", "course_points": "BIGINT"},
    "fct_delivered_index": AT_COUNT | {"index_value": "DOUBLE", "delivered_pupil_count": "INTEGER"},
    "fct_enrollment": AT_COUNT | BASIS | {"grade": "VARCHAR", "pupil_count": "INTEGER"},
    "fct_enrollment_conflicts": AT_COUNT
    | dict.fromkeys(["conflict_kind", "other_school_unit_code"], "VARCHAR")
    | dict.fromkeys(["row_count", "pupil_count", "counted_here"], "INTEGER"),
    "fct_school_factors": AT_COUNT
    | BASIS
    | shares("foreign_background_share")
    | shares("post_secondary_share")
    | dict.fromkeys(["pupil_count", "pupil_count_grade_f", "pupil_count_grades_1_9"], "INTEGER")
    | dict.fromkeys(["girl_share", "recently_immigrated_share", "econ_assistance_share"], "DOUBLE")
    | {"missing_background_share": "DOUBLE"},
    "fct_school_results": IN_YEAR
    | BASIS
    | dict.fromkeys(["grade_9_pupil_count", "leaver_count"], "INTEGER")
    | dict.fromkeys(["not_eligible_count", "not_eligible_count_lower", "not_eligible_count_upper"], "DOUBLE")
    | {"not_eligible_share": "DOUBLE", "eligibility_code": "VARCHAR"}
    | {"merit_value_mean": "DOUBLE", "merit_value_code": "VARCHAR"},
    "fct_need_outcome_counts": IN_YEAR
    | LEVELS
    | {"schooling_year": "INTEGER"}
    | dict.fromkeys(["leaver_count", "not_eligible_count", "merit_count"], "BIGINT")
    | dict.fromkeys(["merit_tenths_sum", "merit_tenths_square_sum"], "BIGINT"),
    "fct_monthly_enrollment": AT_COUNT
    | dict.fromkeys(["grade", "home_municipality_code"], "VARCHAR")
    | dict.fromkeys(["pupil_count", "august_pupil_count"], "INTEGER"),
    "fct_need_register_counts": AT_COUNT | LEVELS | {"schooling_year": "INTEGER", "pupil_count": "BIGINT"},
    "fct_unit_presence": AT_COUNT
    | BASIS
    | {"pupil_count": "INTEGER"}
    | dict.fromkeys(["is_active_in_register", "has_pupils", "had_pupils_before"], "BOOLEAN"),
    "fct_unit_costs": IN_ACCOUNTS | {"cost_item": "VARCHAR", "amount_ore": "BIGINT"},
    "fct_unit_staff": IN_ACCOUNTS | dict.fromkeys(["teacher_posts", "certified_posts"], "DOUBLE"),
    "fct_state_grants": IN_ACCOUNTS
    | dict.fromkeys(["organiser_code", "grant_code", "bought", "purpose"], "VARCHAR")
    | dict.fromkeys(["granted_ore", "used_ore"], "BIGINT"),
    "fct_row_accounting": dict.fromkeys(["delivery_id", "source", "municipality_code", "period"], "VARCHAR")
    | dict.fromkeys(["accepted_rows", "used_rows", "superseded_rows", "duplicate_rows", "excluded_rows"], "INTEGER"),
}


@pytest.mark.parametrize("mart", sorted(PROMISED))
def test_a_mart_has_the_promised_columns_and_counts_are_integers(marts: Marts, mart: str) -> None:
    columns = marts(
        "select column_name, data_type from information_schema.columns "
        f"where table_schema = 'marts' and table_name = '{mart}'"
    )
    assert dict(columns) == PROMISED[mart]


def test_there_are_no_marts_beyond_the_promised_ones(marts: Marts) -> None:
    tables = marts("select table_name from information_schema.tables where table_schema = 'marts' order by 1")
    assert [name for (name,) in tables] == sorted(PROMISED)


def yearly(dbt: Dbt) -> dict[str, list[tuple[Any, ...]]]:
    """Every table that a year is decided by, and every rule, but for registers of other days than October's and their
    accounting."""
    told = dbt.rows("select table_schema, table_name from information_schema.tables order by all")
    tables = {
        name: schema for schema, name in told if schema in ("marts", "rules") and name != "fct_monthly_enrollment"
    }
    told = dbt.rows("select table_name from information_schema.columns where column_name = 'count_date'")
    dated = {name for (name,) in told if name.startswith("fct_")}
    only = dict.fromkeys(dated, f"where count_date in ('{FIRST}', '{SECOND}')")
    only["fct_row_accounting"] = "where period not similar to '20[0-9]{2}-(03|07|09|11)-15'"
    return {
        name: dbt.rows(f"select * from {schema}.{name} {only.get(name, '')} order by all")
        for name, schema in tables.items()
    }


def test_what_a_year_is_decided_by_is_the_same_whether_or_not_months_are_delivered_too(
    small_world: Dbt, with_months: Dbt
) -> None:
    months = "select count(distinct count_date) from marts.{} where municipality_code = '9999'"
    for mart, dates in (("fct_monthly_enrollment", 7), ("fct_enrollment", 7), ("fct_need_register_counts", 7)):
        assert with_months.rows(months.format(mart)) == [(dates,)]
    alone, beside = yearly(small_world), yearly(with_months)
    assert set(alone) == set(beside) >= {"fct_school_factors", "fct_need_outcome_counts", "rule_unit_code_ended"}
    assert [name for name in alone if alone[name] != beside[name]] == []
    assert sum(map(len, alone.values())) > 50


BUILD = ("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable")


def alarms(dbt: Dbt) -> dict[str, tuple[str, int]]:
    """Tests of the last run that did not pass: status and failing rows by the start of the test's name."""
    results = json.loads((dbt.home / "target" / "run_results.json").read_text())["results"]
    tests = [r for r in results if r["unique_id"].startswith("test.") and r["status"] not in ("pass", "skipped")]
    return {r["unique_id"].split(".")[2]: (r["status"], r["failures"]) for r in tests}


def test_a_row_lost_between_door_and_warehouse_is_missed(spoiled: Dbt) -> None:
    delivery = spoiled.home / "pseudonymised/accepted/background/b-2021.parquet"
    pq.write_table(pq.read_table(delivery).slice(1), delivery)
    spoiled(
        *BUILD, "--select", "+fct_row_accounting", "--exclude", "test_name:accepted_values", "test_name:one_row_per"
    )
    accounting = "adds_up_fct_row_accounting_used_rows__superseded_rows__duplicate_rows__excluded_rows__accepted_rows"
    assert alarms(spoiled) == {accounting: ("warn", 1)}
    assert spoiled.rows(
        "select accepted_rows, used_rows from marts.fct_row_accounting where delivery_id = 'b-2021'"
    ) == [(5, 4)]


def test_pupils_in_a_unit_that_ended_without_an_heir_are_told_and_stop_nothing(spoiled: Dbt) -> None:
    accepted = spoiled.home / "pseudonymised/accepted"
    register, enrollment = accepted / "school_register/s-2021.parquet", accepted / "enrollment/e-2021.parquet"
    units = pq.read_table(register).to_pylist()
    for unit in units:
        unit["status"] = "ceased" if unit["school_unit_code"] == "99990004" else unit["status"]
    pupils = pq.read_table(enrollment).to_pylist()
    for pupil in pupils:
        moved = {"p3": "99990004", "p0": "99990003"}.get(pupil["pupil_key"])
        pupil["school_unit_code"] = moved or pupil["school_unit_code"]
    for path, rows in ((register, units), (enrollment, pupils)):
        pq.write_table(pa.Table.from_pylist(rows, schema=pq.read_schema(path)), path)
    built = spoiled(*BUILD, "--select", "+fct_enrollment_conflicts", "--exclude", "rule_*")
    assert built.returncode == 0, built.stdout[-2000:]
    assert spoiled.rows(
        "select conflict_kind, school_unit_code, other_school_unit_code from marts.fct_enrollment_conflicts "
        "where conflict_kind like 'unit_code%' order by all"
    ) == [("unit_code_ended", "99990004", None), ("unit_code_replaced", "99990003", "99990002")]


def test_a_file_the_door_does_not_know_stops_the_build(spoiled: Dbt) -> None:
    delivery = spoiled.home / "pseudonymised/accepted/results/r-2022.parquet"
    known = pq.read_table(delivery)
    stray = known.set_column(0, known.schema.field(0), [["r-stray"] * known.num_rows])
    pq.write_table(stray, delivery.with_name("r-stray.parquet"))
    built = spoiled(*BUILD, "--select", "+int_results__fates")
    assert built.returncode == 1, built.stdout[-4000:]
    assert alarms(spoiled) == {"of_accepted_deliveries_int_results__fates_": ("fail", 1)}


def test_a_row_that_stands_twice_stops_the_build_where_rows_are_accounted_for(spoiled: Dbt) -> None:
    delivery = spoiled.home / "pseudonymised/accepted/enrollment/e-2021.parquet"
    rows = pq.read_table(delivery)
    pq.write_table(pa.concat_tables([rows, rows.slice(0, 1)]), delivery)
    built = spoiled(*BUILD, "--select", "+fct_row_accounting", "--exclude", "test_name:one_row_per")
    assert built.returncode == 1, built.stdout[-4000:]
    found = {name.split("_fct_row_accounting")[0]: told for name, told in alarms(spoiled).items()}
    assert found == {"adds_up": ("warn", 1), "no_more_than": ("fail", 1)}
    sums = "accepted_rows, used_rows + superseded_rows + duplicate_rows + excluded_rows"
    assert spoiled.rows(f"select {sums} from marts.fct_row_accounting where delivery_id = 'e-2021'") == [(10, 11)]


def test_a_home_without_deliveries_builds_empty_marts(empty_home: Dbt) -> None:
    built = empty_home(*BUILD, "--exclude-resource-type", "test")
    assert built.returncode == 0, built.stdout[-4000:]
    assert {empty_home.rows(f"select count(*) from marts.{mart}")[0] for mart in PROMISED} == {(0,)}


def test_a_home_that_was_moved_is_read_where_it_lies_now(small_world: Dbt, tmp_path: Path) -> None:
    shutil.copytree(small_world.home / "pseudonymised", tmp_path / "moved")
    question = "select count(*) from staging.stg_municipality__enrollment"
    with opened(tmp_path / "moved" / "warehouse.duckdb") as warehouse:
        assert warehouse.execute(question).fetchall() == small_world.rows(question) != [(0,)]
    shutil.rmtree(tmp_path / "moved" / "accepted")
    with opened(tmp_path / "moved" / "warehouse.duckdb") as warehouse, pytest.raises(duckdb.IOException):
        warehouse.execute(question).fetchall()
