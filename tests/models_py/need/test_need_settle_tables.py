"""What rounding leaves: how many decimals, of which type, and which columns of a table it leaves alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_py.need.settle import settle, settle_beside, settle_one, settle_shares


def test_estimates_keep_ten_decimals_shares_nine():
    values = np.array([0.12345678914, -0.12345678916, 2.0])
    assert settle(values).tolist() == [0.1234567891, -0.1234567892, 2.0]
    assert settle_shares(values).tolist() == [0.123456789, -0.123456789, 2.0]
    assert settle_one(0.12345678916) == 0.1234567892


def test_whole_numbers_become_floats_in_a_new_array():
    for keep in (settle, settle_shares):
        whole, values = np.array([1, 2]), np.array([0.5])
        assert keep(whole).dtype == float
        found = keep(values)
        found[0] = 9.0
        assert values[0] == 0.5


def test_a_table_beside_has_six_decimals_no_negative_zero_and_its_other_columns():
    table = pd.DataFrame({"unit": ["a", "b"], "n": [1, 2], "x": [0.12345649, -1e-9], "y": [None, 2.0000004]})
    found = settle_beside(table)
    expected = pd.DataFrame({"unit": ["a", "b"], "n": [1, 2], "x": [0.123456, 0.0], "y": [np.nan, 2.0]})
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert not np.signbit(found["x"][1])
    assert table["x"][0] == 0.12345649
