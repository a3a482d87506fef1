"""The publication's own checks: each is broken on purpose, alone, and refuses alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from candidates import NOW, candidate, release, snapshot, spoiled, verdict, with_heads, with_table
from progress_rows import kept

from models_py.disclosure import DisclosureRule
from orchestration.need_parts import hidden
from orchestration.publication.candidate import Candidate
from orchestration.publication.checks import (
    CONTRACT_RULE,
    DISCLOSURE_RULE,
    HEADS_RULE,
    INDEX_RULE,
    LINES_RULE,
    OWN_RULES,
    TOTAL_RULE,
    UNITS_RULE,
    WIDE_RULE,
    index_mean_off,
    lines_not_adding_up,
    small_counts_told,
    total_off_budget,
    wide_rows_off_lines,
)
from orchestration.publication.cohorts import told_progress
from orchestration.publication.organiser_checks import ORGANISER_RULES
from orchestration.publication.publish import publish
from orchestration.publication.verify import read_current

Spoil = Callable[[Candidate], Candidate]


def _rate(of: Candidate, step: str) -> Candidate:
    return spoiled(of, "fct_allocation", "rate_ore", 0, of.tables["fct_allocation"]["rate_ore"].iloc[0] + Decimal(step))


def _wide(of: Candidate, column: str, step: str) -> Candidate:
    return spoiled(of, "school_allocation", column, 1, of.tables["school_allocation"][column].iloc[1] + Decimal(step))


def _without_wide_row(of: Candidate, row: int) -> Candidate:
    return with_table(of, "school_allocation", of.tables["school_allocation"].drop(index=row))


def _index(of: Candidate, factor: float) -> Candidate:
    need = of.tables["fct_need_index"]
    return with_table(of, "fct_need_index", need.assign(need_index=need["need_index"] * factor))


def _without(of: Candidate, table: str) -> Candidate:
    return replace(of, tables={name: frame for name, frame in of.tables.items() if name != table})


def _year(of: Candidate, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Candidate:
    return with_table(of, "dim_year", change(of.tables["dim_year"]))


def _rounding(of: Candidate, step: str) -> Candidate:
    rounding = of.tables["fct_allocation"]["rounding_ore"].iloc[3]
    return spoiled(of, "fct_allocation", "rounding_ore", 3, rounding + Decimal(step))


def _budget(of: Candidate, step: int) -> Candidate:
    return replace(of, budget_ore=(of.budget_ore or 0) + step)


def _word(of: Candidate, row: int, reason: str | None, status: str | None = None) -> Candidate:
    """The wide table's row with another reason, and another payment status where one is given."""
    changed = spoiled(of, "school_allocation", "reason_code", row, reason)
    return spoiled(changed, "school_allocation", "payment_status", row, status) if status else changed


def _small_count_told(of: Candidate) -> Candidate:
    """Two units whose counts all stand, and one of them is nine."""
    wide = of.tables["school_allocation"].set_index("school_unit_code")["pupil_count"].iloc[:2]
    keys = {
        "municipality_code": of.municipality_code, "funding_year": of.funding_year, "factor": "siblings",
        "count_date": of.tables["dim_year"]["count_date"].iloc[0], "suppression_code": None,
    }  # fmt: skip
    rows = [
        {"school_unit_code": unit, "level": level, "pupil_count": pupils, "background_count": count}
        for (unit, pupils), many in zip(wide.items(), (9, 30), strict=True)
        for level, count in (("siblings_3_or_more", many), ("missing", 12), ("siblings_0_to_2", pupils - many - 12))
    ]
    schools = pd.DataFrame(rows).assign(**keys)
    total = schools.groupby("level", as_index=False)["background_count"].sum()
    with_schools = with_table(of, "school_background", schools)
    return with_table(with_schools, "municipality_background", total.assign(**keys, pupil_count=int(wide.sum())))


def _strict(of: Candidate) -> Candidate:
    """The same under a policy that shows no count below twelve."""
    rule = DisclosureRule(threshold=12)
    codes = of.tables["fct_need_index"]["school_unit_code"]
    shares = told_progress(
        kept(codes), municipality_code=of.municipality_code, funding_year=of.funding_year, rule=rule,
        earlier=[of.tables["cohort_share"]],
    )  # fmt: skip
    return replace(of, disclosure=rule, tables={**of.tables, **shares})


