"""The publication's own checks on tables of a few rows: how many fail, whom the words name, and the very edge of each rule."""

from __future__ import annotations

from decimal import Decimal as D

import numpy as np
import pandas as pd
import pytest

from orchestration.publication.checks import (
    index_mean_off,
    lines_not_adding_up,
    run_checks,
    small_counts_told,
    total_off_budget,
    units_without_word,
    wide_rows_off_lines,
)
from orchestration.publication.organiser_checks import (
    cost_types_off,
    organiser_checks,
    organisers_off_lines,
    overheads_off,
    reconciliation_open,
)

PARTS = ["base_part", "structural_part", "need_parts", "extra"]


def line_rows(*rows: tuple[str, str, int], count: str = "1") -> pd.DataFrame:
    """unit, component, öre; one line each, at a rate of the whole amount."""
    table = pd.DataFrame(rows, columns=["school_unit_code", "component_code", "amount_ore"])
    exact = {"count": D(count), "rounding_ore": D(0)}
    return table.assign(line_code="all", rate_ore=[D(ore) for ore in table["amount_ore"]], **exact)


LINES = line_rows(
    ("A", "base_part", 1_000), ("A", "structural_part", 500), ("A", "extra", 200), ("B", "need_parts", 901)
)


def wide_row(unit: str, total: str, pupils: int, per_pupil: str | None, **parts: str | None) -> dict:
    own = {name: None if parts.get(name) is None else D(parts[name]) for name in PARTS[:3]}
    return {
        "school_unit_code": unit, "total_sek": D(total), "pupil_count": pupils,
        "total_per_pupil_sek": None if per_pupil is None else D(per_pupil), **{f"{name}_sek": v for name, v in own.items()},
    }  # fmt: skip


