"""From the door's ledgers to rules: which deliveries concern a year, whom a fault concerns, and that every rule can fail."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from expectations.rules import rules_of
from orchestration.checks.door import concerned, door_results, failing_by_rule
from orchestration.checks.results import basis_of, start_years
from orchestration.resources.scope import Scope

LATER, EARLIER = date(2026, 10, 15), date(2025, 10, 15)
BASES = {"0180": "open_statistics", "0780": "open_statistics", "9999": "pupil_level"}


def delivery(delivery_id: str, code: str = "9999", **changes: object) -> dict[str, object]:
    return {
        "delivery_id": delivery_id, "source": "enrollment", "municipality_code": code, "period": "2026-10-15",
        "status": "accepted", "physical_rows": 101, "header_rows": 1, "blank_rows": 0, "accepted_rows": 100,
        "rejected_rows": 0, "is_latest": True,
    } | changes  # fmt: skip


def finding(delivery_id: str, code: str, reason: str, severity: str, rows: int) -> dict[str, object]:
    return {
        "delivery_id": delivery_id, "source": "enrollment", "municipality_code": code, "period": "2026-10-15",
        "reason_code": reason, "severity": severity, "row_count": rows,
    }  # fmt: skip


FINDINGS = ["delivery_id", "source", "municipality_code", "period", "reason_code", "severity", "row_count"]


def failing(deliveries: list[dict], findings: list[dict] = ()) -> dict[str, dict[str, int]]:  # type: ignore[assignment]
    found = failing_by_rule(pd.DataFrame(deliveries), pd.DataFrame(list(findings), columns=FINDINGS))
    return {rule: counts for rule, counts in found.items() if counts}


def test_clean_deliveries_fail_no_rule_and_every_rule_of_the_door_is_asked():
    assert failing([delivery("a"), delivery("b", "0780")]) == {}
    assert set(failing_by_rule(pd.DataFrame([delivery("a")]), pd.DataFrame(columns=FINDINGS))) == {
        rule.id for rule in rules_of("door")
    }


SPOILED = {
    "D-FILE-001": ([delivery("a", status="refused", accepted_rows=0, rejected_rows=100)], [finding("a", "9999", "E-TRUNCATED", "critical", 101)], 1),
    "D-ROWS-001": ([delivery("a", accepted_rows=99)], [], 1),
    "D-REJECT-001": ([delivery("a")], [finding("a", "9999", "E-RANGE", "critical", 7), finding("a", "9999", "E-DATE", "critical", 2)], 9),
    "D-REJECT-002": ([delivery("a")], [finding("a", "9999", "E-RANGE", "warning", 3)], 3),
    "D-DUP-001": ([delivery("a")], [finding("a", "9999", "D-DUPLICATE", "critical", 100)], 100),
    "D-DUP-002": ([delivery("a")], [finding("a", "9999", "D-DUPLICATE", "warning", 4)], 4),
    "D-FOLLOW-001": (
        [delivery("a", source="unit_costs", status="refused", accepted_rows=0, rejected_rows=100), delivery("c", source="state_grants")],
        [finding("a", "9999", "E-TRUNCATED", "critical", 101) | {"source": "unit_costs"},
         finding("c", "9999", "E-RANGE", "critical", 7) | {"source": "state_grants"},
         finding("c", "9999", "D-DUPLICATE", "warning", 2) | {"source": "state_grants"}],
        10,  # a file, seven rows rejected, two that stand twice
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", SPOILED)
def test_each_rule_counts_its_own_fault_and_no_other(rule: str):
    deliveries, findings, count = SPOILED[rule]
    assert failing([*deliveries, delivery("b", "0780")], findings) == {rule: {"9999": count}}


def test_what_was_noted_or_replaced_blocks_nobody():
    replaced = delivery("a", status="refused", accepted_rows=0, rejected_rows=100, is_latest=False)
    findings = [finding("a", "9999", "E-TRUNCATED", "info", 101), finding("b", "9999", "I-COLUMN-UNKNOWN", "info", 1),
                finding("b", "9999", "D-COLUMN-ABSENT", "warning", 1)]  # fmt: skip
    assert failing([replaced, delivery("b")], findings) == {}


@pytest.mark.parametrize(
    ("period", "is_concerned"),
    [("2026-10-15", True), ("2026/27", True), ("all", True), ("unknown", True), ("2024/25", False), ("2027-01-15", False)],
)  # fmt: skip
def test_a_delivery_concerns_the_years_in_which_its_period_begins(period: str, is_concerned: bool):
    ledger = pd.DataFrame([delivery("a", period=period)])
    assert len(concerned(ledger, start_years=[2025, 2026])) == int(is_concerned)


@pytest.mark.parametrize(
    ("source", "period", "is_concerned"),
    [("enrollment", "2026-03-15", False), ("protected_counts", "2026-09-15", False), ("enrollment", "2026-10-15", True),
     ("enrollment", "unknown", True), ("school_register", "2026-10-01", True), ("background", "2026-03-15", True)],
)  # fmt: skip
def test_a_register_of_a_month_decides_no_year_and_stops_none(source: str, period: str, is_concerned: bool):
    refused = delivery("a", source=source, period=period, status="refused", accepted_rows=0, rejected_rows=100)
    assert len(concerned(pd.DataFrame([refused]), start_years=[2025, 2026])) == int(is_concerned)


def test_a_year_builds_on_its_count_dates_and_on_the_school_years_of_its_fit():
    fit = {"trained_on": {"result_years": [2022, 2023]}}
    assert start_years((LATER, EARLIER), fit=fit) == [2021, 2022, 2025, 2026]
    assert start_years((LATER, EARLIER), fit={"refusal": "too few"}) == [2025, 2026]


def judged(deliveries: list[dict], findings: list[dict] = ()) -> pd.DataFrame:  # type: ignore[assignment]
    years = {code: [2025, 2026] for code in BASES}
    return door_results(
        pd.DataFrame(deliveries), pd.DataFrame(list(findings), columns=FINDINGS), basis_of=BASES, years_of=years, funding_year=2027
    )  # fmt: skip


def counts(rows: pd.DataFrame, rule: str) -> dict[str, int]:
    own = rows[rows["rule_id"] == rule]
    return dict(zip(own["municipality_code"], own["failing_count"], strict=True))


def test_a_national_file_concerns_all_that_build_on_it_and_nobody_else():
    rows = judged([delivery("n", "0000", status="refused", accepted_rows=0, rejected_rows=100)])
    assert counts(rows, "D-FILE-001") == {"0180": 1, "0780": 1, "9999": 0}


def test_a_row_of_a_national_file_concerns_its_own_municipality():
    rows = judged([delivery("n", "0000")], [finding("n", "0780", "E-RANGE", "critical", 1)])
    assert counts(rows, "D-REJECT-001") == {"0180": 0, "0780": 1, "9999": 0}


def test_a_row_of_a_national_file_does_not_concern_one_that_builds_on_its_own_pupils():
    rows = judged([delivery("n", "0000")], [finding("n", "9999", "E-RANGE", "critical", 1)])
    assert counts(rows, "D-REJECT-001") == {"0180": 0, "0780": 0, "9999": 0}


def test_each_municipality_is_judged_by_the_years_it_builds_on():
    old = delivery("a", status="refused", accepted_rows=0, rejected_rows=100, period="2020-10-15")
    ledger, none = (
        pd.DataFrame([old, old | {"delivery_id": "b", "municipality_code": "9998"}]),
        pd.DataFrame(columns=FINDINGS),
    )
    years = {"9998": [2019, 2020], "9999": [2025, 2026]}
    rows = door_results(ledger, none, basis_of=dict.fromkeys(years, "pupil_level"), years_of=years, funding_year=2027)
    assert counts(rows, "D-FILE-001") == {"9998": 1, "9999": 0}


def test_every_municipality_has_a_row_for_every_rule_of_the_door():
    rows = judged([delivery("a")])
    assert len(rows) == len(BASES) * len(rules_of("door"))
    assert (rows["failing_count"] == 0).all()
    assert set(rows["funding_year"]) == {2027}


@pytest.fixture
def scope(tmp_path: Path) -> Scope:
    for folder in ("default", "9998", "9999"):
        (tmp_path / folder).mkdir()
    return Scope(policies=str(tmp_path))


FACTORS = pd.DataFrame({
    "municipality_code": ["9999", "0780", "9997"], "count_date": [LATER, LATER, EARLIER],
    "basis": ["pupil_level", "open_statistics", "pupil_level"],
})  # fmt: skip


def test_a_municipality_whose_only_delivery_was_refused_is_still_judged(scope: Scope):
    ledger = pd.DataFrame([delivery("a"), delivery("b", "9998", status="refused"), delivery("n", "0000")])
    assert basis_of(FACTORS, ledger, scope=scope, funding_year=2027)[0] == dict.fromkeys(
        ("9998", "9999"), "pupil_level"
    )


def test_one_without_a_policy_folder_is_judged_only_by_the_default_policy(scope: Scope):
    by_default = Scope(policies=scope.policies, default_policy=True)
    ledger = pd.DataFrame([delivery("a")])
    assert set(basis_of(FACTORS, ledger, scope=scope, funding_year=2027)[0]) == {"9999"}
    assert set(basis_of(FACTORS, ledger, scope=by_default, funding_year=2027)[0]) == {"0780", "9999"}
    only = Scope(policies=scope.policies, default_policy=True, only=["0780"])
    assert basis_of(FACTORS, ledger, scope=only, funding_year=2027)[0] == {"0780": "open_statistics"}
