"""The record of a delivered index whole, and each limit from both sides."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from models_py.need.delivered import FORMULA, WARNING, need_from_delivered
from models_py.need.record import inputs_sha256

LATER, EARLIER, OLDER = date(2026, 10, 15), date(2025, 10, 15), date(2024, 10, 15)


def rows(column: str, values: list[tuple[date, str, object]]) -> pd.DataFrame:
    return pd.DataFrame(
        [("9999", day, unit, value) for day, unit, value in values],
        columns=["municipality_code", "count_date", "school_unit_code", column],
    )


SENT = rows(
    "index_value",
    [
        (LATER, "B", 90.0),
        (LATER, "A", 150.0),
        (EARLIER, "A", 120.0),
        (EARLIER, "B", 80.0),
        (LATER, "Z", 50.0),
        (LATER, "Q", 5.0),
    ],
).assign(delivered_pupil_count=[330, 111, 180, None, 4, 1])
PUPILS = rows(
    "pupil_count",
    [(LATER, "A", 100), (LATER, "B", 300), (EARLIER, "A", 200), (EARLIER, "B", 200), (LATER, "N", 40), (LATER, "M", 30), (LATER, "Z", 0)],
)  # fmt: skip


def need(sent: pd.DataFrame = SENT, pupils: pd.DataFrame = PUPILS, **more):
    told = {"municipality_code": "9999", "funding_year": 2027, "dates": (LATER, EARLIER), "index_minimum_pupils": 20}
    return need_from_delivered(sent, pupils=pupils, **told | {"direction": "higher_is_needier"} | more)


def test_the_record_holds_everything_it_should_and_nothing_else():
    found = need()
    used = SENT[["count_date", "school_unit_code", "index_value"]]
    used = used.sort_values(["count_date", "school_unit_code"], ignore_index=True)
    record = dict(found.record)
    assert record.pop("fit_id") == found.index["fit_id"].iloc[0]
    assert record == {
        "funding_year": 2027,
        "inputs_sha256": inputs_sha256(used),
        "kind": "delivered_index",
        "formula": FORMULA,
        "settings": {"direction": "higher_is_needier", "count_dates": "mean_of_two"},
        "trained_on": {"result_years": []},
        "dates": [
            {
                "count_date": "2025-10-15", "delivered_units": 2, "units_with_pupils": 2, "without_value": [],
                "without_pupils": [], "pupil_count_differs": [],
            },
            {
                "count_date": "2026-10-15", "delivered_units": 4, "units_with_pupils": 4, "without_value": ["M", "N"],
                "without_pupils": ["Q", "Z"], "pupil_count_differs": ["A"],
            },
        ],
        "without_value": ["M", "N"],
        "warning": WARNING,
    }  # fmt: skip
    assert list(found.record) == sorted(found.record)
    assert need(count_dates="latest").record["settings"]["count_dates"] == "latest"


def test_the_identity_is_of_values_year_and_direction():
    # Eight hex digits of the hash of inputs, formula and direction; another year has another name before them.
    ours, other = need().record["fit_id"], need(funding_year=2028).record["fit_id"]
    assert ours.startswith("need-2027-")
    assert len(ours) == len("need-2027-") + 8
    assert other == ours.replace("2027", "2028")
    low = SENT.assign(index_value=SENT["index_value"].clip(90, 120))
    assert need(low, direction="lower_is_needier").record["fit_id"] != need(low).record["fit_id"]


def test_the_index_is_named_and_shares_are_left_out():
    found = need()
    assert found.index["municipality_code"].unique().tolist() == ["9999"]
    assert found.index["funding_year"].unique().tolist() == [2027]
    assert found.index["need_share"].isna().all()
    assert found.index["need_share"].dtype == float
    assert found.index["index_rule"].tolist() == ["own", "own", "municipal_mean", "municipal_mean"]
    assert found.index[["need_index_lower", "need_index_upper"]].isna().all().all()
    assert found.refusal is None


@pytest.mark.parametrize(("count", "told"), [(90, []), (89, ["A"]), (110, []), (111, ["A"]), (None, []), (np.nan, [])])
def test_a_tenth_more_or_less_pupils_is_not_told_and_one_more_is(count, told: list[str]):
    sent = rows("index_value", [(LATER, "A", 100.0)]).assign(delivered_pupil_count=[count])
    assert need(sent).record["dates"][-1]["pupil_count_differs"] == told
    assert need(sent.drop(columns="delivered_pupil_count")).record["dates"][-1]["pupil_count_differs"] == []


def test_of_more_dates_the_two_latest_are_used_in_any_form_and_order():
    older = pd.concat([SENT, rows("index_value", [(OLDER, "A", 999.0)])])
    mixed = (pd.Timestamp(EARLIER), "2026-10-15", OLDER, LATER)
    pd.testing.assert_frame_equal(need(older, dates=mixed).index, need().index)
    text = SENT.assign(count_date=SENT["count_date"].astype(str))
    pd.testing.assert_frame_equal(need(text).index, need().index)


@pytest.mark.parametrize(("value", "refused"), [(0.0, True), (1e-6, False), (-1.0, True), (np.inf, True)])
def test_a_value_is_a_number_above_zero(value: float, refused: bool):
    sent = rows("index_value", [(LATER, "A", value), (LATER, "B", 100.0)])
    found = need(sent)
    assert (found.refusal is not None) == refused
    if refused:
        assert found.refusal == (
            "delivered index of 2026-10-15: 1 units (first A) have no value above zero; deliver them again"
        )


def test_faulty_units_are_counted_and_the_first_three_are_named_in_order():
    sent = rows("index_value", [(LATER, unit, 0.0) for unit in "DCBA"])
    assert "4 units (first A, B, C) have no value above zero" in need(sent).refusal


def test_without_pupils_values_or_units_in_common_the_refusal_says_which():
    nobody = PUPILS.assign(pupil_count=0)
    assert need(pupils=nobody).refusal == "no unit has pupils at 2026-10-15; nothing can be indexed"
    old = rows("index_value", [(OLDER, "A", 1.0)])
    assert need(old).refusal == (
        "no index was delivered for 2025-10-15 or 2026-10-15; deliver it for a count date of the funding year"
    )
    strangers = rows("index_value", [(LATER, "X", 1.0), (EARLIER, "Y", 1.0)])
    assert need(strangers).refusal == (
        "none of the 4 units with pupils at 2026-10-15 has a delivered value; compare the school unit codes of the two"
        " files"
    )
    # A value at the earlier date, of a unit that has pupils at the later one, is enough.
    earlier = rows("index_value", [(EARLIER, "A", 7.0)])
    assert need(earlier).refusal is None
    assert need(earlier).record["without_value"] == ["B", "M", "N"]


def test_the_mirror_keeps_the_distance_to_the_mean_and_ends_just_above_nothing():
    pupils = rows("pupil_count", [(LATER, "A", 100), (LATER, "B", 100)])
    sent = rows("index_value", [(LATER, "A", 60.0), (LATER, "B", 140.0)])
    found = need(sent, pupils, direction="lower_is_needier")
    assert found.index["need_index"].tolist() == pytest.approx([140.0, 60.0], abs=1e-9)
    assert need(sent, pupils).index["need_index"].tolist() == pytest.approx([60.0, 140.0], abs=1e-9)
    nearly = rows("index_value", [(LATER, "A", 1.0), (LATER, "B", 199.0)])
    assert need(nearly, pupils, direction="lower_is_needier").index["need_index"].tolist() == pytest.approx(
        [199.0, 1.0]
    )


def test_units_of_exactly_the_minimum_stand_alone_and_named_groups_are_kept():
    pupils = rows("pupil_count", [(LATER, "A", 100), (LATER, "B", 20), (LATER, "C", 19)])
    sent = rows("index_value", [(LATER, "A", 100.0), (LATER, "B", 80.0), (LATER, "C", 150.0)])
    assert need(sent, pupils).index["index_rule"].tolist() == ["own", "merged_group", "merged_group"]
    assert need(sent, pupils, index_minimum_pupils=19).index["index_rule"].tolist() == ["own"] * 3
    grouped = need(sent, pupils, groups={"north": ["A", "C"]}).index
    assert grouped["index_group_code"].isna().tolist() == [False, True, False]
