"""The published star: dimensions and the wide table, joined from what the steps before have made.

Belongs here: joining, naming, kronor for readers. Does not: sealing, hashing, any sharing of money.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pandas as pd

from expectations.contracts import CONTRACTS
from orchestration.names import DELIVERED_INDEX, OPEN_STATISTICS, PUPIL_LEVEL

COMPONENTS = (
    ("base_part", "Base part", "Grundresurs",
     "What every pupil brings: pupils per grade × the grade's weight × one rate for all school units.",
     "Det varje elev för med sig: elever per årskurs × årskursens vikt × ett belopp, lika för alla skolenheter."),
    ("structural_part", "Structural part", "Strukturtillägg",
     "What follows need: pupils × need index / 100 × one rate for all school units.",
     "Det som följer behovet: elever × behovsindex / 100 × ett belopp, lika för alla skolenheter."),
)  # fmt: skip
"""Component codes with names and descriptions in English and Swedish."""

MAIN = ("base_part", "structural_part")
"""Components with a column of their own in the wide table; the total holds every component."""
_HUNDRED = Decimal(100)


def organiser_keys(units: pd.DataFrame) -> pd.Series:
    """Key of each unit's organiser: its organisation number, or a short hash of name or unit where that is withheld.

    A sole trader's number is a personal identity number and never gets this far.
    """
    basis = units["organiser_name"].fillna(units["school_unit_code"])
    hidden = basis.map(lambda text: "x" + hashlib.sha256(str(text).encode()).hexdigest()[:9])
    return units["organiser_code"].where(units["organiser_code"].notna(), hidden).astype(str)


def units_on(units: pd.DataFrame, *, municipality_code: str, basis: str, day: date) -> pd.DataFrame:
    """Rows of the warehouse's ``dim_school_unit`` that hold on ``day``: one per unit seen on that count date.

    A delivered index counts nobody: its units are those of the own register, or of the open statistics without one.
    """
    own = units[units["municipality_code"] == municipality_code]
    still_open = own["valid_to"].map(lambda last: pd.isna(last) or last >= day).astype(bool)
    there = own[(own["valid_from"] <= day) & still_open & (own["last_count_date"] >= day)]
    if basis == DELIVERED_INDEX:
        basis = PUPIL_LEVEL if (there["basis"] == PUPIL_LEVEL).any() else OPEN_STATISTICS
    return there[there["basis"] == basis]


def dimensions(
    units: pd.DataFrame,
    *,
    municipality_code: str,
    funding_year: int,
    dates: tuple[date, date | None],
    trained_on: Sequence[int],
    further: Sequence[tuple[str, str]] = (),
    background: frozenset[str] = frozenset(),
) -> dict[str, pd.DataFrame]:
    """dim_school_unit, dim_organiser, dim_year and dim_component of one municipality and funding year.

    Parameters
    ----------
    units : rows of the warehouse's ``dim_school_unit`` that hold on the later count date
    dates : later and earlier count date (None where there is only one)
    trained_on : result years behind the need model, oldest first; none behind a delivered index
    further : component_code and the policy's own description, in its own language, of other components
    background : component_code of those that count pupils of a background
    """
    known = units.assign(organiser_key=organiser_keys(units))
    organisers = known.drop_duplicates("organiser_key").sort_values("organiser_key")
    year = pd.DataFrame(
        {
            "municipality_code": [municipality_code],
            "funding_year": [funding_year],
            "count_date": [dates[0]],
            "earlier_count_date": [dates[1]],
            "result_year_first": [min(trained_on, default=None)],
            "result_year_last": [max(trained_on, default=None)],
        }
    )
    others = [(code, code, code, description, description) for code, description in further]
    component = pd.DataFrame(
        [*COMPONENTS, *others], columns=["component_code", "name_en", "name_sv", "description_en", "description_sv"]
    ).assign(municipality_code=municipality_code)
    component["is_background_count"] = component["component_code"].isin(background)
    return {
        "dim_school_unit": _in_order("dim_school_unit", known),
        "dim_organiser": _in_order("dim_organiser", organisers),
        "dim_year": _in_order("dim_year", year),
        "dim_component": _in_order("dim_component", component),
    }


def school_allocation(
    units: pd.DataFrame,
    *,
    need: pd.DataFrame,
    lines: pd.DataFrame,
    unpaid: pd.DataFrame,
    ends: pd.DataFrame,
    pot_ore: int,
    basis: str,
) -> pd.DataFrame:
    """The wide table: one row per school unit of the later count date, paid or listed with a reason.

    Parameters
    ----------
    units : as in ``dimensions``
    need, lines : ``fct_need_index`` and ``fct_allocation`` of the municipality and year
    unpaid : school_unit_code, reason_code
    ends : ``models_py.allocation.sensitivity.ends_by_formula`` of the paid units
    pot_ore : öre, the structural part over all units
    """
    amounts = lines.pivot_table(
        index="school_unit_code", columns="component_code", values="amount_ore", aggfunc="sum", fill_value=0
    )
    pupils = int(need["pupil_count"].sum())
    wide = (
        units[["municipality_code", "school_unit_code", "school_unit_name", "organiser_name", "organiser_type"]]
        .merge(unpaid, on="school_unit_code", how="left")
        .merge(need.drop(columns=["municipality_code", "basis"]), on="school_unit_code", how="left")
        .merge(ends, on="school_unit_code", how="left")
        .merge(amounts.reset_index(), on="school_unit_code", how="left")
    )
    base, structural = ([_ore(value) for value in wide.get(code, [0] * len(wide))] for code in MAIN)
    total = [_ore(value) for value in wide[list(amounts.columns)].sum(axis=1)]
    counts = [0 if pd.isna(value) else int(value) for value in wide["pupil_count"]]
    wide = wide.assign(
        funding_year=int(need["funding_year"].iloc[0]),
        basis=basis,
        payment_status=["not_paid" if isinstance(reason, str) else "paid" for reason in wide["reason_code"]],
        pupil_count=counts,
        base_part_sek=[_sek(value) for value in base],
        structural_part_sek=[_sek(value) for value in structural],
        total_sek=[_sek(ore) for ore in total],
        total_per_pupil_sek=[_sek(round(ore / n)) if n else None for ore, n in zip(total, counts, strict=True)],
        need_parts_sek=None,
        index_withheld_because=None,
        redistribution_sek=[_sek(s - round(n * pot_ore / pupils)) for s, n in zip(structural, counts, strict=True)],
    )
    return _in_order("school_allocation", wide)


def _ore(value: float) -> int:
    return 0 if pd.isna(value) else int(value)


def _sek(amount_ore: int) -> Decimal:
    return (Decimal(amount_ore) / _HUNDRED).quantize(Decimal("0.01"))


def _in_order(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    contract = CONTRACTS[table]
    return rows[list(contract.names)].sort_values(list(contract.keys)).reset_index(drop=True)
