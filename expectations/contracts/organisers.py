"""Contracts of what organisers are paid: the statutory calculation, the sums behind it, the way from the budget.

Every figure follows from published lines, pupils and the policy's values; nothing here tells more of pupils than those.
The calculation and the cost types are empty where the policy gives no cost types.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_YEAR = ("municipality_code", "funding_year")

ORGANISERS: tuple[Contract, ...] = (
    Contract(
        table="organiser_allocation",
        grain_en="One row per municipality, funding year and organiser with a paid school unit.",
        grain_sv="En rad per kommun, bidragsår och huvudman med en skolenhet som får pengar.",
        keys=(*_YEAR, "organiser_key"),
        names=(
            *_YEAR, "organiser_key", "organiser_type", "school_unit_count", "pupil_count", "overhead_method",
            "administration_share", "vat_share", "allocated_sek", "administration_sek", "vat_sek", "de_delegated_sek",
            "payable_sek", "payable_per_pupil_sek",
        ),
        nullable=frozenset({"overhead_method", "administration_share", "vat_share"}),
    ),
    Contract(
        table="organiser_calculation",
        grain_en="One row per municipality, funding year, organiser, school form and statutory cost type (Skolförordningen 14 kap. 10 §).",
        grain_sv="En rad per kommun, bidragsår, huvudman, skolform och kostnadsslag (skolförordningen 14 kap. 10 §).",
        keys=(*_YEAR, "organiser_key", "school_form", "cost_type"),
        names=(
            *_YEAR, "organiser_key", "school_form", "cost_type", "overhead_method", "pupil_count", "amount_ore",
            "amount_per_pupil_sek", "municipal_per_pupil_sek",
        ),
        nullable=frozenset({"overhead_method", "municipal_per_pupil_sek"}),
    ),
    Contract(
        table="school_cost_type",
        grain_en="One row per municipality, funding year, paid school unit, school form and statutory cost type.",
        grain_sv="En rad per kommun, bidragsår, skolenhet som får pengar, skolform och kostnadsslag.",
        keys=(*_YEAR, "school_unit_code", "school_form", "cost_type"),
        names=(*_YEAR, "school_unit_code", "school_form", "cost_type", "amount_ore"),
    ),
    Contract(
        table="budget_reconciliation",
        grain_en="One row per municipality, funding year, step and item: from the budget to what is paid, and to the annual accounts.",
        grain_sv="En rad per kommun, bidragsår, steg och post: från budgeten till det som betalas, och till räkenskapssammandraget.",
        keys=(*_YEAR, "reconciliation_step", "item_code"),
        names=(
            *_YEAR, "reconciliation_step", "item_kind", "item_code", "amount_ore", "stated_ore", "difference_ore",
        ),
        nullable=frozenset({"stated_ore", "difference_ore"}),
    ),
)  # fmt: skip
