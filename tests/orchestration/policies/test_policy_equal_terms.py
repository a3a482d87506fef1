"""Cost types, overheads and account lines of a policy file: dated, inherited, and refused with file and line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.resources.policies import load_policy
from orchestration.resources.policy_text import PolicyError

POLICIES = Path(__file__).parents[3] / "policies"
PARTS = "{teaching: 0.9, meals: 0.1}"


def section(name, key, value, unit, first="2020-01-01", more="", last="2028-12-31"):
    return (
        f"{name}:\n  {key}:\n    description: For a test.\n    values:\n"
        f"      - {{valid_from: {first}, valid_to: {last}, value: {value}, unit: {unit}, mode: {more or 'hold'}, "
        'status: proposal, legal_basis: "skolförordningen 14 kap. 4 §"}\n'
    )


@pytest.fixture
def load(tmp_path):
    def _load(text, *, extends="extends: default\n", **others):
        folder = tmp_path / "0180"
        folder.mkdir()
        who = 'municipality_code: "0180"\nname: Provstad\nintake_mode: school_aggregate\n'
        (folder / "municipality.yml").write_text(extends + who, encoding="utf-8")
        for name, content in {"terms": text, **others}.items():
            (folder / f"{name}.yml").write_text(content, encoding="utf-8")
        return load_policy(folder, municipality_code="0180", defaults=POLICIES / "default")

    return _load


def test_a_policy_inherits_cost_types_and_overheads_and_overrides_one_of_them(load):
    policy = load(section("overheads", "method", "additive", "choice")).at(2027)
    assert policy.overheads.method == "additive"
    assert policy.overheads.vat_share == Decimal("0.06")
    assert sum(policy.cost_types["base_part"].values()) == 1


def test_kronor_per_pupil_follow_a_series(load):
    series = "series:\n  prices:\n    description: p\n    source: s\n    values: {2027: 1, 2028: 1.025}\n"
    text = section("cost_types_sek", "base_part", "{meals: 7200}", "sek_per_pupil", more="index, index: prices")
    policy = load(text.replace("2020-01-01", "2027-01-01") + series)
    assert policy.at(2028).cost_types_sek == {"base_part": {"meals": Decimal("7380.00")}}
    assert policy.sha256_for(2028) != policy.sha256_for(2027), "what is decided is hashed"


def test_stated_accounts_are_for_the_years_that_they_name(load):
    lines = section("accounts", "lines", '{teaching: "440 undervisning"}', "account")
    stated = section("accounts", "stated_sek", '{"440 undervisning": 5}', "sek", "2027-01-01", last="2027-12-31")
    policy = load(lines + stated.removeprefix("accounts:\n"))
    assert policy.at(2027).accounts.stated_sek == {"440 undervisning": 5}
    assert policy.at(2026).accounts.stated_sek == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (section("cost_types", "base_part", "{teaching: 0.9}", "part"), r"0180/terms\.yml:5: cost_types\.base_part: parts must be from 0 up and add up to 1"),
        (section("cost_types", "base_part", "{tutoring: 1}", "part"), r"0180/terms\.yml:5: cost_types\.base_part"),
        (section("cost_types_sek", "base_part", "{vat: 1}", "sek_per_pupil"), r"0180/terms\.yml:5: cost_types_sek\.base_part"),
        (section("cost_types_sek", "base_part", "{meals: 1}", "part"), r"0180/terms\.yml:5: cost_types_sek\.base_part"),
        (section("overheads", "method", "half", "choice"), r"0180/terms\.yml:5: overheads\.method"),
        (section("overheads", "vat_share", "0.98", "share"), r"overheads: shares must be from 0 up and together below 1"),
        (section("accounts", "stated_sek", '{"440": 5}', "sek"), r"0180/terms\.yml:5: accounts\.stated_sek: stands alone"),
        (section("accounts", "lines", '{teaching: "440"}', "account") + section("accounts", "stated_sek", '{"441": 5}', "sek").removeprefix("accounts:\n"),
         r"0180/terms\.yml:9: accounts\.stated_sek: 1 \(441\) are no lines of accounts\.lines"),
    ],
    ids=["parts", "unknown type", "overheads in kronor", "unit", "reading", "shares", "stated alone", "foreign line"],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_file_and_line(load, text, told):
    with pytest.raises(PolicyError, match=told):
        load(text).at(2027)


def test_overheads_by_halves_are_refused(load):
    alone = section("overheads", "method", "additive", "choice")
    others = {name: (POLICIES / "default" / f"{name}.yml").read_text("utf-8") for name in ("model", "weights")}
    with pytest.raises(PolicyError, match=r"overheads\.method: stands alone; overheads need administration_share, vat"):
        load(alone, extends="", **others).at(2027)


def test_what_is_added_afterwards_must_cover_the_year(load):
    with pytest.raises(PolicyError, match=r"0180/terms\.yml:5: cost_types\.base_part"):
        load(section("cost_types", "base_part", PARTS, "part", last="2027-06-30")).at(2027)
