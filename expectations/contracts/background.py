"""Contracts of pupils' background per school unit and municipality, small counts and what would give them away withheld.

Empty where pupils are not counted from the municipality's own register: Skolverket publishes its own statistics.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_COUNTED = ("factor", "level", "count_date", "pupil_count", "background_count", "suppression_code")
_NULLABLE = frozenset({"background_count", "suppression_code"})

BACKGROUND: tuple[Contract, ...] = (
    Contract(
        table="school_background",
        grain_en="One row per municipality, funding year, school unit, factor and level: pupils at the later count date.",
        grain_sv="En rad per kommun, bidragsår, skolenhet, faktor och nivå: elever på den senare avläsningsdagen.",
        keys=("municipality_code", "funding_year", "school_unit_code", "factor", "level"),
        names=("municipality_code", "funding_year", "school_unit_code", *_COUNTED),
        nullable=_NULLABLE,
    ),
    Contract(
        table="municipality_background",
        grain_en="One row per municipality, funding year, factor and level: all its pupils at the later count date.",
        grain_sv="En rad per kommun, bidragsår, faktor och nivå: alla elever på den senare avläsningsdagen.",
        keys=("municipality_code", "funding_year", "factor", "level"),
        names=("municipality_code", "funding_year", *_COUNTED),
        nullable=_NULLABLE,
    ),
)
