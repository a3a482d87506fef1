"""Costs, staff and state grants in the warehouse: kept, counted once, or left out by a rule that is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.dbt.accounts import FOREIGN, MUNICIPAL

Marts = Callable[[str], list[tuple[Any, ...]]]


def test_costs_are_summed_over_accounts_and_what_was_allocated_stands_beside(marts: Marts) -> None:
    assert marts("select * from marts.fct_unit_costs where municipality_code = '9999' order by all") == [
        ("9999", 2021, "99990001", "allocation", 150_000),
        ("9999", 2021, "99990001", "teaching", 100_075),  # whole öre, two accounts
    ]


def test_grants_stand_at_a_unit_or_at_the_organiser_as_a_whole(marts: Marts) -> None:
    assert marts("select * exclude (grant_code, purpose) from marts.fct_state_grants order by all") == [
        ("9999", 2021, MUNICIPAL, "99990001", "teacher_posts", 20_000, 15_000),
        ("9999", 2021, FOREIGN, "all", "not_told", 20_000, 15_000),
    ]
    assert marts("select * from marts.fct_unit_staff") == [("9999", 2021, "99990001", 8.5, 6.25)]


def test_every_mistake_is_left_out_by_its_rule_and_told(marts: Marts) -> None:
    fates = "select delivery_id, delivery_row_number, excluded_rule from intermediate.int_accounts__fates"
    assert marts(f"{fates} where row_fate = 'excluded' order by all") == [
        ("a-costs", 6, "unknown_unit"),
        ("a-grants", 4, "unknown_unit"),
        ("a-grants", 5, "other_organiser"),
        ("a-grants", 6, "more_used_than_granted"),
        ("a-grants", 7, "no_organiser"),
        ("a-staff", 3, "more_certified_than_teachers"),
    ]
    told = (
        "select municipality_code, count_date, delivery_id, count(*) from rules.rule_ledger_row_left_out group by all"
    )
    assert marts(f"{told} order by all") == [
        ("9999", None, "a-costs", 1),
        ("9999", None, "a-grants", 4),
        ("9999", None, "a-staff", 1),
    ]


def test_amounts_in_thousands_of_kronor_are_told(marts: Marts) -> None:
    assert marts("select * from rules.rule_cost_out_of_reason") == [("9998", None, 2022, "10000001")]
