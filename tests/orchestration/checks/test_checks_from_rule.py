"""A rule shown as a check: red for critical, yellow for a warning, never red for a note, and the municipalities named."""

from __future__ import annotations

import dagster as dg
import pytest

from expectations.rules import all_rules, result_rows
from orchestration.checks.from_rule import FIRST, check_result

ASSET = dg.AssetKey(["need", "fct_need_index"])
OF_SEVERITY = {rule.severity: rule for rule in all_rules()}


def shown(severity: str, failing: dict[str, int]) -> dg.AssetCheckResult:
    rule = OF_SEVERITY[severity]
    other = next(found for found in all_rules() if found is not rule)
    codes = [f"{code:04d}" for code in range(1, 21)]
    rows = result_rows(failing, rule=rule, funding_year=2027, municipalities=codes)
    noise = result_rows(dict.fromkeys(codes, 99), rule=other, funding_year=2027, municipalities=codes)
    return check_result(rule, rows.merge(noise, how="outer"), asset_key=ASSET)


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_a_rule_that_holds_passes_whatever_other_rules_say(severity: str):
    result = shown(severity, {})
    assert result.passed
    assert result.metadata["failing_rows"].value == 0
    assert result.metadata["first"].value == "none"


@pytest.mark.parametrize(
    ("severity", "passed", "colour"),
    [
        ("critical", False, dg.AssetCheckSeverity.ERROR),
        ("warning", False, dg.AssetCheckSeverity.WARN),
        ("info", True, dg.AssetCheckSeverity.WARN),
    ],
)
def test_a_rule_that_fails_shows_in_its_colour_with_its_count(severity: str, passed: bool, colour):
    result = shown(severity, {"0003": 2, "0007": 5})
    assert (result.passed, result.severity) == (passed, colour)
    assert result.metadata["municipalities"].value == 2
    assert result.metadata["failing_rows"].value == 7
    assert result.metadata["first"].value == "0007, 0003", "the worst first"


def test_many_municipalities_are_counted_and_the_first_few_named():
    result = shown("critical", {f"{code:04d}": code for code in range(1, 21)})
    assert result.metadata["municipalities"].value == 20
    assert len(result.metadata["first"].value.split(", ")) == FIRST
    assert result.metadata["first"].value.startswith("0020, 0019")
