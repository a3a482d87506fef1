"""The coding of a fit: which level is a column, which is the baseline, and how a level nobody had is scored."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import Factor
from models_py.need.design import Design, Term, build_design, level_codes

BAND = Factor("band", ("low", "mid", "high", "missing"))
SEX = Factor("sex", ("girl", "boy", "missing"))


def test_levels_without_leavers_are_dropped_and_the_first_with_some_is_the_baseline():
    # Nobody is low or missing in band; a row without leavers (high, boy) is nobody.
    codes = np.array([[1, 0], [2, 0], [2, 2], [0, 1]])
    found = build_design(codes, np.array([3, 1, 2, 0]), (BAND, SEX))
    assert found == Design(
        (BAND, SEX),
        (Term("band", "high"), Term("sex", "missing")),
        ("mid", "girl"),
        (Term("band", "low"), Term("band", "missing"), Term("sex", "boy")),
    )
    # What the fit never saw is scored as missing where that is fitted, else as the baseline.
    assert [found.scored_as(BAND, level) for level in BAND.levels] == ["mid", "mid", "high", "mid"]
    assert [found.scored_as(SEX, level) for level in SEX.levels] == ["girl", "missing", "missing"]
    matrix = found.matrix(np.array([[0, 0], [1, 1], [2, 2], [3, 0]]))
    assert matrix.tolist() == [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]
    assert matrix.dtype == np.float64


def test_one_leaver_is_enough_for_a_level():
    assert build_design(np.array([[0], [1]]), np.array([1, 1]), (SEX,)).terms == (Term("sex", "boy"),)


def test_a_factor_with_one_level_has_no_column_and_none_at_all_is_refused():
    found = build_design(np.array([[0, 1], [1, 1]]), np.array([2, 2]), (BAND, SEX))
    assert (found.terms, found.baselines) == ((Term("band", "mid"),), ("low", "boy"))
    with pytest.raises(NeedError, match="no factor varies among the leavers") as caught:
        build_design(np.array([[0, 1], [1, 1]]), np.array([2, 0]), (BAND, SEX))
    assert caught.value.reason == "no_varying_factor"


def test_codes_are_positions_of_levels_and_an_unknown_level_is_named():
    table = pd.DataFrame({"sex": ["boy", "girl", "missing"], "band": ["high", "low", "missing"]})
    found = level_codes(table, (BAND, SEX))
    assert found.tolist() == [[2, 1], [0, 0], [3, 2]]
    assert found.dtype == np.int64
    spoiled = pd.DataFrame({"sex": ["d", "girl", "c", "b", "a", "a"]})
    with pytest.raises(NeedError, match=r"factor sex: 5 rows have an unknown level, first \['a', 'b', 'c'\]") as caught:
        level_codes(spoiled, (SEX,))
    assert caught.value.reason == "unknown_level"
    assert level_codes(spoiled.astype("category").iloc[1:2], (SEX,)).tolist() == [[0]]


@pytest.mark.parametrize("levels", [("one",), ("one", "one"), ("one", "two", "one"), ()])
def test_a_factor_has_two_or_more_different_levels(levels: tuple[str, ...]):
    with pytest.raises(NeedError, match="factor sex: two or more different levels") as caught:
        Factor("sex", levels)
    assert caught.value.reason == "bad_factor"
    assert Factor("sex", ("one", "two")).levels == ("one", "two")


def test_a_term_is_named_by_factor_and_level():
    assert Term("sex", "boy").name == "sex=boy"
