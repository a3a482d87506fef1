"""Claim functions: the worked figures, exact and array forms agree, shares for wanted ratios."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.allocation.claim_functions import (
    CostBased,
    Linear,
    MarginalRates,
    Power,
    PricePerPoint,
    StepTable,
    Threshold,
    claim_range,
    claims,
    claims_array,
    share_for_ratio,
)
from models_py.allocation.rounding import round_to_total
from models_py.allocation.scored_units import scored_units
from models_py.errors import AllocationError

GOLDEN = scored_units(
    pd.DataFrame(
        [("A", 530, 60), ("B", 350, 95), ("C", 490, 170), ("D", 70, 90), ("E", 250, 55), ("F", 230, 140)],
        columns=["school_unit_code", "pupil_count", "need_index"],
    )
)
STEPS = StepTable(((0, 0), (Decimal("80"), 1), (Decimal("120.1"), Decimal("2.5"))))
ALL = [
    Linear(),
    Threshold(Decimal("87.5")),
    Power(2),
    Power(Decimal("1.5")),
    Power(Fraction(1, 3)),
    STEPS,
    MarginalRates(((0, Decimal("0.20")), (55, Decimal("0.85")), (120, 0)), at_zero=1),
    PricePerPoint(Decimal("4321.5"), from_index=80),
    CostBased(15_000_000),
]


@pytest.mark.parametrize(
    ("function", "amounts"),
    [
        (Linear(), [4_755_733, 4_972_582, 12_457_627, 942_174, 2_056_331, 4_815_553]),
        (Threshold(80), [0, 2_466_719, 20_720_438, 328_896, 0, 6_483_947]),
        (Power(Decimal("1.5")), [3_360_098, 4_420_818, 14_815_580, 815_288, 1_391_020, 5_197_196]),
    ],
    ids=["linear", "threshold", "power"],
)
def test_the_golden_example_to_the_krona(function, amounts):
    shared = round_to_total(claims(function, units=GOLDEN), 30_000_000)
    assert list(shared.values()) == amounts


@pytest.mark.parametrize("function", ALL, ids=lambda f: type(f).__name__)
@settings(max_examples=60, deadline=None)
@given(need=st.one_of(st.floats(0, 400), st.sampled_from([0.0, 55.0, 80.0, 87.5, 100.0, 120.1])))
def test_exact_and_array_form_agree(function, need):
    need = need / 400 if function.reads == "need_share" else need
    exact = function.per_pupil(Fraction(need))
    found = function.per_pupil_array(np.array([need]))
    assert found.shape == (1,)
    assert found[0] == pytest.approx(float(exact), rel=1e-12, abs=1e-9)
    assert exact >= 0


@settings(max_examples=60, deadline=None)
@given(low=st.floats(0, 1), high=st.floats(0, 1))
def test_claims_never_fall_with_need(low, high):
    low, high = sorted((low, high))
    for function in ALL:
        scale = 1 if function.reads == "need_share" else 300
        assert function.per_pupil(Fraction(low * scale)) <= function.per_pupil(Fraction(high * scale))


def test_a_unit_stands_on_the_step_that_begins_at_its_index():
    assert STEPS.per_pupil(Fraction(120.1)) == Fraction(5, 2)
    assert STEPS.per_pupil_array(np.array([79.99, 80.0, 120.0, 120.1])).tolist() == [0, 1, 1, 2.5]


def test_kinks_by_hand():
    """A concentration grant of 20 % of base and 65 % above 55 %; brackets of marginal weights."""
    grant = MarginalRates(((0, Decimal("0.20")), (Decimal("0.55"), Decimal("0.85"))), at_zero=1)
    assert [100 * grant.per_pupil(Fraction(u, 100)) for u in (70, 55, 50)] == [Fraction(495, 4), 111, 110]
    brackets = MarginalRates(
        ((0, 1), (Decimal("15.58"), Decimal("1.75")), (Decimal("22.11"), Decimal("2.5")), (Decimal("30.16"), 3))
    )
    assert 10 * brackets.per_pupil(Fraction(30)) == Fraction("467.325")


def test_the_power_of_a_fraction_is_exact_where_it_can_be():
    assert Power(2).per_pupil(Fraction(150)) == Fraction(9, 4)
    assert Power(Decimal("0.5")).per_pupil(Fraction(225)) == Fraction(3, 2)
    assert Power(Decimal("1.5")).per_pupil(Fraction(0)) == 0
    root = Power(Decimal("0.5")).per_pupil(Fraction(200))
    assert abs(root**2 - 2) < Fraction(1, 10**29)


def test_cost_based_claims_are_the_price_of_those_expected_and_need_shares():
    with_shares = scored_units(
        pd.DataFrame({"school_unit_code": ["A", "B"], "pupil_count": [100, 40], "need_index": [80.0, 150.0], "need_share": [0.125, 0.25]})
    )  # fmt: skip
    assert claims(CostBased(8_000_000), units=with_shares) == {"A": 100_000_000, "B": 80_000_000}
    with pytest.raises(AllocationError, match="CostBased needs need_share"):
        claims(CostBased(8_000_000), units=GOLDEN)


def test_replicates_of_the_index_give_replicates_of_the_claims():
    draws = np.stack([GOLDEN.need_index, 2 * GOLDEN.need_index])
    found = claims_array(Linear(), units=GOLDEN, need=draws)
    assert found.shape == (2, 6)
    assert (found[1] == 2 * found[0]).all()


@pytest.mark.parametrize(
    ("ratio", "lowest", "highest", "percent"),
    [("1.1", "0.5", "2", 6.5), ("1.2", "0.5", "2", 12.5), ("1.3", "0.5", "2", 18.2), ("1.5", "0.5", "2", 28.6), ("1.2", "0.7", "1.4", 26.3)],
)  # fmt: skip
def test_the_share_that_a_ratio_takes(ratio, lowest, highest, percent):
    share = share_for_ratio(ratio=Decimal(ratio), lowest=Decimal(lowest), highest=Decimal(highest))
    assert round(100 * float(share), 1) == percent
    assert (1 - share + share * Fraction(highest)) / (1 - share + share * Fraction(lowest)) == Fraction(ratio)


def test_equal_amounts_take_no_structural_share_whatever_is_claimed():
    for lowest, highest in ((Decimal("0.5"), 2), (0, 3), (1, 1)):
        assert share_for_ratio(ratio=1, lowest=lowest, highest=highest) == 0


def test_a_ratio_is_met_from_nothing_at_the_lowest_up_to_where_every_krona_follows_need():
    assert share_for_ratio(ratio=2, lowest=0, highest=4) == Fraction(1, 5)
    with pytest.raises(
        AllocationError, match=r"a highest to lowest of 2 cannot be reached: .* it is 1; choose a steeper claim"
    ):
        share_for_ratio(ratio=2, lowest=0, highest=0)
    assert share_for_ratio(ratio=2, lowest=1, highest=2) == 1, "every krona follows need"


@pytest.mark.parametrize("function", [f for f in ALL if f.reads == "need_index"], ids=lambda f: type(f).__name__)
def test_every_claim_function_has_a_share_for_its_ratio(function):
    claimed = claims(function, units=GOLDEN)
    lowest, highest = claim_range(claimed, units=GOLDEN)
    share = share_for_ratio(ratio=Decimal("1.05"), lowest=lowest, highest=highest)
    total, pupils = sum(claimed.values()), dict(zip(GOLDEN.school_unit_code, GOLDEN.pupil_count.tolist(), strict=True))
    per_pupil = [(1 - share) / 1920 + share * claimed[u] / total / pupils[u] for u in claimed]
    assert max(per_pupil) / min(per_pupil) == Fraction("1.05")


def test_a_ratio_out_of_reach_is_refused_with_the_one_within():
    with pytest.raises(AllocationError, match=r"highest to lowest of 4\.5 cannot be reached: .* it is 4;"):
        share_for_ratio(ratio=Decimal("4.5"), lowest=Decimal("0.5"), highest=2)
    with pytest.raises(AllocationError, match="below 1"):
        share_for_ratio(ratio=Decimal("0.9"), lowest=Decimal("0.5"), highest=2)
    with pytest.raises(AllocationError, match="lowest <= highest"):
        share_for_ratio(ratio=2, lowest=2, highest=1)
    with pytest.raises(AllocationError, match="not all be zero"):
        claim_range(claims(Threshold(500), units=GOLDEN), units=GOLDEN)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Threshold(80.0), "not an exact number"),
        (lambda: Power(0), "not above 0"),
        (lambda: PricePerPoint(-1), "is negative"),
        (lambda: CostBased(Decimal("NaN")), "not an exact number"),
        (lambda: StepTable(()), "begin at 0"),
        (lambda: StepTable(((10, 1),)), "begin at 0"),
        (lambda: StepTable(((0, 1), (90, 2), (80, 3))), "ascend"),
        (lambda: MarginalRates(((0, 1), (0, 2))), "each start once"),
        (lambda: MarginalRates(((0, -1),)), "is negative"),
        (lambda: MarginalRates(((0, 1),), at_zero=-1), r"^MarginalRates\.at_zero: is negative \(-1\)$"),
        (lambda: MarginalRates(((0, 1),), at_zero=0.5), r"^MarginalRates\.at_zero: 0\.5 is not an exact number"),
        (lambda: Threshold(True), "True is not an exact number; give a whole number, Decimal or Fraction$"),
        (lambda: PricePerPoint(1, from_index=-2), r"^PricePerPoint\.from_index: is negative \(-2\)$"),
    ],
)
def test_settings_without_meaning_are_refused(build, said):
    with pytest.raises(AllocationError, match=said):
        build()
