"""The tables of the other school forms of a small municipality: one preschool of its own, one independent."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd


def form_tables(code: str, year: int) -> dict[str, pd.DataFrame]:
    """Rows that keep their contracts and add up."""
    everywhere = {"municipality_code": code, "funding_year": year}
    form = everywhere | {"school_form": "preschool"}
    units = [{**form, "school_unit_code": f"{code}90{n:02d}"} for n in (1, 2)]
    index = {"index_source": "need_model", "pupil_count": 20, "index_rule": "own", "index_group_code": None}
    line = {
        "component_code": "preschool_base_part", "line_code": "group_age_3_full", "count": Decimal("20.000000"),
        "count_unit": "pupils", "rate_ore": Decimal("14100000.000000"), "rounding_ore": Decimal("0E-12"), "amount_ore": 282_000_000,
    }  # fmt: skip
    none = dict.fromkeys(("administration_sek", "vat_sek", "fee_sek", "grant_sek"))
    paid = dict(zip(none, map(Decimal, ("84600.00", "174276.00", "192000.00", "2886876.00")), strict=True))
    told = {
        "school_unit_count": 2, "pupil_count": 40, "total_sek": Decimal("5640000.00"), "structural_part_sek": Decimal("0.00"),
        "total_per_pupil_sek": Decimal("141000.00"), "structural_share": 0.0, "redistributed_share": 0.0,
        "need_index_lowest": 80.0, "need_index_highest": 120.0, "administration_share": Decimal("0.030000"),
        "index_source": "need_model", "withheld_because": None,
    }  # fmt: skip
    names = ("Kotten", "Granen")
    return {
        "form_need_index": pd.DataFrame(
            {**unit, **index, "need_index": value, "is_under_index_minimum": False, "count_date_count": 2}
            for unit, value in zip(units, (80.0, 120.0), strict=True)
        ),
        "form_allocation": pd.DataFrame({**unit, **line} for unit in units),
        "form_unit": pd.DataFrame(
            {**unit, "school_unit_name": name, "organiser_type": kind, "pupil_count": 20, "total_sek": Decimal("2820000.00"), **grant}
            for unit, name, kind, grant in zip(units, names, ("municipal", "independent"), (none, paid), strict=True)
        ),
        "form_overview": pd.DataFrame([{**form, **told}]),
        "form_age": pd.DataFrame(
            [{**form, "age": 3, "form_stage": "age_3", "pupil_count": 40, "total_per_pupil_sek": Decimal("141000.00")}]
        ),
    }  # fmt: skip
