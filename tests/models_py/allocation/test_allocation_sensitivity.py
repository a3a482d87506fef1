"""What suppressed shares leave open in kronor equals an allocation made anew at either end."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from models_py.allocation.policy import AllocationPolicy, BasePolicy, StructuralPolicy
from models_py.allocation.sensitivity import structural_ends
from models_py.allocation.shares import allocate
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
    for unit, low, high in ends.itertuples(index=False):
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
