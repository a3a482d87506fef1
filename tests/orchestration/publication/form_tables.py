"""The tables of the other school forms of a small municipality: one preschool of its own, one independent."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from orchestration.payments.kept_forms import KeptForms


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


TERMS = {
    "preschool": {
        "component": "preschool_base_part", "lines": {"group_age_3_full": "age_3_full", "group_age_4_full": "age_4_full"},
        "prices_sek": {"age_3_full": "141000", "age_4_full": "120000"}, "fees_sek": {"age_3_full": "9600"},
        "overheads": ["compound_add_on", "0.03", "0.06"],
    }
}  # fmt: skip


def kept_forms(code: str, year: int) -> KeptForms:
    """What a proposal with these tables stood on: every unit of theirs."""
    tables = form_tables(code, year)
    return KeptForms(tables["form_allocation"], tables["form_unit"], TERMS)


def form_marts(code: str) -> dict[str, str]:
    """SQL of the marts that months of these units are paid by: a count that is the decided one."""
    where = f"'{code}' as municipality_code, date '2026-09-15' as count_date, 'preschool' as school_form"
    return {
        "fct_form_counts": f"select {where}, unnest(['{code}9001', '{code}9002']) as school_unit_code, 'age_3' as stage, "
        "'full' as hours, '' as programme, '' as track, 20 as pupil_count",
        "dim_form_unit": f"select {where}, unnest(['{code}9001', '{code}9002']) as school_unit_code, 'x' as unit_name, "
        "unnest(['municipal', 'independent']) as organiser_type",
    }
