"""The published star: units as they were on the day, organisers without personal numbers, kronor that add up."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from expectations.contracts import CONTRACTS
from models_py.allocation.sensitivity import structural_ends
from orchestration.publication.star import COMPONENTS, dimensions, organiser_keys, school_allocation, units_on

DAY = date(2026, 10, 15)
FIRST = date(2017, 10, 15)


def unit(code: str, **changes: object) -> dict[str, object]:
    return {
        "municipality_code": "9999", "school_unit_code": code, "school_unit_name": f"Skola {code[-1]}",
        "location_municipality_code": "9999", "location_municipality_name": "Exempelkommun",
        "organiser_code": "2129999997", "organiser_name": "Exempelkommun", "organiser_type": "municipal",
        "valid_from": FIRST, "valid_to": None, "first_count_date": FIRST, "last_count_date": DAY,
        "predecessor_codes": None, "successor_codes": None, "basis": "pupil_level",
    } | changes  # fmt: skip


def seen(*rows: dict[str, object], day: date = DAY, basis: str = "pupil_level") -> list[str]:
    found = units_on(pd.DataFrame(list(rows)), municipality_code="9999", basis=basis, day=day)
    return [f"{row.school_unit_code}/{row.school_unit_name}" for row in found.itertuples()]


def test_a_unit_is_shown_as_it_was_on_the_day():
    renamed = [
        unit("10000001", school_unit_name="Gamla", valid_to=date(2026, 10, 14)),
        unit("10000001", school_unit_name="Nya", valid_from=DAY),
    ]
    assert seen(*renamed) == ["10000001/Nya"]
    assert seen(*renamed, day=date(2025, 10, 15)) == ["10000001/Gamla"]


@pytest.mark.parametrize(
    "changes",
    [
        {"last_count_date": date(2025, 10, 15)},
        {"valid_from": date(2027, 10, 15)},
        {"municipality_code": "9998"},
        {"basis": "open_statistics"},
    ],
    ids=["no longer seen", "not yet opened", "another municipality", "another basis"],
)
def test_a_unit_that_was_not_there_is_not_shown(changes):
    assert seen(unit("10000001"), unit("10000002", **changes)) == ["10000001/Skola 1"]


def test_a_delivered_index_shows_the_units_that_its_pupils_were_counted_at():
    published = [unit("10000001", basis="open_statistics"), unit("10000003", basis="open_statistics")]
    own = [unit("10000001", school_unit_name="Egna"), unit("10000002", last_count_date=date(2025, 10, 15))]
    assert seen(*published, *own, basis="delivered_index") == ["10000001/Egna"]
    assert seen(*published, own[1], basis="delivered_index") == ["10000001/Skola 1", "10000003/Skola 3"]


def test_the_last_day_of_a_validity_still_counts():
    assert seen(unit("10000001", valid_to=DAY)) == ["10000001/Skola 1"]


def test_a_withheld_organiser_gets_a_key_from_its_name_or_its_unit_and_never_a_number():
    units = pd.DataFrame([
        unit("10000001"),
        unit("10000002", organiser_code=None, organiser_name="Stiftelsen"),
        unit("10000003", organiser_code=None, organiser_name="Stiftelsen"),
        unit("10000004", organiser_code=None, organiser_name=None),
        unit("10000005", organiser_code=None, organiser_name=None),
    ])  # fmt: skip
    keys = organiser_keys(units).tolist()
    assert keys[0] == "2129999997"
    assert keys[1] == keys[2] == "x" + hashlib.sha256(b"Stiftelsen").hexdigest()[:9]
    assert len(set(keys)) == 4, "two sole traders are two organisers"
    assert all(key.startswith("x") and len(key) == 10 for key in keys[1:])


@pytest.fixture(scope="module")
def star() -> dict[str, pd.DataFrame]:
    units = pd.DataFrame(
        [
            unit("10000002"),
            unit("10000001"),
            unit("10000003", organiser_code="5569000008", organiser_type="independent"),
        ]
    )
    return dimensions(units, municipality_code="9999", funding_year=2027, dates=(DAY, None), trained_on=[2022, 2024, 2026])  # fmt: skip


def test_every_dimension_keeps_its_contract_and_stands_in_key_order(star):
    for name, table in star.items():
        CONTRACTS[name].check(table)
        keys = list(CONTRACTS[name].keys)
        assert table[keys].to_numpy().tolist() == sorted(table[keys].to_numpy().tolist())


def test_an_organiser_of_several_units_is_one_row_and_every_unit_finds_its_own(star):
    assert star["dim_organiser"]["organiser_key"].tolist() == ["2129999997", "5569000008"]
    assert set(star["dim_school_unit"]["organiser_key"]) == set(star["dim_organiser"]["organiser_key"])


def test_the_year_says_which_days_and_cohorts_stand_behind_it(star):
    row = star["dim_year"].iloc[0]
    assert (row["count_date"], row["earlier_count_date"]) == (DAY, None)
    assert (row["result_year_first"], row["result_year_last"]) == (2022, 2026)
    assert star["dim_component"]["component_code"].tolist() == sorted(code for code, *_ in COMPONENTS)


LINES = pd.DataFrame(
    [("10000001", "base_part", "grade_1", 300_00), ("10000001", "base_part", "grade_2", 200_50),
     ("10000001", "structural_part", "need", 90_00), ("10000002", "base_part", "grade_1", 700_00),
     ("10000002", "structural_part", "need", 10_00)],
    columns=["school_unit_code", "component_code", "line_code", "amount_ore"],
)  # fmt: skip


@pytest.fixture(scope="module")
def wide() -> pd.DataFrame:
    need = pd.DataFrame({
        "municipality_code": "9999", "funding_year": 2027, "school_unit_code": ["10000001", "10000002"],
        "basis": "pupil_level", "pupil_count": [3, 7], "need_index": [180.0, 65.7], "need_index_lower": [170.0, None],
        "need_index_upper": [190.0, None], "index_rule": "own",
    })  # fmt: skip
    units = pd.DataFrame([unit("10000003"), unit("10000002"), unit("10000001")])
    unpaid = pd.DataFrame([("10000003", "no_pupils")], columns=["school_unit_code", "reason_code"])
    return school_allocation(
        units,
        need=need,
        lines=LINES,
        unpaid=unpaid,
        ends=structural_ends(need, pot_ore=100_00),
        pot_ore=100_00,
        basis="pupil_level",
    )


def test_the_wide_table_keeps_its_contract_in_key_order(wide):
    CONTRACTS["school_allocation"].check(wide)
    assert wide["school_unit_code"].tolist() == ["10000001", "10000002", "10000003"]


def test_kronor_are_the_sums_of_the_lines_exactly(wide):
    assert wide["base_part_sek"].tolist() == [Decimal("500.50"), Decimal("700.00"), Decimal("0.00")]
    assert wide["structural_part_sek"].tolist() == [Decimal("90.00"), Decimal("10.00"), Decimal("0.00")]
    assert sum(wide["total_sek"]) * 100 == int(LINES["amount_ore"].sum())
    assert wide["total_per_pupil_sek"].tolist() == [Decimal("196.83"), Decimal("101.43"), None]


def test_redistribution_is_against_the_same_pot_per_pupil_and_sums_to_nothing(wide):
    assert wide["redistribution_sek"].tolist() == [Decimal("60.00"), Decimal("-60.00"), Decimal("0.00")]


def test_a_unit_without_pupils_is_listed_with_its_reason(wide):
    row = wide.iloc[2]
    assert (row["payment_status"], row["reason_code"], row["pupil_count"]) == ("not_paid", "no_pupils", 0)
    assert wide["payment_status"].tolist()[:2] == ["paid", "paid"]
    assert pd.isna(row["need_index"])


def test_a_component_of_its_own_is_in_the_total_and_in_the_dimension():
    further = pd.DataFrame(
        [("10000001", "lump_sum", "lump_sum", 77_00)],
        columns=["school_unit_code", "component_code", "line_code", "amount_ore"],
    )
    need = pd.DataFrame({
        "municipality_code": "9999", "funding_year": 2027, "school_unit_code": ["10000001", "10000002"],
        "basis": "pupil_level", "pupil_count": [3, 7], "need_index": [180.0, 65.7], "need_index_lower": [170.0, None],
        "need_index_upper": [190.0, None], "index_rule": "own",
    })  # fmt: skip
    table = school_allocation(
        pd.DataFrame([unit("10000002"), unit("10000001")]), need=need, lines=pd.concat([LINES, further]),
        unpaid=pd.DataFrame(columns=["school_unit_code", "reason_code"], dtype="str"),
        ends=structural_ends(need, pot_ore=100_00), pot_ore=100_00, basis="pupil_level",
    )  # fmt: skip
    assert table["total_sek"].tolist() == [Decimal("667.50"), Decimal("710.00")]
    told = dimensions(
        pd.DataFrame([unit("10000001")]), municipality_code="9999", funding_year=2027, dates=(DAY, None),
        trained_on=[2022], further=[("lump_sum", "One amount per unit.")],
    )["dim_component"]  # fmt: skip
    CONTRACTS["dim_component"].check(told)
    assert told.set_index("component_code").loc["lump_sum", "description_sv"] == "One amount per unit."
