"""Contracts of what stands beside the allocation: facts of location behind a rate, and amounts outside the total.

Empty where a policy has no area factor, no individual supplements and no state grant.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_YEAR = ("municipality_code", "funding_year")

BESIDE: tuple[Contract, ...] = (
    Contract(
        table="school_area_factor",
        grain_en="One row per municipality, funding year, school unit and component whose rate follows a fact of the unit's location.",
        grain_sv="En rad per kommun, bidragsår, skolenhet och del vars belopp följer en uppgift om enhetens läge.",
        keys=(*_YEAR, "school_unit_code", "component_code"),
        names=(*_YEAR, "school_unit_code", "component_code", "measure", "area_factor"),
    ),
    Contract(
        table="allocation_beside",
        grain_en="One row per municipality, funding year and component that is in no pot and no sum: individual supplements, state grants.",
        grain_sv="En rad per kommun, bidragsår och del som inte ingår i någon pott eller summa: tilläggsbelopp, statsbidrag.",
        keys=(*_YEAR, "component_code"),
        names=(*_YEAR, "component_code", "beside_sek", "withheld_because"),
        nullable=frozenset({"beside_sek", "withheld_because"}),
    ),
)
"""In the order in which they are described."""
