"""Contract of payment lines: the ledger of what has been paid and corrected, sealed run by run beside publications."""

from __future__ import annotations

from expectations.contracts.contract import Contract

PAYMENT: tuple[Contract, ...] = (
    Contract(
        table="fct_payment",
        grain_en="One row per municipality, funding year, school unit, component, month and sequence: an original line (sequence 0, "
        "one only) or a correction of it. No row is ever changed.",
        grain_sv="En rad per kommun, bidragsår, skolenhet, del, månad och ordningsnummer: en originalrad (nummer 0, bara en) "
        "eller en rättelse av den. Ingen rad ändras.",
        keys=("municipality_code", "funding_year", "school_unit_code", "component_code", "payment_month", "line_sequence"),
        names=(
            "municipality_code", "funding_year", "school_unit_code", "component_code", "payment_month", "line_sequence",
            "amount_ore", "annual_ore", "month_pupil_count", "month_count_date", "count_basis", "reason_type",
            "reason_reference", "organiser_key", "payee_kind", "paid_publication_id", "run_id", "school_form",
        ),
        nullable=frozenset({"reason_reference"}),
    ),
)  # fmt: skip
