"""Choosing among scenarios: the front by definition, and the exact share that a ratio of real totals takes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.allocation.pareto import pareto_front, structural_share_for_ratio
from models_py.errors import AllocationError


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=25))
def test_the_front_is_what_no_other_scenario_beats(points):
    kept = pareto_front(benefit=[b for b, _ in points], loss=[x for _, x in points])
    for (b, x), on_front in zip(points, kept, strict=True):
        beaten = any(c >= b and y <= x and (c, y) != (b, x) for c, y in points)
        assert on_front == (not beaten)


def test_points_without_a_figure_or_a_partner_are_refused():
    with pytest.raises(AllocationError, match=r"scenarios 1 \(1\)"):
        pareto_front(benefit=[1, float("nan")], loss=[1, 2])
    with pytest.raises(AllocationError, match="give one of each"):
        pareto_front(benefit=[1], loss=[1, 2])


def ratio_at(share, base, claims, pupils):
    base_sum, claim_sum = sum(base.values()), sum(claims.values())
    per_pupil = [
        ((1 - share) * Fraction(base[u], base_sum) + share * Fraction(claims[u], claim_sum)) / pupils[u]
        for u in base
        if pupils[u] >= 20
    ]
    return max(per_pupil) / min(per_pupil) if min(per_pupil) else None


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_share_meets_the_ratio_exactly_and_any_more_exceeds_it(data):
    codes = [f"U{j}" for j in range(data.draw(st.integers(2, 8)))]
    pupils = {u: data.draw(st.integers(20, 300)) for u in codes}
    base = {u: n * data.draw(st.integers(90, 110)) for u, n in pupils.items()}
    claims = {u: n * data.draw(st.integers(0, 250)) for u, n in pupils.items()}
    ratio = data.draw(st.fractions(1, 3, max_denominator=20))
    try:
        share = structural_share_for_ratio(base=base, claims=claims, pupils=pupils, ratio=ratio)
    except AllocationError as refused:
        if "not reached" in str(refused):
            assert ratio_at(Fraction(1), base, claims, pupils) < ratio
        elif "every structural share" in str(refused):
            grid = [ratio_at(Fraction(k, 200), base, claims, pupils) for k in range(201)]
            assert all(r is None or r > ratio for r in grid)
        else:
            assert not any(claims.values())
        return
    assert ratio_at(share, base, claims, pupils) == ratio
    if share < 1:
        beyond = ratio_at(share + (1 - share) / 1000, base, claims, pupils)
        assert beyond is None or beyond > ratio


def test_a_flat_base_gives_the_formula_and_small_units_do_not_count():
    pupils = {"A": 100, "B": 100, "C": 19}
    claims = {"A": 50, "B": 150, "C": 19}
    base = {u: n * 3 for u, n in pupils.items()}
    share = structural_share_for_ratio(base=base, claims=claims, pupils=pupils, ratio=Fraction(6, 5))
    assert share == Fraction(1, 5) / (Fraction(1, 5) + Fraction(3, 2) - Fraction(6, 5) * Fraction(1, 2))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ratio": Fraction(7, 2)}, r"3\.5 is not reached: .* it is 3;"),
        ({"base": {"A": 100, "B": 300}, "claims": {"A": 10, "B": 30}, "ratio": 2}, "at every structural share"),
        ({"claims": {"A": 1}}, r"differ in 1 \(B\)"),
        ({"claims": {"A": 0, "B": 0}}, "not be all zero"),
        ({"pupils": {"A": 10, "B": 10}}, "at least 20 pupils"),
    ],
)
def test_what_has_no_share_is_refused(changed, said):
    given_in = {
        "base": {"A": 100, "B": 100},
        "claims": {"A": 50, "B": 150},
        "pupils": {"A": 100, "B": 100},
        "ratio": Fraction(6, 5),
    } | changed
    with pytest.raises(AllocationError, match=said):
        structural_share_for_ratio(**given_in)