def _withheld(of: Candidate, table: str) -> Candidate:
    return spoiled(of, table, "index_withheld_because", 0, "small_count")


def _merged(of: Candidate, *, told: str) -> Candidate:
    """The first unit merged as it should be, but for one column that tells the parts."""
    whole = hidden(of.tables, units=["99990001"], components=["structural_part"])
    table = "fct_need_index" if told.startswith("need_index") else "school_allocation"
    spoiled_table = whole[table].copy()
    spoiled_table[told] = spoiled_table[told].astype(object)
    own = spoiled_table["school_unit_code"] == "99990001"
    spoiled_table.loc[own, told] = 1.0 if told.startswith("need_index") else Decimal("0.00")
    return replace(of, tables={**whole, table: spoiled_table})


FAULTS: list[tuple[str, str, Spoil]] = [
    ("a column is missing", CONTRACT_RULE, lambda c: _year(c, lambda t: t.drop(columns="count_date"))),
    ("a column is unknown", CONTRACT_RULE, lambda c: _year(c, lambda t: t.assign(extra=1))),
    ("a key stands twice", CONTRACT_RULE, lambda c: _year(c, lambda t: pd.concat([t, t]))),
    ("a needed cell is empty", CONTRACT_RULE, lambda c: spoiled(c, "fct_allocation", "amount_ore", 0, None)),
    ("a share is above one", CONTRACT_RULE, lambda c: spoiled(c, "fct_need_index", "need_share", 0, 1.4)),
    ("a table is missing", CONTRACT_RULE, lambda c: _without(c, "dim_year")),
    ("a table is unknown", CONTRACT_RULE, lambda c: with_table(c, "pupils", c.tables["dim_year"])),
    ("a row of a neighbour", CONTRACT_RULE, lambda c: spoiled(c, "dim_school_unit", "municipality_code", 0, "0001")),
    ("a row of another year", CONTRACT_RULE, lambda c: spoiled(c, "fct_need_index", "funding_year", 0, 2026)),
    ("a rate is off by a millionth of an ore", LINES_RULE, lambda c: _rate(c, "0.000001")),
    ("a rounding is off by 1e-12 ore", LINES_RULE, lambda c: _rounding(c, "1e-12")),
    ("the budget is one ore larger", TOTAL_RULE, lambda c: _budget(c, 1)),
    ("the budget is one ore smaller", TOTAL_RULE, lambda c: _budget(c, -1)),
    ("a wide base part is one ore off", WIDE_RULE, lambda c: _wide(c, "base_part_sek", "0.01")),
    ("a wide structural part is one ore off", WIDE_RULE, lambda c: _wide(c, "structural_part_sek", "-0.01")),
    ("a wide total is one ore off", WIDE_RULE, lambda c: _wide(c, "total_sek", "0.01")),
    ("an amount per pupil is one ore off", WIDE_RULE, lambda c: _wide(c, "total_per_pupil_sek", "0.01")),
    ("an unpaid unit has no reason", UNITS_RULE, lambda c: _word(c, -1, None)),
    ("an unpaid unit has an empty reason", UNITS_RULE, lambda c: _word(c, -1, "")),
    ("a paid unit has a reason not to be", UNITS_RULE, lambda c: _word(c, 0, "no_pupils")),
    ("a unit without lines is called paid", UNITS_RULE, lambda c: _word(c, -1, None, "paid")),
    ("a unit with money is called unpaid", UNITS_RULE, lambda c: _word(c, 0, "ceased", "not_paid")),
    ("a status is neither", UNITS_RULE, lambda c: _word(c, 0, None, "perhaps")),
    ("a unit is gone without a word", UNITS_RULE, lambda c: _without_wide_row(c, 4)),
    ("the mean index is 100.000001", INDEX_RULE, lambda c: _index(c, 1 + 1e-8)),
    ("the mean index is 99.999999", INDEX_RULE, lambda c: _index(c, 1 - 1e-8)),
    ("a small count of background stands", DISCLOSURE_RULE, _small_count_told),
    ("a line shows nine heads", HEADS_RULE, lambda c: with_heads(c, 9)),
    ("a line shows fewer heads than a policy above ten allows", HEADS_RULE, lambda c: _strict(with_heads(c, 11))),
    ("an index is withheld without a merged line", HEADS_RULE, lambda c: _withheld(c, "fct_need_index")),
    ("a merged line stands beside its index", HEADS_RULE, lambda c: _merged(c, told="need_index_lower")),
    ("a merged line stands beside its structural part", HEADS_RULE, lambda c: _merged(c, told="structural_part_sek")),
    ("there is no index", INDEX_RULE, lambda c: with_table(c, "fct_need_index", c.tables["fct_need_index"].iloc[:0])),
]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, object]:
    """A root where a clean publication stands, and what it looks like; no refusal may change it."""
    shared = tmp_path_factory.mktemp("standing")
    release(candidate(), shared)
    return shared, snapshot(shared)


