"""Money obeys identities; what cannot be paid on is refused by name."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models_py.allocation as allocation_package
from models_py.allocation import (
    GRADES,
    Allocation,
    AllocationPolicy,
    BasePolicy,
    StructuralPolicy,
    allocate,
    explain,
    measure,
)
from models_py.errors import AllocationError

FLAT = dict.fromkeys(GRADES, Decimal(1))


def tables(units):
    """Enrollment and need from {unit: ({grade: pupils}, index or None)}."""
    enrollment = pd.DataFrame(
        [(unit, grade, n) for unit, (grades, _) in units.items() for grade, n in grades.items()],
        columns=["school_unit_code", "grade", "pupil_count"],
    )
    need = pd.DataFrame(
        [(unit, index) for unit, (_, index) in units.items() if index is not None],
        columns=["school_unit_code", "need_index"],
    )
    return {"enrollment": enrollment, "need": need}


def budget_policy(budget_sek=1_000_000, share="0.10", rebase="none", weights=FLAT, **more):
    base = BasePolicy(mode="share_of_budget", budget_sek=budget_sek, grade_weights=weights)
    return AllocationPolicy(base=base, structural=StructuralPolicy(share=Decimal(share)), rebase=rebase, **more)


def price_policy(prices, **structural):
    base = BasePolicy(mode="price_list", grade_prices_sek=prices)
    return AllocationPolicy(base=base, structural=StructuralPolicy(**structural), rebase="none")


codes = st.text("0123456789", min_size=8, max_size=8)
grade_counts = st.dictionaries(st.sampled_from(GRADES), st.integers(0, 150), min_size=1)
indices = st.one_of(st.floats(1, 400), st.integers(1, 400).map(float))
some_units = st.dictionaries(codes, st.tuples(grade_counts, indices), min_size=1, max_size=12).filter(
    lambda units: any(n for grades, _ in units.values() for n in grades.values())
)
weights = st.fixed_dictionaries({g: st.decimals("0.2", "3", places=3) for g in GRADES})
policies = st.builds(
    budget_policy,
    budget_sek=st.integers(0, 2 * 10**11),
    weights=weights,
    share=st.decimals("0", "0.999", places=3).map(str),
)
price_policies = st.one_of(
    st.builds(
        price_policy,
        st.fixed_dictionaries({g: st.decimals("1", "200000", places=2) for g in GRADES}),
        share=st.decimals("0", "0.6", places=3),
    ),
    st.builds(
        price_policy,
        st.fixed_dictionaries({g: st.integers(1, 200_000).map(Decimal) for g in GRADES}),
        pot_sek=st.integers(0, 10**8),
    ),
)


def slow_allocation(units, policy):
    """Independent: kronor per component and unit with fractions, one krona at a time."""
    units = {
        unit: ({g: n for g, n in grades.items() if n}, index)
        for unit, (grades, index) in units.items()
        if any(grades.values())
    }
    values = policy.base.grade_weights or policy.base.grade_prices_sek
    claims = {"base_part": {}, "structural_part": {}}
    for unit, (grades, index) in units.items():
        claims["base_part"][unit] = sum(Fraction(str(values[g])) * n for g, n in grades.items())
        count = Fraction(index) * sum(grades.values()) / 100
        claims["structural_part"][unit] = Fraction(round(count * 10**6), 10**6)
    share, pot = policy.structural.share, policy.structural.pot_sek
    if policy.base.mode == "price_list":
        base = round(sum(claims["base_part"].values()))
        pot = pot if share is None else round(base * Fraction(share) / (1 - Fraction(share)))
    else:
        pot = round(policy.base.budget_sek * Fraction(share))
        base = policy.base.budget_sek - pot
    result = {}
    for component, total in (("base_part", base), ("structural_part", pot)):
        exact = {unit: claim * total / sum(claims[component].values()) for unit, claim in claims[component].items()}
        kronor = {unit: int(value) for unit, value in exact.items()}
        while sum(kronor.values()) < total:
            kronor[min(exact, key=lambda unit: (kronor[unit] - exact[unit], unit))] += 1
        result[component] = kronor
        assert all(abs(kronor[unit] - exact[unit]) < 1 for unit in exact)
    return result


@settings(max_examples=120, deadline=None)
@given(units=some_units, policy=st.one_of(policies, price_policies))
def test_an_independent_slow_computation_agrees_to_the_ore(units, policy):
    allocation = allocate(**tables(units), policy=policy)
    slow = slow_allocation(units, policy)
    totals = allocation.totals.set_index("school_unit_code")
    for component, kronor in slow.items():
        assert dict(totals[f"{component}_ore"]) == {unit: 100 * sek for unit, sek in kronor.items()}
    assert allocation.budget_ore == 100 * sum(sum(kronor.values()) for kronor in slow.values())
    assert allocation.pot_ore == 100 * sum(slow["structural_part"].values())


@settings(max_examples=120, deadline=None)
@given(units=some_units, policy=st.one_of(policies, price_policies))
def test_every_line_is_count_times_rate_plus_rounding_and_lines_add_up(units, policy):
    allocation = allocate(**tables(units), policy=policy)
    lines = allocation.lines
    for row in lines.to_dict("records"):
        assert Fraction(row["count"]) * Fraction(row["rate_ore"]) + Fraction(row["rounding_ore"]) == row["amount_ore"]
        assert row["count"].as_tuple().exponent == row["rate_ore"].as_tuple().exponent == -6
        assert row["rounding_ore"].as_tuple().exponent == -12
        # Under a krona from rounding the component, under an öre from splitting it, and the rate's own six decimals.
        assert abs(row["rounding_ore"]) < 101 + row["count"] * Decimal("0.000001")
    per_component = lines.groupby(["school_unit_code", "component_code"])["amount_ore"].sum()
    assert (per_component % 100 == 0).all(), "components are whole kronor"
    assert lines["amount_ore"].sum() == allocation.totals["amount_ore"].sum() == allocation.budget_ore
    assert (lines["amount_ore"] >= 0).all()
    assert lines.groupby(["component_code", "line_code"])["rate_ore"].nunique().eq(1).all(), "one rate for all units"


@settings(max_examples=60, deadline=None)
@given(units=some_units, policy=policies, order=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(units, policy, order):
    given_tables = tables(units)
    shuffled = {name: t.iloc[order.sample(range(len(t)), len(t))] for name, t in given_tables.items()}
    one, other = allocate(**given_tables, policy=policy), allocate(**shuffled, policy=policy)
    for name in ("lines", "totals", "unpaid"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


@settings(max_examples=60, deadline=None)
@given(units=some_units, policy=policies, data=st.data())
def test_labels_of_organisers_change_nothing(units, policy, data):
    plain = tables(units)
    labels = st.sampled_from(["municipal", "independent"])
    labelled = {name: t.assign(organiser_type=[data.draw(labels) for _ in range(len(t))]) for name, t in plain.items()}
    pd.testing.assert_frame_equal(allocate(**plain, policy=policy).lines, allocate(**labelled, policy=policy).lines)


AFTER = {f"models_py.allocation.{name}" for name in ("organiser_terms", "organisers", "reconciliation")}
BEFORE_ORGANISERS = sorted(
    {each.name for each in pkgutil.walk_packages(allocation_package.__path__, "models_py.allocation.")}
    - {*AFTER, "models_py.allocation.policy"}
)
"""Every module of the allocation but those that add to decided amounts, and the policy that holds their setting."""


@pytest.mark.parametrize("name", BEFORE_ORGANISERS)
def test_no_code_reads_who_organises_a_unit(name: str):
    module = importlib.import_module(name)
    tree = ast.parse(inspect.getsource(module))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    names = [
        getattr(node, field)
        for node in ast.walk(tree)
        if id(node) not in docstrings
        for field in ("id", "attr", "arg", "value")
        if isinstance(getattr(node, field, None), str)
    ]
    assert names
    assert not [word for word in names if "organiser" in word]
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & AFTER


@settings(max_examples=60, deadline=None)
@given(units=some_units, policy=policies)
def test_explanations_of_all_units_sum_to_the_budget(units, policy):
    allocation = allocate(**tables(units), policy=policy)
    paid = list(allocation.totals["school_unit_code"])
    assert sum(explain(allocation.lines, school_unit_code=unit).amount_ore for unit in paid) == allocation.budget_ore


@settings(max_examples=60, deadline=None)
@given(units=some_units, policy=policies, more=st.integers(1, 10**6))
def test_a_larger_budget_takes_at_most_the_rounding_krona_from_anyone(units, policy, more):
    larger = budget_policy(
        policy.base.budget_sek + more, str(policy.structural.share), weights=policy.base.grade_weights
    )
    before = allocate(**tables(units), policy=policy).totals["amount_ore"]
    after = allocate(**tables(units), policy=larger).totals["amount_ore"]
    assert (after - before >= -2 * 100).all()  # less than a krona per component, so at most two together


@settings(max_examples=60, deadline=None)
@given(units=some_units, policy=policies)
def test_more_need_per_pupil_never_means_fewer_kronor_per_pupil(units, policy):
    totals = allocate(**tables(units), policy=policy).totals
    index = totals["school_unit_code"].map({unit: index for unit, (_, index) in units.items()})
    ranked = totals.assign(index=index).sort_values("index").to_dict("records")
    for low, high in pairwise(ranked):
        slack = Fraction(100, high["pupil_count"]) + Fraction(100, low["pupil_count"])  # a krona of rounding each
        quantised = Fraction(policy.base.budget_sek * 100, 10**6)  # counts of six decimals
        assert Fraction(high["structural_part_ore"], high["pupil_count"]) + slack + quantised >= Fraction(
            low["structural_part_ore"], low["pupil_count"]
        )


def test_inputs_are_left_as_they_were():
    given_tables = tables({"B": ({"1": 10}, 120.0), "A": ({"F": 5, "2": 0}, 80.0)})
    kept = {name: table.copy(deep=True) for name, table in given_tables.items()}
    allocate(**given_tables, policy=budget_policy())
    for name, table in kept.items():
        pd.testing.assert_frame_equal(given_tables[name], table)


def test_a_budget_per_pupil_counts_the_paid_pupils():
    base = BasePolicy(mode="share_of_budget", budget_per_pupil_sek=Decimal("100000.05"), grade_weights=FLAT)
    policy = AllocationPolicy(base=base, structural=StructuralPolicy(pot_sek=7), rebase="none")
    allocation = allocate(**tables({"A": ({"1": 10}, 100.0), "B": ({"1": 0}, None)}), policy=policy)
    assert (allocation.budget_ore, allocation.pot_ore) == (100_000_000, 700)  # 1 000 000.5 kr goes half to even
    assert allocation.unpaid.to_dict("records") == [{"school_unit_code": "B", "reason_code": "no_pupils"}]


def test_whole_prices_are_paid_without_rounding():
    policy = price_policy({"1": Decimal(60_000), "9": Decimal(80_000)}, share=Decimal("0.2"))
    allocation = allocate(**tables({"A": ({"1": 10}, 50.0), "B": ({"1": 5, "9": 5}, 150.0)}), policy=policy)
    base = allocation.lines.query("component_code == 'base_part'")
    assert list(base["amount_ore"]) == [60_000_000, 30_000_000, 40_000_000]
    assert (base["rounding_ore"] == 0).all()
    assert allocation.pot_ore == 32_500_000  # 130 MSEK öre × 0.2 / 0.8


def test_an_empty_municipality_without_money_is_an_empty_allocation():
    allocation = allocate(**tables({}), policy=budget_policy(budget_sek=0))
    assert isinstance(allocation, Allocation)
    assert allocation.lines.empty
    assert measure(allocation).redistributed_share == 0.0


def test_measures_leave_tiny_units_out_of_highest_and_lowest():
    units = {"A": ({"1": 100}, 80.0), "B": ({"1": 100}, 120.0), "C": ({"1": 19}, 300.0)}
    figures = measure(allocate(**tables(units), policy=budget_policy()))
    only_two = measure(allocate(**tables({k: units[k] for k in "AB"}), policy=budget_policy()))
    assert figures.highest_to_lowest == pytest.approx(
        (900_000 / 219 + 1.2 * 100_000 / 257) / (900_000 / 219 + 0.8 * 100_000 / 257), rel=1e-4
    )
    assert only_two.redistributed_ore == 1_000_000  # a tenth of 100 000 kr moves


BAD = {
    "an index is missing": (tables({"A": ({"1": 10}, None), "B": ({"1": 9}, 100.0)}), {}, r"no index .* 1 \(A\)"),
    "an index has no school": (
        tables({"A": ({"1": 10}, 100.0)})
        | {"need": pd.DataFrame({"school_unit_code": ["A", "X"], "need_index": [1.0, 2.0]})},
        {},
        r"without enrollment .* 1 \(X\)",
    ),
    "a grade has no weight": (
        tables({"A": ({"1": 10, "9": 3}, 100.0), "B": ({"9": 0}, None)}),
        {"weights": {"1": Decimal(1)}},
        r"base.grade_weights .* grade 9: school units 1 \(A\)",
    ),
    "a count is negative": (tables({"A": ({"1": -1}, 100.0)}), {}, r"pupil_count .* 1 \(A\)"),
    "a count is broken": (tables({"A": ({"1": 1.5}, 100.0)}), {}, r"pupil_count .* 1 \(A\)"),
    "a count is empty": (tables({"A": ({"1": None}, 100.0)}), {}, r"pupil_count .* 1 \(A\)"),
    "an index is negative": (tables({"A": ({"1": 1}, -1.0)}), {}, r"need_index .* 1 \(A\)"),
    "an index is infinite": (tables({"A": ({"1": 1}, float("inf"))}), {}, r"need_index .* 1 \(A\)"),
    "an index is empty": (tables({"A": ({"1": 1}, float("nan"))}), {}, r"need_index .* 1 \(A\)"),
    "all indices are zero": (tables({"A": ({"1": 1}, 0.0)}), {}, "every need_index is zero"),
    "nobody has pupils": (tables({"A": ({"1": 0}, None)}), {}, "no school unit has pupils"),
    "the index is not re-based": (
        tables({"A": ({"1": 1}, 101.0)}),
        {"rebase": "pupils"},
        "mean of need_index is 101.000000",
    ),
    "a column is missing": (
        tables({"A": ({"1": 1}, 100.0)}) | {"need": pd.DataFrame({"school_unit_code": ["A"]})},
        {},
        "need lacks the columns need_index",
    ),
    "a unit is without code": (tables({None: ({"1": 1}, 100.0)}), {}, "1 rows without school_unit_code or grade"),
    "a count is too large for its column": (
        tables({"A": ({"1": 10**12}, 100.0)}),
        {},
        r"A: count does not fit decimal\(18,6\)",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_money_is_refused_when(case):
    given_tables, changes, words = BAD[case]
    with pytest.raises(AllocationError, match=words):
        allocate(**given_tables, policy=budget_policy(**changes))


@pytest.mark.parametrize("name", ["enrollment", "need"])
def test_a_row_given_twice_is_refused(name):
    given_tables = tables({"A": ({"1": 10}, 100.0)})
    given_tables[name] = pd.concat([given_tables[name]] * 2)
    with pytest.raises(AllocationError, match=rf"{name} must have one row per .* 1 \(A\)"):
        allocate(**given_tables, policy=budget_policy())


def test_an_index_counted_on_other_pupils_is_refused():
    given_tables = tables({"A": ({"1": 10}, 100.0)})
    given_tables["need"]["pupil_count"] = 11
    with pytest.raises(AllocationError, match=r"pupil_count differs .* 1 \(A\)"):
        allocate(**given_tables, policy=budget_policy())


def test_a_small_unit_is_not_paid_by_an_index_of_its_own():
    given_tables = tables({"A": ({"1": 19}, 100.0), "B": ({"1": 20}, 100.0)})
    given_tables["need"]["index_rule"] = "own"
    with pytest.raises(AllocationError, match=r"1 \(A\) have fewer than index.minimum_pupils \(20\)"):
        allocate(**given_tables, policy=budget_policy())
    given_tables["need"]["index_rule"] = ["merged_group", "own"]
    assert len(allocate(**given_tables, policy=budget_policy()).totals) == 2


def test_a_pot_above_the_budget_is_refused():
    base = BasePolicy(mode="share_of_budget", budget_sek=10, grade_weights=FLAT)
    policy = AllocationPolicy(base=base, structural=StructuralPolicy(pot_sek=11), rebase="none")
    with pytest.raises(AllocationError, match=r"structural.pot_sek \(11\) is larger than the budget \(10\)"):
        allocate(**tables({"A": ({"1": 10}, 100.0)}), policy=policy)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: budget_policy(budget_sek=-1), "base.budget_sek: is negative"),
        (lambda: budget_policy(budget_sek=1.5), "whole kronor"),
        (lambda: budget_policy(share="1"), "outside 0 <= share < 1"),
        (lambda: budget_policy(share="-0.1"), "outside 0 <= share < 1"),
        (lambda: budget_policy(weights={"1": Decimal(0)}), "base.grade_weights: .* wrong for 1"),
        (lambda: budget_policy(weights={"11": Decimal(1)}), "base.grade_weights: .* wrong for 11"),
        (lambda: budget_policy(rebase="some"), "index.rebase"),
        (lambda: budget_policy(index_minimum_pupils=0), "index.minimum_pupils"),
        (lambda: budget_policy(count_lag_years=-1), "index.count_lag_years"),
        (StructuralPolicy, "exactly one of structural.share"),
        (lambda: StructuralPolicy(share=Decimal(0), pot_sek=1), "exactly one of structural.share"),
        (lambda: StructuralPolicy(pot_sek=-1), "structural.pot_sek: is negative"),
        (lambda: StructuralPolicy(pot_sek=1, function="convex"), "structural.function"),
        (lambda: BasePolicy(mode="share_of_budget", grade_weights=FLAT), "exactly one of base.budget_sek"),
        (lambda: BasePolicy(mode="share_of_budget", budget_sek=1), "base.grade_weights: share_of_budget needs it"),
        (lambda: BasePolicy(mode="price_list"), "base.grade_prices_sek: price_list needs it"),
        (lambda: BasePolicy(mode="price_list", grade_prices_sek=FLAT, budget_sek=1), "takes no budget"),
        (lambda: BasePolicy(mode="vouchers"), "base.mode"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(build, words):
    with pytest.raises(AllocationError, match=words):
        build()


def test_a_spoiled_line_is_not_explained():
    lines = allocate(**tables({"A": ({"1": 10}, 100.0)}), policy=budget_policy()).lines
    for spoil in ({"amount_ore": lines["amount_ore"] + 1}, {"rounding_ore": [Decimal(1), Decimal(1)]}):
        with pytest.raises(AllocationError, match="A: count × rate \\+ rounding is not the amount"):
            explain(lines.assign(**spoil), school_unit_code="A")
    with pytest.raises(AllocationError, match="has a line twice"):
        explain(pd.concat([lines, lines]), school_unit_code="A")
    with pytest.raises(AllocationError, match="B has no line"):
        explain(lines, school_unit_code="B")


def test_an_index_without_any_share_behind_it_is_paid_on_and_one_missing_among_others_is_refused():
    given = tables({"10000001": ({"1": 30}, 120.0), "10000002": ({"1": 30}, 80.0)})
    plain = allocate(**given, policy=budget_policy())
    delivered = given | {"need": given["need"].assign(need_share=[None, None])}
    assert allocate(**delivered, policy=budget_policy()).lines.equals(plain.lines)
    holed = given | {"need": given["need"].assign(need_share=[0.2, None])}
    with pytest.raises(AllocationError, match="10000002"):
        allocate(**holed, policy=budget_policy())
