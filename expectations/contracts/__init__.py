"""Contracts of the published tables: columns in order, keys, grain. A published name is a promise.

Belongs here: which columns a table has, what one row is, what may be empty.
Does not: what a column means (``expectations.columns``), how a table is made.
"""

from __future__ import annotations

from expectations.contracts.accuracy import ACCURACY, STEERING
from expectations.contracts.background import BACKGROUND
from expectations.contracts.beside import BESIDE
from expectations.contracts.change import CHANGE
from expectations.contracts.contract import Contract, ContractError
from expectations.contracts.effect import EFFECT
from expectations.contracts.evidence import EVIDENCE
from expectations.contracts.followup import FOLLOWUP
from expectations.contracts.forecast import FORECAST
from expectations.contracts.forms import FORMS
from expectations.contracts.goals import GOALS
from expectations.contracts.key_figures import KEY_FIGURES
from expectations.contracts.organisers import ORGANISERS
from expectations.contracts.payment import PAYMENT
from expectations.contracts.progress import PROGRESS

CONTRACT_VERSION = "1.3.0"
"""Version of the published contract: patch = words, minor = new nullable column or table, major = rename or removal."""

__all__ = ["CONTRACTS", "CONTRACT_VERSION", "FOLLOWING", "PAYMENTS", "PLANNING", "Contract", "ContractError"]

_KEY = ("municipality_code", "funding_year", "school_unit_code")

