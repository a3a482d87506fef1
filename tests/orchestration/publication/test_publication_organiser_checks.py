"""The publication's checks of what organisers are paid: each is broken on purpose, alone, and refuses alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from candidates import NOW, candidate, release, snapshot, spoiled, verdict, with_table

from orchestration.publication.candidate import Candidate
from orchestration.publication.organiser_checks import (
    COST_TYPES_RULE,
    ORGANISER_RULES,
    OVERHEADS_RULE,
    OWN_UNITS_RULE,
    RECONCILIATION_RULE,
    cost_types_off,
    organiser_checks,
    organisers_off_lines,
    reconciliation_open,
)
from orchestration.publication.publish import publish

Spoil = Callable[[Candidate], Candidate]
PAID, CALCULATED, BY_UNIT, MET = (
    "organiser_allocation", "organiser_calculation", "school_cost_type", "budget_reconciliation",
)  # fmt: skip
OWN, INDEPENDENT = 0, 1
"""Rows of organiser_allocation: the municipality, the independent organiser."""


def _step(of: Candidate, table: str, row: int, **steps: int | Decimal) -> Candidate:
    """One row of a table with numbers stepped."""
    for column, step in steps.items():
        of = spoiled(of, table, column, row, of.tables[table][column].iloc[row] + step)
    return of


def _row(of: Candidate, **wanted: object) -> int:
    rows = of.tables[MET]
    (place,) = [
        n for n, row in enumerate(rows.to_dict("records")) if all(row[name] == value for name, value in wanted.items())
    ]
    return place


def _met(of: Candidate, kind: str, code: str, **steps: int) -> Candidate:
    return _step(of, MET, _row(of, item_kind=kind, item_code=code), **steps)


def _moved_between_cost_types(of: Candidate) -> Candidate:
    """A unit's öre from one cost type to another; its sum stands."""
    return _step(_step(of, BY_UNIT, 0, amount_ore=1), BY_UNIT, 1, amount_ore=-1)


def _a_krona_less_vat_everywhere(of: Candidate) -> Candidate:
    """Every table agrees with every other, and the krona is nobody's."""
    krona = Decimal(1)
    of = _step(of, PAID, INDEPENDENT, vat_sek=-krona, payable_sek=-krona)
    for table in (CALCULATED, BY_UNIT):
        rows = of.tables[table]
        owner = rows["organiser_key"] == "x1" if table == CALCULATED else rows["amount_ore"] > 0
        (place,) = [n for n, hit in enumerate(owner & (rows["cost_type"] == "vat")) if hit]
        of = _step(of, table, place, amount_ore=-100)
    of = _met(of, "organiser", "x1", amount_ore=-100)
    return _met(_met(of, "account", "440 bidrag", amount_ore=-100), "overhead", "vat", amount_ore=-100)


ORE = Decimal("0.01")
FAULTS: list[tuple[str, str, Spoil]] = [
    ("an organiser has one unit more", OWN_UNITS_RULE, lambda c: _step(c, PAID, OWN, school_unit_count=1)),
    ("an organiser has one pupil more", OWN_UNITS_RULE, lambda c: _step(c, PAID, OWN, pupil_count=1)),
    ("an organiser has another type", OWN_UNITS_RULE, lambda c: spoiled(c, PAID, "organiser_type", OWN, "independent")),
    ("another share of VAT is stated", OVERHEADS_RULE, lambda c: _step(c, PAID, INDEPENDENT, vat_share=-ORE)),
    ("another reading is stated", OVERHEADS_RULE, lambda c: spoiled(c, PAID, "overhead_method", INDEPENDENT, "gross_up")),
    ("the municipality states a reading", OVERHEADS_RULE, lambda c: spoiled(c, PAID, "overhead_method", OWN, "additive")),
    ("an ore is taken back and paid", OVERHEADS_RULE, lambda c: _step(c, PAID, OWN, de_delegated_sek=-ORE)),
    ("a service pays the organiser back", OVERHEADS_RULE, lambda c: _step(c, PAID, OWN, de_delegated_sek=ORE)),
    ("a krona of VAT is missing everywhere", OVERHEADS_RULE, _a_krona_less_vat_everywhere),
    ("ore move between cost types of a unit", COST_TYPES_RULE, _moved_between_cost_types),
    ("a calculation is one ore off", COST_TYPES_RULE, lambda c: _step(c, CALCULATED, 3, amount_ore=1)),
    ("the budget is one ore larger", RECONCILIATION_RULE, lambda c: _met(c, "budget", "budget", amount_ore=1)),
    ("an account line is one ore off", RECONCILIATION_RULE, lambda c: _met(c, "account", "440 bidrag", amount_ore=-1)),
    ("a difference is one ore off", RECONCILIATION_RULE, lambda c: _met(c, "account", "440", difference_ore=1)),
    ("a component has another name", RECONCILIATION_RULE,
     lambda c: spoiled(c, MET, "item_code", _row(c, item_code="base_part"), "base")),
]  # fmt: skip


@pytest.mark.parametrize(("rule_id", "spoil"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_one_fault_is_caught_by_its_rule_alone_and_nothing_is_published(rule_id: str, spoil: Spoil, root: Path) -> None:
    bad = spoil(candidate())
    outcome = publish(bad, root=root, gate=verdict(bad), actor="annika", now=NOW)
    assert outcome.status == "refused"
    assert [reason.rule_id for reason in outcome.reasons] == [rule_id]
    assert outcome.reasons[0].failing_count >= 1
    assert outcome.reasons[0].detail
    assert sorted(snapshot(root)) == ["LAYOUT"]


def test_every_rule_about_organisers_has_a_fault_that_breaks_it() -> None:
    assert {rule_id for _, rule_id, _ in FAULTS} == set(ORGANISER_RULES)


def test_whole_tables_break_none_and_are_published(root: Path) -> None:
    assert [reason.failing_count for reason in organiser_checks(candidate().tables)] == [0, 0, 0, 0]
    assert release(candidate(), root).status == "published"


def test_a_unit_with_the_wrong_organiser_is_told_at_both(root: Path) -> None:
    moved = spoiled(candidate(), "dim_school_unit", "organiser_key", 0, "x1")
    assert organisers_off_lines(moved.tables) == (2, "2120001234, x1")


def test_an_organiser_that_was_left_out_is_missed_by_lines_and_reconciliation() -> None:
    whole = candidate()
    without = with_table(whole, PAID, whole.tables[PAID].iloc[:1]).tables
    assert organisers_off_lines(without) == (1, "x1")
    assert reconciliation_open(without) == (2, "overheads, organisers")


def test_without_cost_types_there_is_nothing_to_add_up_but_half_of_it_is_a_fault() -> None:
    whole = candidate()
    none = with_table(whole, BY_UNIT, whole.tables[BY_UNIT].iloc[:0])
    assert cost_types_off(none.tables)[0] > 0
    neither = with_table(none, CALCULATED, pd.DataFrame(whole.tables[CALCULATED].iloc[:0]))
    assert cost_types_off(neither.tables) == (0, "")
