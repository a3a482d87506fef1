"""One way from shares to the index, for one column or many; and the intercepts of many sets of weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need import need_index
from models_py.need.index_frame import index_frame
from models_py.need.link import expected, intercepts
from models_py.need.logit import recalibrate


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), minimum=st.integers(1, 60))
def test_many_columns_at_once_give_the_bits_of_one_index_each(seed, minimum):
    rng = np.random.default_rng(seed)
    units = [f"{number:03d}" for number in range(int(rng.integers(2, 15)))]
    keys = [(date, unit) for date in ("2025-10-15", "2026-10-15") for unit in units if rng.random() < 0.85]
    keys.append(("2026-10-15", "new"))
    table = pd.DataFrame(keys, columns=["count_date", "school_unit_code"]).assign(
        municipality_code="9999", basis="x", need_share_lower=np.nan, need_share_upper=np.nan
    )
    table["pupil_count"] = rng.integers(1, 90, len(table))
    shares = rng.random((len(table), 4))
    shares[:-1][rng.random(len(table) - 1) < 0.2] = np.nan
    frame = index_frame(table.assign(need_share=shares[:, 0]), index_minimum_pupils=minimum)
    together = frame.index(frame.used_shares(frame.spread(table, shares)))
    for column in range(4):
        alone = need_index(table.assign(need_share=shares[:, column]), index_minimum_pupils=minimum).table
        assert together[:, column].tolist() == alone["need_index"].tolist()
        assert frame.rule.tolist() == alone["index_rule"].tolist()
    np.testing.assert_allclose(np.average(together, axis=0, weights=frame.pupils), 100, atol=1e-9)


@settings(max_examples=40, deadline=None)
@example(seed=2027, spread=6.0, part=0.5)  # Newton goes to and fro between two kinks
@given(seed=st.integers(0, 10**6), spread=st.floats(0.0, 6.0), part=st.floats(0.001, 0.999))
def test_many_intercepts_equal_those_solved_one_by_one(seed, spread, part):
    rng = np.random.default_rng(seed)
    scores, trials = rng.normal(0, spread, (30, 5)), rng.integers(1, 50, 30).astype(float)
    total = part * trials.sum()
    found = intercepts(scores, trials=trials, total=total, link="logit", start=-1.0)
    alone = [recalibrate(scores[:, draw], trials=trials, total=total) for draw in range(5)]
    np.testing.assert_allclose(found, alone, atol=1e-8)
    np.testing.assert_allclose(trials @ expit(found + scores), total, rtol=1e-9)
    points = intercepts(scores / 5, trials=trials, total=total, link="identity", start=0.1)
    np.testing.assert_allclose(trials @ expected(points + scores / 5, "identity"), total, rtol=1e-9)


def test_an_intercept_for_nobody_or_everybody_is_refused():
    for total in (0.0, 10.0, 11.0):
        with pytest.raises(NeedError) as caught:
            intercepts(np.zeros((2, 1)), trials=np.array([5.0, 5.0]), total=total, link="logit", start=0.0)
        assert caught.value.reason == "no_calibration"