CONTRACTS: dict[str, Contract] = {
    contract.table: contract
    for contract in (
        Contract(
            table="dim_school_unit",
            grain_en="One row per municipality and school unit, as it was on the later count date.",
            grain_sv="En rad per kommun och skolenhet, som den var på den senare avläsningsdagen.",
            keys=("municipality_code", "school_unit_code"),
            names=(
                "municipality_code", "school_unit_code", "school_unit_name", "organiser_key", "location_municipality_code",
                "location_municipality_name", "valid_from", "valid_to", "predecessor_codes", "successor_codes",
            ),
            nullable=frozenset({"location_municipality_name", "valid_to", "predecessor_codes", "successor_codes"}),
        ),
        Contract(
            table="dim_organiser",
            grain_en="One row per municipality and organiser.",
            grain_sv="En rad per kommun och huvudman.",
            keys=("municipality_code", "organiser_key"),
            names=("municipality_code", "organiser_key", "organiser_code", "organiser_name", "organiser_type"),
            nullable=frozenset({"organiser_code", "organiser_name"}),
        ),
        Contract(
            table="dim_year",
            grain_en="One row per municipality and funding year.",
            grain_sv="En rad per kommun och bidragsår.",
            keys=("municipality_code", "funding_year"),
            names=("municipality_code", "funding_year", "count_date", "earlier_count_date", "result_year_first", "result_year_last"),
            nullable=frozenset({"earlier_count_date", "result_year_first", "result_year_last"}),
        ),
        Contract(
            table="dim_component",
            grain_en="One row per municipality and component of the allocation.",
            grain_sv="En rad per kommun och del av tilldelningen.",
            keys=("municipality_code", "component_code"),
            names=(
                "municipality_code", "component_code", "name_en", "name_sv", "description_en", "description_sv",
                "is_background_count",
            ),
        ),
        Contract(
            table="dim_publication",
            grain_en="One row: the publication itself.",
            grain_sv="En rad: publiceringen själv.",
            keys=("municipality_code", "publication_id"),
            names=(
                "municipality_code", "publication_id", "funding_year", "publication_status", "is_demo", "basis",
                "policy_sha256", "content_sha256", "school_unit_count", "paid_unit_count", "pupil_count", "amount_ore",
                "revision_type", "decision", "parent_publication_id",
            ),
            nullable=frozenset({"revision_type", "decision", "parent_publication_id"}),
        ),
        Contract(
            table="fct_need_index",
            grain_en="One row per municipality, funding year, school unit and school form.",
            grain_sv="En rad per kommun, bidragsår, skolenhet och skolform.",
            keys=(*_KEY, "school_form"),
            names=(
                *_KEY, "school_form", "basis", "pupil_count", "need_share", "need_index", "need_index_lower",
                "need_index_upper", "need_index_standard_error", "need_index_interval_lower", "need_index_interval_upper",
                "index_rule", "index_group_code", "is_under_index_minimum", "count_date_count", "fit_id",
                "index_withheld_because",
            ),
            nullable=frozenset(
                {
                    "need_share", "need_index", "need_index_lower", "need_index_upper", "need_index_standard_error",
                    "need_index_interval_lower", "need_index_interval_upper", "index_group_code",
                    "index_withheld_because",
                }
            ),
        ),
        Contract(
            table="need_coefficient",
            grain_en="One row per municipality, funding year and term of the need model.",
            grain_sv="En rad per kommun, bidragsår och term i behovsmodellen.",
            keys=("municipality_code", "funding_year", "term"),
            names=(
                "municipality_code", "funding_year", "term", "fit_id", "factor", "level", "estimate", "standard_error",
                "interval_lower", "interval_upper",
            ),
            nullable=frozenset({"level", "standard_error", "interval_lower", "interval_upper"}),
        ),
        Contract(
            table="fct_allocation",
            grain_en="One row per municipality, funding year, school unit, component and line; count × rate + rounding = amount.",
            grain_sv="En rad per kommun, bidragsår, skolenhet, del och rad; antal × belopp + avrundning = summa.",
            keys=(*_KEY, "component_code", "line_code"),
            names=(*_KEY, "component_code", "line_code", "count", "count_unit", "rate_ore", "rounding_ore", "amount_ore"),
        ),
        Contract(
            table="rule_result",
            grain_en="One row per municipality, funding year and rule.",
            grain_sv="En rad per kommun, bidragsår och regel.",
            keys=("municipality_code", "funding_year", "rule_id"),
            names=("municipality_code", "funding_year", "rule_id", "severity", "failing_count"),
        ),
        Contract(
            table="school_allocation",
            grain_en="One wide row per municipality, funding year and school unit, paid or not.",
            grain_sv="En bred rad per kommun, bidragsår och skolenhet, med eller utan pengar.",
            keys=_KEY,
            names=(
                *_KEY, "school_unit_name", "organiser_name", "organiser_type", "basis", "payment_status", "reason_code",
                "pupil_count", "need_index", "need_index_lower", "need_index_upper", "index_rule", "base_part_sek",
                "structural_part_sek", "structural_part_lower_sek", "structural_part_upper_sek", "total_sek",
                "total_per_pupil_sek", "redistribution_sek", "need_parts_sek", "index_withheld_because",
                "ends_withheld_because",
            ),
            nullable=frozenset(
                {
                    "organiser_name", "reason_code", "need_index", "need_index_lower", "need_index_upper", "index_rule",
                    "structural_part_sek", "structural_part_lower_sek", "structural_part_upper_sek", "total_per_pupil_sek",
                    "redistribution_sek", "need_parts_sek", "index_withheld_because", "ends_withheld_because",
                }
            ),
        ),
        *EVIDENCE,
        *BACKGROUND,
        *ORGANISERS,
        *CHANGE,
        *BESIDE,
        *PROGRESS,
        *FORMS,
    )
}  # fmt: skip
"""Published tables by name."""

PLANNING: dict[str, Contract] = {contract.table: contract for contract in FORECAST}
"""Planning tables by name: kept in the home, never sealed with a publication."""

FOLLOWING: dict[str, Contract] = {
    contract.table: contract for contract in (*FOLLOWUP, *ACCURACY, *STEERING, *EFFECT, *GOALS, *KEY_FIGURES)
}
"""Follow-up tables by name: kept in the home, never sealed with a publication."""
PAYMENTS: dict[str, Contract] = {contract.table: contract for contract in PAYMENT}
"""Payment tables by name: sealed run by run, beside the publications."""
