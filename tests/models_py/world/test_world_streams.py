"""The draws are addressed by seed, name and number, and by nothing else."""

import numpy as np
import pytest

from models_py.world.streams import Streams

NUMBERS = np.arange(200_000)


def test_a_draw_depends_on_the_number_and_not_on_the_order_or_the_company():
    streams = Streams(3)
    all_of_them = streams.normal("x", NUMBERS)
    order = np.random.default_rng(0).permutation(NUMBERS)
    assert np.array_equal(streams.normal("x", order), all_of_them[order])
    assert np.array_equal(streams.normal("x", NUMBERS[500:501]), all_of_them[500:501])


def test_seed_name_and_second_number_each_give_another_stream():
    base = Streams(3).uniform("x", NUMBERS, 1)
    for other in (Streams(4).uniform("x", NUMBERS, 1), Streams(3).uniform("y", NUMBERS, 1),
                  Streams(3).uniform("x", NUMBERS, 2)):  # fmt: skip
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.01
        assert not np.any(base == other)


def test_uniforms_fill_the_open_interval_evenly():
    u = Streams(1).uniform("u", NUMBERS)
    assert u.min() > 0
    assert u.max() < 1
    counts = np.histogram(u, bins=50, range=(0, 1))[0]
    chi_square = ((counts - 4000) ** 2 / 4000).sum()
    assert 20 < chi_square < 95  # 49 degrees of freedom; far outside = not random, or too even to be random
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 0.01


@pytest.mark.parametrize("mean", [0.01, 0.7, 6.0, 52.0])
def test_poisson_counts_have_the_mean_and_variance_of_a_poisson(mean):
    count = Streams(1).poisson("n", np.full(len(NUMBERS), mean), NUMBERS)
    assert count.min() >= 0
    assert count.mean() == pytest.approx(mean, rel=0.1)
    assert count.var() == pytest.approx(mean, rel=0.1)


def test_poisson_agrees_with_the_exact_quantile():
    from scipy.stats import poisson

    u = Streams(2).uniform("n", NUMBERS[:5000])
    mean = np.linspace(0.02, 60, 5000)
    assert np.array_equal(Streams(2).poisson("n", mean, NUMBERS[:5000]), poisson.ppf(u, mean))
    assert not Streams(2).poisson("n", np.zeros(100), NUMBERS[:100]).any()


def test_integers_reach_both_ends():
    assert set(Streams(1).integer("i", 3, 5, NUMBERS[:1000])) == {3, 4, 5}
