"""What guarantees cost is told exactly: who is lifted, who pays, and that the prices are the slopes they claim to be."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from bench.money_instances import instance
from models_py.allocation.feasibility import smallest_damping
from models_py.allocation.guarantees import bounded, cap_per_pupil, damping, floor_per_pupil
from models_py.allocation.kernel import Term, solve
from models_py.allocation.prices import guarantee_price, in_order, marginal_price, pot_price, shapley_mean
from models_py.allocation.rules import least_squared_unmet, level_up, proportional
from models_py.errors import AllocationError

PUPILS = {"A": 100, "B": 100, "C": 200}
CLAIMS = {"A": 1000, "B": 4000, "C": 5000}
RULE = proportional(CLAIMS)


def test_a_floor_is_paid_by_the_others_to_the_krona():
    price = guarantee_price(RULE, pot=5000, guarantees=[floor_per_pupil(PUPILS, amount=8)])
    assert price.receivers == {"A": 300}
    assert price.payers == {"B": Fraction(400, 3), "C": Fraction(500, 3)}
    assert price.lifted == price.moved == 300
    assert price.held == 0
    assert price.multiplier_change == Fraction(4200, 9000) - Fraction(1, 2)


def test_a_cap_sets_money_free_for_the_others():
    price = guarantee_price(RULE, pot=5000, guarantees=[cap_per_pupil(PUPILS, amount=15)])
    assert price.payers == {"B": 500}
    assert price.held == price.moved == 500
    assert price.lifted == 0


def test_lifted_is_the_extra_pot_that_leaves_everybody_else_whole():
    for seed in range(300):
        rng = random.Random(seed)
        pupils = {f"{k}": rng.randint(1, 90) for k in range(rng.randint(2, 7))}
        rule = proportional({c: rng.randint(1, 100) * n for c, n in pupils.items()})
        floors = [floor_per_pupil(pupils, amount=rng.randint(0, 50))]
        pot = 60 * sum(pupils.values())
        price = guarantee_price(rule, pot=pot, guarantees=floors)
        assert price.lifted == price.moved
        assert sum(price.effect.values()) == 0
        without = solve(rule, total=pot).amounts
        whole_again = solve(bounded(rule, guarantees=floors), total=pot + price.lifted).amounts
        assert all(whole_again[c] == max(without[c], bounded(rule, guarantees=floors)[c].lower) for c in pupils)


def test_the_price_of_the_pot_is_the_slope_of_the_awards_and_of_squared_unmet_need():
    rule = bounded(least_squared_unmet(CLAIMS, pupils=PUPILS), guarantees=[cap_per_pupil(PUPILS, amount=30)])
    pot, step = 6000, Fraction(1, 1000)
    solution, more, less = (solve(rule, total=total) for total in (pot, pot + step, pot - step))
    price = pot_price(rule, solution)
    assert price.multiplier == solution.multiplier
    assert price.next_krona == {c: (more.amounts[c] - solution.amounts[c]) / step for c in price.next_krona}
    assert sum(price.next_krona.values()) == 1

    def unmet(amounts):
        return sum((CLAIMS[c] - a) ** 2 / PUPILS[c] for c, a in amounts.items())

    slope = (unmet(more.amounts) - unmet(less.amounts)) / (2 * step)
    assert slope == 2 * solution.multiplier


def test_at_a_breakpoint_the_next_krona_goes_to_those_who_start_to_move():
    rule = level_up({"A": 100, "B": 200}, weights={"A": 10, "B": 10})
    at_the_kink = solve(rule, total=100)
    assert at_the_kink.multiplier == 20
    assert pot_price(rule, at_the_kink).next_krona == {"A": Fraction(1, 2), "B": Fraction(1, 2)}
    full = {"A": Term(beta=1, upper=5)}
    assert pot_price(full, solve(full, total=5)).next_krona == {}
    fixed = {"A": Term(alpha=5)}
    assert pot_price(fixed, solve(fixed, total=5)).multiplier is None


def _damped(down):
    pupils, previous = {"A": 100, "B": 100, "C": 200}, {"A": 110, "B": 130, "C": None}
    promise = damping(pupils, previous_per_pupil=previous, beside={"A": 9000, "B": 9000, "C": 9000}, down=down, up=None)
    return bounded(RULE, guarantees=[promise])


def test_the_marginal_price_is_the_difference_quotient_and_sums_to_zero():
    price = marginal_price(_damped, pot=6000, setting=Fraction(2, 100))
    below, above = (solve(_damped(Fraction(x, 1000)), total=6000).amounts for x in (19, 21))
    assert price.effect == {c: (above[c] - below[c]) / Fraction(2, 1000) for c in above}
    assert sum(price.effect.values()) == 0
    assert price.effect["A"] < 0  # a larger allowed fall helps those who are not protected
    assert price.moved == price.effect["C"] + max(price.effect["B"], 0)
    assert price.multiplier_change > 0
    assert not price.one_sided


def test_at_the_smallest_damping_the_marginal_price_is_one_sided():
    promise = damping(PUPILS, previous_per_pupil={"A": 110, "B": 130, "C": None}, beside=dict.fromkeys(PUPILS, 9000),
                      down=0, up=None)  # fmt: skip
    least = smallest_damping(RULE, pot=5700, damped=promise)
    price = marginal_price(_damped, pot=5700, setting=least.exact, lowest=least.exact)
    assert price.one_sided
    assert sum(price.effect.values()) == 0
    assert price.effect["A"] == -11_000


def test_shares_of_several_guarantees_add_up_to_their_joint_effect_in_order_and_on_average():
    compared = 0
    for seed in range(400):
        case = instance(seed)
        if not case.bounds_allow or len(case.guarantees) < 2:
            continue
        rule = bounded(case.terms, guarantees=[])
        joint = guarantee_price(rule, pot=case.pot, guarantees=case.guarantees).effect
        for split in (in_order, shapley_mean):
            parts = split(rule, pot=case.pot, guarantees=case.guarantees)
            assert {c: sum(part[c] for part in parts.values()) for c in joint} == joint
            assert all(sum(part.values()) == 0 for part in parts.values())
        compared += 1
    assert compared > 50


def test_the_mean_over_orders_favours_no_order_and_differs_from_a_single_one():
    guarantees = [floor_per_pupil(PUPILS, amount=13), cap_per_pupil(PUPILS, amount=14)]
    mean = shapley_mean(RULE, pot=5400, guarantees=guarantees)
    assert mean == shapley_mean(RULE, pot=5400, guarantees=guarantees[::-1])
    forward = in_order(RULE, pot=5400, guarantees=guarantees)
    backward = in_order(RULE, pot=5400, guarantees=guarantees[::-1])
    assert forward != backward
    assert mean == {name: {c: (forward[name][c] + backward[name][c]) / 2 for c in PUPILS} for name in mean}


def test_two_guarantees_of_one_name_and_too_many_are_refused():
    floor = floor_per_pupil(PUPILS, amount=1)
    with pytest.raises(AllocationError, match="the same name"):
        shapley_mean(RULE, pot=5000, guarantees=[floor, floor])
    many = [floor_per_pupil(PUPILS, amount=1, name=f"floor {k}") for k in range(9)]
    with pytest.raises(AllocationError, match="512 subsets"):
        shapley_mean(RULE, pot=5000, guarantees=many)
    with pytest.raises(AllocationError, match="step must be above zero"):
        marginal_price(_damped, pot=6000, setting=0, step=0)
