"""A policy file gives one value per year, or says with file and line why it cannot."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from orchestration.resources.policies import json_schemas, load_policy
from orchestration.resources.policy_text import PolicyDateError, PolicyError

POLICIES = Path(__file__).parents[3] / "policies"
OWN_SHARE = """\
structural:
  share:
    description: Part of the budget that follows need.
    values:
      - valid_from: 2020-01-01
        valid_to: 2024-12-31
        value: 0.08
        unit: share
        mode: hold
        decided: 2019-11-25
        decided_by: "board, § 1"
        status: decided
        legal_basis: "skollagen 2 kap. 8 b §"
      - valid_from: 2025-01-01
        valid_to: 2028-12-31
        value: 0.15
        unit: share
        mode: hold
        status: proposal
        legal_basis: "skollagen 2 kap. 8 b §"
"""


@pytest.fixture
def load(tmp_path):
    """Write files of municipality 0180 into a folder of its own and load them on top of the shipped default."""

    def _load(*, extends="extends: default", who=None, **files):
        folder = tmp_path / "0180"
        folder.mkdir(exist_ok=True)
        if who is None:
            who = f'{extends}\nmunicipality_code: "0180"\nname: Provstad\nintake_mode: school_aggregate\n'
        for name, text in {"municipality": who, **files}.items():
            (folder / f"{name}.yml").write_text(text, encoding="utf-8")
        return load_policy(folder, municipality_code="0180", defaults=POLICIES / "default")

    return _load


def one_key(section, key, value, unit, first="2018-01-01", last="2030-12-31", mode="mode: hold"):
    """A value file with one proposed value."""
    return f"""\
{section}:
  {key}:
    description: For a test.
    values:
      - valid_from: {first}
        valid_to: {last}
        value: {value}
        unit: {unit}
        {mode}
        status: proposal
        legal_basis: "skollagen 2 kap. 8 b §"
