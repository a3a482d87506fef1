"""Components and guarantees of a policy file: overridden by key, dated, replayed, and refused with file and line."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
import yaml

from models_py.allocation import allocate
from models_py.errors import AllocationError
from orchestration.resources.policies import load_policy
from orchestration.resources.policy_facts import facts_of_year
from orchestration.resources.policy_shape import PolicyValues
from orchestration.resources.policy_text import PolicyDateError, PolicyError, PolicyText
from orchestration.resources.policy_years import Entry, value_in_force

POLICIES = Path(__file__).parents[3] / "policies"
WHO = 'municipality_code: "0180"\nname: Provstad\nintake_mode: school_aggregate\n'


def interval(value, unit, first="2020-01-01", last="2028-12-31", more="status: proposal"):
    return (
        f"          - {{valid_from: {first}, valid_to: {last}, value: {value}, unit: {unit}, mode: hold, {more}, "
        'legal_basis: "skollagen 2 kap. 8 b §"}\n'
    )


def decided(day, by="board", status="decided"):
    return f'decided: {day}, decided_by: "{by}", status: {status}'


def parameter(name, *intervals):
    return f"      {name}:\n        description: For a test.\n        values:\n{''.join(intervals)}"


def named(code, kind, *parameters):
    text = f"  {code}:\n    kind: {kind}\n    description: For a test.\n"
    return text + (f"    parameters:\n{''.join(parameters)}" if parameters else "")


LUMP = named("lump_sum", "lump_sum", parameter("amount_sek", interval(500, "sek_per_unit")))
FLOOR = named(
    "floor", "floor_per_pupil",
    parameter("component", interval("structural_part", "component")),
    parameter("amount_sek", interval(10, "sek_per_pupil")),
)  # fmt: skip


@pytest.fixture
def load(tmp_path):
    def _load(formula="", *, default=None, **files):
        folder = tmp_path / "0180"
        folder.mkdir(exist_ok=True)
        defaults = POLICIES / "default"
        if default is not None:
            defaults = tmp_path / "default"
            defaults.mkdir(exist_ok=True)
            for path in sorted((POLICIES / "default").glob("*.yml")):
                (defaults / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
            (defaults / "formula.yml").write_text(default, encoding="utf-8")
        for name, text in {"municipality": "extends: default\n" + WHO, "formula": formula, **files}.items():
            if text:
                (folder / f"{name}.yml").write_text(text, encoding="utf-8")
        return load_policy(folder, municipality_code="0180", defaults=defaults)

    return _load


def tables(units):
    enrollment = pd.DataFrame(
        [(u, "1", n) for u, n in units.items()], columns=["school_unit_code", "grade", "pupil_count"]
    )
    return {"enrollment": enrollment, "need": pd.DataFrame({"school_unit_code": list(units), "need_index": 100.0})}


def test_components_stand_beside_the_short_form_in_the_order_of_the_file(load):
    at = load(f"components:\n{LUMP}guarantees:\n{FLOOR}").at(2024)
    assert [each.code for each in at.formula().components] == ["base_part", "structural_part", "lump_sum"]
    assert [each.code for each in at.guarantees] == ["floor"]
    assert at.components[0].key == "0180/formula.yml:2: components.lump_sum"
    result = allocate(**tables({"A": 100, "B": 300}), policy=at)
    assert result.totals["lump_sum_ore"].tolist() == [50_000, 50_000]
    assert result.budget_ore == 400 * 120_000 * 100


def test_a_component_named_as_the_short_form_replaces_it_and_kind_none_leaves_it_out(load):
    prices = named("base_part", "prices_by_grade", parameter("prices_sek", interval("{1: 1000}", "sek_per_pupil")))
    without = "  structural_part:\n    kind: none\n    description: No structural part.\n"
    mode = (
        "base:\n  mode:\n    description: x\n    values:\n      - {valid_from: 2020-01-01, valid_to: 2028-12-31, "
        'value: price_list, unit: choice, mode: hold, status: proposal, legal_basis: "x"}\n'
    )
    at = load(f"components:\n{prices}{without}", mode=mode).at(2024)
    assert [(each.code, each.kind) for each in at.formula().components] == [("base_part", "prices_by_grade")]
    assert allocate(**tables({"A": 100}) | {"need": None}, policy=at).budget_ore == 10_000_000


def test_own_parameters_override_the_defaults_by_key_and_another_kind_replaces_the_whole(load):
    default = named(
        "small", "small_school_fixed",
        parameter("amount_sek", interval(500, "sek_per_unit")),
        parameter("size_limit", interval(60, "pupils")),
    )  # fmt: skip
    own = named("small", "small_school_fixed", parameter("amount_sek", interval(700, "sek_per_unit")))
    small = load(f"components:\n{own}", default=f"components:\n{default}").at(2024).components[0]
    assert (small.parameters.amount_sek, small.parameters.size_limit) == (700, 60)
    other = named("small", "lump_sum", parameter("amount_sek", interval(9, "sek_per_unit")))
    replaced = load(f"components:\n{other}", default=f"components:\n{default}").at(2024).components
    assert [(each.kind, each.parameters.amount_sek) for each in replaced] == [("lump_sum", 9)]
    gone = "  small:\n    kind: none\n    description: No support here.\n"
    assert load(f"components:\n{gone}", default=f"components:\n{default}").at(2024).components == ()


def test_a_component_begins_with_its_parameters_and_then_must_have_all_it_needs(load):
    begins = named("lump_sum", "lump_sum", parameter("amount_sek", interval(500, "sek_per_unit", first="2025-01-01")))
    policy = load(f"components:\n{begins}")
    assert policy.at(2024).components == ()
    assert [each.code for each in policy.at(2025).components] == ["lump_sum"]
    lacking = named("heads", "per_head", parameter("amount_sek", interval(500, "sek_per_pupil")))
    with pytest.raises(PolicyDateError, match=r"^0180/formula.yml:2: components.heads: per_head needs measure in 2024"):
        load(f"components:\n{lacking}").at(2024)
    midyear = named("lump_sum", "lump_sum", parameter("amount_sek", interval(5, "sek_per_unit", last="2024-06-30")))
    with pytest.raises(PolicyDateError, match=r"^0180/formula.yml:9: components.lump_sum.amount_sek: changes inside"):
        load(f"components:\n{midyear}").at(2024)


def test_the_hash_knows_kinds_order_and_values_of_a_formula_and_no_words(load):
    other = named("other", "lump_sum", parameter("amount_sek", interval(500, "sek_per_unit")))
    first = load(f"components:\n{LUMP}{other}").sha256_for(2024)
    assert load(f"components:\n{LUMP}{other}".replace("For a test", "In other words")).sha256_for(2024) == first
    assert load(f"components:\n{other}{LUMP}").sha256_for(2024) != first
    assert load(f"components:\n{LUMP}{other}".replace("500", "501")).sha256_for(2024) != first


# As it was known


HISTORY = "structural:\n  share:\n    description: For a test.\n    values:\n" + "".join(
    interval(value, "share", first, last, more)
    for value, first, last, more in (
        ("0.08", "2020-01-01", "2028-12-31", decided("2019-11-25", status="superseded")),
        ("0.80", "2023-01-01", "2028-12-31", decided("2022-11-20", status="corrected")),
        ("0.08", "2020-01-01", "2022-12-31", decided("2022-11-20")),
        ("0.10", "2023-01-01", "2028-12-31", decided("2022-12-05")),
    )
)


@pytest.mark.parametrize(
    ("known_on", "year", "share"),
    [
        ("2021-06-01", 2021, "0.08"),
        ("2021-06-01", 2024, "0.08"),
        ("2022-11-20", 2022, "0.08"),
        ("2022-11-20", 2023, "0.80"),
        ("2022-12-04", 2024, "0.80"),
        ("2022-12-05", 2024, "0.10"),
        (None, 2024, "0.10"),
        (None, 2022, "0.08"),
    ],
)
def test_a_year_is_replayed_as_it_was_known_on_a_day(known_on, year, share):
    text = PolicyText("0180/money.yml", {}, {(): 1})
    content = yaml.safe_load(HISTORY)
    for each in content["structural"]["share"]["values"]:
        each["value"] = Decimal(str(each["value"]))
    entry = Entry(PolicyValues.model_validate(content).structural.share, text, ())
    day = None if known_on is None else date.fromisoformat(known_on)
    assert value_in_force("structural.share", entry, year=year, series={}, known_on=day).value == Decimal(share)
    with pytest.raises(PolicyDateError, match=r"structural\.share: nothing was decided on or before 2019-11-24"):
        value_in_force("structural.share", entry, year=year, series={}, known_on=date(2019, 11, 24))


def test_the_example_municipality_is_replayed_from_its_decisions():
    policy = load_policy(POLICIES / "9999", municipality_code="9999", defaults=POLICIES / "default")
    late = policy.at(2024, known_on=date(2023, 1, 1))
    assert late == policy.at(2024)
    with pytest.raises(
        PolicyDateError,
        match=r"base.budget_per_pupil_sek: no value in force on 2024-01-01; values run from 2019-01-01 to 2021-12-31",
    ):
        policy.at(2024, known_on=date(2020, 1, 1))


# What is refused


WRONG = {
    "an unknown kind": (("kind: lump_sum", "kind: vouchers"), r"^0180/formula.yml:2: components.lump_sum: .*'vouchers'"),
    "an unknown parameter": (("amount_sek:", "amuont_sek:"), r"^0180/formula.yml:6: components.lump_sum.parameters.amuont_sek: unknown key"),
    "a parameter of another kind": (("amount_sek:", "size_limit:"), r"^0180/formula.yml:6: components.lump_sum.parameters.size_limit: unknown key"),
    "another unit": (("unit: sek_per_unit", "unit: sek"), r"^0180/formula.yml:9: .*unit: .*'sek_per_unit'"),
    "a negative amount": (("value: 500", "value: -500"), r"^0180/formula.yml:9: .*value: .*greater than or equal to 0"),
    "no law": ((', legal_basis: "skollagen 2 kap. 8 b §"', ""), r"^0180/formula.yml:9: .*legal_basis: is missing"),
    "decided without a decision": (("status: proposal", "status: decided"), r"^0180/formula.yml:9: .*needs 'decided' and"),
    "a code with capitals": (("lump_sum:", "Lump:"), r"^0180/formula.yml:2: components.Lump"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_component_is_refused_with_file_and_line_for(load, case):
    (before, after), words = WRONG[case]
    assert before in LUMP
    with pytest.raises(PolicyError, match=words):
        load("components:\n" + LUMP.replace(before, after, 1))


def test_two_values_for_one_day_are_refused(load):
    twice = named(
        "lump_sum", "lump_sum", parameter("amount_sek", interval(5, "sek_per_unit"), interval(6, "sek_per_unit"))
    )
    with pytest.raises(PolicyError, match=r"^0180/formula.yml:10: components.lump_sum.amount_sek: overlaps the value"):
        load("components:\n" + twice)


def test_values_that_make_no_sense_together_name_file_and_key(load):
    for formula, words in (
        (named("x", "structural_linear", parameter("decimals", interval(1, "decimals"))), r"formula.yml:2: components.x: claims of structural_linear are no kronor"),
        (named("x", "lump_sum", parameter("phases", interval('{a: ["1"]}', "grades"))), "components.x.amount_sek: takes exactly one"),
    ):  # fmt: skip
        with pytest.raises(
            PolicyError, match=f"^policy of 0180 for 2024: 0180/{words}" if "formula" in words else words
        ):
            load("components:\n" + formula).at(2024)
    with pytest.raises(PolicyError, match=r"0180/formula.yml:2: guarantees.floor: there is no component nowhere"):
        load("guarantees:\n" + FLOOR.replace("structural_part", "nowhere")).at(2024)


def test_a_decided_run_names_every_value_without_a_decision(load):
    with pytest.raises(PolicyError, match=r"components.lump_sum.amount_sek: proposal; a decided run needs") as refused:
        load("components:\n" + LUMP).refuse_undecided(2024)
    assert any(
        re.match(r"default/weights.yml:\d+: base.grade_weights: proposal", each) for each in refused.value.problems
    )
    example = load_policy(POLICIES / "9999", municipality_code="9999", defaults=POLICIES / "default")
    assert example.refuse_undecided(2024) is None


def test_refused_money_names_policy_file_key_and_school(load):
    weights = (
        "base:\n  grade_weights:\n    description: x\n    values:\n      - {valid_from: 2020-01-01, valid_to: 2028-12-31, "
        'value: {2: 1}, unit: weight, mode: hold, status: proposal, legal_basis: "x"}\n'
    )
    with pytest.raises(
        AllocationError, match=r"^0180/weights.yml:5: base.grade_weights has no value .* grade 1: school units 1 \(A\)"
    ):
        allocate(**tables({"A": 100}), policy=load("", weights=weights).at(2024))
    heads = named(
        "heads", "per_head", parameter("measure", interval("arrivals", "measure")), parameter("amount_sek", interval(5, "sek_per_pupil"))
    )  # fmt: skip
    policy = load("components:\n" + heads, weights=weights.replace("{2: 1}", "{1: 1}")).at(2024)
    with pytest.raises(
        AllocationError, match=r"^0180/formula.yml:2: components.heads reads the measure arrivals, which is"
    ):
        allocate(**tables({"A": 100}), policy=policy)


# Facts


FACTS = """\
measures:
  distance_km:
    description: For a test.
    unit: km
    source: invented
    values:
      - valid_from: 2024-01-01
        valid_to: 2025-12-31
        school_units: {"00000001": 8.5, "00000002": 0}
