"""The kernel is exact, keeps its invariants in thousands of random municipalities, and refuses what cannot be shared."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from bench.money_instances import RULES, instance
from bench.money_invariants import violations
from models_py.allocation.infeasible import CapsBelowPot, FloorAboveCap, FloorsExceedPot, InfeasibleError, OutOfReach
from models_py.allocation.kernel import Term, attainable, solve, solve_whole
from models_py.allocation.rounding import largest_remainder
from models_py.errors import AllocationError

INSTANCES = 2000


def test_no_invariant_is_violated_in_thousands_of_random_municipalities():
    wrong, shared = {}, Counter()
    for seed in range(INSTANCES):
        case = instance(seed)
        shared[case.rule] += case.bounds_allow
        if found := violations(case, seed=seed):
            wrong[seed] = found
    assert wrong == {}
    assert min(shared[rule] for rule in RULES) > INSTANCES / 10
    assert sum(shared.values()) < INSTANCES  # some had to be refused


def without_caps(terms, *, total):
    return solve_whole({c: replace(t, upper=None) for c, t in terms.items()}, total=total)


def one_krona_aside(terms, *, total):
    solution, whole = solve_whole(terms, total=total)
    return solution, dict(zip(whole, [a + (k == 0) for k, a in enumerate(whole.values())], strict=True))


def by_given_order(terms, *, total):
    """Ties go to whoever is written first."""
    names = {f"{k:03d}": code for k, code in enumerate(terms)}
    solution, whole = solve_whole({k: terms[code] for k, code in names.items()}, total=total)
    amounts = {code: solution.amounts[k] for k, code in names.items()}
    return replace(solution, amounts=amounts), {code: whole[k] for k, code in names.items()}


def in_floats(terms, *, total):
    solution, whole = solve_whole(terms, total=total)
    return replace(solution, amounts={c: Fraction(float(a)) for c, a in solution.amounts.items()}), whole


def unnarrowed(terms, *, total):
    """Bounds in fractions while solving, whole numbers only afterwards."""
    solution = solve(terms, total=total)
    return solution, largest_remainder(solution.amounts)


def by_head_of_claim(terms, *, total):
    """Shares by the square of the weight, as a convex rule would."""
    return solve_whole({c: replace(t, beta=t.beta * t.beta) for c, t in terms.items()}, total=total)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (without_caps, {"a bound is broken", "a pot that cannot be shared was shared"}),
        (one_krona_aside, {"whole amounts do not sum to the pot"}),
        (by_given_order, {"another order or a second run gives another result"}),
        (in_floats, {"exact amounts do not sum to the pot", "the slow reference disagrees"}),
        (unnarrowed, {"a bound is broken"}),
        (by_head_of_claim, {"splitting a unit moves money", "more need gets less per pupil"}),
    ],
)
def test_the_invariants_catch_a_solver_that_breaks_them(broken, said):
    found = set()
    for seed in range(250):
        try:
            found |= set(violations(instance(seed), seed=seed, share=broken))
        except InfeasibleError:
            continue
    assert said <= found


def test_six_schools_with_floor_and_cap_per_pupil_as_worked_by_hand():
    """30 million by index × pupils, at least 8 000 and at most 22 000 kronor per pupil."""
    pupils = {"A": 530, "B": 350, "C": 490, "D": 70, "E": 250, "F": 230}
    index = {"A": 60, "B": 95, "C": 170, "D": 90, "E": 55, "F": 140}
    terms = {c: Term(beta=n * index[c], lower=8_000 * n, upper=22_000 * n) for c, n in pupils.items()}
    solution, whole = solve_whole(terms, total=30_000_000)
    per_pupil = {c: round(float(solution.amounts[c] / n), 2) for c, n in pupils.items()}
    assert per_pupil == {"A": 9983.55, "B": 15807.29, "C": 22000, "D": 14975.32, "E": 9151.59, "F": 22000}
    assert solution.at_upper == ("C", "F")
    assert solution.free == ("A", "B", "D", "E")
    assert sum(whole.values()) == 30_000_000


def test_where_many_multipliers_do_it_is_the_largest_finite_breakpoint():
    flat = {"A": Term(beta=1, lower=0, upper=10), "B": Term(alpha=-50, beta=1, lower=0, upper=10)}
    assert solve(flat, total=10).multiplier == 50
    assert solve(flat, total=20).multiplier == 60
    assert solve(flat, total=0).multiplier == 0
    assert solve({"A": Term(alpha=3)}, total=3).multiplier is None


def test_terms_without_lower_bound_may_go_below_zero():
    terms = {"A": Term(alpha=5, beta=1, lower=None), "B": Term(alpha=-5, beta=3, lower=None, upper=0)}
    assert solve(terms, total=-4).amounts == {"A": 4, "B": -8}
    assert solve(terms, total=100).amounts == {"A": 100, "B": 0}
    assert attainable(terms) == (None, None)


def test_remainders_beyond_floats_are_told_apart():
    """Both exact amounts end just beside a half; in floats they would tie, and the lower code would win."""
    huge = 10**25
    _, whole = solve_whole({"A": Term(beta=huge), "B": Term(beta=huge + 1)}, total=2 * huge + 2)
    assert whole == {"A": huge, "B": huge + 2}
    _, whole = solve_whole({"A": Term(beta=huge + 1), "B": Term(beta=huge)}, total=2 * huge + 2)
    assert whole == {"A": huge + 2, "B": huge}


CAPPED = {"A": Term(beta=1, upper=5), "B": Term(beta=1, upper=5)}


@pytest.mark.parametrize(
    ("terms", "total", "finding"),
    [
        ({"B": Term(beta=1, lower=6, upper=5), "A": Term(beta=1)}, 9, FloorAboveCap(("B",))),
        (
            {"A": Term(beta=1, lower=4), "B": Term(beta=1, lower=7)},
            10,
            FloorsExceedPot(Fraction(11), 10, Fraction(1), None, ("B", "A")),
        ),
        (CAPPED, 12, CapsBelowPot(Fraction(10), 12, Fraction(2), ("A", "B"))),
        (
            {"A": Term(beta=0), "B": Term(beta=1, upper=5)},
            6,
            OutOfReach(6, Fraction(0), Fraction(5), ("A",)),
        ),
        ({"A": Term(alpha=3, lower=None)}, 4, OutOfReach(4, Fraction(3), Fraction(3), ("A",))),
    ],
)
def test_what_cannot_be_shared_is_refused_with_kind_figures_and_units(terms, total, finding):
    with pytest.raises(InfeasibleError) as refused:
        solve(terms, total=total)
    assert refused.value.finding == finding
    assert refused.value.reason == finding.kind
    assert all(code in str(refused.value) for code in getattr(finding, "school_unit_codes", ()))


def test_whole_bounds_without_a_whole_number_between_them_are_refused():
    with pytest.raises(InfeasibleError) as refused:
        solve_whole({"A": Term(beta=1, lower=Fraction(21, 10), upper=Fraction(29, 10)), "B": Term(beta=1)}, total=9)
    assert refused.value.finding == FloorAboveCap(("A",))


@pytest.mark.parametrize(
    ("terms", "total", "words"),
    [
        ({"A": Term(beta=-1)}, 1, "beta is negative for school units 1 \\(A\\)"),
        ({"A": Term(beta=0.5)}, 1, "int and Fraction only; it got others for 1 \\(A\\)"),
        ({"A": Term(beta=1, upper=Decimal(3))}, 1, "int and Fraction only"),
        ({"A": Term(beta=1)}, 1.0, "int and Fraction only"),
    ],
)
def test_inexact_or_senseless_terms_are_refused(terms, total, words):
    with pytest.raises(AllocationError, match=words):
        solve(terms, total=total)


def test_a_total_that_is_not_whole_is_not_shared_in_whole_kronor():
    with pytest.raises(AllocationError, match="not whole"):
        solve_whole({"A": Term(beta=1)}, total=Fraction(3, 2))
