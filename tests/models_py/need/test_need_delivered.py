"""A delivered index: the sender's scale means nothing, the direction is decided, and what is missing is told."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.need.delivered import need_from_delivered
from models_py.need.index import COLUMNS
from models_py.need.record import COEFFICIENT_COLUMNS

LATER, EARLIER = date(2026, 10, 15), date(2025, 10, 15)
PUPILS = {LATER: {"A": 100, "B": 300}, EARLIER: {"A": 200, "B": 200}}
SENT = {LATER: {"A": 150, "B": 90}, EARLIER: {"A": 120, "B": 80}}


def rows(by_date, column, *, code="9999"):
    return pd.DataFrame(
        [(code, day, unit, value) for day, units in by_date.items() for unit, value in units.items()],
        columns=["municipality_code", "count_date", "school_unit_code", column],
    )


def need(sent=SENT, pupils=PUPILS, **more):
    told = {"municipality_code": "9999", "funding_year": 2027, "dates": (LATER, EARLIER), "index_minimum_pupils": 20}
    return need_from_delivered(
        sent if isinstance(sent, pd.DataFrame) else rows(sent, "index_value"),
        pupils=pupils if isinstance(pupils, pd.DataFrame) else rows(pupils, "pupil_count"),
        **told | {"direction": "higher_is_needier"} | more,
    )


def index_of(found) -> dict[str, float]:
    assert found.refusal is None, found.refusal
    return found.index.set_index("school_unit_code")["need_index"].to_dict()


def test_by_hand_each_date_is_set_against_its_own_mean_and_the_later_pupils_rebase():
    later = {"A": 150 / 105, "B": 90 / 105}  # (100 × 150 + 300 × 90) / 400 = 105
    earlier = {"A": 120 / 100, "B": 80 / 100}
    mean = {unit: (later[unit] + earlier[unit]) / 2 for unit in "AB"}
    base = (100 * mean["A"] + 300 * mean["B"]) / 400
    assert index_of(need()) == pytest.approx({unit: 100 * mean[unit] / base for unit in "AB"}, abs=1e-6)


def test_the_latest_count_alone_takes_nothing_from_the_earlier():
    found = need(count_dates="latest")
    assert index_of(found) == pytest.approx({"A": 150 / 1.05, "B": 90 / 1.05}, abs=1e-6)
    assert found.index["count_date_count"].tolist() == [1, 1]


def test_the_rows_are_those_of_the_need_index_and_there_is_no_share_and_no_coefficient():
    found = need()
    assert set(found.index.columns) == {*COLUMNS, "municipality_code", "funding_year", "fit_id"}
    assert set(found.index["basis"]) == {"delivered_index"}
    assert found.index["need_share"].isna().all()
    assert found.index["need_index_lower"].isna().all()
    assert (found.coefficients.empty, tuple(found.coefficients.columns)) == (True, COEFFICIENT_COLUMNS)
    assert found.index["fit_id"].unique().tolist() == [found.record["fit_id"]]


@pytest.mark.parametrize("scale", [0.01, 1 / 3, 7.3])
def test_a_mean_of_1_and_a_mean_of_100_are_the_same_index_to_the_bit(scale: float):
    scaled = {LATER: {u: v * scale for u, v in SENT[LATER].items()}, EARLIER: SENT[EARLIER]}
    pd.testing.assert_series_equal(need(scaled).index["need_index"], need().index["need_index"], check_exact=True)


def test_lower_is_needier_mirrors_each_date_around_its_own_mean():
    later = {"A": 2 - 150 / 105, "B": 2 - 90 / 105}
    earlier = {"A": 2 - 120 / 100, "B": 2 - 80 / 100}
    mean = {unit: (later[unit] + earlier[unit]) / 2 for unit in "AB"}
    base = (100 * mean["A"] + 300 * mean["B"]) / 400
    found = need(direction="lower_is_needier")
    assert index_of(found) == pytest.approx({unit: 100 * mean[unit] / base for unit in "AB"}, abs=1e-6)
    assert found.record["settings"]["direction"] == "lower_is_needier"
    assert found.record["fit_id"] != need().record["fit_id"]


@pytest.mark.parametrize("high", [200.0, 350.0])  # exactly twice the mean (need zero), and beyond
def test_what_has_no_mirror_image_is_refused_with_the_unit_and_without_its_value(high: float):
    sent = {LATER: {"A": high, "B": 200 / 3}}
    assert need(sent).refusal is None
    refusal = need(sent, direction="lower_is_needier").refusal
    assert "1 units (first A)" in refusal
    assert "higher values for more need" in refusal
    assert str(int(high)) not in refusal


def test_an_unknown_direction_is_refused_and_never_read_as_higher():
    assert "higher_is_needier or lower_is_needier" in need(direction="up").refusal


@settings(max_examples=40, deadline=None)
@given(
    units=st.lists(
        st.tuples(
            st.integers(1, 900), st.floats(0.01, 1000), st.booleans(), st.integers(0, 900), st.floats(0.01, 1000)
        ),
        min_size=1,
        max_size=20,
    ),
    minimum=st.integers(1, 60),
    seed=st.integers(0, 9),
)
def test_the_pupil_weighted_mean_is_100_whatever_was_sent_and_in_whatever_order(units, minimum, seed):
    codes = [f"{number:08d}" for number in range(len(units))]
    counted = {
        LATER: {code: unit[0] for code, unit in zip(codes, units, strict=True)},
        EARLIER: {code: unit[3] for code, unit in zip(codes, units, strict=True)},
    }
    sent = {
        LATER: {code: unit[1] for code, unit in zip(codes, units, strict=True) if unit[2] or code == codes[0]},
        EARLIER: {code: unit[4] for code, unit in zip(codes, units, strict=True)},
    }
    found = need(sent, counted, index_minimum_pupils=minimum)
    assert abs(np.average(found.index["need_index"], weights=found.index["pupil_count"]) - 100) < 1e-9
    shuffled = [rows(sent, "index_value"), rows(counted, "pupil_count")]
    again = need(*(table.sample(frac=1, random_state=seed) for table in shuffled), index_minimum_pupils=minimum)
    pd.testing.assert_frame_equal(again.index, found.index, check_exact=True)
    assert again.record == found.record


def test_a_new_unit_counts_one_date_and_a_closed_one_has_no_row_and_is_told():
    pupils = {LATER: {"A": 100, "N": 300}, EARLIER: {"A": 200, "C": 200}}
    sent = {LATER: {"A": 90, "N": 110, "C": 70}, EARLIER: {"A": 80, "C": 120}}
    found = need(sent, pupils)
    table = found.index.set_index("school_unit_code")
    assert table["count_date_count"].to_dict() == {"A": 2, "N": 1}
    assert [told["without_pupils"] for told in found.record["dates"]] == [[], ["C"]]
    later_mean = (100 * 90 + 300 * 110) / 400  # the closed unit's value is no part of it
    mean = {"A": (90 / later_mean + 80 / 100) / 2, "N": 110 / later_mean}
    base = (100 * mean["A"] + 300 * mean["N"]) / 400
    assert index_of(found) == pytest.approx({unit: 100 * mean[unit] / base for unit in "AN"}, abs=1e-6)


def test_a_unit_without_a_value_takes_the_municipal_mean_is_told_and_moves_nobody():
    pupils = {LATER: {**PUPILS[LATER], "M": 70}, EARLIER: {**PUPILS[EARLIER], "M": 60}}
    found = need(SENT, pupils)
    table = found.index.set_index("school_unit_code")
    assert table["index_rule"].to_dict() == {"A": "own", "B": "own", "M": "municipal_mean"}
    assert table.loc["M", "need_index"] == pytest.approx(100, abs=1e-9)
    assert index_of(found) == pytest.approx(index_of(need()) | {"M": 100.0}, abs=1e-9)
    assert found.record["without_value"] == ["M"]
    assert [told["without_value"] for told in found.record["dates"]] == [["M"], ["M"]]


def test_an_index_of_one_date_serves_a_year_of_two_and_the_record_says_which():
    for day in (LATER, EARLIER):
        found = need({day: SENT[day]})
        assert found.record["without_value"] == []
        assert {told["count_date"]: told["delivered_units"] for told in found.record["dates"]} == {
            "2025-10-15": 2 * (day == EARLIER),
            "2026-10-15": 2 * (day == LATER),
        }
        assert found.index["count_date_count"].tolist() == [1, 1]
    assert "no index was delivered for 2026-10-15;" in need({EARLIER: SENT[EARLIER]}, count_dates="latest").refusal


def test_small_units_share_an_index_that_tells_nothing_of_who_had_what():
    pupils = {LATER: {"A": 10, "B": 10, "D": 400}}
    one = need({LATER: {"A": 50, "B": 250, "D": 100}}, pupils)
    other = need({LATER: {"A": 250, "B": 50, "D": 100}}, pupils)
    assert one.index["index_rule"].tolist() == ["merged_group", "merged_group", "own"]
    assert index_of(one)["A"] == index_of(one)["B"] == pytest.approx(150 * 420 / 430, abs=1e-5)
    pd.testing.assert_frame_equal(one.index.drop(columns="fit_id"), other.index.drop(columns="fit_id"))
    named = need({LATER: {"A": 50, "B": 250, "D": 100}}, pupils, groups={"north": ["A", "D"], "south": ["B"]})
    assert "small-unit group south has 10 pupils" in named.refusal


def test_pupils_counted_otherwise_by_the_sender_are_told_by_unit_and_change_nothing():
    sent = rows(SENT, "index_value").assign(delivered_pupil_count=[110, 331, None, 179])
    found = need(sent)
    assert [told["pupil_count_differs"] for told in found.record["dates"]] == [["B"], ["B"]]
    assert "331" not in str(found.record)
    pd.testing.assert_frame_equal(found.index, need().index, check_exact=True)


def test_the_record_says_what_the_index_is_and_what_it_cannot_carry():
    record = need().record
    assert (record["kind"], record["trained_on"]) == ("delivered_index", {"result_years": []})
    assert record["settings"] == {"direction": "higher_is_needier", "count_dates": "mean_of_two"}
    assert "not a pupil's risk" in record["warning"]
    assert not any(str(value) in str(record["dates"]) for value in (150, 90.0, 120, 80.0))


def test_the_identity_follows_the_values_used_and_nothing_else():
    used = need().record["fit_id"]
    older = rows(SENT | {date(2024, 10, 15): {"A": 999}}, "index_value")
    neighbours = pd.concat([older, rows(SENT, "index_value", code="9998").assign(index_value=5.0)])
    assert need(neighbours).record["fit_id"] == used
    assert need(rows(SENT, "index_value").assign(count_date=pd.Timestamp(LATER))[:2]).refusal is None
    changed = need({LATER: {"A": 151, "B": 90}, EARLIER: SENT[EARLIER]})
    assert changed.record["fit_id"] != used


@pytest.mark.parametrize(
    ("sent", "pupils", "words"),
    [
        (SENT, {EARLIER: PUPILS[EARLIER]}, "no unit has pupils at 2026-10-15"),
        (SENT, {LATER: {"A": 0, "B": 0}, EARLIER: PUPILS[EARLIER]}, "no unit has pupils at 2026-10-15"),
        ({date(2020, 10, 15): {"A": 1}}, PUPILS, "no index was delivered for 2025-10-15 or 2026-10-15"),
        (pd.DataFrame(), PUPILS, "no index was delivered"),
        (SENT, pd.DataFrame(), "no unit has pupils"),
        ({LATER: {"X": 100, "Y": 90}}, PUPILS, "none of the 2 units"),
        ({LATER: {"A": 0, "B": 90}}, PUPILS, r"1 units (first A) have no value above zero"),
        ({LATER: {"A": -3, "B": float("inf")}}, PUPILS, r"2 units (first A, B) have no value above zero"),
        ({LATER: {"A": float("nan"), "B": 90}}, PUPILS, "1 rows have no index_value"),
        (pd.concat([rows(SENT, "index_value")] * 2), PUPILS, "deliver each once"),
        (rows(SENT, "index_value").drop(columns="index_value"), PUPILS, "columns ['index_value'] are missing"),
    ],
)
def test_faulty_input_is_refused_in_words_and_gives_no_table(sent, pupils, words: str):
    found = need(sent, pupils)
    assert words in found.refusal
    assert found.index.empty
    assert found.coefficients.empty
    assert found.record == {}


def test_the_input_is_not_changed():
    sent, pupils = rows(SENT, "index_value"), rows(PUPILS, "pupil_count")
    before = sent.copy(deep=True), pupils.copy(deep=True)
    need(sent, pupils)
    pd.testing.assert_frame_equal(sent, before[0])
    pd.testing.assert_frame_equal(pupils, before[1])
