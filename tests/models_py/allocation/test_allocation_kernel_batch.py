"""Scenarios in floats agree with the exact kernel, and are whole, within bounds and exact in sum after rounding."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from bench.money_instances import instance
from models_py.allocation.bounds_batch import bounds_batch
from models_py.allocation.guarantees import (
    bounded,
    cap_per_pupil,
    damping,
    floor_per_pupil,
    hold_total,
    minimum_per_pupil,
)
from models_py.allocation.kernel import Term, solve, solve_whole, whole_bounds
from models_py.allocation.kernel_batch import attainable_batch, solve_batch
from models_py.allocation.rounding_batch import round_batch, whole_bounds_batch
from models_py.allocation.rules import proportional
from models_py.errors import AllocationError


def arrays(terms):
    """alpha, beta, lower, upper as (J,) floats, columns ascending by code."""
    rows = [terms[code] for code in sorted(terms)]
    none = {"lower": -math.inf, "upper": math.inf}
    return {
        name: np.array([float(none[name]) if getattr(t, name) is None else float(getattr(t, name)) for t in rows])
        if name in none
        else np.array([float(getattr(t, name)) for t in rows])
        for name in ("alpha", "beta", "lower", "upper")
    }


def test_batch_and_exact_solver_agree_in_random_municipalities():
    compared = whole_agrees = 0
    for seed in range(800):
        case = instance(seed)
        if not case.bounds_allow:
            continue
        terms = whole_bounds(case.terms)
        exact, exact_whole = solve_whole(terms, total=case.pot)
        given = arrays(terms)
        done = solve_batch(
            given["alpha"], beta=given["beta"], lower=given["lower"], upper=given["upper"], total=case.pot
        )
        want = np.array([float(a) for a in exact.amounts.values()])
        scale = max(1.0, abs(case.pot), np.abs(want).max(), np.abs(given["alpha"]).max())
        assert np.abs(done.amounts[0] - want).max() <= 1e-9 * scale
        whole = round_batch(
            done.amounts,
            school_unit_codes=sorted(terms),
            lower=given["lower"],
            upper=given["upper"],
            total=case.pot,
        )[0]
        assert whole.sum() == case.pot
        assert ((whole >= given["lower"]) & (whole <= given["upper"])).all()
        assert np.abs(whole - want).max() < 1 + 1e-5
        compared += 1
        whole_agrees += whole.tolist() == list(exact_whole.values())
    assert compared > 600
    assert whole_agrees > 0.98 * compared  # remainders within a millionth may fall otherwise in floats


@pytest.fixture(scope="module")
def nation():
    """300 school units, 40 scenarios of pot, floor, cap and damping; every fifteenth unit is new."""
    rng = np.random.default_rng(7)
    pupils = rng.integers(15, 700, 300)
    previous = np.round(rng.uniform(105_000, 140_000, 300), 2)
    previous[::15] = np.nan
    return {
        "rng": rng,
        "codes": [f"{k:08d}" for k in range(300)],
        "pupils": pupils,
        "claims": pupils * rng.integers(40, 220, 300),
        "beside": pupils * 108_000,
        "previous": previous,
        "pots": (pupils.sum() * rng.uniform(14_000, 18_000, 40)).round(),
        "down": rng.choice([0.1, 0.15, 0.2, np.inf], 40),
        "up": rng.choice([0.3, 0.5, np.inf], 40),
        "floor": rng.integers(0, 1500, 40).astype(float),
    }


def settings_of(nation):
    return {
        "beside": nation["beside"],
        "previous_per_pupil": nation["previous"],
        "floor": nation["floor"],
        "cap": 80_000.0,
        "minimum": 109_000.0,
        "down": nation["down"],
        "up": nation["up"],
    }


def test_scenarios_under_all_guarantees_equal_the_exact_kernel_scenario_by_scenario(nation):
    lower, upper = bounds_batch(nation["pupils"], **settings_of(nation))
    done = solve_batch(np.zeros(300), beta=nation["claims"], lower=lower, upper=upper, total=nation["pots"])
    whole = round_batch(done.amounts, school_unit_codes=nation["codes"], lower=lower, upper=upper, total=nation["pots"])
    assert (whole.sum(axis=1) == nation["pots"]).all()
    pupils = dict(zip(nation["codes"], nation["pupils"].tolist(), strict=True))
    beside = dict(zip(nation["codes"], nation["beside"].tolist(), strict=True))
    previous = {
        c: None if math.isnan(q) else Fraction(str(q)) for c, q in zip(nation["codes"], nation["previous"], strict=True)
    }
    rule = proportional(dict(zip(nation["codes"], nation["claims"].tolist(), strict=True)))
    for s in (0, 13, 39):
        down, up = (None if math.isinf(nation[side][s]) else Fraction(str(nation[side][s])) for side in ("down", "up"))
        terms = bounded(
            rule,
            guarantees=[
                floor_per_pupil(pupils, amount=int(nation["floor"][s])),
                cap_per_pupil(pupils, amount=80_000),
                minimum_per_pupil(pupils, level=dict.fromkeys(pupils, 109_000), beside=beside),
                damping(pupils, previous_per_pupil=previous, beside=beside, down=down, up=up),
            ],
        )
        exact, exact_whole = solve_whole(terms, total=int(nation["pots"][s]))
        assert np.abs(done.amounts[s] - [float(a) for a in exact.amounts.values()]).max() < 1e-4
        assert np.abs(whole[s] - np.array(list(exact_whole.values()))).max() <= 1
        assert (whole[s] == list(exact_whole.values())).mean() > 0.98
        assert done.multiplier[s] == pytest.approx(float(exact.multiplier), rel=1e-9)


def test_results_do_not_depend_on_how_many_scenarios_are_solved_together(nation):
    lower, upper = bounds_batch(nation["pupils"], **settings_of(nation))
    many = solve_batch(np.zeros(300), beta=nation["claims"], lower=lower, upper=upper, total=nation["pots"])
    for s in (3, 21):
        one = solve_batch(np.zeros(300), beta=nation["claims"], lower=lower[s], upper=upper[s], total=nation["pots"][s])
        assert (one.amounts[0] == many.amounts[s]).all()


def test_holding_last_years_total_is_the_same_bound_in_both(nation):
    lower, _ = bounds_batch([10, 20], beside=[100, 300], previous_total=[150.5, np.nan])
    assert lower.tolist() == [[51, 0]]
    promise = hold_total({"A": Fraction(301, 2), "B": None}, beside={"A": 100, "B": 300})
    assert whole_bounds(bounded({"A": Term(beta=1), "B": Term(beta=1)}, guarantees=[promise]))["A"].lower == 51


def test_a_switched_off_side_bounds_nothing_and_a_new_unit_is_not_damped():
    lower, upper = bounds_batch([10, 10], previous_per_pupil=[5.0, np.nan], down=[0.1, np.inf], up=[np.inf, 0.2])
    assert lower.tolist() == [[45, 0], [0, 0]]
    assert upper.tolist() == [[np.inf, np.inf], [60, np.inf]]


def test_whole_bounds_do_not_move_a_whole_krona_that_a_float_missed():
    lower, upper = whole_bounds_batch(np.array([1e9 + 2e-7, 0.3]), upper=np.array([1e9 - 2e-7, 0.9]))
    assert lower.tolist() == [1e9, 1]
    assert upper.tolist() == [1e9, 0]


def test_extremes_settle_at_the_ends_of_the_attainable_range():
    alpha, beta = np.array([-1e12, 5.0, 3.0]), np.array([1e-9, 1e9, 0.0])
    lower, upper = np.array([0.0, 0.0, 1.0]), np.array([7.0, 1e6, 2.0])
    low, high = attainable_batch(alpha, beta=beta, lower=lower, upper=upper)
    assert (low[0], high[0]) == (2, 1_000_009)
    done = solve_batch(alpha, beta=beta, lower=lower, upper=upper, total=[2, 1_000_009, 9, 1_000_005])
    assert done.amounts.tolist() == [[0, 0, 2], [7, 1e6, 2], [0, 7, 2], [3, 1e6, 2]]
    fixed = solve_batch([3.0], beta=[0.0], lower=[0.0], upper=[9.0], total=3)
    assert np.isnan(fixed.multiplier[0])
    assert fixed.amounts.tolist() == [[3]]


def test_unbounded_terms_are_solved_too():
    done = solve_batch([5.0, -5.0], beta=[1.0, 3.0], lower=[-np.inf, -np.inf], upper=[np.inf, 0.0], total=[-4, 100])
    exact = {"A": Term(5, 1, None), "B": Term(-5, 3, None, 0)}
    for row, pot in enumerate((-4, 100)):
        assert done.amounts[row].tolist() == [float(a) for a in solve(exact, total=pot).amounts.values()]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"total": [3, 1]}, "1 \\(1 floors_exceed_pot\\)"),
        ({"total": [3, 99]}, "1 \\(1 caps_below_pot\\)"),
        ({"lower": [[1, 1], [9, 1]], "total": 4}, "1 \\(1 floor_above_cap\\)"),
        ({"beta": [1, -1]}, "beta negative"),
        ({"beta": [1, np.nan]}, "not finite"),
        ({"lower": [np.nan, 1]}, "floor_above_cap"),
        ({"total": np.nan}, "floors_exceed_pot"),
        ({"beta": [1, 1, 1]}, "do not fit together"),
    ],
)
def test_scenarios_that_cannot_be_solved_are_named_before_any_is(change, words):
    given = {"beta": [1, 1], "lower": [1, 1], "upper": [5, 5], "total": 4} | change
    with pytest.raises(AllocationError, match=words):
        solve_batch([0, 0], **given)


def slow_round(amounts, total):
    """Largest remainder of one row, in millionths, ties to the first."""
    whole = [math.floor(a + 1e-6) for a in amounts]
    order = sorted(range(len(amounts)), key=lambda k: (-round((amounts[k] - whole[k]) * 1e6), k))
    for k in order[: total - sum(whole)]:
        whole[k] += 1
    return whole


def test_batch_rounding_is_largest_remainder_with_ties_to_the_lower_code():
    rng = np.random.default_rng(3)
    for _ in range(200):
        amounts = rng.choice([rng.uniform(0, 50, 9), rng.integers(0, 200, 9) / 4])
        total = math.floor(amounts.sum())
        amounts[-1] += total - amounts.sum()
        done = round_batch(amounts[None], school_unit_codes=list("ABCDEFGHI"), lower=-np.inf, upper=np.inf, total=total)
        assert done[0].tolist() == slow_round(amounts.tolist(), total)


def test_a_krona_skips_units_at_their_cap_and_is_taken_back_above_floors():
    codes = ["A", "B", "C"]
    up = round_batch(np.array([[1.9, 1.6, 1.5]]), school_unit_codes=codes, lower=0, upper=[[1, 9, 9]], total=5)
    assert up.tolist() == [[1, 2, 2]]
    down = round_batch(np.array([[1.2, 1.2, 1.6]]), school_unit_codes=codes, lower=[[2, 2, 0]], upper=9, total=4)
    assert down.tolist() == [[2, 2, 0]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"school_unit_codes": ["B", "A"]}, "ascending"),
        ({"school_unit_codes": ["A", "A"]}, "ascending"),
        ({"lower": 0.5}, "bounds must be whole"),
        ({"upper": np.nan}, "bounds must be whole"),
        ({"total": 2.5}, "totals must be whole"),
        ({"upper": 1, "total": 3}, "no whole solution within the bounds for scenarios 1 \\(0\\)"),
        ({"lower": 2, "total": 3}, "no whole solution"),
    ],
)
def test_rounding_refuses_what_would_not_be_exact(change, words):
    given = {"school_unit_codes": ["A", "B"], "lower": 0, "upper": 9, "total": 3} | change
    with pytest.raises(AllocationError, match=words):
        round_batch(np.array([[1.5, 1.5]]), **given)


def test_amounts_beyond_the_precision_of_a_double_are_refused():
    with pytest.raises(AllocationError, match="solve larger ones exactly"):
        round_batch(np.array([[2.0**33]]), school_unit_codes=["A"], lower=0, upper=np.inf, total=2**33)


@pytest.mark.parametrize("setting", [{"down": -0.1}, {"up": -0.1}, {"cap": np.nan}, {"minimum": np.nan}])
def test_senseless_settings_of_scenarios_are_refused(setting):
    with pytest.raises(AllocationError):
        bounds_batch([1, 2], **setting)
