"""A merged line is published without its index, its parts and whatever follows from them; every sum stays."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from candidates import candidate, release

from expectations.contracts import CONTRACTS
from orchestration.need_parts import HIDDEN_COLUMNS, HIDDEN_ROWS, OF_OTHER_FORMS, hidden
from orchestration.publication.checks import run_checks

UNITS = ["99990001", "99990003"]


@pytest.fixture(scope="module")
def whole():
    return candidate()


@pytest.fixture(scope="module")
def made(whole):
    return hidden(whole.tables, units=UNITS, components=["structural_part"])


def test_every_table_keeps_its_contract_and_every_own_rule_holds(whole, made):
    for name, table in made.items():
        CONTRACTS[name].check(table)
    asked = run_checks(made, budget_ore=whole.budget_ore, threshold=whole.disclosure.threshold)
    assert not [reason for reason in asked if reason.failing_count]


def test_amounts_are_the_same_and_the_merged_line_is_their_sum(whole, made):
    before, after = (
        tables["fct_allocation"].groupby("school_unit_code")["amount_ore"].sum() for tables in (whole.tables, made)
    )
    assert before.to_dict() == after.to_dict()
    lines = whole.tables["fct_allocation"]
    own = lines[(lines["component_code"] == "structural_part") & (lines["school_unit_code"] == UNITS[0])]
    wide = made["school_allocation"].set_index("school_unit_code")
    assert wide.loc[UNITS[0], "need_parts_sek"] * 100 == int(own["amount_ore"].sum())
    assert wide["total_sek"].tolist() == whole.tables["school_allocation"]["total_sek"].tolist()


@pytest.mark.parametrize("name", sorted(HIDDEN_COLUMNS))
def test_what_tells_the_index_is_empty_there_with_a_reason_and_untouched_elsewhere(whole, made, name):
    own = made[name]["school_unit_code"].isin(UNITS)
    columns = list(HIDDEN_COLUMNS[name])
    assert made[name].loc[own, columns].isna().all().all()
    assert set(made[name].loc[own, "index_withheld_because"]) == {"small_count"}
    assert made[name].loc[~own, "index_withheld_because"].isna().all()
    pd.testing.assert_frame_equal(
        made[name].loc[~own, columns].astype(object), whole.tables[name].loc[~own, columns].astype(object)
    )


@pytest.mark.parametrize("name", HIDDEN_ROWS)
def test_tables_beside_the_index_have_no_rows_of_those_units(whole, made, name):
    assert not set(made[name]["school_unit_code"]) & set(UNITS)
    kept = whole.tables[name][~whole.tables[name]["school_unit_code"].isin(UNITS)]
    assert len(made[name]) == len(kept)


def test_two_hidden_indices_do_not_follow_from_what_all_units_move(whole, made):
    """The guard broken on purpose: what two move together, and how far they move in all, gives each of them."""
    need = whole.tables["fct_need_index"].set_index("school_unit_code")
    weight = need["pupil_count"] / need["pupil_count"].sum()
    moved = weight * (need["need_index"] / 100 - 1)
    low, high = sorted(moved[UNITS])
    assert low < 0 < high
    told = moved.abs().sum() / 2  # what the column says: the share of a linear pot that changes hands
    others = moved.drop(UNITS)
    together, in_all = -others.sum(), 2 * told - others.abs().sum()
    assert ((together - in_all) / 2, (together + in_all) / 2) == pytest.approx((low, high), abs=1e-9)
    (row,) = made["redistribution_signal"].to_dict("records")
    assert row["moved_pot_share"] is None
    assert row["moved_by_chance_share"] is None
    assert row["signal_share"] == whole.tables["redistribution_signal"]["signal_share"].iloc[0]


def test_the_path_of_factors_tells_no_distance_from_an_equal_amount_either(whole, made):
    """Its first step has no factors: the pot that lies elsewhere with all of them is what need moves in all."""
    columns = ["pot_moved_by_factor_share", "pot_from_full_share", "index_rmse_from_full"]
    assert whole.tables["need_selection"][columns].notna().any().all(), "the guard has something to guard"
    assert made["need_selection"][columns].isna().all().all()
    kept = [name for name in made["need_selection"].columns if name not in columns]
    pd.testing.assert_frame_equal(made["need_selection"][kept], whole.tables["need_selection"][kept])


def test_no_published_column_of_an_index_is_forgotten():
    """A new column or table that tells a unit's index or need money must be named in ``orchestration.need_parts``."""
    tells = ("need_share", "need_index", "structural_part", "redistribution")
    for name, contract in CONTRACTS.items():
        if "school_unit_code" in contract.keys and name not in (*HIDDEN_ROWS, *OF_OTHER_FORMS):
            columns = {column for column in contract.names if column.startswith(tells)}
            assert columns <= set(HIDDEN_COLUMNS.get(name, ())), name


@pytest.mark.parametrize("name", OF_OTHER_FORMS)
def test_a_table_of_other_forms_that_holds_the_compulsory_school_is_refused(whole, name):
    row = dict.fromkeys(whole.tables[name].columns) | {"school_unit_code": UNITS[0], "school_form": "compulsory_school"}
    spoiled = dict(whole.tables) | {name: pd.DataFrame([row])}
    for units in ([], [UNITS[0]]):
        with pytest.raises(ValueError, match=f"{name} has rows of the compulsory school"):
            hidden(spoiled, units=units, components=["structural_part"])


def test_without_such_units_nothing_changes(whole):
    assert all(hidden(whole.tables, units=[], components=["structural_part"])[n] is t for n, t in whole.tables.items())


def test_the_dimension_tells_what_the_merged_line_is_in_both_languages(made):
    row = made["dim_component"].set_index("component_code").loc["need_parts"]
    assert "own decision" in row["description_en"]
    assert "eget beslut" in row["description_sv"]


def test_it_is_published(whole, made, root):
    from dataclasses import replace

    outcome = release(replace(whole, tables=made), root)
    assert outcome.status == "published", outcome.reasons
    told = pd.read_parquet(outcome.path / "tables" / "school_allocation.parquet").set_index("school_unit_code")
    assert pd.isna(told.loc[UNITS[0], "need_index"])
    assert told.loc[UNITS[0], "need_parts_sek"] > Decimal(0)
