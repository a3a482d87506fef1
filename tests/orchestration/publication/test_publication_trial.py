"""The gate on a changed candidate: a fault fires its rule alone, good tables fire none, nothing is written."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from candidates import candidate, spoiled

from expectations.rules import RESULT_COLUMNS, rules_of
from orchestration.publication.candidate import Candidate
from orchestration.publication.trial import rejudged, try_gate


@pytest.fixture(scope="module")
def clean() -> Candidate:
    """A candidate that every rule of door, dbt and plausibility has passed."""
    whole = candidate(units=3)
    asked = [rule for home in ("door", "dbt", "gx", "rule") for rule in rules_of(home)]  # type: ignore[arg-type]
    results = pd.DataFrame([("9999", 2027, rule.id, rule.severity, 0) for rule in asked], columns=list(RESULT_COLUMNS))
    return rejudged(replace(whole, tables={**whole.tables, "rule_result": results}))


def test_good_tables_fire_nothing(clean: Candidate) -> None:
    trial = try_gate(clean)
    assert (trial.against, trial.told) == ((), {})


@pytest.mark.parametrize(
    ("rule_id", "table", "column", "value"),
    [
        ("R-EQUAL-001", "fct_allocation", "rate_ore", None),
        ("Q-INDEX-001", "fct_need_index", "need_index", None),
        ("R-BASIS-001", "fct_need_index", "basis", "open_statistics"),
        ("G-TOTAL-001", "", "", None),
        ("G-WIDE-001", "school_allocation", "structural_part_sek", None),
    ],
)
def test_a_fault_fires_its_rule(clean: Candidate, rule_id: str, table: str, column: str, value: object) -> None:
    if rule_id == "G-TOTAL-001":
        faulty = replace(clean, budget_ore=(clean.budget_ore or 0) + 100)
    else:
        was = clean.tables[table][column].iloc[0]
        faulty = spoiled(clean, table, column, 0, value if value is not None else was * 9)
    trial = try_gate(rejudged(faulty))
    assert rule_id in trial.fired
    assert bool(trial.against) == (rule_id not in ("Q-INDEX-001", "R-BASIS-001")) or rule_id == "Q-INDEX-001"


def test_a_broken_contract_is_said_before_anything_else(clean: Candidate) -> None:
    lost = {name: frame for name, frame in clean.tables.items() if name != "dim_year"}
    assert try_gate(replace(clean, tables=lost)).fired == {"G-CONTRACT-001"}


def test_a_rule_without_a_result_stands_against(clean: Candidate) -> None:
    silent = clean.tables["rule_result"].iloc[1:]
    assert try_gate(replace(clean, tables={**clean.tables, "rule_result": silent})).fired == {"G-VERDICT-001"}
