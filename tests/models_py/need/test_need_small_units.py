"""Which units share an index: every border of the rule, and both refusals in full."""

from __future__ import annotations

import pytest

from models_py.errors import NeedError
from models_py.need.small_units import merge_small_units


@pytest.mark.parametrize(
    ("pupils", "groups", "merged"),
    [
        ({}, None, {}),
        ({"A": 20}, None, {}),
        ({"A": 19}, None, {"A": "small_units_A"}),
        ({"A": 19, "B": 20}, None, {"A": "small_units_A", "B": "small_units_A"}),
        ({"B": 10, "A": 10, "C": 20}, None, {"A": "small_units_A", "B": "small_units_A"}),
        ({"B": 9, "C": 10, "A": 25, "D": 25}, None, dict.fromkeys("ABC", "small_units_A")),
        ({"A": 5, "B": 40, "C": 6, "D": 30}, {"g": ["B", "A", "Z"]},
         {"A": "g", "B": "g", "C": "small_units_C", "D": "small_units_C"}),
        ({"A": 5, "B": 15, "C": 40}, {"g": ["A", "B"]}, {"A": "g", "B": "g"}),
        ({"A": 30, "B": 40, "C": 6, "D": 50}, {"g": ["A", "B"]}, dict.fromkeys("CD", "small_units_C")),
        ({"A": 3, "B": 30}, {"g": ["X"], "h": ["X"]}, dict.fromkeys("AB", "small_units_A")),
        ({"A": 3, "B": 30, "C": 4, "D": 31}, {"h": ["C", "D", "D"], "g": ["A", "B"]},
         {"A": "g", "B": "g", "C": "h", "D": "h"}),
    ],
)  # fmt: skip
def test_the_units_that_share_an_index(pupils, groups, merged):
    assert merge_small_units(pupils, minimum=20, groups=groups) == merged


@pytest.mark.parametrize(
    ("pupils", "groups", "reason", "words"),
    [
        ({"A": 3, "B": 30}, {"g": ["A", "B"], "h": ["B"]}, "unit_in_two_groups",
         "small-unit groups: ['B'] stand in two groups; name each once"),
        ({"A": 3, "B": 16}, {"g": ["A", "B"]}, "group_under_minimum",
         "small-unit group g has 19 pupils and needs 20; add units to it in the policy"),
        ({"A": 3, "B": 30, "C": 4}, {"g": ["A", "B"]}, "group_under_minimum",
         "small-unit group small_units_C has 4 pupils and needs 20; add units to it in the policy"),
    ],
)  # fmt: skip
def test_groups_that_do_not_hide_a_handful_are_refused(pupils, groups, reason, words):
    with pytest.raises(NeedError) as told:
        merge_small_units(pupils, minimum=20, groups=groups)
    assert (told.value.reason, str(told.value)) == (reason, words)


def test_a_municipality_smaller_than_the_minimum_is_one_group_without_any_named():
    assert merge_small_units({"B": 3, "A": 4}, minimum=20) == dict.fromkeys("AB", "small_units_A")


def test_a_rest_of_exactly_the_minimum_beside_a_named_group_stands():
    merged = merge_small_units({"A": 3, "B": 30, "C": 4, "D": 16}, minimum=20, groups={"g": ["A", "B"]})
    assert merged == {"A": "g", "B": "g", "C": "small_units_C", "D": "small_units_C"}