"""


# The shipped policies


def test_the_default_policy_is_the_documented_example_and_only_a_proposal():
    policy = load_policy(POLICIES / "default", municipality_code="1480", defaults=POLICIES / "default")
    assert (policy.is_default, policy.municipality_code, policy.intake_mode) == (True, "1480", "school_aggregate")
    for year in range(2018, 2031):
        at = policy.at(year)
        assert (at.base.mode, at.base.budget_per_pupil_sek) == ("share_of_budget", 120_000)
        assert (at.structural.share, at.structural.function) == (Decimal("0.10"), "linear")
        assert (at.index_minimum_pupils, at.rebase, at.count_lag_years) == (20, "pupils", 0)
        assert policy.status_for(year) == "proposal"
    weights = policy.at(2022).base.grade_weights
    assert [str(weights[grade]) for grade in "F123456789"] == [
        "1.000", "1.000", "1.180", "1.310", "1.260", "1.290", "1.350", "1.420", "1.430", "1.430"]  # fmt: skip
    for entry in policy.parameters.values():
        assert entry.item.description.startswith("Example value"), entry.at()


def test_the_example_municipality_has_decided_every_value_of_every_demo_year():
    policy = load_policy(POLICIES / "9999", municipality_code="9999", defaults=POLICIES / "default")
    for year in range(2019, 2029):
        assert policy.status_for(year) == "decided"
        assert all("invented" in value.interval.decided_by for value in policy.resolve(year))
        assert policy.at(year).structural.share == Decimal("0.12")
    assert policy.at(2027).base.budget_per_pupil_sek == 118_000
    assert policy.at(2028).base.budget_per_pupil_sek == 121_186  # 118 000 × 1.027


def test_editors_get_the_schema_that_the_code_has():
    for name, text in json_schemas().items():
        committed = (POLICIES / name).read_text(encoding="utf-8")
        assert committed == text, f"policies/{name} is old; run `make docs`"
        assert json.loads(text)["additionalProperties"] is False
        assert set(re.findall(r"#/\$defs/(\w+)", text)) == set(json.loads(text).get("$defs", {}))


def test_every_shipped_file_is_yaml_that_others_read_the_same_way():
    for path in sorted(POLICIES.glob("*/*.yml")):
        assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict), path.name


# Years and inheritance


def test_own_keys_override_the_default_by_key(load):
    policy = load(money=OWN_SHARE)
    assert [policy.at(year).structural.share for year in (2024, 2025)] == [Decimal("0.08"), Decimal("0.15")]
    assert policy.at(2024).base.budget_per_pupil_sek == 120_000
    assert (policy.name, policy.is_default, policy.status_for(2024)) == ("Provstad", False, "proposal")
    value = next(value for value in policy.resolve(2024) if value.key == "structural.share")
    assert (value.where, value.unit, value.interval.decided) == ("0180/money.yml:5", "share", date(2019, 11, 25))


def test_a_budget_in_kronor_replaces_the_budget_per_pupil_of_the_default(load):
    at = load(money=one_key("base", "budget_sek", 1_000_000, "sek")).at(2024)
    assert (at.base.budget_sek, at.base.budget_per_pupil_sek) == (1_000_000, None)


def test_a_price_list_uses_prices_and_leaves_the_weights(load):
    policy = load(mode=one_key("base", "mode", "price_list", "choice"), pot=one_key("structural", "pot_sek", 9, "sek"),
                  prices=one_key("base", "grade_prices_sek", "{F: 50000, 1: 61000.50}", "sek_per_pupil"))  # fmt: skip
    at = policy.at(2024)
    assert dict(at.base.grade_prices_sek) == {"F": Decimal(50_000), "1": Decimal("61000.50")}
    assert (at.base.grade_weights, at.structural.pot_sek, at.structural.share) == (None, 9, None)
    assert not {"base.grade_weights", "base.budget_per_pupil_sek"} & {value.key for value in policy.resolve(2024)}


def test_a_year_outside_the_dates_is_a_lookup_error_with_file_and_line(load):
    with pytest.raises(LookupError, match=r"^0180/money.yml:2: structural.share: no value in force on 2019-01-01; "
                                          r"values run from 2020-01-01 to 2028-12-31$"):  # fmt: skip
        load(money=OWN_SHARE).at(2019)


def test_a_value_that_changes_inside_the_year_is_refused(load):
    text = OWN_SHARE.replace("2024-12-31", "2024-06-30").replace("2025-01-01", "2024-07-01")
    with pytest.raises(PolicyDateError, match=r"0180/money.yml:5: structural.share: changes inside funding year 2024, "
                                              "after 2024-06-30"):  # fmt: skip
        load(money=text).at(2024)
    assert load(money=text).at(2025).structural.share == Decimal("0.15")


def test_a_value_that_begins_inside_the_year_is_not_in_force(load):
    with pytest.raises(PolicyDateError, match=r"no value in force on 2020-01-01"):
        load(money=OWN_SHARE.replace("valid_from: 2020-01-01", "valid_from: 2020-02-01")).at(2020)


def test_two_budgets_in_one_year_are_refused(load):
    both = one_key("base", "budget_sek", 1, "sek", last="2024-12-31")
    both += one_key("base", "budget_per_pupil_sek", 2, "sek_per_pupil", first="2024-01-01").removeprefix("base:\n")
    policy = load(money=both)
    assert policy.at(2023).base.budget_sek == 1
    assert policy.at(2025).base.budget_per_pupil_sek == 2
    with pytest.raises(
        PolicyDateError, match=r"0180/money.yml:2: base.budget_sek: stands beside .*_per_pupil_sek in 2024"
    ):
        policy.at(2024)


def test_without_a_default_every_key_must_be_given(load):
    with pytest.raises(PolicyDateError, match=r"policy of 0180: base.mode: is not given"):
        load(extends="", money=OWN_SHARE).at(2024)


def test_superseded_values_are_kept_and_never_in_force(load):
    old = OWN_SHARE.replace(
        "    values:\n",
        """    values:
      - valid_from: 2020-01-01
        valid_to: 2028-12-31
        value: 0.50
        unit: share
        mode: hold
        decided: 2019-10-01
        decided_by: "board, § 0"
        status: superseded
        legal_basis: "skollagen 2 kap. 8 b §"
