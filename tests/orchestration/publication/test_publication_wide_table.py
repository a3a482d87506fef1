"""The wide table, the dimensions and the words of last year's change on two or three units, every column of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pandas as pd
import pytest

from orchestration.publication.change_words import ChangedUnit, since_last_year, unit_parts
from orchestration.publication.star import COMPONENTS, dimensions, organiser_keys, school_allocation, units_on

DAY = date(2026, 10, 15)
UNITS = pd.DataFrame(
    [("9999", "B", "Berget", "Kommun", "municipal", "2120000001"), ("9999", "A", "Ängen", None, "independent", None),
     ("9999", "C", "Cypressen", "Stiftelse", "independent", None)],
    columns=["municipality_code", "school_unit_code", "school_unit_name", "organiser_name", "organiser_type", "organiser_code"],
)  # fmt: skip
NEED = pd.DataFrame(
    [("9999", 2027, "x", "compulsory_school", "A", 30, 80.0), ("9999", 2027, "x", "compulsory_school", "B", 70, 108.5)],
    columns=["municipality_code", "funding_year", "basis", "school_form", "school_unit_code", "pupil_count", "need_index"],
).assign(
    need_share=None, need_index_lower=None, need_index_upper=None, need_index_standard_error=None, need_index_interval_lower=None,
    need_index_interval_upper=None, is_under_index_minimum=False, index_group=None,
    index_rule=None,
)  # fmt: skip
LINES = pd.DataFrame(
    [("A", "base_part", 100_000), ("A", "base_part", 50_000), ("A", "structural_part", 20_000), ("A", "extra", 30_001),
     ("B", "base_part", 350_000), ("B", "structural_part", 80_000)],
    columns=["school_unit_code", "component_code", "amount_ore"],
)  # fmt: skip
ENDS = pd.DataFrame(
    {
        "school_unit_code": ["A", "B"], "structural_part_lower_sek": [D("1.00"), None], "structural_part_upper_sek": [D("3.00"), None],
        "ends_withheld_because": [None, "x"],
    }
)  # fmt: skip
UNPAID = pd.DataFrame({"school_unit_code": ["C"], "reason_code": ["no_pupils"]})


def wide(*, lines: pd.DataFrame = LINES) -> dict[str, dict]:
    table = school_allocation(UNITS, need=NEED, lines=lines, unpaid=UNPAID, ends=ENDS, pot_ore=100_000, basis="own")
    assert table.index.tolist() == [0, 1, 2]
    cells = table.astype(object).where(table.notna(), None)
    return {row["school_unit_code"]: row for row in cells.to_dict("records")}


def test_a_unit_s_row_holds_its_sums_and_what_need_moves():
    """A: 200 001 öre over 30 pupils are 6 666.7; a flat pot would pay 30 of 100 pupils 30 000 of 100 000 öre."""
    rows = wide()
    assert list(rows) == ["A", "B", "C"]
    a = rows["A"]
    expected = {
        "municipality_code": "9999", "funding_year": 2027, "school_unit_code": "A", "school_unit_name": "Ängen", "basis": "own",
        "organiser_name": None, "organiser_type": "independent", "payment_status": "paid", "reason_code": None, "pupil_count": 30,
        "need_index": 80.0, "base_part_sek": D("1500.00"), "structural_part_sek": D("200.00"), "total_sek": D("2000.01"),
        "total_per_pupil_sek": D("66.67"), "need_parts_sek": None, "index_withheld_because": None,
        "redistribution_sek": D("-100.00"), "structural_part_lower_sek": D("1.00"), "structural_part_upper_sek": D("3.00"),
        "ends_withheld_because": None,
    }  # fmt: skip
    assert {name: a[name] for name in expected} == expected
    assert [a[name].as_tuple().exponent for name in ("base_part_sek", "total_sek", "total_per_pupil_sek")] == [
        -2,
        -2,
        -2,
    ]
    assert (rows["B"]["total_sek"], rows["B"]["redistribution_sek"]) == (D("4300.00"), D("100.00"))


def test_a_unit_that_is_not_paid_stands_with_its_reason_and_no_money():
    c = wide()["C"]
    told = (
        "payment_status",
        "reason_code",
        "pupil_count",
        "total_sek",
        "total_per_pupil_sek",
        "base_part_sek",
        "redistribution_sek",
    )
    assert [c[name] for name in told] == ["not_paid", "no_pupils", 0, D("0.00"), None, D("0.00"), D("0.00")]


def test_a_policy_without_a_structural_part_has_noughts():
    rows = wide(lines=LINES[LINES["component_code"] == "extra"])
    assert [rows["A"][name] for name in ("base_part_sek", "structural_part_sek", "total_sek")] == [0, 0, D("300.01")]
    assert rows["A"]["redistribution_sek"] == D("-300.00")


def test_an_organiser_is_known_by_its_number_else_by_a_hash_of_name_or_unit():
    """The first nine hexadecimal digits of SHA-256, after an x."""
    assert organiser_keys(UNITS).tolist() == ["2120000001", "x559aead08", "x" + sha("Stiftelse")]
    assert organiser_keys(UNITS).dtype == "str"


def sha(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()[:9]


REGISTER = pd.DataFrame(
    [
        ("whole", "9999", date(2020, 1, 1), None, date(2026, 10, 15), "pupil_level"),
        ("first_day", "9999", DAY, None, DAY, "pupil_level"),
        ("last_day", "9999", date(2020, 1, 1), DAY, DAY, "pupil_level"),
        ("later", "9999", date(2026, 10, 16), None, date(2027, 10, 15), "pupil_level"),
        ("closed", "9999", date(2020, 1, 1), date(2026, 10, 14), date(2026, 10, 15), "pupil_level"),
        ("unseen", "9999", date(2020, 1, 1), None, date(2025, 10, 15), "pupil_level"),
        ("open", "9999", date(2020, 1, 1), None, DAY, "open_statistics"),
        ("elsewhere", "0001", date(2020, 1, 1), None, DAY, "pupil_level"),
    ],
    columns=["school_unit_code", "municipality_code", "valid_from", "valid_to", "last_count_date", "basis"],
)


@pytest.mark.parametrize(
    ("basis", "units"),
    [
        ("pupil_level", ["whole", "first_day", "last_day"]), ("open_statistics", ["open"]),
        ("delivered_index", ["whole", "first_day", "last_day"]), ("other", []),
    ],
)  # fmt: skip
def test_units_hold_from_their_first_to_their_last_day(basis: str, units: list[str]):
    found = units_on(REGISTER, municipality_code="9999", basis=basis, day=DAY)
    assert found["school_unit_code"].tolist() == units


def test_a_delivered_index_without_own_pupils_has_the_units_of_the_open_statistics():
    found = units_on(REGISTER.iloc[[6]], municipality_code="9999", basis="delivered_index", day=DAY)
    assert found["school_unit_code"].tolist() == ["open"]


def made(**changes: object) -> dict[str, pd.DataFrame]:
    units = UNITS.assign(
        location_municipality_name=None, valid_from=DAY, valid_to=None, predecessor_codes=None, successor_codes=None,
        school_form="compulsory_school", grades="1-9", location_municipality_code="9999", is_demo=False, basis="x",
        first_count_date=DAY, last_count_date=DAY,
    )  # fmt: skip
    given = {
        "municipality_code": "9999",
        "funding_year": 2027,
        "dates": (DAY, date(2025, 10, 15)),
        "trained_on": [2023, 2025, 2024],
    }
    return dimensions(pd.concat([units, units.iloc[[0]].assign(school_unit_code="D")]), **given | changes)


def test_the_year_and_the_components_as_wholes():
    tables = made(further=[("extra", "Eget bidrag")], background=frozenset({"extra"}))
    assert tables["dim_year"].to_dict("records") == [
        {"municipality_code": "9999", "funding_year": 2027, "count_date": DAY, "earlier_count_date": date(2025, 10, 15),
         "result_year_first": 2023, "result_year_last": 2025},
    ]  # fmt: skip
    components = tables["dim_component"]
    assert components["component_code"].tolist() == sorted([*(code for code, *_ in COMPONENTS), "extra"])
    rows = components.set_index("component_code").to_dict("index")
    assert rows["extra"] == {
        "municipality_code": "9999", "name_en": "extra", "name_sv": "extra", "description_en": "Eget bidrag",
        "description_sv": "Eget bidrag", "is_background_count": True,
    }  # fmt: skip
    code, en, sv, about_en, about_sv = COMPONENTS[0]
    assert rows[code] == {
        "municipality_code": "9999", "name_en": en, "name_sv": sv, "description_en": about_en, "description_sv": about_sv,
        "is_background_count": False,
    }  # fmt: skip
    (none,) = made(trained_on=[], dates=(DAY, None))["dim_year"].to_dict("records")
    assert (none["earlier_count_date"], none["result_year_first"], none["result_year_last"]) == (None, None, None)


def test_organisers_stand_once_and_units_in_order():
    tables = made()
    keys = tables["dim_organiser"]["organiser_key"].tolist()
    assert keys == sorted({"2120000001", *organiser_keys(UNITS)})
    assert tables["dim_school_unit"]["school_unit_code"].tolist() == ["A", "B", "C", "D"]
    assert tables["dim_school_unit"]["organiser_key"].tolist()[1] == "2120000001"


CHANGES = pd.DataFrame(
    [("A", "continued", D("-3.00")), ("B", "continued", D("3.00")), ("C", "opened", D("10.50")), ("D", "continued", D("0.00"))],
    columns=["school_unit_code", "unit_change_code", "change_sek"],
)  # fmt: skip
CHANGE_PARTS = pd.DataFrame(
    [("C", "opened", D("10.50")), ("A", "policy", D("-4.25")), ("A", "pupils", D("1.25")), ("B", "pupils", D("2.00"))],
    columns=["school_unit_code", "cause_code", "change_sek"],
)
INTERVALS = pd.DataFrame(
    [("A", D(100), D(90), D(120)), ("B", D(200), D(190), D(210)), ("C", D(50), D(50), D(60)), ("D", D(0), D(0), D(0))],
    columns=["school_unit_code", "total_sek", "total_95_lower_sek", "total_95_upper_sek"],
)


def since(**changes: pd.DataFrame):
    tables = {
        "allocation_change": CHANGES, "allocation_change_part": CHANGE_PARTS, "allocation_interval": INTERVALS,
        "allocation_change_basis": pd.DataFrame([{"previous": "2026.1.0", "withheld_because": None}]),
        "redistribution_signal": pd.DataFrame([{"signal_share": 0.5, "other": float("nan")}]),
    }  # fmt: skip
    return since_last_year(tables | changes, baseline={"id": 1})


def test_what_is_told_of_last_year_as_a_whole():
    """Half widths over totals: 15/100, 10/200, 5/50; the median is 0.1. Of B 1.00 kr is not told."""
    found = since()
    assert found.basis == {"previous": "2026.1.0", "withheld_because": None}
    assert found.signal == {"signal_share": 0.5, "other": None}
    assert found.causes == (("pupils", 325), ("policy", -425), ("opened", 1050))
    assert (found.total_ore, found.untold_ore, found.width, found.baseline) == (1050, 100, 0.1, {"id": 1})
    assert found.largest == (
        ChangedUnit("C", "opened", 1050, (("opened", 1050),)),
        ChangedUnit("A", "continued", -300, (("pupils", 125), ("policy", -425))),
        ChangedUnit("B", "continued", 300, (("pupils", 200),)),
    )
    assert unit_parts(CHANGE_PARTS, "Z") == ()


def test_the_five_largest_are_told_and_nothing_of_no_change():
    many = pd.DataFrame(
        {"school_unit_code": list("ABCDEFG"), "unit_change_code": "continued", "change_sek": [D(n) for n in range(7)]}
    )
    assert [unit.code for unit in since(allocation_change=many).largest] == ["G", "F", "E", "D", "C"]
    none = since(
        allocation_change=CHANGES.iloc[:0],
        allocation_change_part=CHANGE_PARTS.iloc[:0],
        allocation_interval=INTERVALS.iloc[3:],
    )
    assert (none.causes, none.total_ore, none.largest, none.width) == ((), 0, (), None)
