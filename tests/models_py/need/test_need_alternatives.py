"""The sensitivity card: same pupils under each model, money that would move, units named."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import count_outcomes, fit_within_school, need_index, predict_from_counts
from models_py.need.alternatives import build_alternatives, sensitivity_card


def unit_table(pupils: dict[str, int], base_sek_per_pupil: int = 100_000) -> pd.DataFrame:
    table = pd.DataFrame({"school_unit_code": list(pupils), "pupil_count": list(pupils.values())})
    return table.assign(base_part_ore=table["pupil_count"] * base_sek_per_pupil * 100)


def test_a_pair_worked_by_hand():
    """Pot 100 000 kr, 100 + 300 pupils; index 160/80 against 100/100: 40 000/60 000 against 25 000/75 000."""
    units = unit_table({"A": 100, "B": 300}, base_sek_per_pupil=1_000)
    card = sensitivity_card(
        {"own": pd.Series({"A": 160.0, "B": 80.0}), "flat": pd.Series({"B": 100.0, "A": 100.0})},
        units=units,
        pot_ore=10_000_000,
    )
    pair = card.pairs.iloc[0]
    assert (pair["model_a"], pair["model_b"]) == ("own", "flat")
    assert pair["misplaced_pot_share"] == pytest.approx(0.15)
    assert pair["index_difference_rms"] == pytest.approx(np.sqrt((100 * 60**2 + 300 * 20**2) / 400))
    assert pair["units_changed_count"] == 2
    changes = card.changes.set_index("school_unit_code")
    assert changes.loc["A", "total_a_sek"] == pytest.approx(140_000)
    assert changes.loc["A", "change_share"] == pytest.approx(-15_000 / 140_000, abs=1e-6)
    assert changes.loc["B", "change_share"] == pytest.approx(15_000 / 375_000)
    assert card.changes["school_unit_code"].tolist() == ["A", "B"]


def test_a_unit_is_named_with_the_pair_that_moves_it_most_and_only_above_one_percent():
    units = unit_table({"A": 100, "B": 100, "C": 100})
    indices = {
        "one": pd.Series({"A": 100.0, "B": 100.0, "C": 100.0}),
        "two": pd.Series({"A": 110.0, "B": 90.0, "C": 100.0}),
        "three": pd.Series({"A": 85.0, "B": 114.9, "C": 100.1}),
    }
    card = sensitivity_card(indices, units=units, pot_ore=300 * 10_000 * 100)
    assert card.pairs[["model_a", "model_b"]].to_numpy().tolist() == [
        ["one", "two"],
        ["one", "three"],
        ["two", "three"],
    ]
    assert card.changes["school_unit_code"].tolist() == ["A", "B"]
    assert card.changes[["model_a", "model_b"]].to_numpy().tolist() == [["two", "three"]] * 2
    assert card.pairs["units_changed_count"].tolist() == [0, 2, 2]
    assert list(card.units.columns) == ["school_unit_code", "pupil_count", "one", "two", "three"]


def test_scale_of_an_index_and_order_of_units_do_not_matter():
    units = unit_table({"A": 100, "B": 300, "C": 50})
    first = pd.Series({"A": 130.0, "B": 90.0, "C": 100.0})
    second = pd.Series({"A": 100.0, "B": 100.0, "C": 100.0})
    card = sensitivity_card({"x": first, "y": second}, units=units, pot_ore=10**9)
    again = sensitivity_card({"x": first[::-1], "y": second}, units=units[::-1], pot_ore=10**9)
    for name in ("units", "pairs", "changes"):
        pd.testing.assert_frame_equal(getattr(card, name), getattr(again, name), check_exact=True)
    doubled = sensitivity_card({"x": first * 2, "y": second}, units=units, pot_ore=10**9)
    assert doubled.pairs["misplaced_pot_share"].tolist() == pytest.approx(card.pairs["misplaced_pot_share"].tolist())


def test_one_model_alone_has_no_pair_and_no_change():
    card = sensitivity_card({"x": pd.Series({"A": 100.0})}, units=unit_table({"A": 30}), pot_ore=5)
    assert card.pairs.empty
    assert card.changes.empty


@pytest.fixture(scope="module")
def data(world, few_factors):
    found = world(5, schools=8, leavers=40)
    register = pd.concat(
        [
            found.register(),
            world(6, schools=8, leavers=20).register("2025-10-15"),
            world(7, schools=8, leavers=20).register("2024-10-15"),
        ]
    )
    return count_outcomes(found.pupils, factors=few_factors), register


def test_every_model_meets_the_same_pupils_and_windows_are_the_latest(data):
    counts, register = data

    def refuses(_):
        raise NeedError("too little", reason="too_few_events")

    own = partial(fit_within_school, minimum_events=1)
    heavy = partial(fit_within_school, minimum_events=1, ridge=50.0)
    found = build_alternatives(
        counts,
        register,
        estimators={"own": own, "heavy_ridge": heavy, "other": refuses},
        with_composition=lambda fit, table: predict_from_counts(heavy(counts), table),
    )
    assert list(found.indices) == [
        "own",
        "heavy_ridge",
        "latest_count_date",
        "mean_of_three_count_dates",
        "with_composition_effect",
    ]
    assert found.refused == (("other", "too little"),)
    fit = own(counts)
    for label, dates in {"own": 2, "latest_count_date": 1, "mean_of_three_count_dates": 3}.items():
        used = register[register["count_date"] >= f"{2027 - dates}-01-01"]
        expected = need_index(predict_from_counts(fit, used).table, maximum_count_dates=3).table
        assert found.indices[label].tolist() == expected["need_index"].tolist()
    assert found.indices["with_composition_effect"].equals(found.indices["heavy_ridge"])


def test_one_count_date_gives_no_windows_and_a_refusing_model_in_use_is_told(data):
    counts, register = data
    latest = register[register["count_date"] == "2026-10-15"]
    found = build_alternatives(counts, latest, estimators={"own": partial(fit_within_school, minimum_events=1)})
    assert list(found.indices) == ["own"]
    with pytest.raises(NeedError, match="not eligible"):
        build_alternatives(counts, latest, estimators={"own": partial(fit_within_school, minimum_events=10**9)})


def test_what_cannot_be_compared_is_refused(data):
    counts, register = data
    units, index = unit_table({"A": 100, "B": 300}), pd.Series({"A": 100.0, "B": 100.0})
    cases = {
        "units_differ": lambda: sensitivity_card({"x": index, "y": index.drop("A")}, units=units, pot_ore=1),
        "bad_index": lambda: sensitivity_card({"x": index * np.nan}, units=units, pot_ore=1),
        "bad_setting": lambda: sensitivity_card({"x": index}, units=units, pot_ore=-1),
        "duplicate_key": lambda: sensitivity_card({"x": index}, units=pd.concat([units, units]), pot_ore=1),
        "no_estimator": lambda: build_alternatives(counts, register, estimators={}),
    }
    for reason, call in cases.items():
        with pytest.raises(NeedError) as caught:
            call()
        assert caught.value.reason == reason