""",
    )
    assert load(money=old).at(2024).structural.share == Decimal("0.08")
    assert load(money=old).sha256_for(2024) == load(money=OWN_SHARE).sha256_for(2024)


SERIES = (
    "series:\n  prices:\n    description: For a test.\n    source: test\n    values: {2024: 1.0000, 2025: 1.0333}\n"
)
INDEXED = "mode: index\n        index: prices"


def test_an_indexed_value_is_times_the_factor_of_the_year(load):
    policy = load(money=one_key("base", "budget_sek", 1_000_001, "sek", mode=INDEXED), series=SERIES)
    assert [policy.at(year).base.budget_sek for year in (2024, 2025)] == [1_000_001, 1_033_301]  # whole kronor
    with pytest.raises(
        PolicyDateError, match=r"0180/series.yml:5: series.prices: has no factor for 2026; add the year"
    ):
        policy.at(2026)


def test_an_indexed_price_is_rounded_to_the_ore(load):
    prices = one_key("base", "grade_prices_sek", "{F: 50000.55}", "sek_per_pupil", mode=INDEXED)
    policy = load(mode=one_key("base", "mode", "price_list", "choice"), prices=prices, series=SERIES)
    assert policy.at(2025).base.grade_prices_sek["F"] == Decimal("51665.57")  # 51 665.568315


# The hash


def test_the_hash_is_of_the_values_of_that_year_only(load):
    first = load(money=OWN_SHARE)
    other_year = load(money=OWN_SHARE.replace("0.15", "0.16"))
    assert other_year.sha256_for(2024) == first.sha256_for(2024) != first.sha256_for(2025)
    assert other_year.sha256_for(2025) != first.sha256_for(2025)


@pytest.mark.parametrize(
    ("before", "after"), [("0.08", "0.0800"), ("board, § 1", "council, § 2"), ("Part of", "Share of")]
)
def test_layout_and_words_do_not_change_the_hash(load, before, after):
    assert before in OWN_SHARE
    assert load(money=OWN_SHARE).sha256_for(2024) == load(money=OWN_SHARE.replace(before, after)).sha256_for(2024)


def test_waivers_and_roles_do_not_change_the_hash(load, tmp_path):
    before = load(money=OWN_SHARE).sha256_for(2024)
    (tmp_path / "0180" / "waivers").mkdir()
    (tmp_path / "0180" / "waivers" / "2024.yml").write_text("- rule: R-1\n")
    assert load(money=OWN_SHARE, roles="approvers: [anna]\n").sha256_for(2024) == before


# What is refused, with file and line

WRONG = {
    "an unknown key": (
        ("    description: Part", "    explanation: x\n    description: Part"),
        r"^0180/money.yml:3: structural.share.explanation: unknown key",
    ),
    "a misspelt key": (
        ("  share:", "  sahre:"),
        r"^0180/money.yml:2: structural.sahre: unknown key; did you mean share\?",
    ),
    "a misspelt section": (
        ("structural:", "structral:"),
        r"^0180/money.yml:1: structral: unknown key; did you mean structural",
    ),
    "a missing key": (
        ("        mode: hold\n        decided:", "        decided:"),
        r"^0180/money.yml:5: structural.share.values.0.mode: is missing",
    ),
    "a gap": (
        ("valid_to: 2024-12-31", "valid_to: 2024-12-30"),
        r"^0180/money.yml:14: structural.share: leaves a gap after 2024-12-30",
    ),
    "an overlap": (
        ("valid_to: 2024-12-31", "valid_to: 2025-01-01"),
        r"^0180/money.yml:14: structural.share: overlaps the value that holds until 2025-01-01",
    ),
    "days the wrong way round": (
        ("valid_to: 2024-12-31", "valid_to: 2019-12-31"),
        r"^0180/money.yml:5: .*is before valid_from",
    ),
    "a decided value without reference": (
        ('        decided_by: "board, § 1"\n', ""),
        r"^0180/money.yml:5: .*status decided needs 'decided' and 'decided_by'",
    ),
    "another unit": (("unit: share", "unit: percent"), r"^0180/money.yml:8: structural.share.values.0.unit: .*'share'"),
    "a percentage": (("0.08", "8"), r"^0180/money.yml:7: structural.share.values.0.value: .*less than 1"),
    "a negative share": (
        ("0.08", "-0.08"),
        r"^0180/money.yml:7: structural.share.values.0.value: .*greater than or equal to 0",
    ),
    "a share in quotes": (("0.08", '"0.08"'), r"^0180/money.yml:7: structural.share.values.0.value: .*Decimal"),
    "an unknown status": (("status: decided", "status: agreed"), r"^0180/money.yml:12: .*'proposal', 'decided'"),
    "an index of a share": (
        ("mode: hold", "mode: index\n        index: x"),
        r"^0180/money.yml:5: .*share cannot follow a series",
    ),
    "an index without series": (
        ("mode: hold", "mode: index"),
        r"^0180/money.yml:5: .*mode index needs the name of a series",
    ),
    "a key given twice": (
        ("        unit: share", "        value: 0.09\n        unit: share"),
        r"^0180/money.yml:8: value: is given twice; the first is on line 7",
    ),
    "a day that does not exist": (("2024-12-31", "2024-02-31"), r"^0180/money.yml:6: 2024-02-31 is not a day"),
    "broken YAML": (("mode: hold", "mode: [hold"), r"^0180/money.yml:10: is not YAML"),
    "an octal number": (("0.08", "010"), r"^0180/money.yml:7: '010' is neither"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_policy_file_is_refused_for(load, case):
    (before, after), words = WRONG[case]
    assert before in OWN_SHARE
    with pytest.raises(PolicyError, match=words):
        load(money=OWN_SHARE.replace(before, after, 1))


def test_a_parameter_of_history_only_is_refused(load):
    text = one_key("structural", "share", "0.1", "share").replace(
        "status: proposal", 'status: corrected\n        decided: 2019-01-01\n        decided_by: "board"')  # fmt: skip
    with pytest.raises(
        PolicyError, match=r"^0180/money.yml:2: structural.share: has no value that is proposed or decided"
    ):
        load(money=text)


@pytest.mark.parametrize(("section", "key", "value", "unit", "words"), [
    ("base", "budget_sek", -1, "sek", "greater than or equal to 0"),
    ("base", "budget_sek", "1.5", "sek", "valid integer"),
    ("base", "budget_per_pupil_sek", "-0.01", "sek_per_pupil", "greater than or equal to 0"),
    ("structural", "pot_sek", -1, "sek", "greater than or equal to 0"),
    ("base", "grade_weights", "{1: 0}", "weight", "greater than 0"),
    ("base", "grade_weights", "{11: 1}", "weight", "'F', '1', '2'"),
    ("base", "mode", "vouchers", "choice", "'share_of_budget' or 'price_list'"),
    ("index", "minimum_pupils", 0, "pupils", "greater than or equal to 1"),
])  # fmt: skip
def test_a_value_without_meaning_is_refused_on_its_line(load, section, key, value, unit, words):
    with pytest.raises(PolicyError, match=rf"^0180/money.yml:7: {section}.{key}.values.0.value.*{words}"):
        load(money=one_key(section, key, value, unit))


def test_a_key_in_two_files_of_a_folder_is_refused_with_both_places(load):
    with pytest.raises(
        PolicyError, match=r"^0180/money.yml:2: structural.share: is given twice; the first is at 0180/a.yml:2$"
    ):
        load(a=OWN_SHARE, money=OWN_SHARE)


def test_an_unknown_series_is_refused(load):
    money = one_key("base", "budget_sek", 1, "sek", mode="mode: index\n        index: wages")
    with pytest.raises(
        PolicyError, match=r"0180/money.yml:10: base.budget_sek: there is no series wages; known: prices"
    ):
        load(money=money, series=SERIES)


def test_all_problems_of_a_folder_are_told_at_once(load):
    with pytest.raises(PolicyError) as raised:
        load(a=OWN_SHARE.replace("0.08", "8").replace("0.15", "15"), b="structure: {}\n")
    assert [problem.split(": ")[0] for problem in raised.value.problems] == [
        "0180/a.yml:7",
        "0180/a.yml:16",
        "0180/b.yml:1",
    ]


def test_a_file_with_the_other_ending_is_not_passed_over(load, tmp_path):
    load(money=OWN_SHARE)
    (tmp_path / "0180" / "more.yaml").write_text("{}")
    with pytest.raises(PolicyError, match=r"0180/more.yaml:1: is not read; name it more.yml"):
        load(money=OWN_SHARE)


def test_bytes_that_are_not_utf_8_are_refused(load, tmp_path):
    load(money=OWN_SHARE)
    (tmp_path / "0180" / "money.yml").write_bytes("name: Örebro".encode("cp1252"))
    with pytest.raises(PolicyError, match=r"0180/money.yml:1: is not UTF-8 text"):
        load()


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (
            'municipality_code: "1480"\nname: X\nintake_mode: pupil_level\n',
            r"municipality.yml:1: municipality_code: is not 0180",
        ),
        (
            "municipality_code: 0170\nname: X\nintake_mode: pupil_level\n",
            r"municipality.yml:1: '0170' is neither .* quotes",
        ),
        (
            'municipality_code: "0180"\nname: X\nintake_mode: both\n',
            r"municipality.yml:3: intake_mode: .*'pupil_level'",
        ),
        (
            'municipality_code: "0180"\nname: X\nintake_mode: pupil_level\nextends: 9999\n',
            r"municipality.yml:4: extends: .*'default'",
        ),
        ("- a\n", r"municipality.yml:1: must be a mapping"),
    ],
)
def test_whose_policy_it_is_must_be_said_rightly(load, who, words):
    with pytest.raises(PolicyError, match=words):
        load(who=who)


def test_a_folder_that_is_missing_or_nameless_is_refused(tmp_path):
    with pytest.raises(PolicyError, match=r"no policy folder 0180; write one, or run with the default policy"):
        load_policy(tmp_path / "0180", municipality_code="0180", defaults=POLICIES / "default")
    (tmp_path / "0180").mkdir()
    with pytest.raises(PolicyError, match=r"^0180/municipality.yml:1: is missing"):
        load_policy(tmp_path / "0180", municipality_code="0180", defaults=POLICIES / "default")


# The delivered index


def test_a_municipality_that_buys_its_index_says_so_and_which_end_is_needy(load):
    who = 'extends: default\nmunicipality_code: "0180"\nname: Provstad\nintake_mode: delivered_index\n'
    assert load(who=who).intake_mode == "delivered_index"
    assert load(who=who).need_at(2024).delivered_index_direction == "higher_is_needier"
    own = load(who=who, need=one_key("need", "delivered_index_direction", "lower_is_needier", "choice"))
    assert own.need_at(2024).delivered_index_direction == "lower_is_needier"
    assert own.sha256_for(2024) != load_policy(
        POLICIES / "default", municipality_code="0180", defaults=POLICIES / "default"
    ).sha256_for(2024)


def test_a_direction_that_is_neither_is_refused_by_file_and_line(load):
    with pytest.raises(PolicyError, match=r"need.yml:7: .*'higher_is_needier' or 'lower_is_needier'"):
        load(need=one_key("need", "delivered_index_direction", "upwards", "choice"))
