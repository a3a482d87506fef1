"""Every rule of the register has a fault that breaks it alone; one of each home is caught in a real home."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.single_faults.home import CODES, SPOILED, YEAR, Bench, Judged, clean_home
from bench.single_faults.registry import FAULTS, IN_TESTS, VERDICT_FAULTS, Caught, against, clean, known, try_fault
from expectations.rules import all_rules
from orchestration.publication import checks, organiser_checks

CHECKS = (checks, organiser_checks)
"""Modules whose rules are named by a constant, in their tests too."""

ONE_OF_EACH_HOME = ("D-REJECT-001", "T-UNIT-001", "Q-SHARE-001", "R-AMOUNT-002", "G-LINES-001")


def test_every_rule_of_the_register_has_a_single_fault() -> None:
    assert known() == {rule.id for rule in all_rules()}
    tried = {rule.home for rule in all_rules() if rule.id in ONE_OF_EACH_HOME}
    assert {rule.home for rule in all_rules()} == tried | {"payment"}, "a payment run has no candidate home to spoil"


def test_a_rule_that_is_broken_in_tests_is_named_there() -> None:
    root = Path(__file__).resolve().parents[2]
    for rule_id, file in IN_TESTS.items():
        text = (root / file).read_text("utf-8")
        constants = {name for module in CHECKS for name, value in vars(module).items() if value == rule_id}
        assert any(re.search(rf"\b{name}\b", text) for name in {rule_id, *constants}), rule_id
    assert not set(IN_TESTS) & {*FAULTS, *VERDICT_FAULTS}, "one single fault each"


def test_a_fault_that_another_rule_catches_too_is_not_caught_alone() -> None:
    def judged(status: str, *failing: str) -> Judged:
        outcomes = {code: {"status": "verified"} for code in CODES} | {SPOILED: {"status": status}}
        none: frozenset[str] = frozenset()
        return Judged(
            dict.fromkeys(CODES, none) | {SPOILED: frozenset(failing)},
            outcomes,
            dict.fromkeys(CODES, (f"{YEAR}.0.1", True)),
        )

    before = judged("verified")
    assert against("G-LINES-001", judged("refused", "G-LINES-001"), before) == []
    assert against("G-LINES-001", judged("refused", "G-LINES-001", "G-WIDE-001"), before) == [
        "caught by G-LINES-001, G-WIDE-001"
    ]
    assert against("G-LINES-001", judged("published"), before) == ["caught by nothing", "was published"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return clean_home(tmp_path_factory.mktemp("single-faults"))


@pytest.fixture(scope="module")
def before(home: Bench, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return clean(home, tmp_path_factory.mktemp("unspoiled") / "home")


def test_the_clean_home_fails_no_rule(before: Judged) -> None:
    assert dict(before.failing) == {code: frozenset() for code in CODES}


@pytest.mark.parametrize("rule_id", ONE_OF_EACH_HOME)
def test_a_single_fault_is_caught_by_its_rule_alone(rule_id: str, home: Bench, before: Judged, tmp_path: Path) -> None:
    assert try_fault(rule_id, home, at=tmp_path / "home", before=before) == Caught(rule_id, (), False)
