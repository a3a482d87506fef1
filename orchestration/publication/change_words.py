"""This year against last year, and how sure the kronor are, as ``RELEASE.md`` and the command tell it.

Belongs here: words by code in two languages, figures gathered from the published tables. Does not: computing them, layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from models_py.allocation.year_change import CAUSES

Words = Mapping[str, str]

CAUSE_WORDS: dict[str, Words] = {
    "pupils": {"sv": "elevantal", "en": "pupils"},
    "composition": {"sv": "elevsammansättning", "en": "composition of pupils"},
    "weights": {"sv": "omskattade vikter", "en": "weights estimated anew"},
    "need_model": {"sv": "annan behovsmodell", "en": "another need model"},
    "need_index": {"sv": "behovsindex", "en": "need index"},
    "prices": {"sv": "belopp i policyn", "en": "amounts in the policy"},
    "policy": {"sv": "andra regler i policyn", "en": "other rules of the policy"},
    "guarantees": {"sv": "garantier", "en": "guarantees"},
    "correction": {"sv": "rättelse av förra året", "en": "correction of last year"},
    "opened": {"sv": "ny skolenhet", "en": "new school unit"},
    "closed": {"sv": "skolenheten finns inte kvar", "en": "school unit is gone"},
}
BECAME_WORDS: dict[str, Words] = {
    "continued": {"sv": "båda åren", "en": "both years"},
    "opened": {"sv": "ny", "en": "new"},
    "took_over": {"sv": "ny, efterträder andra", "en": "new, follows others"},
    "closed": {"sv": "upphörd", "en": "gone"},
    "taken_over": {"sv": "uppgått i annan", "en": "merged into another"},
}
REASON_WORDS: dict[str, Words] = {
    "no_earlier_year": {"sv": "inget tidigare år är publicerat", "en": "no earlier year is published"},
    "policy_does_not_cover_last_year": {
        "sv": "policyn gäller inte förra året",
        "en": "the policy does not cover last year",
    },
    "last_year_counts_are_gone": {"sv": "förra årets elevtal finns inte kvar", "en": "last year's counts are gone"},
    "years_cannot_be_mixed": {"sv": "årens regler går inte att blanda", "en": "the two years' rules cannot be mixed"},
    "last_year_index_is_withheld": {
        "sv": "förra årets index finns inte kvar för de skolenheter där publiceringen döljer det",
        "en": "last year's index is gone for the school units where the publication withholds it",
    },
    "last_year_does_not_verify": {
        "sv": "förra årets publicering är inte hel",
        "en": "last year's publication is not whole",
    },
    "no_draws_of_the_index": {
        "sv": "indexet har inga dragningar (öppen statistik, levererat index eller beslutade vikter)",
        "en": "the index has no draws (open statistics, a delivered index or decided weights)",
    },
    "nothing_is_moved_by_need": {"sv": "behovet flyttar inga pengar", "en": "need moves no money"},
    "draws_cannot_be_shared": {
        "sv": "policyn går inte att räkna för varje dragning",
        "en": "the policy cannot be carried out for each draw",
    },
}
MOST_UNITS = 5
"""Largest changes told in ``RELEASE.md``."""


@dataclass(frozen=True, slots=True)
class ChangedUnit:
    """One unit's change, öre, and its parts by cause in the order of ``CAUSES``."""

    code: str
    became: str
    ore: int
    parts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Since:
    """What is told. ``basis``, ``signal``: the one row of their table, None for what is empty; ``width``: median half width
    of the 95 % interval, as a share of the total."""

    basis: Mapping[str, Any]
    signal: Mapping[str, Any]
    causes: tuple[tuple[str, int], ...]
    total_ore: int
    largest: tuple[ChangedUnit, ...]
    width: float | None
    baseline: Mapping[str, Any] | None

    @property
    def untold_ore(self) -> int:
        """Change of units whose causes are withheld."""
        return self.total_ore - sum(ore for _, ore in self.causes)

    @staticmethod
    def cause(code: str, lang: str) -> str:
        return CAUSE_WORDS[code][lang]

    @staticmethod
    def became(code: str, lang: str) -> str:
        return BECAME_WORDS[code][lang]

    @staticmethod
    def reason(code: str, lang: str) -> str:
        return REASON_WORDS[code][lang]


def since_last_year(tables: Mapping[str, pd.DataFrame], *, baseline: Mapping[str, Any] | None = None) -> Since:
    """Gather one municipality's and year's figures."""
    units, parts, intervals = (
        tables[name] for name in ("allocation_change", "allocation_change_part", "allocation_interval")
    )
    sums = parts.groupby("cause_code")["change_sek"].sum()
    size = units.assign(size=units["change_sek"].abs()).sort_values(
        ["size", "school_unit_code"], ascending=[False, True], kind="stable"
    )
    largest = [
        ChangedUnit(
            row.school_unit_code, row.unit_change_code, _ore(row.change_sek), unit_parts(parts, row.school_unit_code)
        )
        for row in size.head(MOST_UNITS).itertuples()
        if row.change_sek
    ]
    paid = intervals[intervals["total_sek"] > 0]
    halves = [
        float(row.total_95_upper_sek - row.total_95_lower_sek) / 2 / float(row.total_sek) for row in paid.itertuples()
    ]
    return Since(
        basis=_only_row(tables["allocation_change_basis"]),
        signal=_only_row(tables["redistribution_signal"]),
        causes=tuple((cause, _ore(sums[cause])) for cause in CAUSES if cause in sums.index),
        total_ore=sum((_ore(value) for value in units["change_sek"]), 0),
        largest=tuple(largest),
        width=float(pd.Series(halves).median()) if halves else None,
        baseline=baseline,
    )


def unit_parts(parts: pd.DataFrame, school_unit_code: str) -> tuple[tuple[str, int], ...]:
    """Cause and öre of one unit, in the order of ``CAUSES``."""
    own = parts[parts["school_unit_code"] == school_unit_code]
    found = {cause: _ore(sek) for cause, sek in zip(own["cause_code"], own["change_sek"], strict=True)}
    return tuple((cause, found[cause]) for cause in CAUSES if cause in found)


def _ore(sek: Any) -> int:
    return int(sek * 100)


def _only_row(table: pd.DataFrame) -> dict[str, Any]:
    (row,) = table.to_dict("records")
    return {name: None if pd.isna(value) else value for name, value in row.items()}