baseline:
  "2025":
    source: invented
    school_units:
      "00000001": {pupil_count: 10, total_sek: 1000, components_sek: {lump_sum: 5}}
"""


def test_facts_of_a_year_are_tables(tmp_path):
    assert facts_of_year(tmp_path, funding_year=2024).measures is None
    (tmp_path / "facts.yml").write_text(FACTS)
    facts = facts_of_year(tmp_path, funding_year=2025)
    assert facts.measures.to_dict("list") == {
        "school_unit_code": ["00000001", "00000002"],
        "distance_km": [Decimal("8.5"), Decimal(0)],
    }
    assert facts.baseline.to_dict("list") == {
        "school_unit_code": ["00000001"], "pupil_count": [10], "total_sek": [Decimal(1000)], "lump_sum_sek": [Decimal(5)],
    }  # fmt: skip
    assert facts_of_year(tmp_path, funding_year=2026).measures is None
    assert facts_of_year(tmp_path, funding_year=2024).baseline is None


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("8.5", "-8.5", "facts.yml:9: measures.distance_km.*greater than or equal to 0"),
        ("8.5", "far", "facts.yml:9: measures.distance_km"),
        ("source: invented\n    values", "values", "facts.yml:2: measures.distance_km.source"),
        ("2025-12-31", "2023-12-31", "facts.yml:7: .*is before valid_from"),
        (
            "2025-12-31",
            "2025-06-30",
            "facts.yml:2: measures.distance_km: needs one value from 1 January to 31 December",
        ),
    ],
)
def test_facts_are_refused_with_file_and_line(tmp_path, before, after, words):
    assert before in FACTS
    (tmp_path / "facts.yml").write_text(FACTS.replace(before, after, 1))
    with pytest.raises(PolicyError, match=words):
        facts_of_year(tmp_path, funding_year=2025)
