"""The gate: each critical rule refuses alone, silence refuses, the neighbour does not matter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from candidates import REQUIRED, YEAR, candidate, verdict

from orchestration.publication.candidate import Reason
from orchestration.publication.checks import OWN_RULES
from orchestration.publication.gate import VERDICT_RULE, GateVerdict, judge, standing_against


def _judge(results: pd.DataFrame, **changes: Any) -> GateVerdict:
    given: dict[str, Any] = {
        "municipality_code": "9999",
        "funding_year": YEAR,
        "content_sha256": "c",
        "required_rules": REQUIRED,
    }
    return judge(results, **(given | changes))


def _results(**changes: Any) -> pd.DataFrame:
    """rule_result with one cell per rule id changed: ``_results(failing_count={"T-KEYS-001": 3})``."""
    results = candidate().tables["rule_result"].astype(object)
    for column, values in changes.items():
        for rule_id, value in values.items():
            results.loc[results["rule_id"] == rule_id, column] = value
    return results


def test_rules_that_hold_open_the_gate_and_a_warning_leaves_it_open() -> None:
    results = _results(failing_count={"Q-COUNT-004": 99})
    assert _judge(results).is_open


@pytest.mark.parametrize("rule_id", REQUIRED)
def test_each_critical_rule_refuses_alone_with_its_count(rule_id: str) -> None:
    assert _judge(_results(failing_count={rule_id: 3})).reasons == (Reason(rule_id, 3),)


def test_a_critical_rule_refuses_also_when_nobody_required_it() -> None:
    results = _results(severity={"Q-COUNT-004": "critical"})
    assert _judge(results).reasons == (Reason("Q-COUNT-004", 2),)


@pytest.mark.parametrize("rule_id", REQUIRED)
def test_a_required_rule_refuses_whatever_severity_its_row_claims(rule_id: str) -> None:
    results = _results(severity={rule_id: "info"}, failing_count={rule_id: 1})
    assert _judge(results).reasons == (Reason(rule_id, 1),)


@pytest.mark.parametrize("count", [None, float("nan"), -1])
def test_a_count_that_is_not_zero_is_not_a_pass(count: Any) -> None:
    assert not _judge(_results(failing_count={"T-KEYS-001": count})).is_open


@pytest.mark.parametrize("rule_id", REQUIRED)
def test_a_missing_verdict_proves_nothing(rule_id: str) -> None:
    results = _results()
    (reason,) = _judge(results[results["rule_id"] != rule_id]).reasons
    assert reason == Reason(VERDICT_RULE, 1, f"no result of {rule_id}; run these rules")


@pytest.mark.parametrize(("column", "value"), [("municipality_code", "0001"), ("funding_year", YEAR - 1)])
def test_a_result_of_the_neighbour_or_of_another_year_is_no_result_here(column: str, value: Any) -> None:
    here, there = _results(), _results(failing_count={"T-KEYS-001": 7})
    there[column] = value
    assert _judge(pd.concat([here, there])).is_open
    (reason,) = _judge(there).reasons
    silent = ", ".join(sorted(REQUIRED))
    assert reason == Reason(VERDICT_RULE, len(REQUIRED), f"no result of {silent}; run these rules")


def test_a_gate_that_requires_nothing_is_an_error() -> None:
    for nothing in ((), OWN_RULES):
        with pytest.raises(ValueError, match=r"^required_rules is empty; name the critical rules of the register$"):
            _judge(_results(), required_rules=nothing)


def test_the_publications_own_rules_need_no_result_beforehand() -> None:
    assert _judge(_results(), required_rules=(*REQUIRED, *OWN_RULES)).is_open


def test_a_verdict_of_another_content_opens_nothing() -> None:
    whole = candidate()
    said = verdict(whole, content_sha256="0" * 64)
    against = standing_against(said, whole.tables["rule_result"], content_sha256="1" * 64)
    other = Reason(VERDICT_RULE, 1, "the verdict is of another content; judge this candidate")
    assert against == (other,)
    closed = replace(said, reasons=(Reason("T-KEYS-001", 1),))
    assert standing_against(closed, whole.tables["rule_result"], content_sha256="1" * 64) == (*closed.reasons, other)


def test_a_verdict_that_its_results_do_not_bear_out_opens_nothing() -> None:
    whole = candidate()
    against = standing_against(
        verdict(whole, content_sha256="c"), _results(failing_count={"T-KEYS-001": 1}), content_sha256="c"
    )
    assert against == (Reason("T-KEYS-001", 1),)


def test_a_verdict_keeps_what_it_was_asked_and_reasons_stand_once_in_order() -> None:
    results = _results(
        failing_count={"T-KEYS-001": 2, "Q-SHARE-001": None, "Q-COUNT-004": 0}, severity={"Q-COUNT-004": "info"}
    )
    said = _judge(results, required_rules=(*reversed(REQUIRED), *OWN_RULES), texts={"T-KEYS-001": {"sv": "x"}})
    assert said == GateVerdict(
        "9999", YEAR, "c", tuple(sorted(REQUIRED)), (Reason("Q-SHARE-001", 1, "no count"), Reason("T-KEYS-001", 2)),
        {"T-KEYS-001": {"sv": "x"}},
    )  # fmt: skip
    assert not said.is_open
    assert standing_against(said, results, content_sha256="c") == said.reasons
