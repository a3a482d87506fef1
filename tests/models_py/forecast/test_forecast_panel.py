"""The panel holds what was counted, refuses what cannot be, and follows a unit into its successor."""

import numpy as np
import pandas as pd
import pytest

from models_py.errors import ForecastError
from models_py.forecast import enrollment_panel
from models_py.forecast.panel import follow_succession
from tests.models_py.forecast.forecast_worlds import rows, steady


def test_counts_stand_where_their_keys_say_whatever_the_order_of_rows():
    counts = pd.concat([steady("9002", "B"), steady("9001", "A", 7)])
    first, second = enrollment_panel(counts), enrollment_panel(counts.sample(frac=1, random_state=1))
    assert first.school_unit_code.tolist() == ["A", "B"]
    assert (first.count[0] == 7).all()
    assert np.array_equal(first.count, second.count)
    assert first.by_municipality(first.unit_total)[:, 0].tolist() == [70, 500]


def test_a_year_that_nobody_has_is_a_year_without_counts():
    panel = enrollment_panel(steady("9001", "A", years=(2015, 2017)))
    assert panel.years == (2015, 2016, 2017)
    assert panel.has_counts.tolist() == [[True, False, True]]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda t: t.drop(columns="grade"), "columns"),
        (lambda t: t.assign(grade=t["grade"].replace("9", "10")), "grade"),
        (lambda t: t.assign(pupil_count=-1), "count"),
        (lambda t: t.assign(pupil_count=2.5), "count"),
        (lambda t: pd.concat([t, t.head(1)]), "twice"),
    ],
)
def test_counts_that_cannot_be_are_refused_by_name(spoil, reason):
    with pytest.raises(ForecastError) as refused:
        enrollment_panel(spoil(steady("9001", "A")))
    assert refused.value.reason == reason


def test_a_successor_has_its_predecessors_years_and_a_split_leaves_them():
    old, new = range(2012, 2017), range(2017, 2022)
    counts = pd.concat(
        [
            rows("9001", "OLD", {y: [10] * 10 for y in old}),
            rows("9001", "NEW", {y: [11] * 10 for y in new}),
            rows("9001", "SPLIT", {y: [20] * 10 for y in old}),
            rows("9001", "PART1", {y: [9] * 10 for y in new}),
            rows("9001", "PART2", {y: [9] * 10 for y in new}),
        ]
    )
    panel = enrollment_panel(counts)
    links = [("OLD", "NEW"), ("SPLIT", "PART1"), ("SPLIT", "PART2"), ("PART1", "NEW")]
    total = dict(zip(panel.school_unit_code, follow_succession(panel, links).unit_total, strict=True))
    assert total["NEW"].tolist() == [100] * 5 + [110] * 5
    assert total["OLD"].sum() == 0
    assert total["SPLIT"].tolist() == [200] * 5 + [0] * 5
    assert total["PART1"].tolist() == [0] * 5 + [90] * 5, "it still has pupils when the named successor begins"