@pytest.mark.parametrize(("rule_id", "spoil"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_one_fault_is_caught_by_its_rule_alone_and_nothing_is_published(
    rule_id: str, spoil: Spoil, standing: tuple[Path, object]
) -> None:
    shared, before = standing
    bad = spoil(candidate(seed=1))
    said = verdict(candidate(seed=1)) if rule_id == CONTRACT_RULE else verdict(bad)
    outcome = publish(bad, root=shared, gate=said, actor="annika", now=NOW)
    assert outcome.status == "refused"
    assert outcome.path is None
    assert [(reason.rule_id, reason.failing_count) for reason in outcome.reasons] == [(rule_id, 1)]
    assert outcome.reasons[0].detail or rule_id == UNITS_RULE
    assert snapshot(shared) == before


def test_a_refusal_holds_no_neighbour_up(root: Path) -> None:
    assert release(replace(candidate(), budget_ore=1), root).status == "refused"
    assert release(candidate("0001"), root).status == "published"


def test_every_own_rule_has_a_fault_that_breaks_it() -> None:
    """Those about organisers are broken in a file of their own."""
    assert {rule_id for _, rule_id, _ in FAULTS} == set(OWN_RULES) - set(ORGANISER_RULES)


def test_a_refused_first_publication_leaves_no_folder(root: Path) -> None:
    outcome = release(replace(candidate(), budget_ore=1), root)
    assert [reason.rule_id for reason in outcome.reasons] == [TOTAL_RULE]
    assert sorted(snapshot(root)) == ["LAYOUT"]
    assert read_current(root, "9999", 2027) is None


def test_a_unit_with_lines_but_no_wide_row_breaks_the_wide_table() -> None:
    tables = _without_wide_row(candidate(), 2).tables
    assert wide_rows_off_lines(tables["school_allocation"], tables["fct_allocation"]) == (1, "99990003")


@pytest.mark.parametrize(("count", "threshold", "failing"), [(11, 10, 0), (11, 11, 0), (11, 12, 1), (9, 10, 1)])
def test_a_count_of_heads_is_shown_from_the_policys_threshold(count: int, threshold: int, failing: int) -> None:
    assert small_counts_told(with_heads(candidate(), count).tables, threshold=threshold)[0] == failing


def test_a_price_list_has_no_total_to_meet() -> None:
    lines = candidate().tables["fct_allocation"]
    assert total_off_budget(lines, budget_ore=None) == (0, "")
    assert total_off_budget(lines, budget_ore=0)[0] == 1


def test_products_of_more_digits_than_a_usual_decimal_holds_are_exact() -> None:
    line = {"school_unit_code": ["99990001"], "component_code": ["base_part"], "line_code": ["grade_1"]}
    line |= {"count": [Decimal("923456789.123456")], "rate_ore": [Decimal("998765432.654321")]}
    # the product is 922316719526458602.889040853376: 30 digits, the usual context keeps 28
    whole = pd.DataFrame({**line, "amount_ore": [922316719526458600], "rounding_ore": [Decimal("-2.889040853376")]})
    assert lines_not_adding_up(whole) == (0, "")
    off = whole.assign(rounding_ore=[whole["rounding_ore"].iloc[0] + Decimal("1e-12")])
    assert lines_not_adding_up(off) == (1, "99990001 base_part/grade_1")


def test_each_school_form_has_its_own_mean() -> None:
    index = pd.DataFrame(
        {"school_form": ["a", "b"], "pupil_count": [10, 10], "need_index": [99.0, 101.0]},
    )
    assert index_mean_off(index)[0] == 2


def test_many_failing_units_are_counted_and_the_first_three_named() -> None:
    wide = candidate(units=6).tables["school_allocation"].assign(total_sek=Decimal(1))
    count, words = wide_rows_off_lines(wide, candidate(units=6).tables["fct_allocation"])
    assert count == 7
    assert words == "99990001, 99990002, 99990003 and 4 more"
