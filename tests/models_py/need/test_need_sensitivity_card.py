"""The sensitivity card whole: units, pairs and changes of three models, worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need.alternatives import CHANGE_COLUMNS, PAIR_COLUMNS, sensitivity_card

UNITS = pd.DataFrame(
    {"school_unit_code": ["B", "A", "C"], "pupil_count": [300, 100, 0], "base_part_ore": [0, 100_000, 0]}
)
FLAT, STEEP = pd.Series({"A": 100.0, "B": 100.0, "C": 50.0}), pd.Series({"C": 0.0, "B": 80.0, "A": 160.0})


def test_every_table_of_the_card_as_worked_by_hand():
    # A pot of 10 000 kr: 2 500 and 7 500 flat, 4 000 and 6 000 by the steep index; A has 1 000 kr beside it.
    card = sensitivity_card({"flat": FLAT, "steep": STEEP}, units=UNITS, pot_ore=1_000_000)
    units = pd.DataFrame(
        {
            "school_unit_code": ["A", "B", "C"], "pupil_count": [100, 300, 0], "flat": [100.0, 100.0, 50.0],
            "steep": [160.0, 80.0, 0.0],
        }
    )  # fmt: skip
    pd.testing.assert_frame_equal(card.units, units)
    rms = round(np.sqrt((100 * 60**2 + 300 * 20**2) / 400), 6)
    pairs = pd.DataFrame([("flat", "steep", 0.15, rms, 2)], columns=list(PAIR_COLUMNS))
    pd.testing.assert_frame_equal(card.pairs, pairs)
    changes = pd.DataFrame(
        [
            ("A", round(1500 / 5000, 6), "flat", "steep", 3500.0, 5000.0),
            ("B", round(-1500 / 7500, 6), "flat", "steep", 7500.0, 6000.0),
        ],
        columns=list(CHANGE_COLUMNS),
    )
    pd.testing.assert_frame_equal(card.changes, changes)


@pytest.mark.parametrize(("other", "named"), [(99.0, False), (98.9, True)])
def test_a_unit_is_named_above_one_percent_of_its_larger_total(other: float, named: bool):
    # Two units of 100 pupils; a pot of 200 kr, so that the index is kronor and 100 to 99 is exactly one percent.
    units = pd.DataFrame({"school_unit_code": ["A", "B"], "pupil_count": [100, 100], "base_part_ore": [0, 10**9]})
    card = sensitivity_card(
        {"x": pd.Series({"A": 100.0, "B": 100.0}), "y": pd.Series({"A": other, "B": 200 - other})},
        units=units,
        pot_ore=20_000,
    )
    assert card.changes["school_unit_code"].tolist() == (["A"] if named else [])
    assert card.pairs["units_changed_count"].tolist() == [int(named)]
    assert list(card.changes.columns) == list(CHANGE_COLUMNS)


def test_the_largest_change_of_a_unit_is_kept_and_equal_ones_stand_by_code():
    units = pd.DataFrame({"school_unit_code": ["A", "B", "C"], "pupil_count": [100] * 3, "base_part_ore": [0] * 3})
    models = {
        "one": pd.Series({"A": 100.0, "B": 100.0, "C": 100.0}),
        "two": pd.Series({"A": 50.0, "B": 150.0, "C": 100.0}),
        "three": pd.Series({"A": 100.0, "B": 100.0, "C": 100.0}),
    }
    changes = sensitivity_card(models, units=units, pot_ore=30_000).changes
    assert changes[["school_unit_code", "model_a", "model_b"]].to_numpy().tolist() == [
        ["A", "one", "two"],
        ["B", "one", "two"],
    ]
    assert changes["change_share"].tolist() == [-0.5, round(1 / 3, 6)]
    same = sensitivity_card({"x": models["one"], "y": models["three"]}, units=units, pot_ore=0)
    assert same.changes.empty
    assert same.pairs.iloc[0].tolist() == ["x", "y", 0.0, 0.0, 0]


def test_one_model_has_no_pairs_but_the_columns():
    card = sensitivity_card({"flat": FLAT}, units=UNITS, pot_ore=0)
    assert (list(card.pairs.columns), list(card.changes.columns)) == (list(PAIR_COLUMNS), list(CHANGE_COLUMNS))
    assert card.pairs.empty
    assert card.changes.empty
    assert card.units["flat"].tolist() == [100.0, 100.0, 50.0]


@pytest.mark.parametrize(
    ("indices", "more", "reason", "words"),
    [
        ({}, {}, "bad_setting", "0 models and a pot of 5 öre: nothing to compare"),
        ({"x": FLAT}, {"pot_ore": -1}, "bad_setting", "1 models and a pot of -1 öre"),
        (
            {"x": FLAT, "y": FLAT.drop("A")},
            {},
            "units_differ",
            r"model y: 1 units differ from the others, first \['A'\]",
        ),
        ({"x": pd.concat([FLAT, pd.Series({"Z": 1.0})])}, {}, "units_differ", r"model x: 1 units differ.*\['Z'\]"),
        ({"x": FLAT * np.nan}, {}, "bad_index", "model x: the index must be zero or more and not all zero"),
        ({"x": FLAT * np.inf}, {}, "bad_index", "model x"),
        ({"x": FLAT - 51}, {}, "bad_index", "model x"),
        ({"x": FLAT * 0}, {}, "bad_index", "model x"),
        ({"x": FLAT}, {"units": UNITS.assign(school_unit_code="A")}, "duplicate_key", "units: 2 rows repeat a key"),
        (
            {"x": FLAT},
            {"units": UNITS.drop(columns="base_part_ore")},
            "missing_columns",
            r"units: columns \['base_part_ore'\]",
        ),
        (
            {"x": FLAT},
            {"units": UNITS.assign(pupil_count=0.5)},
            "not_whole",
            "units: 3 rows of pupil_count are not whole",
        ),
        ({"x": FLAT}, {"units": UNITS.assign(base_part_ore=-1)}, "negative_count", "units: 3 rows of base_part_ore"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(indices, more, reason: str, words: str):
    with pytest.raises(NeedError, match=words) as caught:
        sensitivity_card(indices, **{"units": UNITS, "pot_ore": 5} | more)
    assert caught.value.reason == reason
