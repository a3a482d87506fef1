"""Counts of outcome and background in published records stand from ten, with ten or more on the other side."""

from __future__ import annotations

import pytest

from models_py.need.disclosure import in_words, shown


@pytest.mark.parametrize(
    ("count", "of", "expected"),
    [
        (10, None, 10),
        (9, None, None),
        (0, None, None),
        (10, 20, 10),
        (10, 19, None),
        (11, 20, None),
        (9, 100, None),
        (10.4, 30, 10),
        (9.9, 30, None),
    ],
)
def test_a_count_is_told_where_ten_have_it_and_ten_lack_it(count: float, of: float | None, expected: int | None):
    found = shown(count, of=of)
    assert (found, type(found)) == (expected, type(expected))


def test_a_small_count_is_not_told_in_words():
    assert [in_words(count) for count in (0, 9, 10, 11)] == ["fewer than 10", "fewer than 10", "10", "11"]
