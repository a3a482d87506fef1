"""payments.yml and payment_export.yml: what they say, and where they are wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.payments.inputs import swedish_holidays
from orchestration.resources.payment_export import read_export
from orchestration.resources.payment_policy import payment_policy
from orchestration.resources.policy_text import PolicyError

EXAMPLE = Path(__file__).parents[3] / "policies" / "9999"


def spoiled(tmp_path: Path, name: str, old: str, new: str) -> Path:
    folder = tmp_path / "9999"
    folder.mkdir()
    text = (EXAMPLE / name).read_text("utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), "utf-8")
    return folder


def test_the_example_says_when_it_pays_and_what_was_decided_within_the_year():
    policy = payment_policy(EXAMPLE, funding_year=2027)
    assert policy is not None
    assert (policy.mode, policy.first_month, policy.refuses_late) == ("follow_pupil", 1, False)
    assert [change.component_code for change in policy.changes] == ["budget_change_spring"]
    assert [year.to_match_ore for year in policy.balance] == [0, 0]
    other = payment_policy(EXAMPLE, funding_year=2028)
    assert other is not None
    assert (other.changes, other.sha256 != policy.sha256) == ((), True)
    assert payment_policy(EXAMPLE.parent / "default", funding_year=2027) is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("mode: follow_pupil", "mode: follow", "payments.yml:4: mode"),
        ("late_count:", "late_cont:", "unknown key"),
        ("first_month: 6", "first_month: 13", "less than or equal to 12"),
        ("own_units_sek: 4000000", "own_units_sek: -1\n        own_pupils: 1", "is given twice"),
        ("own_units_sek: 4000000", "own_units_sek: 0.5", "own_units_sek"),
        (
            "first_month: 6\n        own_units_sek: 4000000",
            "first_month: 5\n        own_units_sek: -4000000",
            "remaining payments only",
        ),
        ("year: 2026,", "year: 2025,", "given twice"),
    ],
)
def test_a_wrong_value_is_told_with_file_and_line(tmp_path, old, new, words):
    with pytest.raises(PolicyError, match=words):
        payment_policy(spoiled(tmp_path, "payments.yml", old, new), funding_year=2027)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('default: {own: "7210", ', "default: {", "gives an account for"),
        ("width: 40", "align: left", "has a width"),
        ("encoding: cp437", "encoding: utf-8", "cp437"),
        ("source: line_id}", "source: pupil_key}", "payment_export.yml:13"),
        ("{name: interface, text: BI, width: 25}", "{name: interface, width: 25}", "one of them"),
    ],
)
def test_a_wrong_mapping_is_told_with_file_and_line(tmp_path, old, new, words):
    with pytest.raises(PolicyError, match=words):
        read_export(spoiled(tmp_path, "payment_export.yml", old, new))


def test_a_municipality_without_a_mapping_pays_nothing(tmp_path):
    with pytest.raises(PolicyError, match="is missing"):
        read_export(tmp_path)


def test_holidays_are_those_of_the_law_and_the_banks():
    days = swedish_holidays(2027)
    assert {date(2027, 3, 26), date(2027, 5, 6), date(2027, 6, 25), date(2027, 12, 24), date(2028, 1, 6)} <= days
    assert date(2027, 3, 25) not in days


def test_what_holds_between_municipalities_is_decided_year_by_year():
    policy, other = (payment_policy(EXAMPLE, funding_year=year) for year in (2027, 2028))
    assert policy is not None
    assert other is not None
    assert (policy.between.municipality_code, policy.between.claims, policy.between.payments) == (
        "9999",
        "own_rates",
        "own_rates",
    )
    assert policy.between.claim_rates["1234"]["7"] == 101_250 * 100 * 10**6
    assert (policy.between.payment_rates, other.between.claims) == ({}, "none")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("claims: own_rates", "claims: all", "payments.yml:17: .*claims"),
        ("F: 78000", "F: -1", "per_pupil_sek.F"),
        ("F: 78000", "K: 78000", "per_pupil_sek.K"),
        ('municipality: "1234"', 'municipality: "12345"', "municipality"),
        ("pupils: theirs_here", "pupils: theirs", "pupils"),
        (
            "      agreements:\n",
            '      agreements:\n        - {municipality: "1234", pupils: theirs_here, decided_by: x, per_pupil_sek: {F: 1}}\n',
            "more than once",
        ),
    ],
)
def test_a_wrong_agreement_is_told_with_file_and_line(tmp_path, old, new, words):
    with pytest.raises(PolicyError, match=words):
        payment_policy(spoiled(tmp_path, "payments.yml", old, new), funding_year=2027)
