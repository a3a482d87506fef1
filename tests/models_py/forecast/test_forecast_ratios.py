"""Progression ratios: drawn together as far as chance allows, never past what a school plainly does."""

import numpy as np
import pytest

from models_py.forecast.ratios import LIMIT, progression_ratios


def ratios_of(ratio: np.ndarray, *, base: int = 30, years: int = 6, seed: int = 3, noise: float = 0.0):
    """Units with a true ratio from grade F to 1; everything else stays 1."""
    random = np.random.default_rng(seed)
    count = np.full((len(ratio), years, 10), base, dtype=np.int64)
    kept = base * ratio[:, None] + random.normal(0, noise, (len(ratio), years))
    count[:, :, 1] = np.rint(np.maximum(kept, 0))
    count[:, :, 2:] = count[:, :, [1]]
    learned = np.ones((len(ratio), years), dtype=bool)
    learned[:, 0] = False
    return progression_ratios(count, learned=learned, window=5)


def test_chance_is_drawn_to_what_is_usual_and_much_evidence_is_not():
    noisy = ratios_of(np.full(60, 0.95), noise=4.0)
    own_spread = 4.0 / 30 / np.sqrt(5)
    assert noisy.ratio[:, 0].std() < 0.8 * own_spread
    assert noisy.typical[0] == pytest.approx(0.95, abs=0.03)
    differing = ratios_of(np.linspace(0.7, 1.2, 60), base=400)
    assert np.abs(differing.ratio[:, 0] - np.linspace(0.7, 1.2, 60)).max() < 0.01


def test_no_ratio_is_moved_further_than_the_limit():
    found = ratios_of(np.array([1.0] * 40 + [0.5]), noise=1.0)
    own = 0.5
    standard_error = np.sqrt(found.dispersion[0] * found.typical[0] / (5 * 30))
    assert abs(found.ratio[-1, 0] - own) <= LIMIT * standard_error + 0.05


def test_a_grade_that_nobody_goes_on_to_is_not_taught_and_one_that_begins_has_no_ratio():
    found = ratios_of(np.array([1.0] * 20 + [0.0, 3.0]))
    assert found.ratio[20, 0] == 0.0
    assert found.begins[21, 0]
    assert not found.begins[:20].any()
    assert found.typical[0] == pytest.approx(1.0)


def test_transitions_that_are_not_learned_leave_no_trace():
    count = np.full((5, 6, 10), 30, dtype=np.int64)
    spoiled = count.copy()
    spoiled[2, 5] = 300
    learned = np.ones((5, 6), dtype=bool)
    learned[:, 0] = False
    learned[2, 5] = False
    assert np.array_equal(
        progression_ratios(count, learned=learned, window=5).ratio,
        progression_ratios(spoiled, learned=learned, window=5).ratio,
    )
    everything = np.ones((5, 6), dtype=bool)
    assert not np.array_equal(
        progression_ratios(count, learned=everything, window=5).ratio,
        progression_ratios(spoiled, learned=everything, window=5).ratio,
    )
