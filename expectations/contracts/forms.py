"""Contracts of the other school forms: index, money, units, all forms side by side, and kronor by age.

Tables of their own: a reader who adds up ``fct_allocation`` means preschool class and compulsory school, and goes on doing so.
Empty in a year in which a municipality decides no other form here. Units of which a small count would follow are in no row; the
row of their form in ``form_overview`` holds them.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_FORM = ("municipality_code", "funding_year", "school_form")
_UNIT = (*_FORM, "school_unit_code")

FORMS: tuple[Contract, ...] = (
    Contract(
        table="form_need_index",
        grain_en="One row per municipality, funding year, other school form with an index, and unit.",
        grain_sv="En rad per kommun, bidragsår, annan skolform med index, och enhet.",
        keys=_UNIT,
        names=(
            *_UNIT, "index_source", "pupil_count", "need_index", "index_rule", "index_group_code",
            "is_under_index_minimum", "count_date_count",
        ),
        nullable=frozenset({"index_group_code"}),
    ),
    Contract(
        table="form_allocation",
        grain_en="One row per municipality, funding year, other school form, unit, component and line; count × rate + rounding = amount.",
        grain_sv="En rad per kommun, bidragsår, annan skolform, enhet, del och rad; antal × belopp + avrundning = summa.",
        keys=(*_UNIT, "component_code", "line_code"),
        names=(*_UNIT, "component_code", "line_code", "count", "count_unit", "rate_ore", "rounding_ore", "amount_ore"),
    ),
    Contract(
        table="form_unit",
        grain_en="One row per municipality, funding year, other school form and unit: its amount, and an independent organiser's grant.",
        grain_sv="En rad per kommun, bidragsår, annan skolform och enhet: dess belopp, och en enskild huvudmans bidrag.",
        keys=_UNIT,
        names=(
            *_UNIT, "school_unit_name", "organiser_type", "pupil_count", "total_sek", "administration_sek", "vat_sek",
            "fee_sek", "grant_sek",
        ),
        nullable=frozenset({"administration_sek", "vat_sek", "fee_sek", "grant_sek"}),
    ),
    Contract(
        table="form_overview",
        grain_en="One row per municipality, funding year and school form, preschool class and compulsory school together.",
        grain_sv="En rad per kommun, bidragsår och skolform, förskoleklass och grundskola tillsammans.",
        keys=_FORM,
        names=(
            *_FORM, "school_unit_count", "pupil_count", "total_sek", "structural_part_sek", "total_per_pupil_sek",
            "structural_share", "redistributed_share", "index_source", "need_index_lowest", "need_index_highest",
            "administration_share", "withheld_because",
        ),
        nullable=frozenset(
            {
                "school_unit_count", "pupil_count", "total_sek", "structural_part_sek", "total_per_pupil_sek",
                "structural_share", "redistributed_share", "need_index_lowest", "need_index_highest",
                "administration_share", "withheld_because",
            }
        ),
    ),
    Contract(
        table="form_age",
        grain_en="One row per municipality, funding year, usual age, school form and stage: kronor per person and year.",
        grain_sv="En rad per kommun, bidragsår, vanlig ålder, skolform och stadium: kronor per person och år.",
        keys=("municipality_code", "funding_year", "age", "school_form", "form_stage"),
        names=("municipality_code", "funding_year", "age", "school_form", "form_stage", "pupil_count", "total_per_pupil_sek"),
    ),
)  # fmt: skip
"""In the order in which they are described."""
