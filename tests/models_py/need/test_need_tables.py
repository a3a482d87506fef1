"""Checked tables: what is refused in which words, whole numbers, and the canonical order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need.tables import canonical_counts, require_columns, require_unique, starts_of, whole_counts

ROWS = pd.DataFrame({"unit": ["b", "a", "b", "a", "c"], "level": ["y", "x", "y", "z", "x"], "n": [1, 2, 3, 0, 0]})


@pytest.mark.parametrize(
    ("call", "reason", "words"),
    [
        (lambda: require_columns(ROWS, ["unit", "sex", "age"], what="rows"), "missing_columns",
         "rows: columns ['sex', 'age'] are missing; deliver them"),
        (lambda: require_columns(ROWS.iloc[:0], ["unit"], what="rows"), "empty_input",
         "rows: no rows; nothing can be estimated or scored"),
        (lambda: require_columns(ROWS.assign(unit=[None, "a", None, "a", "c"]), ["n", "unit"], what="rows"), "null_key",
         "rows: 2 rows have no unit; fill or leave out those rows"),
        (lambda: require_columns(ROWS.assign(unit=[None, "a", "b", "a", "c"]), ["unit"], what="rows"), "null_key",
         "rows: 1 rows have no unit; fill or leave out those rows"),
        (lambda: require_unique(pd.DataFrame({"u": list("aaaabbccdd"), "d": [1] * 10}), ["u", "d"], what="rows"),
         "duplicate_key",
         "rows: 6 rows repeat a key of ['u', 'd'], first ['a/1', 'a/1', 'a/1']; deliver each once"),
        (lambda: whole_counts(pd.Series([1.5, 2.0, np.nan, np.inf], name="n"), what="rows"), "not_whole",
         "rows: 3 rows of n are not whole numbers"),
        (lambda: whole_counts(pd.Series([0, -1, -2], name="n"), what="rows"), "negative_count",
         "rows: 2 rows of n are negative"),
        (lambda: canonical_counts(ROWS.assign(n=0), keys=["unit"], counts=["n"], what="rows"), "empty_input",
         "rows: all counts are zero; nothing can be estimated or scored"),
        (lambda: canonical_counts(ROWS.assign(n=-1), keys=["unit"], counts=["n"], what="rows"), "negative_count",
         "rows: 5 rows of n are negative"),
        (lambda: canonical_counts(ROWS, keys=["unit"], counts=["m"], what="rows"), "missing_columns",
         "rows: columns ['m'] are missing; deliver them"),
    ],
)  # fmt: skip
def test_a_faulty_table_is_refused_with_what_is_wrong_and_how_often(call, reason, words):
    with pytest.raises(NeedError) as told:
        call()
    assert (told.value.reason, str(told.value)) == (reason, words)


def test_a_sound_table_passes():
    require_columns(ROWS, ["unit", "level", "n"], what="rows")
    require_unique(ROWS, ["unit", "n"], what="rows")


@pytest.mark.parametrize(
    "column",
    [pd.Series([0, 3]), pd.Series([0.0, 3.0]), pd.Series(["0", "3"]), pd.Series([0, 3], dtype="Int64"),
     pd.Series([0, 3], dtype=object)],
)  # fmt: skip
def test_counts_of_any_storage_become_whole_numbers(column):
    found = whole_counts(column, what="rows")
    assert found.dtype == np.int64
    assert found.tolist() == [0, 3]


def test_a_null_in_a_nullable_column_is_no_count():
    with pytest.raises(NeedError, match="1 rows of n are not whole"):
        whole_counts(pd.Series([1, None], dtype="Int64", name="n"), what="rows")


def test_counts_are_added_up_by_key_in_order_and_what_nobody_has_is_left_out():
    table = ROWS.assign(m=[0, 0, 0, 1, 0])
    found = canonical_counts(table, keys=["unit", "level"], counts=["n", "m"], what="rows")
    expected = pd.DataFrame({"unit": ["a", "a", "b"], "level": ["x", "z", "y"], "n": [2, 0, 4], "m": [0, 1, 0]})
    assert found.to_dict("list") == expected.to_dict("list")
    assert list(found.index) == [0, 1, 2]
    assert [found[name].dtype for name in ("n", "m")] == [np.int64, np.int64]


def test_unused_categories_make_no_rows():
    table = ROWS.assign(unit=pd.Categorical(ROWS["unit"], categories=["c", "b", "a", "never"]))
    found = canonical_counts(table, keys=["unit"], counts=["n"], what="rows")
    assert found.to_dict("list") == {"unit": ["a", "b"], "n": [2, 4]}


def test_a_run_starts_where_any_key_changes():
    first, second = pd.Series(["a", "a", "a", "b", "b"]), pd.Series([1, 1, 2, 2, 2])
    assert starts_of(first, second).tolist() == [0, 2, 3]
    assert starts_of(second).tolist() == [0, 2]
    assert starts_of(pd.Series(["a"])).tolist() == [0]
