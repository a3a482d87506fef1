"""Each kind of component gives the lines that its words promise; every line holds to the last decimal."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest

from models_py.allocation import AllocationPolicy, Budget, Component, Sharing, allocate
from models_py.allocation.components import COMPONENT_KINDS
from models_py.errors import AllocationError

PRICES = Budget("price_list")


def paid(*components, pupils, need=None, budget=PRICES, guarantees=(), **facts):
    """Allocation of units {code: {grade: pupils}}; ``need``: {code: index}, ``measures``: {name: {code: value}}."""
    enrollment = pd.DataFrame(
        [(unit, grade, n) for unit, grades in pupils.items() for grade, n in grades.items()],
        columns=["school_unit_code", "grade", "pupil_count"],
    )
    if need is not None:
        need = pd.DataFrame({"school_unit_code": list(need), "need_index": list(need.values())})
    if measures := facts.pop("measures", None):
        facts["measures"] = pd.DataFrame(
            {"school_unit_code": list(pupils)} | {name: [of.get(u) for u in pupils] for name, of in measures.items()},
            dtype=object,
        )
    policy = AllocationPolicy(budget=budget, rebase="none", components=components, guarantees=guarantees)
    result = allocate(enrollment=enrollment, need=need, policy=policy, **facts)
    for row in result.lines.to_dict("records"):
        made = Fraction(row["count"]) * Fraction(row["rate_ore"]) + Fraction(row["rounding_ore"])
        assert made == row["amount_ore"], row
    by_component = result.lines.groupby(["school_unit_code", "component_code"])["amount_ore"].sum()
    assert (by_component % 100 == 0).all()
    assert result.lines["amount_ore"].sum() == result.budget_ore == result.totals["amount_ore"].sum()
    return result


def component(code, kind, sharing=None, **parameters):
    return Component(code, kind, COMPONENT_KINDS[kind].parameters(**parameters), Sharing(**(sharing or {})))


def sek(result, code):
    """{unit: kronor} of one component."""
    own = result.lines[result.lines["component_code"] == code]
    return {unit: ore / 100 for unit, ore in own.groupby("school_unit_code")["amount_ore"].sum().items()}


def only_line(result, code):
    return result.lines[result.lines["component_code"] == code].iloc[0]


# Rates and units


def test_prices_by_stage_are_a_line_per_stage():
    prices = component(
        "base_part", "prices_by_stage",
        prices_sek={"low": Decimal("1000.50"), "high": Decimal(2000)}, stages={"low": ("1", "2"), "high": ("9",)},
    )  # fmt: skip
    result = paid(prices, pupils={"A": {"1": 1, "2": 3, "9": 2}})
    assert sek(result, "base_part") == {"A": 8002}
    assert list(result.lines["line_code"]) == ["stage_high", "stage_low"]
    with pytest.raises(
        AllocationError, match=r"components.base_part.stages has no value .* grade 3: school units 1 \(A\)"
    ):
        paid(prices, pupils={"A": {"3": 1}})


def test_a_rate_is_rounded_to_whole_ore_before_it_meets_the_units_or_not_at_all():
    amounts = {}
    for rounding in ("rate", "line"):
        entitlement = component(
            "basic",
            "prices_by_grade",
            {"rounding": rounding, "area_factor": "area"},
            prices_sek={"1": Decimal("1005.55")},
        )
        result = paid(entitlement, pupils={"A": {"1": 123}}, measures={"area": {"A": Decimal("1.0456")}})
        row = only_line(result, "basic")
        amounts[rounding] = round(Fraction(row["count"]) * Fraction(row["rate_ore"]))
    assert amounts == {"rate": 12_932_220, "line": 12_932_258}


def test_a_lump_sum_follows_the_year_groups_offered_and_not_the_pupils():
    lump = component(
        "lump", "lump_sum",
        phase_amounts_sek={"primary": Decimal(100_000), "secondary": Decimal(160_000)},
        phases={"primary": ("F", "1", "2", "3", "4", "5", "6"), "secondary": ("7", "8", "9")},
    )  # fmt: skip
    two_and_three = {"5": 1, "6": 80, "7": 3, "8": 3, "9": 3}
    assert sek(paid(lump, pupils={"A": two_and_three}), "lump") == {"A": 136_000}
    offered = {"A": frozenset({"6", "7"})}
    assert sek(paid(lump, pupils={"A": two_and_three}, offered=offered), "lump") == {"A": 130_000}
    plain = only_line(paid(component("lump", "lump_sum", amount_sek=Decimal(700)), pupils={"A": {"6": 2}}), "lump")
    assert (plain["line_code"], plain["count_unit"], plain["amount_ore"]) == ("lump_sum", "units", 70_000)
    bad = component("lump", "lump_sum", phase_amounts_sek={"p": Decimal(1)}, phases={"p": ("1",)})
    with pytest.raises(AllocationError, match="phases: no phase holds grade F of school unit A"):
        paid(bad, pupils={"A": {"F": 2}})


@pytest.mark.parametrize(
    ("size", "distance", "amount"),
    [(150, "1.8", 29_907), (150, "1.6", None), (107, "2.0", 100_000), (107, "1.8", 50_000), (214, "3", None)],
)
def test_sparsity_is_a_product_of_tapers_behind_a_gate(size, distance, amount):
    """A 15, B 21.4, C 2.0, D 1.8, maximum 100 000: 0.598131 × 0.5 = 29 906.54."""
    support = component(
        "sparsity", "small_school_sparsity", maximum_sek=Decimal(100_000), year_group_threshold=Decimal("21.4"),
        distance_measure="distance_miles", distance_threshold=Decimal("2.0"), distance_gate=Decimal("0.8"),
    )  # fmt: skip
    grades = {g: size // 10 + (i < size % 10) for i, g in enumerate("F123456789")}
    result = paid(support, pupils={"A": grades}, measures={"distance_miles": {"A": Decimal(distance)}})
    assert sek(result, "sparsity") == ({} if amount is None else {"A": amount})


# Need


def test_steps_brackets_points_and_costs_pay_what_they_say():
    pupils, need = {"A": {"1": 10}, "B": {"1": 20}}, {"A": 120.0, "B": 80.0}
    steps = component("steps", "structural_steps", steps={"0": Decimal(0), "100": Decimal(1500)})
    points = component("points", "structural_price_per_point", sek_per_point=Decimal("31"), from_index=Decimal(70))
    costs = component("costs", "structural_cost_based", measure="expected", sek_per_expected_pupil=Decimal(90_000))
    brackets = component(
        "brackets", "structural_brackets", measure="target", at_zero=Decimal(100),
        brackets={"0": Decimal(20), "0.55": Decimal(85)},
    )  # fmt: skip
    measures = {
        "expected": {"A": Decimal("0.2"), "B": Decimal("0.05")},
        "target": {"A": Decimal("0.7"), "B": Decimal("0.5")},
    }
    result = paid(steps, points, costs, brackets, pupils=pupils, need=need, measures=measures)
    assert sek(result, "steps") == {"A": 15_000, "B": 0}
    steps_lines = result.lines[result.lines["component_code"] == "steps"]
    assert list(steps_lines["line_code"]) == ["step_100", "step_0"], "one line has one rate for all units"
    assert sek(result, "points") == {"A": 10 * 50 * 31, "B": 20 * 10 * 31}
    assert sek(result, "costs") == {"A": 180_000, "B": 90_000}
    assert sek(result, "brackets") == {"A": 1238, "B": 2200}, "100 (1 + .2u + .65 max(0, u - .55)): 123.75 and 110"
    assert only_line(result, "points")["count"] == Decimal(500)
    assert only_line(result, "points")["count_unit"] == "index_points"


@pytest.mark.parametrize(
    ("kind", "parameters", "expected"),
    [
        ("structural_linear", {}, {"A": 4_755_733, "B": 4_972_582, "C": 12_457_627, "D": 942_174, "E": 2_056_331, "F": 4_815_553}),
        ("structural_threshold", {"threshold_index": Decimal(80)}, {"A": 0, "B": 2_466_719, "C": 20_720_438, "D": 328_896, "E": 0, "F": 6_483_947}),
        ("structural_power", {"exponent": Decimal("1.5")}, {"A": 3_360_098, "B": 4_420_818, "C": 14_815_580, "D": 815_288, "E": 1_391_020, "F": 5_197_196}),
    ],
)  # fmt: skip
def test_the_three_functions_of_the_worked_example_to_the_krona(kind, parameters, expected):
    sizes = {"A": 530, "B": 350, "C": 490, "D": 70, "E": 250, "F": 230}
    index = {"A": 60, "B": 95, "C": 170, "D": 90, "E": 55, "F": 140}
    pot = component("structural_part", kind, {"pot_sek": 30_000_000}, **parameters)
    result = paid(pot, pupils={unit: {"1": n} for unit, n in sizes.items()}, need=index)
    assert sek(result, "structural_part") == expected
    assert result.pot_ore == 3_000_000_000


def test_only_pupils_at_highest_risk_count_where_the_threshold_is_on_pupils():
    cells = pd.DataFrame(
        [("A", 0.5, 30), ("A", 0.1, 70), ("B", 0.5, 10), ("B", 0.1, 90)],
        columns=["school_unit_code", "need_share", "pupil_count"],
    )
    score = component(
        "score", "structural_pupil_threshold", {"pot_sek": 100_000},
        target_share=Decimal("0.15"), deduction_per_pupil=Decimal("0.02"),
    )  # fmt: skip
    pupils = {"A": {"1": 100}, "B": {"1": 100}}
    result = paid(score, pupils=pupils, risk_cells=cells)
    # mean .18; A: 30 × .32 - 100 × .02 = 7.6; B: 10 × .32 - 2 = 1.2
    assert sek(result, "score") == {"A": 86_364, "B": 13_636}
    with pytest.raises(AllocationError, match=r"components\.score reads pupils by predicted share"):
        paid(score, pupils=pupils)


def test_posts_are_counted_in_posts_and_the_index_is_bounded_and_rounded_first():
    """300 pupils, index 118.0, correction 1.039, base 22.97: 16.01245 posts; bounded to 100: 13.56987."""
    asked = {"pupils_per_post": Decimal("22.97"), "correction": Decimal("1.039"), "sek_per_post": Decimal(1000)}
    for more, index, expected in (
        ({}, 118.0, "16.01245"),
        ({"decimals": 1}, 118.04, "16.01245"),
        ({"highest": Decimal(120)}, 130.0, None),
        ({"lowest": Decimal(100)}, 90.0, "13.56987"),
    ):
        result = paid(component("posts", "posts", **asked, **more), pupils={"A": {"1": 300}}, need={"A": index})
        count = only_line(result, "posts")["count"]
        assert count == (Decimal(expected) if expected else Decimal("16.28385")), more


# Heads, small schools, deductions, beside


def test_heads_are_steps_by_year_and_means_of_two_counts():
    arrivals = component(
        "newly_arrived", "per_head", measure="newly_arrived",
        step_amounts_sek={"year_1": Decimal(60_000), "year_2": Decimal(30_000)},
        counts={"spring": Decimal("0.5"), "autumn": Decimal("0.5")},
    )  # fmt: skip
    heads = {
        "newly_arrived_year_1_spring": {"A": 3, "B": 0},
        "newly_arrived_year_1_autumn": {"A": 4, "B": 0},
        "newly_arrived_year_2_spring": {"A": 1, "B": 0},
        "newly_arrived_year_2_autumn": {"A": 1, "B": 2},
    }
    pupils = {"A": {"1": 50}, "B": {"1": 50}}
    result = paid(arrivals, pupils=pupils, measures=heads)
    assert sek(result, "newly_arrived") == {"A": 3.5 * 60_000 + 30_000, "B": 30_000}
    lines = result.lines.set_index(["school_unit_code", "line_code"])
    assert lines.loc[("A", "year_1"), "count"] == Decimal("3.5")
    assert ("B", "year_1") not in lines.index
    with pytest.raises(
        AllocationError, match="newly_arrived reads the measure newly_arrived_year_1_spring, which is not"
    ):
        paid(arrivals, pupils=pupils)
    heads["newly_arrived_year_2_spring"].pop("B")
    with pytest.raises(
        AllocationError, match=r"newly_arrived_year_2_spring, which has no value for school units 1 \(B\)"
    ):
        paid(arrivals, pupils=pupils, measures=heads)


SMALL = {
    "small_school_log": {"rate_sek": Decimal(10_000), "size_limit": 100},
    "small_school_linear": {"maximum_sek": Decimal(600_000), "full_size": 40, "size_limit": 100},
    "small_school_fixed": {"amount_sek": Decimal(250_000), "size_limit": 100},
    "small_school_model": {
        "stages": {"low": ("1", "2"), "high": ("3",)}, "group_size": 22,
        "sek_per_group": Decimal(900_000), "brought_per_pupil_sek": Decimal(45_000),
    },
}  # fmt: skip
AMOUNTS = {
    "small_school_log": 346_574,  # 10 000 × 50 × ln 2
    "small_school_linear": 500_000,
    "small_school_fixed": 250_000,
    "small_school_model": 4 * 900_000 - 50 * 45_000,  # 45 pupils are three groups, 5 are one
}


@pytest.mark.parametrize("kind", SMALL)
def test_small_schools_are_supported_where_the_test_of_necessity_is_met(kind):
    support = component("small", kind, necessity_measure="km", necessity_at_least=Decimal(8), **SMALL[kind])
    small, large = {"1": 20, "2": 25, "3": 5}, {"1": 100, "2": 100, "3": 100}
    result = paid(support, pupils={"A": small, "B": small, "C": large}, measures={"km": {"A": 8, "B": 7, "C": 9}})
    assert sek(result, "small") == {"A": AMOUNTS[kind]}


def test_deductions_come_before_the_distribution_and_are_paid_to_nobody():
    common = component("common", "central_deduction", amount_sek=50_000)
    reserve = component("reserve", "central_deduction", budget_share=Decimal("0.10"))
    need_pot = component("structural_part", "structural_linear", {"share": Decimal("0.20")})
    base = component(
        "base_part", "weights_by_stage", {"money": "rest"}, weights={"all": Decimal(1)}, stages={"all": ("1",)}
    )
    result = paid(
        common, reserve, need_pot, base,
        pupils={"A": {"1": 10}, "B": {"1": 30}}, need={"A": 160.0, "B": 80.0}, budget=Budget("share_of_budget", 1_000_000),
    )  # fmt: skip
    assert result.deducted_ore == {"common": 5_000_000, "reserve": 10_000_000}
    assert result.budget_ore == 85_000_000
    assert sek(result, "structural_part") == {"A": 68_000, "B": 102_000}
    assert sek(result, "base_part") == {"A": 170_000, "B": 510_000}


def test_individual_supplements_and_state_grants_stand_beside_and_in_no_sum():
    base = component("base_part", "prices_by_grade", prices_sek={"1": Decimal(50_000)})
    ledger = component("individual_supplements", "individual_supplements", ledger="individual_decisions")
    grant = component("state_grant", "state_grant", measure="state_grant_sek")
    supplements = pd.DataFrame({"school_unit_code": ["A", "A"], "reference": ["2", "1"], "amount_sek": [7000, 300_000]})
    result = paid(
        base, ledger, grant, pupils={"A": {"1": 10}, "B": {"1": 1}}, supplements=supplements,
        measures={"state_grant_sek": {"A": 12_345, "B": 0}},
    )  # fmt: skip
    assert result.budget_ore == 55_000_000
    beside = result.outside.set_index(["component_code", "line_code"])["amount_ore"]
    assert dict(beside) == {
        ("individual_supplements", "1"): 30_000_000,
        ("individual_supplements", "2"): 700_000,
        ("state_grant", "state_grant"): 1_234_500,
    }


def test_groups_share_a_budget_by_weight_or_are_paid_by_price_the_national_one_where_nothing_is_offered():
    weighed = component(
        "base_part", "weights_by_group", {"money": "rest"}, weights={"full": Decimal(2), "part": Decimal(1)}
    )
    result = paid(
        weighed, pupils={"A": {"full": 2, "part": 1}, "B": {"part": 5}}, budget=Budget("share_of_budget", 100_000)
    )
    assert sek(result, "base_part") == {"A": 50_000, "B": 50_000}
    priced = component(
        "base_part", "prices_by_group", prices_sek={"na": Decimal(100)}, national_prices_sek={"nb": Decimal("171.5")}
    )
    result = paid(priced, pupils={"A": {"na": 3, "nb": 2}})
    assert sek(result, "base_part") == {"A": 643}
    with pytest.raises(AllocationError, match=r"a group that people are in: bf: units 1 \(A\)"):
        paid(priced, pupils={"A": {"bf": 3}})
    with pytest.raises(AllocationError, match=r"a group that people are in: none: units 2 \(A, B\)"):
        paid(priced, pupils={"A": {"": 3}, "B": {"": 1}})


# Refusals


def test_every_kind_is_tried_above():
    tried = set(SMALL) | {
        "prices_by_grade", "prices_by_stage", "prices_by_group", "weights_by_group",
        "weights_by_grade", "weights_by_stage", "lump_sum", "per_head", "structural_linear", "structural_threshold",
        "structural_power", "structural_steps", "structural_brackets", "structural_price_per_point",
        "structural_cost_based", "structural_pupil_threshold", "posts", "small_school_sparsity",
        "central_deduction", "individual_supplements", "state_grant",
    }  # fmt: skip
    assert tried == set(COMPONENT_KINDS)


def test_who_runs_a_school_unit_is_not_a_measure():
    base = component("base_part", "prices_by_grade", prices_sek={"1": Decimal(1)})
    with pytest.raises(AllocationError, match="is_organised_by: who runs a school unit is not a measure"):
        paid(base, pupils={"A": {"1": 1}}, measures={"is_organised_by": {"A": 1}})


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: component("x", "vouchers_by_grade"), "vouchers_by_grade"),
        (lambda: component("x", "lump_sum"), "components.x.amount_sek: takes exactly one"),
        (lambda: component("x", "lump_sum", amount_sek=Decimal(-1)), r"components.x.amount_sek: is negative \(-1\)"),
        (lambda: component("x", "lump_sum", amount_sek=0.5), "components.x.amount_sek: 0.5 is not exact"),
        (lambda: component("x", "weights_by_grade", weights={"1": Decimal(0)}), "values above zero; wrong for 1"),
        (lambda: component("x", "structural_linear"), "claims of structural_linear are no kronor"),
        (lambda: component("x", "structural_linear", {"pot_sek": -1}), r"pot_sek: is negative \(-1\)"),
        (lambda: component("x", "lump_sum", {"pot_sek": 1, "money": "rest"}, amount_sek=Decimal(1)), "one of pot_sek"),
        (lambda: component("x", "lump_sum", {"pot_sek": 1, "rounding": "rate"}, amount_sek=Decimal(1)), "rate of a pot"),
        (lambda: component("x", "lump_sum", {"rule": "equal_awards"}, amount_sek=Decimal(1)), "rule says how a pot"),
        (lambda: component("x", "central_deduction", {"pot_sek": 1}, amount_sek=1), "has no pot"),
        (lambda: component("x", "per_head", measure="m", amount_sek=Decimal(1), counts={"a": Decimal("0.6")}), "add up to 1"),
        (lambda: component("x", "small_school_fixed", amount_sek=Decimal(1), size_limit=5, necessity_measure="km"), "stands together"),
        (lambda: component("x", "weights_by_stage", weights={"a": Decimal(1)}, stages={"a": ("11",)}), "unknown grades 11"),
    ],
)  # fmt: skip
def test_a_component_that_contradicts_itself_is_refused(build, words):
    with pytest.raises((AllocationError, KeyError), match=words):
        build()


def test_components_that_do_not_add_up_to_the_budget_are_refused():
    fixed = component("fixed", "lump_sum", amount_sek=Decimal(400))
    rest = component("rest", "weights_by_grade", {"money": "rest"}, weights={"1": Decimal(1)})
    pupils = {"A": {"1": 3}, "B": {"1": 3}}
    with pytest.raises(
        AllocationError, match=r"components cost 200 kr less than the 1000 kr distributed \(fixed 800\)"
    ):
        paid(fixed, pupils=pupils, budget=Budget("share_of_budget", 1000))
    with pytest.raises(AllocationError, match="larger than the budget"):
        paid(fixed, rest, pupils=pupils, budget=Budget("share_of_budget", 700))
    with pytest.raises(AllocationError, match="a price list leaves no rest"):
        paid(rest, pupils=pupils)
    with pytest.raises(AllocationError, match="component codes must be unique; given twice: fixed"):
        paid(fixed, fixed, pupils=pupils)
    assert sek(paid(fixed, rest, pupils=pupils, budget=Budget("share_of_budget", 1001)), "rest") == {"A": 101, "B": 100}


def test_a_price_list_with_two_shares_gives_each_its_share_of_the_whole():
    base = component("base_part", "prices_by_grade", prices_sek={"1": Decimal(700)})
    pots = [component(c, "weights_by_grade", {"share": Decimal(s)}, weights={"1": Decimal(1)}) for c, s in (("p", "0.1"), ("q", "0.2"))]  # fmt: skip
    result = paid(base, *pots, pupils={"A": {"1": 10}})
    assert (sek(result, "p"), sek(result, "q"), result.budget_ore) == ({"A": 1000}, {"A": 2000}, 1_000_000)
