"""How sure the kronor are: intervals around what is paid, signal between none and all, and a reason instead of a figure."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from models_py.allocation.components.need import StructuralThreshold
from models_py.allocation.formula import Component, Sharing, Stage
from models_py.allocation.policy import AllocationPolicy, BasePolicy, StructuralPolicy
from models_py.allocation.shares import allocate
from models_py.allocation.stages import HoldHarmless
from orchestration.allocation_inputs import AllocationInputs
from orchestration.resources.policy_facts import YearFacts
from orchestration.yearly.baseline import OpeningBalance
from orchestration.yearly.interval import CANNOT_BE_SHARED, NO_DRAWS, NOTHING_MOVED, Money, how_sure

PUPILS = {"A": 120, "B": 80, "C": 60, "D": 40}
INDEX = {"A": 70.0, "B": 110.0, "C": 130.0, "D": 125.0}
BASE = BasePolicy("share_of_budget", budget_per_pupil_sek=Decimal(100_000), grade_weights={"1": Decimal(1)})
PLAIN = AllocationPolicy(base=BASE, structural=StructuralPolicy(share=Decimal("0.12")))


def money(policy: AllocationPolicy = PLAIN, index: dict[str, float] = INDEX, balance=None) -> Money:
    enrollment = pd.DataFrame({"school_unit_code": list(PUPILS), "grade": "1", "pupil_count": list(PUPILS.values())})
    counts = np.array(list(PUPILS.values()), dtype=float)
    values = np.array([index[unit] for unit in PUPILS])
    need = pd.DataFrame({"school_unit_code": list(PUPILS), "pupil_count": list(PUPILS.values()),
                         "need_index": values * 100 / (values @ counts / counts.sum())})  # fmt: skip
    balance = balance or OpeningBalance()
    lines = allocate(enrollment=enrollment, need=need, policy=policy, baseline=balance.table).lines
    inputs = AllocationInputs(enrollment, YearFacts(), None, balance, None)
    return Money(inputs, need, policy, lines)


def draws(of: Money, *, spread: float, count: int = 200) -> pd.DataFrame:
    counts = np.array(list(PUPILS.values()), dtype=float)
    noise = np.random.default_rng(5).normal(0, spread, size=(count, len(PUPILS)))
    index = np.maximum(1.0, of.need["need_index"].to_numpy() + noise)
    index = index * (100 / (index @ counts / counts.sum()))[:, None]
    return pd.DataFrame(
        {
            "school_unit_code": np.tile(list(PUPILS), count),
            "draw": np.repeat(np.arange(1, count + 1), len(PUPILS)),
            "need_index": index.ravel(),
        }
    )


def widths(found) -> pd.Series:
    return (found.units["total_95_upper_sek"] - found.units["total_95_lower_sek"]).astype(float)


def test_intervals_lie_around_what_is_paid_and_the_wider_holds_the_narrower():
    of = money()
    found = how_sure(of, draws=draws(of, spread=4), degrees_of_freedom=12)
    paid = of.lines.groupby("school_unit_code")["amount_ore"].sum()
    for row in found.units.itertuples():
        assert row.total_sek * 100 == int(paid[row.school_unit_code])
        assert row.total_95_lower_sek < row.total_80_lower_sek < row.total_sek
        assert row.total_sek < row.total_80_upper_sek < row.total_95_upper_sek
    assert (found.units["more_than_flat_share"][0], found.units["more_than_flat_share"][2]) == (0.0, 1.0)
    assert found.reason_code is None


def test_more_noise_means_wider_intervals_and_less_signal():
    of = money()
    little, much = (how_sure(of, draws=draws(of, spread=s), degrees_of_freedom=12) for s in (2, 15))
    assert (widths(much) > widths(little)).all()
    assert 0 <= much.signal.signal_share < little.signal.signal_share <= 1


def test_fewer_schools_behind_the_weights_mean_wider_intervals():
    of = money()
    few, many = (how_sure(of, draws=draws(of, spread=4), degrees_of_freedom=n) for n in (4, None))
    assert (widths(few) > widths(many)).all()


def test_the_order_of_draws_and_units_decides_nothing():
    of = money()
    table = draws(of, spread=4)
    one, other = (how_sure(of, draws=d, degrees_of_freedom=12) for d in (table, table.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(one.units, other.units)


@pytest.mark.parametrize("table", [None, pd.DataFrame(columns=["school_unit_code", "draw", "need_index"])])
def test_without_draws_there_is_a_reason_and_no_figure(table):
    found = how_sure(money(), draws=table, degrees_of_freedom=None)
    assert (found.units, found.signal, found.reason_code) == (None, None, NO_DRAWS)


def test_draws_of_other_units_and_too_few_draws_are_reasons():
    of = money()
    table = draws(of, spread=4)
    assert how_sure(of, draws=table[table["school_unit_code"] != "D"], degrees_of_freedom=9).reason_code == NO_DRAWS
    few = how_sure(of, draws=draws(of, spread=4, count=50), degrees_of_freedom=9)
    assert few.reason_code == CANNOT_BE_SHARED
    assert "at least 100" in few.detail


def test_where_need_moves_nothing_there_is_no_share_of_signal():
    of = money(index=dict.fromkeys(PUPILS, 100.0))
    found = how_sure(of, draws=draws(of, spread=4), degrees_of_freedom=12)
    assert (found.reason_code, found.signal.signal_share) == (NOTHING_MOVED, None)


def test_another_function_of_need_is_carried_out_in_full_and_agrees_where_both_can():
    """A threshold of zero is the linear part under another name: the same kronor, the long way."""
    threshold = Component(
        "by_threshold", "structural_threshold", StructuralThreshold(threshold_index=Decimal(0)), Sharing(share=Decimal("0.12"))
    )  # fmt: skip
    long_way = money(AllocationPolicy(base=BASE, components=(threshold,)))
    plain = money()
    table = draws(plain, spread=4, count=100)
    one, other = (how_sure(of, draws=table, degrees_of_freedom=12) for of in (plain, long_way))
    assert one.reason_code is other.reason_code is None
    off = (widths(one) - widths(other)).abs()
    assert off.max() < 20  # kronor: the long way rounds each draw to whole kronor
    assert other.signal.signal_share == pytest.approx(one.signal.signal_share, abs=1e-4)


def test_a_guarantee_narrows_the_kronor_and_not_the_signal():
    plain = money()
    totals = plain.lines.groupby("school_unit_code")["amount_ore"].sum()
    table = pd.DataFrame(
        {
            "school_unit_code": list(PUPILS),
            "pupil_count": list(PUPILS.values()),
            "total_sek": [Decimal(int(totals[unit])) / 100 for unit in PUPILS],
        },
        dtype=object,
    )
    held = AllocationPolicy(
        base=BASE,
        structural=StructuralPolicy(share=Decimal("0.12")),
        guarantees=(Stage("nobody_loses", "hold_harmless", HoldHarmless(component="structural_part")),),
    )
    of = money(held, balance=OpeningBalance(table))
    given = draws(plain, spread=4, count=100)
    found, free = (how_sure(m, draws=given, degrees_of_freedom=12) for m in (of, plain))
    assert (widths(found) < widths(free) / 100).all()  # last year's kronor leave no room at all
    assert found.signal.signal_share == pytest.approx(free.signal.signal_share, abs=1e-3)
