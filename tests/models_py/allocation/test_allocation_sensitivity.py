"""What suppressed shares leave open in kronor equals an allocation made anew at either end."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from models_py.allocation.components.need import StructuralPower
from models_py.allocation.formula import Component, Sharing, Stage
from models_py.allocation.policy import AllocationPolicy, BasePolicy, StructuralPolicy
from models_py.allocation.sensitivity import ends_by_formula, structural_ends
from models_py.allocation.shares import allocate
from models_py.allocation.stages import CapPerPupil, FloorPerPupil
from models_py.need.index import need_index

UNITS, PUPILS = ["99990001", "99990002", "99990003", "99990004"], [310, 95, 140, 27]
SHARES = {"need_share": [0.10, 0.22, 0.31, 0.18], "need_share_lower": [0.10, 0.14, 0.31, 0.05]}
SHARES |= {"need_share_upper": [0.10, 0.30, 0.31, 0.33]}
POLICY = AllocationPolicy(
    base=BasePolicy(mode="share_of_budget", budget_sek=60_000_000, budget_per_pupil_sek=None,
                    grade_weights={"4": Decimal(1)}, grade_prices_sek=None),
    structural=StructuralPolicy(share=Decimal("0.12"), pot_sek=None, function="linear"),
    index_minimum_pupils=20, rebase="pupils", count_lag_years=0,
)  # fmt: skip


def indexed(**changed: list[float]) -> pd.DataFrame:
    rows = pd.DataFrame({"school_unit_code": UNITS, "pupil_count": PUPILS, **SHARES, **changed})
    return need_index(rows.assign(municipality_code="9999", count_date="2026-10-15", basis="open_statistics")).table


def structural_part(need: pd.DataFrame) -> dict[str, int]:
    """Kronor per unit from a whole allocation."""
    enrollment = pd.DataFrame({"school_unit_code": UNITS, "grade": "4", "pupil_count": PUPILS})
    lines = allocate(enrollment=enrollment, need=need, policy=POLICY).lines
    part = lines[lines["component_code"] == "structural_part"]
    return {unit: int(ore) // 100 for unit, ore in zip(part["school_unit_code"], part["amount_ore"], strict=True)}


POT_ORE = 60_000_000 * 12 // 100 * 100


@pytest.mark.parametrize("end", ["lower", "upper"])
@pytest.mark.parametrize("unit", range(4))
def test_an_end_is_what_the_unit_would_get_if_its_share_lay_there(end, unit):
    moved = list(SHARES["need_share"])
    moved[unit] = SHARES[f"need_share_{end}"][unit]
    again = structural_part(indexed(need_share=moved, need_share_lower=moved, need_share_upper=moved))
    ends = structural_ends(indexed(), pot_ore=POT_ORE).set_index("school_unit_code")
    stated = ends.loc[UNITS[unit], f"structural_part_{end}_sek"]
    assert abs(stated - again[UNITS[unit]]) <= 1, "an allocation rounds to whole kronor, with the largest remainder"


def test_the_ends_enclose_the_amount_and_meet_where_nothing_is_suppressed():
    need = indexed()
    paid, ends = structural_part(need), structural_ends(need, pot_ore=POT_ORE)
    for unit, low, high in ends.drop(columns="ends_withheld_because").itertuples(index=False):
        assert low - 1 <= paid[unit] <= high + 1
    meets = ends.set_index("school_unit_code").eval("structural_part_lower_sek == structural_part_upper_sek")
    assert meets.to_dict() == dict(zip(UNITS, [True, False, True, False], strict=True))


def test_a_unit_that_nothing_bounds_has_no_ends_and_the_others_keep_theirs():
    whole = structural_ends(indexed(), pot_ore=POT_ORE)
    need = indexed()
    need.loc[1, ["need_index_lower", "need_index_upper"]] = np.nan
    ends = structural_ends(need, pot_ore=POT_ORE)
    assert ends.loc[1, ["structural_part_lower_sek", "structural_part_upper_sek"]].tolist() == [None, None]
    pd.testing.assert_frame_equal(ends.drop(index=1), whole.drop(index=1))


def test_amounts_are_exact_decimals_in_ore():
    need = pd.DataFrame({"school_unit_code": ["a", "b"], "pupil_count": [1, 2]})
    need = need.assign(need_index_lower=[100.0, 50.0], need_index_upper=[100.0, 125.0])
    ends = structural_ends(need, pot_ore=1_000)  # 3 1/3 kr for each pupil at index 100
    assert ends["structural_part_lower_sek"].tolist() == [Decimal("3.33"), Decimal("3.33")]
    assert ends["structural_part_upper_sek"].tolist() == [Decimal("3.33"), Decimal("8.33")]


ENROLLMENT = pd.DataFrame({"school_unit_code": UNITS, "grade": "4", "pupil_count": PUPILS})
CONVEX = replace(
    POLICY, structural=None,
    components=(Component("structural_part", "structural_power", StructuralPower(exponent=Decimal(2)), Sharing(share=Decimal("0.12"))),),
)  # fmt: skip


def paid(need: pd.DataFrame, policy: AllocationPolicy) -> pd.DataFrame:
    return allocate(enrollment=ENROLLMENT, need=need, policy=policy).lines


def ends_of(policy: AllocationPolicy, need: pd.DataFrame) -> pd.DataFrame:
    return ends_by_formula(need, lines=paid(need, policy), policy=policy, share=paid).set_index("school_unit_code")


def test_a_linear_part_has_the_same_ends_by_the_engine_as_in_one_step():
    other = replace(POLICY, guarantees=(Stage("no_cap", "cap_per_pupil", CapPerPupil(component="structural_part", amount_sek=Decimal(10**6))),))  # fmt: skip
    quick, slow = (ends_of(policy, indexed()) for policy in (POLICY, other))
    for end in ("lower", "upper"):
        apart = (quick[f"structural_part_{end}_sek"] - slow[f"structural_part_{end}_sek"]).abs()
        assert apart.max() <= 1, "the engine pays whole kronor"


def test_a_convex_part_is_paid_anew_at_each_end():
    need, ends = indexed(), ends_of(CONVEX, indexed())
    for end in ("lower", "upper"):
        moved = list(SHARES["need_share"])
        moved[1] = SHARES[f"need_share_{end}"][1]
        again = paid(indexed(need_share=moved, need_share_lower=moved, need_share_upper=moved), CONVEX)
        part = again[(again["component_code"] == "structural_part") & (again["school_unit_code"] == UNITS[1])]
        assert ends.loc[UNITS[1], f"structural_part_{end}_sek"] == Decimal(int(part["amount_ore"].sum())) / 100
    told = structural_ends(need, pot_ore=POT_ORE).set_index("school_unit_code")
    assert abs(ends.loc[UNITS[1], "structural_part_upper_sek"] - told.loc[UNITS[1], "structural_part_upper_sek"]) > 1000


def test_ends_where_the_promises_cannot_be_kept_are_empty_with_a_reason():
    need = indexed()
    need.loc[1, "need_index_upper"] = need.loc[1, "need_index_upper"] * 50  # nobody else's index could stay above zero
    ends = ends_of(CONVEX, need)
    assert ends.loc[UNITS[1], "ends_withheld_because"] == "not_payable_at_the_end"
    assert ends.loc[UNITS[1], "structural_part_lower_sek"] is None
    assert pd.isna(ends.loc[UNITS[3], "ends_withheld_because"])


def test_a_policy_without_a_structural_part_says_that_it_has_no_ends():
    none = replace(POLICY, structural=None)
    assert set(ends_of(none, indexed())["ends_withheld_because"]) == {"no_structural_part"}


def test_a_floor_holds_both_ends():
    floor = Stage("floor", "floor_per_pupil", FloorPerPupil(component="structural_part", amount_sek=Decimal(10_000)))
    ends = ends_of(replace(POLICY, guarantees=(floor,)), indexed())
    assert all(low >= 10_000 * n for low, n in zip(ends["structural_part_lower_sek"], PUPILS, strict=True))