def wide(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(list(rows), dtype=object)


A = wide_row("A", "17.00", 3, "5.67", base_part="10.00", structural_part="5.00")
B = wide_row("B", "9.01", 2, "4.50", need_parts="9.01")


def test_a_line_is_off_by_its_last_decimal_and_the_first_three_are_named():
    assert lines_not_adding_up(LINES) == (0, "")
    off = LINES.assign(rounding_ore=[D("0.000000000001"), D(0), D(0), D("-1")])
    assert lines_not_adding_up(off) == (2, "A base_part/all, B need_parts/all")
    every = lines_not_adding_up(LINES.assign(rounding_ore=D(1)))
    assert every == (4, "A base_part/all, A structural_part/all, A extra/all and 1 more")
    three = lines_not_adding_up(LINES.iloc[:3].assign(rounding_ore=D(1)))
    assert three == (3, "A base_part/all, A structural_part/all, A extra/all")


def test_the_total_meets_the_budget_to_the_ore():
    assert total_off_budget(LINES, budget_ore=2_601) == (0, "")
    assert total_off_budget(LINES, budget_ore=None) == (0, "")
    for budget in (2_600, 2_602, 0):
        assert total_off_budget(LINES, budget_ore=budget) == (
            1,
            f"the lines are 2601 öre, the budget is {budget} öre",
        )


def test_a_wide_row_is_the_sum_of_its_lines_and_per_pupil_a_half_ore_either_way():
    """17.00 over 3 pupils is 5.666…; 9.01 over 2 is 4.505, which is 4.50 as well as 4.51."""
    assert wide_rows_off_lines(wide(A, B), LINES) == (0, "")
    assert wide_rows_off_lines(wide(A, B | {"total_per_pupil_sek": D("4.51")}), LINES) == (0, "")
    assert wide_rows_off_lines(wide(A, B | {"total_per_pupil_sek": None}), LINES) == (0, "")
    for wrong in ({"total_per_pupil_sek": D("4.49")}, {"total_per_pupil_sek": D("4.52")}, {"total_sek": D("9.00")},
                  {"need_parts_sek": D("9.00")}, {"need_parts_sek": None}, {"base_part_sek": D("0.01")}):  # fmt: skip
        assert wide_rows_off_lines(wide(A, B | wrong), LINES) == (1, "B"), wrong
    for wrong in ({"total_per_pupil_sek": D("5.66")}, {"structural_part_sek": D("5.01")}, {"base_part_sek": None}):
        assert wide_rows_off_lines(wide(A | wrong, B), LINES) == (1, "A"), wrong


def test_a_unit_without_lines_has_no_money_and_one_with_lines_a_row():
    none = wide_row("C", "0.00", 5, "0.00")
    assert wide_rows_off_lines(wide(A, B, none), LINES) == (0, "")
    assert wide_rows_off_lines(wide(A, none | {"total_sek": D("0.01")}), LINES) == (2, "B, C")
    assert wide_rows_off_lines(wide(A, none | {"base_part_sek": D("0.01")}), LINES) == (2, "B, C")


def told(status: dict[str, tuple[str, str | None]], lines: pd.DataFrame, *, known: str = "", index: str = "") -> tuple:
    rows = pd.DataFrame(
        [(unit, state, reason) for unit, (state, reason) in status.items()],
        columns=["school_unit_code", "payment_status", "reason_code"],
    )
    units = {name: pd.DataFrame({"school_unit_code": list(of)}) for name, of in (("dim", known), ("need", index))}
    return units_without_word(
        {
            "school_allocation": rows,
            "fct_allocation": lines,
            "dim_school_unit": units["dim"],
            "fct_need_index": units["need"],
        }
    )


def test_every_unit_is_paid_without_a_reason_or_not_paid_with_one():
    paid, without = ("paid", None), ("not_paid", "closed")
    lines = line_rows(("A", "base_part", 5), ("Z", "base_part", 0))
    assert told({"A": paid, "B": without}, lines, known="AB", index="A") == (0, "")
    assert told({"A": ("paid", ""), "B": without}, lines) == (0, "")
    assert told({"Z": without}, lines) == (0, ""), "a line of no öre pays nothing"
    assert told({"Z": paid}, lines) == (0, "")
    for wrong in (("paid", "closed"), ("not_paid", None), ("not_paid", ""), ("not_paid", "closed"), ("unknown", None)):
        assert told({"A": wrong, "B": without}, lines) == (1, "A"), wrong
    assert told({"A": paid, "B": paid}, lines) == (1, "B")
    assert told({"A": paid}, lines, known="AC", index="AD") == (2, "C, D")


def need(*rows: tuple[str, int, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["school_form", "pupil_count", "need_index"])


def test_the_mean_index_is_a_hundred_to_a_billionth():
    assert index_mean_off(need(("GR", 30, 80.0), ("GR", 10, 160.0))) == (0, "")
    assert index_mean_off(need(("GR", 1, 100 + 9e-10), ("FSK", 1, 100 - 9e-10))) == (0, "")
    assert index_mean_off(need(("GR", 1, 100.5), ("FSK", 1, 99.5))) == (2, "FSK: 99.5, GR: 100.5")
    assert index_mean_off(need(("GR", 1, 100 + 2e-9)))[0] == 1
    assert index_mean_off(need()) == (1, "fct_need_index has no rows")
    assert index_mean_off(need(("GR", 0, 100.0))) == (1, "GR: nan")


def test_withheld_indices_are_the_rest_of_a_hundred():
    assert index_mean_off(need(("GR", 30, 130.0), ("GR", 10, None))) == (0, "")
    assert index_mean_off(need(("GR", 10, 400.0), ("GR", 30, None))) == (1, "GR: 100.0"), (
        "nothing is left for the other"
    )


def heads(count: int = 10, *, unit: str = "A", threshold: int = 10, **changes: object) -> tuple:
    """A line of heads, a plain unit B, and a unit M whose need money is one line and whose index is withheld."""
    lines = line_rows((unit, "heads", 50), ("B", "base_part", 7), ("M", "need_parts", 9)).assign(
        count=[D(count), D(1), D(1)]
    )
    index = pd.DataFrame(
        [("A", 90.0, None), ("B", 110.0, None), ("M", None, "small_count")],
        columns=["school_unit_code", "need_index", "index_withheld_because"],
    )
    tables = {
        "fct_allocation": lines,
        "dim_component": pd.DataFrame(
            {"component_code": ["heads", "base_part", "need_parts"], "is_background_count": [True, False, False]}
        ),
        "fct_need_index": index,
        "school_allocation": index.assign(structural_part_sek=[5.0, 5.0, None], pupil_count=9),
    }
    return small_counts_told(tables | changes, threshold=threshold)


def test_a_line_shows_heads_from_the_threshold_or_none_at_all():
    assert heads(10) == (0, "")
    assert heads(9) == (1, "A")
    assert heads(1) == (1, "A")
    assert heads(0) == (0, "")
    assert heads(14, threshold=15) == (1, "A")
    nothing = line_rows(("A", "heads", 0), ("M", "need_parts", 9), count="3")
    assert heads(fct_allocation=nothing) == (0, ""), "a line of no öre counts nobody"


def test_a_merged_line_stands_alone():
    assert heads(20, unit="M") == (1, "M"), "its heads beside it"
    index = pd.DataFrame(
        [("A", 90.0, None), ("M", 91.0, "small_count")],
        columns=["school_unit_code", "need_index", "index_withheld_because"],
    )
    assert heads(fct_need_index=index) == (1, "M"), "its index beside it"
    wide = index.assign(need_index=None, structural_part_sek=[None, 5.0])
    assert heads(school_allocation=wide) == (1, "M"), "its structural part beside it"
    structural = line_rows(("M", "structural_part", 5), ("M", "need_parts", 9))
    assert heads(fct_allocation=structural) == (1, "M")


def test_an_index_is_withheld_with_a_merged_line_and_missing_never():
    index = pd.DataFrame(
        [("A", 90.0, "small_count"), ("B", None, None), ("M", None, "small_count")],
        columns=["school_unit_code", "need_index", "index_withheld_because"],
    )
    assert heads(fct_need_index=index) == (2, "A, B")
    assert heads(school_allocation=index) == (1, "A"), "a unit that is not paid has no index in the wide table"
    bare = index.iloc[[1]].assign(need_index=95.0)
    assert heads(fct_need_index=bare, school_allocation=bare) == (1, "M"), "merged, and no index is withheld"


# Organiser K (municipal): unit A, 1 000 kr; organiser P (independent): unit B, 500 kr, 3 % and 6 % on top.
PAID = pd.DataFrame(
    [
        ("K", "municipal", 1, 40, D(1000), D(0), D(0), D(-20), D(980), None, None, None),
        ("P", "independent", 1, 20, D(500), D(15), D(30), D(0), D(545), "additive", D("0.03"), D("0.06")),
    ],
    columns=[
        "organiser_key", "organiser_type", "school_unit_count", "pupil_count", "allocated_sek", "administration_sek", "vat_sek",
        "de_delegated_sek", "payable_sek", "overhead_method", "administration_share", "vat_share",
    ],
    dtype=object,
)  # fmt: skip
STEPS = pd.DataFrame(
    [
        (1, "budget", 160_000), (2, "deducted", -10_000), (3, "base_part", 150_000), (4, "administration", 1_500),
        (4, "vat", 3_000), (5, "service", -2_000), (6, "K", 98_000), (6, "P", 54_500), (7, "440", 164_500),
    ],
    columns=["reconciliation_step", "item_code", "amount_ore"],
).assign(stated_ore=[*[np.nan] * 8, 165_000], difference_ore=[*[np.nan] * 8, 500])  # fmt: skip
CALCULATION = pd.DataFrame(
    [("K", "teaching", 100_000), ("P", "teaching", 50_000), ("P", "administration", 1_500), ("P", "vat", 3_000)],
    columns=["organiser_key", "cost_type", "amount_ore"],
)


def paid_tables(**changes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {
        "fct_allocation": line_rows(("A", "base_part", 60_000), ("A", "base_part", 40_000), ("B", "base_part", 50_000)),
        "school_allocation": pd.DataFrame({"school_unit_code": ["A", "B"], "pupil_count": [40, 20]}),
        "dim_school_unit": pd.DataFrame({"school_unit_code": ["A", "B"], "organiser_key": ["K", "P"]}),
        "dim_organiser": pd.DataFrame({"organiser_key": ["K", "P"], "organiser_type": ["municipal", "independent"]}),
        "organiser_allocation": PAID,
        "organiser_calculation": CALCULATION,
        "school_cost_type": CALCULATION.assign(school_unit_code=CALCULATION["organiser_key"].map({"K": "A", "P": "B"})).drop(
            columns="organiser_key"
        ),
        "budget_reconciliation": STEPS,
    } | changes  # fmt: skip


def cell(table: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    changed = table.astype({column: object})
    changed.loc[row, column] = value
    return changed


def test_whole_tables_of_two_organisers_hold_every_rule():
    reasons = organiser_checks(paid_tables())
    assert [(reason.rule_id, reason.failing_count, reason.detail) for reason in reasons] == [
        (f"G-ORGANISER-00{number}", 0, "") for number in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [("allocated_sek", D("500.01")), ("school_unit_count", 2), ("pupil_count", 21), ("organiser_type", "municipal"), ("organiser_key", "X")],
)  # fmt: skip
def test_an_organiser_has_the_money_units_pupils_and_type_of_its_units(column: str, value: object):
    off = {"organiser_key": (2, "P, X")}.get(column, (1, "P"))
    assert organisers_off_lines(paid_tables(organiser_allocation=cell(PAID, 1, column, value))) == off


def test_a_unit_without_an_organiser_or_a_wide_row_is_missed():
    alone = pd.DataFrame({"school_unit_code": ["A"], "organiser_key": ["K"]})
    assert organisers_off_lines(paid_tables(dim_school_unit=alone)) == (2, ", P")
    wide = pd.DataFrame({"school_unit_code": ["A"], "pupil_count": [40]})
    assert organisers_off_lines(paid_tables(school_allocation=wide)) == (1, "P")


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        (1, {"vat_sek": D("29.99"), "payable_sek": D("544.99")}),
        (1, {"administration_sek": D(30), "vat_sek": D(15)}),
        (1, {"payable_sek": D("545.01")}),
        (1, {"overhead_method": "gross_up"}),
        (1, {"overhead_method": None}),
        (1, {"vat_share": D("0.07")}),
        (1, {"administration_share": D("0.04")}),
        (0, {"overhead_method": "additive", "administration_share": D(0), "vat_share": D(0)}),
        (0, {"de_delegated_sek": D("0.01"), "payable_sek": D("1000.01")}),
        (0, {"vat_sek": D(1), "payable_sek": D(981)}),
    ],
)
def test_overheads_are_the_stated_reading_and_add_up(row: int, changes: dict[str, object]):
    assert overheads_off(paid_tables()) == (0, "")
    table = PAID
    for column, value in changes.items():
        table = cell(table, row, column, value)
    assert overheads_off(paid_tables(organiser_allocation=table)) == (1, PAID.loc[row, "organiser_key"])


def test_overheads_of_none_is_no_fault_where_nothing_is_stated():
    none = PAID.assign(overhead_method=None, administration_sek=D(0), vat_sek=D(0), payable_sek=[D(980), D(500)])
    assert overheads_off(paid_tables(organiser_allocation=none)) == (0, "")


def test_cost_types_are_the_lines_and_the_calculation_is_its_units():
    split = paid_tables()["school_cost_type"]
    assert cost_types_off(paid_tables()) == (0, "")
    assert cost_types_off(paid_tables(school_cost_type=cell(split, 0, "amount_ore", 99_999))) == (2, "A, K")
    assert cost_types_off(paid_tables(organiser_calculation=cell(CALCULATION, 3, "amount_ore", 2_999))) == (1, "P")
    both = {
        "school_cost_type": cell(split, 2, "amount_ore", 1),
        "organiser_calculation": cell(CALCULATION, 2, "amount_ore", 1),
    }
    assert cost_types_off(paid_tables(**both)) == (1, "P"), "not the organiser's administration"
    empty = {"school_cost_type": split.iloc[:0], "organiser_calculation": CALCULATION.iloc[:0]}
    assert cost_types_off(paid_tables(**empty)) == (0, "")
    assert cost_types_off(paid_tables(school_cost_type=split.iloc[:0])) == (4, "A, B, K and 1 more")
    assert cost_types_off(paid_tables(organiser_calculation=CALCULATION.iloc[:0])) == (2, "K, P")


@pytest.mark.parametrize(
    ("row", "column", "value", "words"),
    [
        (0, "amount_ore", 160_001, "budget less deductions"),
        (1, "amount_ore", -10_001, "budget less deductions, annual accounts"),
        (2, "item_code", "other", "components"),
        (3, "item_code", "vatt", "overheads"),
        (4, "amount_ore", 3_001, "overheads, paid, annual accounts"),
        (5, "amount_ore", -1_999, "paid"),
        (6, "item_code", "X", "organisers"),
        (7, "amount_ore", 54_501, "organisers, paid"),
        (8, "amount_ore", 164_501, "annual accounts, differences"),
        (8, "difference_ore", -500, "differences"),
    ],
)
def test_each_step_of_the_reconciliation_meets_the_next(row: int, column: str, value: object, words: str):
    assert reconciliation_open(paid_tables()) == (0, "")
    found = reconciliation_open(paid_tables(budget_reconciliation=cell(STEPS, row, column, value)))
    assert found == (words.count(",") + 1, words)


def test_without_annual_accounts_there_is_no_last_step_to_meet_and_everything_gone_is_told():
    assert reconciliation_open(paid_tables(budget_reconciliation=STEPS.iloc[:8])) == (0, "")
    found = reconciliation_open(paid_tables(budget_reconciliation=STEPS.iloc[:0]))
    assert found == (3, "components, overheads, organisers")


def test_all_rules_are_asked_in_order_with_their_own_tables():
    lines = line_rows(("A", "base_part", 60_000), ("A", "base_part", 40_000), ("B", "base_part", 50_000))
    index = pd.DataFrame(
        [("GR", "A", 40, 100.0, None), ("GR", "B", 20, 100.0, None)],
        columns=["school_form", "school_unit_code", "pupil_count", "need_index", "index_withheld_because"],
    )
    rows = [wide_row("A", "1000", 40, "25", base_part="1000"), wide_row("B", "500", 20, "25", base_part="500")]
    state = {"payment_status": "paid", "reason_code": None, "index_withheld_because": None}
    tables = paid_tables(
        fct_allocation=lines,
        fct_need_index=index,
        school_allocation=wide(*rows).assign(**state),
        dim_component=pd.DataFrame({"component_code": ["base_part"], "is_background_count": [False]}),
    )
    found = run_checks(tables, budget_ore=150_000, threshold=10)
    assert [(reason.rule_id, reason.failing_count) for reason in found] == [
        ("G-LINES-001", 0), ("G-TOTAL-001", 0), ("G-WIDE-001", 0), ("G-UNITS-001", 0), ("G-INDEX-001", 0),
        ("G-ORGANISER-001", 0), ("G-ORGANISER-002", 0), ("G-ORGANISER-003", 0), ("G-ORGANISER-004", 0), ("G-HEADS-001", 0),
    ]  # fmt: skip
    found = run_checks(tables, budget_ore=150_001, threshold=10)
    assert [reason.rule_id for reason in found if reason.failing_count] == ["G-TOTAL-001"]
