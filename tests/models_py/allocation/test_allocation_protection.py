"""The protection percentage lifts, the cap takes, and the two balance: the English example to the krona."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction

import pytest

from models_py.allocation.infeasible import GainsTooSmall, InfeasibleError
from models_py.allocation.protection import ProtectedUnit, protect
from models_py.errors import AllocationError

FALLS = ProtectedUnit(formula=200 * 4950 + 40_000, excluded=40_000, pupils=200, previous_per_pupil=5000)
RISES = ProtectedUnit(formula=200 * 5300, excluded=0, pupils=200, previous_per_pupil=5000)
NEW = ProtectedUnit(formula=1_000_000, excluded=0, pupils=100, previous_per_pupil=None)
HALF_A_PER_CENT, TWO_PER_CENT = Decimal("-0.005"), Decimal("0.02")


def test_the_published_example_is_reproduced():
    done = protect(
        {"F": FALLS, "R": RISES, "N": NEW}, guarantee=HALF_A_PER_CENT, cap=TWO_PER_CENT, scale=Decimal("0.5")
    )
    assert (done.adjustments["F"].top_up, done.adjustments["F"].capping) == (5000, 0)
    assert (done.adjustments["R"].top_up, done.adjustments["R"].capping) == (0, -20_000)
    assert done.adjustments["F"].change == Fraction(-1, 100)
    assert (done.adjustments["N"].change, done.adjustments["N"].top_up, done.adjustments["N"].capping) == (None, 0, 0)
    assert done.net == -15_000


def test_a_solved_scale_is_top_ups_over_excess_gains_and_the_sum_is_zero():
    done = protect({"F": FALLS, "R": RISES}, guarantee=HALF_A_PER_CENT, cap=TWO_PER_CENT)
    assert done.scale == Fraction(5000, 40_000)
    assert done.adjustments["R"].capping == -5000
    assert done.net == 0


def test_gains_that_cannot_pay_are_refused_with_the_scale_that_would_be_needed():
    with pytest.raises(InfeasibleError, match="a scale of 1\\.2500 is needed") as refused:
        protect({"F": FALLS, "R": RISES}, guarantee=HALF_A_PER_CENT, cap=Decimal("0.056"))
    assert refused.value.finding == GainsTooSmall(5000, 4000, 1000, Fraction(5, 4), ("F",))
    with pytest.raises(InfeasibleError, match="no gain is above the cap"):
        protect({"F": FALLS, "N": NEW}, guarantee=HALF_A_PER_CENT, cap=TWO_PER_CENT)


def test_capping_stops_at_the_minimum_and_the_others_pay_instead():
    poor = ProtectedUnit(200 * 5300, 0, 200, 5000, minimum=200 * 5300 - 1000)
    done = protect({"F": FALLS, "P": poor, "R": RISES}, guarantee=HALF_A_PER_CENT, cap=TWO_PER_CENT)
    assert {c: a.capping for c, a in done.adjustments.items()} == {"F": 0, "P": -1000, "R": -4000}
    assert done.scale == Fraction(1, 10)
    given = protect({"P": poor}, guarantee=HALF_A_PER_CENT, cap=TWO_PER_CENT, scale=1)
    assert given.adjustments["P"].capping == -1000


def test_without_falls_nothing_is_taken_and_without_a_cap_nothing_pays():
    assert protect({"R": RISES}, guarantee=0, cap=TWO_PER_CENT).adjustments["R"].capping == 0
    assert protect({"F": FALLS, "R": RISES}, guarantee=0, cap=None, scale=0).net == 10_000


def test_nobody_ends_below_the_guarantee_nor_capped_below_the_cap_and_solved_sums_are_zero():
    paid = [_protection_holds(random.Random(seed)) for seed in range(400)]
    assert 100 < paid.count(True) < 400


def _protection_holds(rng):
    """Whether gains paid for the top-ups; asserts what must hold of every unit in either case."""
    units = {}
    for k in range(rng.randint(2, 10)):
        n, last = rng.randint(1, 400), Fraction(rng.randint(400_000, 900_000), 100)
        formula = round(last * n * Fraction(rng.randint(930, 1150), 1000))
        minimum = rng.choice((0, formula - rng.randint(0, 500)))
        units[f"{k:02d}"] = ProtectedUnit(formula, 0, n, rng.choice((last, last, last, None)), minimum)
    guarantee, cap = Fraction(rng.randint(-20, 0), 1000), Fraction(rng.randint(0, 40), 1000)
    whole = protect(units, guarantee=guarantee, cap=cap, scale=1)
    paid = whole.net <= 0
    if paid:
        done = protect(units, guarantee=guarantee, cap=cap)
        assert done.net == 0
        assert 0 <= done.scale <= 1
    else:
        done = whole
        with pytest.raises(InfeasibleError) as refused:
            protect(units, guarantee=guarantee, cap=cap)
        assert refused.value.finding.shortage == whole.net
    for code, unit in units.items():
        after = unit.formula + done.adjustments[code].top_up + done.adjustments[code].capping
        if unit.previous_per_pupil is None:
            assert after == unit.formula
            continue
        last = unit.previous_per_pupil * unit.pupils
        assert after >= (1 + guarantee) * last
        assert done.adjustments[code].top_up < max(0, (1 + guarantee) * last - unit.formula) + 1
        if done.adjustments[code].capping:
            assert after >= max((1 + cap) * last, unit.minimum)
    return paid


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"guarantee": Decimal("0.01"), "cap": 0}, "the cap not below the guarantee"),
        ({"guarantee": -1, "cap": 0}, "must lie above -1"),
        ({"guarantee": 0, "cap": 0, "scale": 2}, "scale must lie in 0..1"),
    ],
)
def test_senseless_settings_are_refused(settings, words):
    with pytest.raises(AllocationError, match=words):
        protect({"F": FALLS}, **settings)


def test_a_baseline_of_zero_is_refused_since_no_baseline_is_a_state_and_not_a_zero():
    with pytest.raises(
        AllocationError, match="school units 1 \\(Z\\) have a baseline or pupils that are not above zero"
    ):
        protect({"Z": ProtectedUnit(1, 0, 1, 0)}, guarantee=0, cap=None)
