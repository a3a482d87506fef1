"""Any formula adds up: to its budget, to whole kronor, line by line, whatever the order of rows."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.allocation import (
    AllocationPolicy,
    BasePolicy,
    Budget,
    Component,
    Sharing,
    Stage,
    StructuralPolicy,
    allocate,
)
from models_py.allocation.components import COMPONENT_KINDS
from models_py.allocation.stages import STAGE_KINDS

BUDGET = 50_000_000


def component(code, kind, sharing=None, **parameters):
    return Component(code, kind, COMPONENT_KINDS[kind].parameters(**parameters), Sharing(**(sharing or {})))


weights = st.decimals("0.1", "3", places=3)
parts = st.fixed_dictionaries(
    {},
    optional={
        "linear": st.builds(lambda pot: component("linear", "structural_linear", {"pot_sek": pot}), st.integers(0, 10**6)),
        "power": st.builds(
            lambda pot, e: component("power", "structural_power", {"pot_sek": pot}, exponent=e), st.integers(0, 10**6), weights
        ),
        "lump": st.builds(lambda sek: component("lump", "lump_sum", amount_sek=sek), st.decimals("0", "90000", places=2)),
        "log": st.builds(
            lambda rate: component("log", "small_school_log", rate_sek=rate, size_limit=200), st.decimals("0", "5000", places=2)
        ),
        "heads": st.builds(
            lambda sek: component("heads", "per_head", measure="heads", amount_sek=sek), st.decimals("0", "9000", places=2)
        ),
        "unmet": st.builds(
            lambda pot: component(
                "unmet", "structural_price_per_point", {"pot_sek": pot, "rule": "least_squared_unmet"}, sek_per_point=Decimal(20)
            ),
            st.integers(0, 10**6),
        ),
    },
)  # fmt: skip
schools = st.dictionaries(
    st.text("0123456789", min_size=4, max_size=4),
    st.tuples(st.integers(1, 400), st.floats(1, 300), st.decimals("0", "40", places=1)),
    min_size=1,
    max_size=8,
)


def paid(units, formula, *, order=None):
    base = component("base_part", "weights_by_grade", {"money": "rest"}, weights={"1": Decimal(1)})
    level_up = Stage("level_up", "level_up", STAGE_KINDS["level_up"](pot_sek=1000))
    floor = [
        Stage("floor", "floor_per_pupil", STAGE_KINDS["floor_per_pupil"](component="linear", amount_sek=Decimal(0)))
    ]
    policy = AllocationPolicy(
        budget=Budget("share_of_budget", BUDGET),
        components=(base, *formula.values()),
        guarantees=(*(floor if "linear" in formula else []), level_up),
        rebase="none",
    )
    rows = sorted(units) if order is None else order
    enrollment = pd.DataFrame(
        [(u, "1", units[u][0]) for u in rows], columns=["school_unit_code", "grade", "pupil_count"]
    )
    need = pd.DataFrame([(u, units[u][1]) for u in rows[::-1]], columns=["school_unit_code", "need_index"])
    measures = pd.DataFrame({"school_unit_code": rows, "heads": [units[u][2] for u in rows]})
    return allocate(enrollment=enrollment, need=need, policy=policy, measures=measures)


@settings(max_examples=60, deadline=None)
@given(units=schools, formula=parts)
def test_every_formula_adds_up_to_its_budget_in_whole_kronor_line_by_line(units, formula):
    result = paid(units, formula)
    assert result.lines["amount_ore"].sum() == result.totals["amount_ore"].sum() == result.budget_ore == BUDGET * 100
    assert (result.lines.groupby(["school_unit_code", "component_code"])["amount_ore"].sum() % 100 == 0).all()
    for row in result.lines.to_dict("records"):
        assert Fraction(row["count"]) * Fraction(row["rate_ore"]) + Fraction(row["rounding_ore"]) == row["amount_ore"]
    for code, each in formula.items():
        if each.sharing.pot_sek is not None:
            assert result.totals[f"{code}_ore"].sum() == each.sharing.pot_sek * 100


@settings(max_examples=25, deadline=None)
@given(units=schools, formula=parts, data=st.data())
def test_the_order_of_rows_changes_no_line(units, formula, data):
    order = data.draw(st.permutations(sorted(units)))
    pd.testing.assert_frame_equal(paid(units, formula).lines, paid(units, formula, order=order).lines)


@settings(max_examples=25, deadline=None)
@given(units=schools, formula=parts)
def test_nobody_falls_when_the_poorest_are_raised(units, formula):
    report = paid(units, formula).reports[-1]
    assert report.code == "level_up"
    assert sum(report.receivers.values()) == 1000
    assert not report.payers


@settings(max_examples=25, deadline=None)
@given(units=schools, share=st.decimals("0", "0.9", places=3), is_list=st.booleans())
def test_the_short_form_and_the_same_said_in_components_give_the_same_lines(units, share, is_list):
    values = {"1": Decimal("61234.50")}
    if is_list:
        base = BasePolicy(mode="price_list", grade_prices_sek=values)
        budget, first = Budget("price_list"), component("base_part", "prices_by_grade", prices_sek=values)
    else:
        base = BasePolicy(mode="share_of_budget", budget_sek=BUDGET, grade_weights=values)
        budget = Budget("share_of_budget", BUDGET)
        first = component("base_part", "weights_by_grade", {"money": "rest"}, weights=values)
    second = component("structural_part", "structural_linear", {"share": share})
    short = AllocationPolicy(base=base, structural=StructuralPolicy(share=share), rebase="none")
    long = AllocationPolicy(budget=budget, components=(first, second), rebase="none")
    enrollment = pd.DataFrame(
        [(u, "1", n) for u, (n, *_) in units.items()], columns=["school_unit_code", "grade", "pupil_count"]
    )
    need = pd.DataFrame([(u, index) for u, (_, index, _) in units.items()], columns=["school_unit_code", "need_index"])
    results = [allocate(enrollment=enrollment, need=need, policy=policy) for policy in (short, long)]
    pd.testing.assert_frame_equal(results[0].lines, results[1].lines)
    pd.testing.assert_frame_equal(results[0].totals, results[1].totals)
