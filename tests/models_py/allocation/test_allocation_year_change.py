"""Two years side by side: every krona of a change has a cause, and a cause that did not change brings nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from models_py.allocation.formula import Stage
from models_py.allocation.policy import AllocationPolicy, BasePolicy, StructuralPolicy
from models_py.allocation.shares import allocate
from models_py.allocation.stages import HoldHarmless
from models_py.allocation.year_change import (
    CAUSES,
    NeedStates,
    PolicyStates,
    YearInputs,
    change_since_last_year,
)
from models_py.errors import AllocationError

OLD = {"A": 300, "B": 200, "C": 100}
NEW = {"A": 290, "B": 210, "D": 95}
INDEX = {"old": {"A": 80, "B": 120, "C": 120}, "new": {"A": 70, "B": 140, "D": 90}}


def enrollment(pupils):
    return pd.DataFrame({"school_unit_code": list(pupils), "grade": "1", "pupil_count": list(pupils.values())})


def index(values, pupils):
    mean = sum(values[unit] * pupils[unit] for unit in values) / sum(pupils.values())
    return pd.DataFrame({"school_unit_code": list(values), "need_index": [v * 100 / mean for v in values.values()]})


def policy(per_pupil, share="0.12"):
    base = BasePolicy("share_of_budget", budget_per_pupil_sek=Decimal(per_pupil), grade_weights={"1": Decimal(1)})
    return AllocationPolicy(base=base, structural=StructuralPolicy(share=Decimal(share)))


STATES = {
    (c, w): index(
        INDEX[c] | ({"A": INDEX[c]["A"] + 3} if w == "new" else {}), OLD if c == "old" else NEW
    )
    for c in ("old", "new")
    for w in ("old", "new")
}  # fmt: skip
NEED = NeedStates(("composition", "weights"), STATES)


def policies(old, new, causes=("prices",)):
    """Prices are the budget per pupil, rules the structural share."""
    years = {"old": old, "new": new}

    def mixed(of_prices, of_rules):
        return replace(years[of_rules], base=years[of_prices].base)

    return PolicyStates(causes, mixed)


def amounts(pupils, need, decided):
    totals = allocate(enrollment=enrollment(pupils), need=need, policy=decided).totals
    return dict(zip(totals["school_unit_code"], totals["amount_ore"].astype(int), strict=True))


BEFORE, AFTER = policy(100_000), policy(103_000)
THEN, NOW = amounts(OLD, STATES["old", "old"], BEFORE), amounts(NEW, STATES["new", "new"], AFTER)


def compared(**changes):
    given = {
        "new": YearInputs(enrollment(NEW)), "need": NEED, "policies": policies(BEFORE, AFTER), "published_ore": THEN,
        "new_ore": NOW,
    }  # fmt: skip
    return change_since_last_year(YearInputs(enrollment(OLD)), **(given | changes))


def parts_of(change, unit):
    own = change.parts[change.parts["school_unit_code"] == unit]
    return dict(zip(own["cause_code"], own["change_ore"], strict=True))


def test_every_unit_s_parts_sum_to_its_change_in_whole_kronor():
    change = compared()
    sums = change.parts.groupby("school_unit_code")["change_ore"].sum()
    for row in change.units.itertuples():
        assert sums.get(row.school_unit_code, 0) == row.change_ore == row.new_ore - row.previous_ore
        assert (row.previous_ore, row.new_ore) == (THEN.get(row.school_unit_code, 0), NOW.get(row.school_unit_code, 0))
    assert (change.parts["change_ore"] % 100 == 0).all()
    assert change.causes == ("pupils", "composition", "weights", "prices")
    assert set(change.parts["cause_code"]) <= set(CAUSES)


def test_a_unit_of_one_year_has_its_whole_amount_under_what_became_of_it():
    became = compared().units.set_index("school_unit_code")["unit_change_code"]
    assert dict(became) == {"A": "continued", "B": "continued", "C": "closed", "D": "opened"}
    followed = compared(predecessors={"D": ("C",)}).units.set_index("school_unit_code")["unit_change_code"]
    assert (followed["C"], followed["D"]) == ("taken_over", "took_over")
    change = compared()
    assert parts_of(change, "C") == {"closed": -THEN["C"]}
    assert parts_of(change, "D") == {"opened": NOW["D"]}


def test_prices_alone_move_every_unit_in_proportion():
    """Three per cent more per pupil, and nothing else: all of it is prices."""
    new = amounts(OLD, STATES["old", "old"], AFTER)
    same = NeedStates(("need_index",), {("old",): STATES["old", "old"], ("new",): STATES["old", "old"]})
    change = compared(new=YearInputs(enrollment(OLD)), need=same, new_ore=new)
    assert set(change.parts["cause_code"]) == {"prices"}
    assert change.parts["change_ore"].sum() == 3_000 * 600 * 100


def test_composition_and_weights_only_move_money_between_units_of_both_years():
    same_units = {"A": 290, "B": 210, "C": 100}
    states = {key: index(dict(zip("ABC", values, strict=True)), same_units) for key, values in {
        ("old", "old"): (80, 120, 120), ("new", "old"): (70, 140, 110), ("old", "new"): (83, 118, 120),
        ("new", "new"): (72, 139, 112)}.items()}  # fmt: skip
    then = amounts(same_units, states["old", "old"], BEFORE)
    now = amounts(same_units, states["new", "new"], BEFORE)
    inputs = YearInputs(enrollment(same_units))
    change = change_since_last_year(
        inputs,
        new=inputs,
        need=NeedStates(("composition", "weights"), states),
        policies=policies(BEFORE, BEFORE, causes=()),
        published_ore=then,
        new_ore=now,
    )
    assert set(change.parts["cause_code"]) == {"composition", "weights"}
    assert change.parts.groupby("cause_code")["change_ore"].sum().tolist() == [0, 0]


def test_what_last_year_was_corrected_by_is_told_apart():
    change = compared(published_ore=THEN | {"A": THEN["A"] - 70_000, "E": 5_000})
    assert parts_of(change, "A")["correction"] == 70_000
    assert parts_of(change, "E") == {"correction": -5_000}
    row = change.units.set_index("school_unit_code").loc["A"]
    assert sum(parts_of(change, "A").values()) == row["change_ore"]


def test_amounts_that_are_not_of_these_inputs_are_refused_by_name():
    with pytest.raises(AllocationError, match=r"1 school units are not those of its inputs \(B\)"):
        compared(new_ore=NOW | {"B": NOW["B"] + 100})


def test_prices_that_cannot_meet_the_other_year_s_rules_are_told_with_the_policy():
    def refuses(of_prices, of_rules):
        if of_prices != of_rules:
            raise AllocationError("a pot larger than the budget")
        return {"old": BEFORE, "new": policy(103_000, "0.15")}[of_rules]

    now = amounts(NEW, STATES["new", "new"], policy(103_000, "0.15"))
    change = compared(policies=PolicyStates(("prices", "policy"), refuses), new_ore=now)
    assert change.causes == ("pupils", "composition", "weights", "policy")
    sums = change.parts.groupby("school_unit_code")["change_ore"].sum()
    assert all(sums[row.school_unit_code] == row.change_ore for row in change.units.itertuples())


def test_a_mixture_that_can_never_be_computed_is_refused():
    def refuses(*states):
        if len(set(states)) == 1 and states[0] == "new":
            return AFTER
        raise AllocationError("last year's policy makes no sense")

    with pytest.raises(AllocationError, match="makes no sense"):
        compared(policies=PolicyStates(("policy",), refuses))


def test_the_order_of_rows_decides_nothing():
    shuffled = {
        "new": YearInputs(enrollment(NEW).sample(frac=1, random_state=3)),
        "need": NeedStates(
            NEED.causes, {key: table.sample(frac=1, random_state=2) for key, table in STATES.items()}
        ),
    }  # fmt: skip
    pd.testing.assert_frame_equal(compared().parts, compared(**shuffled).parts)


def test_guarantees_bring_what_they_give_this_year_less_what_they_gave_last_year():
    """A promise against last year's money, impossible at last year's prices, is told all the same."""
    same = {"A": 300, "B": 200, "C": 100}
    states = {("old",): index({"A": 80, "B": 110, "C": 150}, same), ("new",): index({"A": 80, "B": 140, "C": 90}, same)}
    then = amounts(same, states["old",], BEFORE)
    baseline = pd.DataFrame(
        {
            "school_unit_code": list(same),
            "pupil_count": list(same.values()),
            "total_sek": [then[unit] // 100 for unit in same],
        }
    )
    held = Stage("nobody_loses", "hold_harmless", HoldHarmless(component="structural_part"))
    after = replace(AFTER, guarantees=(held,))
    now = allocate(enrollment=enrollment(same), need=states["new",], policy=after, baseline=baseline).totals
    now = dict(zip(now["school_unit_code"], now["amount_ore"].astype(int), strict=True))
    change = change_since_last_year(
        YearInputs(enrollment(same)),
        new=YearInputs(enrollment(same), baseline=baseline),
        need=NeedStates(("need_index",), states),
        policies=policies(BEFORE, after, causes=("prices", "guarantees")),
        published_ore=then,
        new_ore=now,
    )
    free = amounts(same, states["new",], AFTER)
    assert change.causes == ("pupils", "need_index", "prices", "guarantees")
    assert now != free, "the guarantee binds"
    assert all(parts_of(change, unit).get("guarantees", 0) == now[unit] - free[unit] for unit in same)
    sums = change.parts.groupby("school_unit_code")["change_ore"].sum()
    assert all(sums.get(unit, 0) == now[unit] - then[unit] for unit in same)
    assert parts_of(change, "C")["guarantees"] > 0
