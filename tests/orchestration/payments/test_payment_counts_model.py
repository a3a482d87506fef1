"""The warehouse's count of a month: the autumn's pupils in July, and nobody lost or counted twice between August and September."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from bench.rendered_model import rendered

JULY, SEPTEMBER, MARCH = date(2027, 7, 15), date(2027, 9, 15), date(2027, 3, 15)


@pytest.fixture
def counted():
    """Rows (count date, pupil, unit, grade, first day, last day, home) to the model's table, as (day, unit) to two counts."""

    def count(*rows, old=(), protected=(), home="9999") -> dict[tuple[date, str], tuple[int, int]]:
        with duckdb.connect() as connection:
            connection.execute(
                "create table stg_municipality__enrollment (delivery_id varchar, delivery_row_number int, municipality_code varchar, "
                "count_date date, pupil_key varchar, school_unit_code varchar, school_form varchar, grade varchar, valid_from date, "
                "valid_to date, home_municipality_code varchar)"
            )
            for number, (day, pupil, unit, first, last) in enumerate(rows):
                given = [str(day), number, "9999", day, pupil, unit, "compulsory_school", "4", first, last, home]
                connection.execute(f"insert into stg_municipality__enrollment values ({', '.join('?' * 11)})", given)
            connection.execute(
                "create table int_deliveries__accepted (delivery_id varchar, period varchar, is_newest boolean)"
            )
            for day in {row[0] for row in rows}:
                connection.execute(
                    "insert into int_deliveries__accepted values (?, ?, ?)", [str(day), str(day), day not in old]
                )
            connection.execute(
                "create table stg_municipality__protected_counts as select 'p' as delivery_id, 1 as delivery_row_number, '9999' as "
                "municipality_code, date '2027-09-15' as count_date, 'A' as school_unit_code, '4' as grade, 2 as pupil_count"
            )
            connection.execute(
                "create table int_protected_counts__fates as select 'p' as delivery_id, 1 as delivery_row_number where ?",
                [not protected],
            )
            several, months = (rendered(f"intermediate/int_enrollment__{name}") for name in ("several", "months"))
            connection.execute(f"create table int_enrollment__several as {several}")
            connection.execute(f"create view int_enrollment__months as {months}")
            found = connection.execute(rendered("marts/fct_monthly_enrollment")).fetchall()
        told = home or "9999"
        assert {lives for _, _, _, _, lives, _, _ in found} <= {told, "9999"}
        return {(day, unit): (here, august) for _, day, unit, _, lives, here, august in found if lives == told}

    return count


AUTUMN = date(2027, 8, 17)


def test_julys_register_counts_who_starts_in_august_and_not_who_has_left(counted):
    found = counted((JULY, "p1", "A", AUTUMN, None), (JULY, "p2", "A", date(2018, 8, 17), date(2027, 6, 15)))
    assert found == {(JULY, "A"): (1, 1)}


def test_a_spring_count_counts_who_is_enrolled_that_day_once(counted):
    found = counted(
        (MARCH, "p1", "A", date(2026, 8, 17), None), (MARCH, "p1", "B", date(2027, 2, 1), None),
        (MARCH, "p2", "A", date(2027, 3, 16), None),
    )  # fmt: skip
    assert found == {(MARCH, "B"): (1, 0)}


def test_a_change_of_unit_in_september_leaves_the_pupil_at_the_unit_of_august(counted):
    found = counted((JULY, "p1", "A", AUTUMN, None), (SEPTEMBER, "p1", "B", date(2027, 9, 1), None))
    assert (found[SEPTEMBER, "A"], found[SEPTEMBER, "B"]) == ((0, 1), (1, 0))
    ended = counted((SEPTEMBER, "p1", "A", AUTUMN, date(2027, 8, 31)), (SEPTEMBER, "p1", "B", date(2027, 9, 1), None))
    assert (ended[SEPTEMBER, "A"], ended[SEPTEMBER, "B"]) == ((0, 1), (1, 0))


def test_who_comes_after_august_is_not_due_for_it(counted):
    assert counted((SEPTEMBER, "p1", "A", date(2027, 9, 1), None)) == {(SEPTEMBER, "A"): (1, 0)}


def test_protected_pupils_are_paid_for_and_replaced_files_are_not(counted):
    assert counted((SEPTEMBER, "p1", "A", AUTUMN, None), protected=[1]) == {(SEPTEMBER, "A"): (3, 3)}
    assert counted((MARCH, "p1", "A", AUTUMN, None), old=[MARCH]) == {}


def test_pupils_of_other_municipalities_are_apart_and_who_lives_nowhere_is_the_registers_own(counted):
    row = (MARCH, "p1", "A", date(2026, 8, 17), None)
    assert counted(row, home="1234") == counted(row, home=None) == {(MARCH, "A"): (1, 0)}
