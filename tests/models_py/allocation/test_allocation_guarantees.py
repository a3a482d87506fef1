"""Promises become bounds, bind where they should, and are refused before any money is shared when they cannot be kept."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from fractions import Fraction

import pytest

from models_py.allocation.baseline import baseline_per_pupil
from models_py.allocation.feasibility import DAMPING_STEP, award, smallest_damping
from models_py.allocation.guarantees import (
    bounded,
    cap_per_pupil,
    damping,
    floor_per_pupil,
    hold_harmless,
    hold_total,
    minimum_per_pupil,
    phased_claims,
    timetable_level,
)
from models_py.allocation.infeasible import CapsBelowPot, FloorAboveCap, FloorsExceedPot, InfeasibleError
from models_py.allocation.kernel import Term, solve, whole_bounds
from models_py.allocation.rules import equal_awards, proportional
from models_py.errors import AllocationError

PUPILS = {"A": 100, "B": 200, "C": 50}
BESIDE = {"A": 900_000, "B": 1_700_000, "C": 500_000}
PREVIOUS = {"A": 10_000, "B": Decimal("9500.5"), "C": None}
RULE = proportional({"A": 100, "B": 400, "C": 100})


def test_damping_bounds_are_last_year_per_pupil_times_this_years_pupils_less_what_is_beside():
    promise = damping(PUPILS, previous_per_pupil=PREVIOUS, beside=BESIDE, down=Decimal("0.02"), up=Decimal("0.03"))
    assert promise.intervals == {"A": (80_000, 130_000), "B": (162_098, 257_103)}


def test_a_unit_without_baseline_is_neither_damped_nor_guessed():
    promise = damping(PUPILS, previous_per_pupil=PREVIOUS, beside=BESIDE, down=0, up=0)
    assert "C" not in promise.intervals
    with pytest.raises(AllocationError, match="previous_per_pupil is not given for the same school units: 1 \\(C\\)"):
        damping(PUPILS, previous_per_pupil={"A": 1, "B": 1}, beside=BESIDE, down=0, up=0)


def test_floor_cap_minimum_and_hold_harmless_are_what_they_say():
    assert floor_per_pupil(PUPILS, amount=Decimal("1.5")).intervals["A"] == (150, None)
    assert cap_per_pupil(PUPILS, amount=7).intervals["B"] == (None, 1400)
    level = {"A": 9_100, "B": 9_000, "C": Fraction(31_000, 3)}
    assert minimum_per_pupil(PUPILS, level=level, beside=BESIDE).intervals == {
        "A": (10_000, None),
        "B": (100_000, None),
        "C": (Fraction(50_000, 3), None),
    }
    assert hold_harmless(PUPILS, previous_per_pupil=PREVIOUS, beside=BESIDE).intervals["A"] == (100_000, None)
    total = hold_total({"A": 1_000_000, "B": None, "C": 510_000}, beside=BESIDE)
    assert total.intervals == {"A": (100_000, None), "C": (10_000, None)}
    assert timetable_level(hours=890, group_size=20, cost_per_hour=Decimal("650.50")) == Fraction("28947.25")


def test_an_award_keeps_every_promise_and_says_who_is_held_by_which():
    promises = [
        damping(PUPILS, previous_per_pupil=PREVIOUS, beside=BESIDE, down=Decimal("0.02"), up=Decimal("0.03")),
        floor_per_pupil(PUPILS, amount=500),
    ]
    given = award(RULE, pot=300_000, guarantees=promises)
    assert given.amounts == {"A": 80_000, "B": 176_000, "C": 44_000}
    assert given.held_by == {"A": (("damping", "lower"),)}
    tight = award(RULE, pot=300_000, guarantees=[*promises, cap_per_pupil(PUPILS, amount=860)])
    assert tight.amounts == {"A": 85_000, "B": 172_000, "C": 43_000}
    assert tight.held_by == {"B": (("cap_per_pupil", "upper"),), "C": (("cap_per_pupil", "upper"),)}


def test_a_rules_own_cap_gives_way_to_a_guaranteed_floor_but_a_guaranteed_cap_does_not():
    rule = equal_awards({"A": 1000, "B": 9000, "C": 9000}, pupils=PUPILS)
    lifted = award(rule, pot=10_000, guarantees=[floor_per_pupil({"A": 100}, amount=20)])
    assert lifted.amounts["A"] == 2000
    with pytest.raises(InfeasibleError) as refused:
        award(rule, pot=10_000, guarantees=[floor_per_pupil(PUPILS, amount=20), cap_per_pupil({"A": 100}, amount=19)])
    assert refused.value.finding == FloorAboveCap(("A",))


def test_floors_beyond_the_pot_are_refused_with_the_shortage_and_a_damping_that_would_do():
    promises = [
        damping(PUPILS, previous_per_pupil=PREVIOUS, beside=BESIDE, down=Decimal("0.001"), up=None),
        floor_per_pupil(PUPILS, amount=500),
    ]
    told = r"damping: the floors sum to 322200, 82200 more .* at least 0\.0294"
    with pytest.raises(InfeasibleError, match=told) as no:
        award(RULE, pot=240_000, guarantees=promises)
    found = no.value.finding
    assert isinstance(found, FloorsExceedPot)
    # A 100 000 - 1 000 000 x, B 200 100 - 1 900 100 x, C 25 000 by the other floor; whole kronor each.
    assert (found.sum_floors, found.pot, found.shortage) == (99_000 + 198_200 + 25_000, 240_000, 82_200)
    assert found.school_unit_codes == ("B", "A", "C")
    assert found.x_min is not None
    enough = damping(PUPILS, previous_per_pupil=PREVIOUS, beside=BESIDE, down=found.x_min, up=None)
    assert sum(award(RULE, pot=240_000, guarantees=[enough, promises[1]]).amounts.values()) == 240_000
    less = damping(PUPILS, previous_per_pupil=PREVIOUS, beside=BESIDE, down=found.x_min - DAMPING_STEP, up=None)
    with pytest.raises(InfeasibleError):
        award(RULE, pot=240_000, guarantees=[less, promises[1]])


def test_without_damping_or_when_no_fall_would_do_there_is_no_smallest_one():
    with pytest.raises(InfeasibleError) as refused:
        award(RULE, pot=100, guarantees=[floor_per_pupil(PUPILS, amount=1)])
    assert refused.value.finding.x_min is None
    held = hold_harmless(PUPILS, previous_per_pupil=PREVIOUS, beside=BESIDE)
    with pytest.raises(InfeasibleError) as refused:
        award(RULE, pot=100, guarantees=[held, floor_per_pupil(PUPILS, amount=1)])
    assert refused.value.finding.x_min is None
    assert smallest_damping({"A": Term(beta=1, lower=None)}, pot=5, damped=damping(
        {"A": 1}, previous_per_pupil={"A": 9}, beside={"A": 0}, down=0, up=None)) is None  # fmt: skip


def test_caps_that_leave_money_over_are_refused_with_how_much():
    with pytest.raises(InfeasibleError) as refused:
        award(RULE, pot=400, guarantees=[cap_per_pupil(PUPILS, amount=1)])
    assert refused.value.finding == CapsBelowPot(Fraction(350), 400, Fraction(50), ("A", "B", "C"))


def test_the_smallest_damping_is_the_smallest_and_nobody_falls_further():
    found = [_smallest_damping_holds(random.Random(seed)) for seed in range(300)]
    assert found.count(True) > 200


def _smallest_damping_holds(rng):
    """Whether there is a smallest damping; asserts that it is the smallest, or that there is none for a reason."""
    pupils = {f"{k:02d}": rng.randint(1, 500) for k in range(rng.randint(1, 9))}
    small = rng.choice((1, 1000))  # with small money a step of the damping is less than a krona, and rounding decides
    beside = {c: rng.randint(80_000, 100_000) // small * n for c, n in pupils.items()}
    previous = {
        c: None if rng.random() < 0.2 else Fraction(rng.randint(85_000_00, 120_000_00), 100 * small) for c in pupils
    }
    others = [floor_per_pupil(pupils, amount=Fraction(rng.randint(0, 3000), small))]
    pot = sum(pupils.values()) * rng.randint(2_000, 20_000) // small
    rule = proportional(pupils)
    none = damping(pupils, previous_per_pupil=previous, beside=beside, down=0, up=None)
    least = smallest_damping(rule, pot=pot, damped=none, others=others)
    floors = sum(math.ceil(t.lower) for t in bounded(rule, guarantees=others).values())
    if least is None:
        assert floors > pot or not none.protected
        return False

    def lowest(down):
        protected = {
            c: (own.asked - down * own.previous, None) for c, own in none.protected.items()
        }  # a negative fall is a promised rise, which ``damping`` itself would refuse
        return bounded(rule, guarantees=[type(none)("x", protected), *others])

    assert sum(term.lower for term in lowest(least.exact).values()) == pot
    assert sum(term.lower for term in whole_bounds(lowest(least.enough)).values()) <= pot
    assert sum(term.lower for term in whole_bounds(lowest(least.enough - DAMPING_STEP)).values()) > pot
    given = solve(lowest(least.enough) if floors < pot else lowest(least.exact), total=pot)
    for code, own in none.protected.items():
        assert given.amounts[code] - own.asked >= -least.enough * own.previous
    return True


def test_a_promise_to_a_unit_that_takes_no_part_is_refused():
    with pytest.raises(AllocationError, match="floor_per_pupil is given to school units that take no part: 1 \\(Z\\)"):
        bounded(RULE, guarantees=[floor_per_pupil({"Z": 3}, amount=1)])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"down": Decimal("2"), "up": None}, "damping.down: must lie in 0..1"),
        ({"down": None, "up": Decimal("-0.1")}, "damping.up: is negative"),
        ({"down": 0.02, "up": None}, "not float"),
    ],
)
def test_percentages_negative_rises_and_floats_are_refused(settings, words):
    with pytest.raises(AllocationError, match=words):
        damping(PUPILS, previous_per_pupil=PREVIOUS, beside=BESIDE, **settings)


def test_negative_money_of_last_year_is_refused():
    with pytest.raises(AllocationError, match="last year's money is negative for school units 1 \\(A\\)"):
        hold_total({"A": -1}, beside={"A": 0})


def test_phased_claims_go_part_of_the_way_and_a_new_unit_all_of_it():
    model = {"A": 200_000, "B": 300_000, "C": 10_000}
    claims = phased_claims(
        model, pupils=PUPILS, previous_per_pupil={"A": 1000, "B": 2000, "C": None}, share=Decimal(".25")
    )
    assert claims == {"A": 125_000, "B": 375_000, "C": 10_000}
    given = award(proportional(claims), pot=510_000)
    assert given.amounts == claims
    whole = phased_claims(model, pupils=PUPILS, previous_per_pupil={"A": 1000, "B": 2000, "C": None}, share=1)
    assert whole == model


def test_the_baseline_follows_succession_prices_and_exclusions():
    units = {"A": ("A",), "M": ("B", "C"), "S1": ("D",), "S2": ("D",), "N": ()}
    per_pupil = baseline_per_pupil(
        {"A": 1100, "B": 500, "C": 1500, "D": 300},
        pupils={"A": 10, "B": 5, "C": 5, "D": 3},
        excluded={"A": 100, "B": 0, "C": 0, "D": 0},
        price_factor=Decimal("1.03"),
        units=units,
    )
    assert per_pupil == {"A": 103, "M": 206, "S1": 103, "S2": 103, "N": None}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"units": {"A": ("Z",)}}, "predecessors without an amount last year: 1 \\(Z\\)"),
        ({"pupils": {"A": 0}}, "baseline of school unit A has no pupils"),
        ({"excluded": {"A": 101}}, "less money than is excluded"),
        ({"excluded": {}}, "totals and excluded differ for school units 1 \\(A\\)"),
        ({"price_factor": 0}, "price_factor must be above zero"),
    ],
)
def test_a_baseline_is_never_guessed(change, words):
    given = {"pupils": {"A": 1}, "excluded": {"A": 0}, "price_factor": 1, "units": {"A": ("A",)}}
    with pytest.raises(AllocationError, match=words):
        baseline_per_pupil({"A": 100}, **(given | change))
