"""Support fades without cliffs, and nobody loses money by enrolling one more pupil."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.allocation.tapers import enrolment_losses, linear_weight, log_taper, sparsity, tapered
from models_py.errors import AllocationError


@settings(max_examples=60, deadline=None)
@given(size_limit=st.integers(2, 500), rate=st.integers(0, 60_000), more=st.integers(1, 20_000))
def test_with_a_base_above_the_rate_no_unit_loses_by_enrolling_a_pupil(size_limit, rate, more):
    def supplement(n):
        return log_taper(n, rate=rate, size_limit=size_limit)

    assert enrolment_losses(supplement, base_per_pupil=rate + more, up_to=size_limit + 3) == ()


def test_with_a_base_below_the_rate_the_losses_are_found_near_the_size_limit():
    def supplement(n):
        return log_taper(n, rate=19_706, size_limit=320)

    found = enrolment_losses(supplement, base_per_pupil=15_000, up_to=330)
    assert found[-1][0] == 319
    assert 4_600 < found[-1][1] < 4_706
    assert [n for n, _ in found] == list(range(found[0][0], 320))
    assert enrolment_losses(supplement, base_per_pupil=19_706, up_to=330) == ()


def test_a_step_is_a_cliff_and_its_height_is_told():
    found = enrolment_losses(lambda n: Fraction(1_300_000 if n < 50 else 0), base_per_pupil=100_000, up_to=60)
    assert found == ((49, 1_200_000),)


def test_a_loss_of_less_than_a_krona_is_a_loss_and_standing_still_is_none():
    found = enrolment_losses(lambda n: Fraction(-n, 1) if n < 4 else Fraction(-9, 2), base_per_pupil=1, up_to=4)
    assert found == ((3, Fraction(1, 2)),)


def test_the_log_taper_agrees_with_logarithms_and_does_not_depend_on_the_decimal_context():
    for n in (1, 7, 160, 319):
        exact = log_taper(n, rate=Decimal("19706"), size_limit=320)
        assert float(exact) == pytest.approx(19_706 * n * math.log(320 / n), rel=1e-13)
        assert (exact * 10**9).denominator == 1
        with localcontext() as context:
            context.prec = 3
            assert log_taper(n, rate=Decimal("19706"), size_limit=320) == exact
    assert log_taper(0, rate=1, size_limit=320) == log_taper(320, rate=1, size_limit=320) == 0
    assert log_taper(999, rate=1, size_limit=320) == 0
    assert log_taper(1, rate=1, size_limit=1) == 0, "one pupil is a size limit like another"


def test_support_by_size_and_distance_as_in_the_english_regulations():
    def amount(size, distance):
        return sparsity(
            year_group_size=size,
            size_threshold=Decimal("21.4"),
            distance=Decimal(distance),
            distance_threshold=2,
            maximum=100_000,
        )

    assert f"{float(amount(15, '1.8')):.2f}" == "29906.54"
    assert amount(15, "1.6") == 0
    assert amount(Decimal("10.69"), "1.8") == 50_000
    assert amount(Decimal("10.69"), "2.5") == 100_000
    assert amount(Decimal("21.4"), "2.5") == 0


@settings(max_examples=200, deadline=None)
@given(value=st.fractions(-10, 50), one=st.integers(0, 20), nil=st.integers(0, 20))
def test_a_linear_weight_stays_in_0_to_1_and_mirrors(value, one, nil):
    if one == nil:
        with pytest.raises(AllocationError, match="two different ends"):
            linear_weight(value, full=one, zero=nil)
        return
    weight = linear_weight(value, full=one, zero=nil)
    assert 0 <= weight <= 1
    assert weight + linear_weight(value, full=nil, zero=one) == 1


def test_a_closed_gate_gives_nothing_and_weights_multiply():
    assert tapered(100, weights=(Fraction(1, 2), Fraction(1, 5))) == 10
    assert tapered(100, weights=(Fraction(1, 2),), eligible=False) == 0
    with pytest.raises(AllocationError, match=r"must lie in 0\.\.1"):
        tapered(100, weights=(Fraction(3, 2),))


REMOTE = {"year_group_size": 5, "size_threshold": 20, "distance": 3, "distance_threshold": 2, "maximum": 1000}


def test_the_gate_of_a_distance_may_stand_anywhere_below_its_threshold():
    near = REMOTE | {"distance": Decimal("0.5")}
    assert sparsity(**near, distance_gate=0) == 250, "half of the way to half of what counts in full"
    assert sparsity(**near, distance_gate=Decimal("0.25")) == 0
    assert sparsity(**REMOTE, distance_gate=Decimal("0.99")) == 1000


def test_thresholds_may_be_as_small_as_one_pupil_and_one_mile():
    assert sparsity(**REMOTE | {"size_threshold": 1, "year_group_size": Decimal("0.5")}) == 1000
    assert sparsity(**REMOTE | {"distance_threshold": 1}) == 1000


@pytest.mark.parametrize(
    "call",
    [
        lambda: log_taper(-1, rate=1, size_limit=10),
        lambda: log_taper(2.5, rate=1, size_limit=10),
        lambda: log_taper(2, rate=1, size_limit=0),
        lambda: log_taper(2, rate=-1, size_limit=10),
        lambda: log_taper(True, rate=1, size_limit=10),
        lambda: sparsity(**REMOTE | {"size_threshold": 0}),
        lambda: sparsity(**REMOTE | {"distance_threshold": 0}),
        lambda: sparsity(**REMOTE, distance_gate=1),
        lambda: sparsity(**REMOTE, distance_gate=Decimal("-0.1")),
    ],
)
def test_senseless_sizes_and_rates_are_refused(call):
    with pytest.raises(AllocationError):
        call()
