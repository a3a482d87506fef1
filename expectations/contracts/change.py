"""Contracts of what stands beside the money: why it is another amount than last year, and how sure it is.

The tables per school unit are empty where there is nothing to compare with or no draws of the index; then the municipality's
one row in ``allocation_change_basis`` or ``redistribution_signal`` says why.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_YEAR = ("municipality_code", "funding_year")
_UNIT = (*_YEAR, "school_unit_code")
_PREVIOUS = (
    "previous_publication_id",
    "previous_content_sha256",
    "is_previous_decided",
    "cause_codes",
    "withheld_because",
)
_SIGNAL = (
    "signal_share", "signal_standard_error", "moved_pot_share", "moved_by_chance_share", "draw_count", "withheld_because",
)  # fmt: skip

CHANGE: tuple[Contract, ...] = (
    Contract(
        table="allocation_change",
        grain_en="One row per municipality, funding year and school unit of this year or the year before.",
        grain_sv="En rad per kommun, bidragsår och skolenhet i år eller året före.",
        keys=_UNIT,
        names=(*_UNIT, "unit_change_code", "previous_total_sek", "new_total_sek", "change_sek"),
    ),
    Contract(
        table="allocation_change_part",
        grain_en="One row per municipality, funding year, school unit and cause; a unit's parts sum to its change.",
        grain_sv="En rad per kommun, bidragsår, skolenhet och orsak; en enhets delar summerar till dess ändring.",
        keys=(*_UNIT, "cause_code"),
        names=(*_UNIT, "cause_code", "change_sek"),
    ),
    Contract(
        table="allocation_change_basis",
        grain_en="One row per municipality and funding year: what is compared with, or why there is no comparison.",
        grain_sv="En rad per kommun och bidragsår: vad jämförelsen gäller, eller varför det inte finns någon.",
        keys=_YEAR,
        names=(*_YEAR, "previous_funding_year", *_PREVIOUS),
        nullable=frozenset(_PREVIOUS),
    ),
    Contract(
        table="allocation_interval",
        grain_en="One row per municipality, funding year and paid school unit: the total and how sure it is.",
        grain_sv="En rad per kommun, bidragsår och skolenhet som får pengar: summan och hur säker den är.",
        keys=_UNIT,
        names=(
            *_UNIT, "total_sek", "total_standard_error_sek", "total_80_lower_sek", "total_80_upper_sek",
            "total_95_lower_sek", "total_95_upper_sek", "more_than_flat_share",
        ),
    ),
    Contract(
        table="redistribution_signal",
        grain_en="One row per municipality and funding year: how much of what need moves is signal, or why that is not known.",
        grain_sv="En rad per kommun och bidragsår: hur mycket av det behovet flyttar som är signal, eller varför det inte är känt.",
        keys=_YEAR,
        names=(*_YEAR, *_SIGNAL),
        nullable=frozenset(_SIGNAL),
    ),
)  # fmt: skip
