"""The publication's own checks of what organisers are paid, asked of what stands on disk; exact in öre.

Belongs here: rules with home ``gate`` about organisers, cost types, overheads and the reconciliation. Each returns
(failing rows, words). Does not: the other money identities (``checks``), making the tables (``organiser_tables``).
Sums are taken anew from the lines: a table that agrees with itself and not with the lines is caught.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import pandas as pd

from models_py.allocation.cost_types import COST_TYPES, OVERHEAD_TYPES
from models_py.allocation.organiser_terms import OverheadPolicy, overhead_lines
from orchestration.publication.candidate import Reason

OWN_UNITS_RULE, OVERHEADS_RULE = "G-ORGANISER-001", "G-ORGANISER-002"
COST_TYPES_RULE, RECONCILIATION_RULE = "G-ORGANISER-003", "G-ORGANISER-004"
ORGANISER_RULES = (OWN_UNITS_RULE, OVERHEADS_RULE, COST_TYPES_RULE, RECONCILIATION_RULE)

Tables = Mapping[str, pd.DataFrame]
Failing = tuple[int, str]


def organiser_checks(tables: Tables) -> tuple[Reason, ...]:
    """One Reason per rule of ``ORGANISER_RULES``, also for those that hold; ``tables`` keep their contracts."""
    return (
        Reason(OWN_UNITS_RULE, *organisers_off_lines(tables)),
        Reason(OVERHEADS_RULE, *overheads_off(tables)),
        Reason(COST_TYPES_RULE, *cost_types_off(tables)),
        Reason(RECONCILIATION_RULE, *reconciliation_open(tables)),
    )


def organisers_off_lines(tables: Tables) -> Failing:
    """Organisers whose allocation, units, pupils or type are not those of their school units, and organisers left out."""
    units = _units(tables)
    paid = tables["organiser_allocation"]
    types = dict(zip(tables["dim_organiser"]["organiser_key"], tables["dim_organiser"]["organiser_type"], strict=True))
    expected = {
        key: (int(own["ore"].sum()), len(own), int(own["pupils"].sum()), types.get(key))
        for key, own in units.groupby("organiser_key")
    }
    told = {
        row["organiser_key"]: (
            _ore(row["allocated_sek"]), int(row["school_unit_count"]), int(row["pupil_count"]), row["organiser_type"],
        )
        for row in paid.to_dict("records")
    }  # fmt: skip
    return _failing(key for key in sorted(expected.keys() | told.keys()) if expected.get(key) != told.get(key))


def overheads_off(tables: Tables) -> Failing:
    """Organisers whose overheads are not the stated reading of the stated shares on each unit's kronor, or are not added
    up exactly; municipal organisers have none."""
    units = _units(tables)
    off = []
    for row in tables["organiser_allocation"].to_dict("records"):
        own = units[units["organiser_key"] == row["organiser_key"]]
        added = {name: _ore(row[f"{name}_sek"]) for name in OVERHEAD_TYPES}
        adds_up = _ore(row["payable_sek"]) == (
            _ore(row["allocated_sek"]) + sum(added.values()) + _ore(row["de_delegated_sek"])
        )
        if not adds_up or row["de_delegated_sek"] > 0 or added != _expected_overheads(row, own):
            off.append(row["organiser_key"])
    return _failing(off)


def _expected_overheads(row: Mapping[str, object], units: pd.DataFrame) -> dict[str, int] | None:
    """Öre of administration and VAT by the row's own reading; None where an organiser states one it may not have."""
    sums = dict.fromkeys(OVERHEAD_TYPES, 0)
    if pd.isna(row["overhead_method"]):
        return sums
    if row["organiser_type"] != "independent":
        return None
    totals = {unit: ore // 100 for unit, ore in zip(units["school_unit_code"], units["ore"], strict=True)}
    reading = OverheadPolicy(
        method=row["overhead_method"],  # type: ignore[arg-type]
        administration_share=Decimal(str(row["administration_share"])),
        vat_share=Decimal(str(row["vat_share"])),
    )
    for line in overhead_lines(totals, organiser_types=dict.fromkeys(totals, "independent"), policy=reading):
        sums[line.line_code] += line.amount_ore
    return sums


def cost_types_off(tables: Tables) -> Failing:
    """Units whose five cost types are not their lines, and organisers whose calculation is not their units' or not their
    overheads; none where the policy gives no cost types, which another rule tells."""
    by_unit, calculation = tables["school_cost_type"], tables["organiser_calculation"]
    if by_unit.empty and calculation.empty:
        return 0, ""
    units = _units(tables)
    lines = dict(zip(units["school_unit_code"], units["ore"], strict=True))
    split = _sums(by_unit[by_unit["cost_type"].isin(COST_TYPES)], ["school_unit_code"])
    off = {unit for unit in lines.keys() | split.keys() if lines.get(unit) != split.get(unit)}
    owner = dict(zip(units["school_unit_code"], units["organiser_key"], strict=True))
    by_owner = by_unit.assign(organiser_key=[owner.get(unit, unit) for unit in by_unit["school_unit_code"]])
    keys = ["organiser_key", "cost_type"]
    summed, told = _sums(by_owner, keys), _sums(calculation, keys)
    off |= {pair[0] for pair in summed.keys() | told.keys() if summed.get(pair, 0) != told.get(pair, 0)}
    for row in tables["organiser_allocation"].to_dict("records"):
        if any(told.get((row["organiser_key"], name), 0) != _ore(row[f"{name}_sek"]) for name in OVERHEAD_TYPES):
            off.add(row["organiser_key"])
    return _failing(sorted(off))


def reconciliation_open(tables: Tables) -> Failing:
    """Steps of the reconciliation that do not meet: with each other, the lines, or what organisers are paid."""
    rows = tables["budget_reconciliation"]
    step = dict.fromkeys(range(1, 8), 0) | {
        int(number): int(ore) for number, ore in rows.groupby("reconciliation_step")["amount_ore"].sum().items()
    }
    paid = tables["organiser_allocation"]
    items = {
        (int(number), code): int(ore)
        for number, code, ore in zip(rows["reconciliation_step"], rows["item_code"], rows["amount_ore"], strict=True)
    }
    components = {(3, code): ore for code, ore in _sums(tables["fct_allocation"], ["component_code"]).items()}
    organisers = {(6, key): _ore(sek) for key, sek in zip(paid["organiser_key"], paid["payable_sek"], strict=True)}
    overheads = {(4, name): sum(_ore(sek) for sek in paid[f"{name}_sek"]) for name in OVERHEAD_TYPES}
    stated = rows[rows["stated_ore"].notna()]
    held = {
        "budget less deductions": step[1] + step[2] == step[3],
        "components": components == {item: ore for item, ore in items.items() if item[0] == 3},
        "overheads": overheads == {item: ore for item, ore in items.items() if item[0] == 4},
        "organisers": organisers == {item: ore for item, ore in items.items() if item[0] == 6},
        "paid": step[3] + step[4] + step[5] == step[6],
        "annual accounts": step[7] == step[3] + step[4] - step[2] or not (rows["reconciliation_step"] == 7).any(),
        "differences": all(
            int(said) - int(ore) == int(difference)
            for said, ore, difference in zip(
                stated["stated_ore"], stated["amount_ore"], stated["difference_ore"], strict=True
            )
        ),
    }
    return _failing(name for name, holds in held.items() if not holds)


def _units(tables: Tables) -> pd.DataFrame:
    """School units with lines: organiser_key, ore, pupils."""
    sums = _sums(tables["fct_allocation"], ["school_unit_code"])
    wide, schools = tables["school_allocation"], tables["dim_school_unit"]
    pupils = dict(zip(wide["school_unit_code"], wide["pupil_count"], strict=True))
    owner = dict(zip(schools["school_unit_code"], schools["organiser_key"], strict=True))
    rows = [(unit, owner.get(unit, ""), ore, int(pupils.get(unit, 0))) for unit, ore in sorted(sums.items())]
    return pd.DataFrame(rows, columns=["school_unit_code", "organiser_key", "ore", "pupils"])


def _sums(table: pd.DataFrame, keys: list[str]) -> dict:
    """Öre by key, in whole numbers; one key alone is not a tuple."""
    sums: dict = {}
    names = zip(*(table[key] for key in keys), strict=True)
    for name, ore in zip(names, table["amount_ore"], strict=True):
        key = name if len(keys) > 1 else name[0]
        sums[key] = sums.get(key, 0) + int(ore)
    return sums


def _ore(sek: Decimal) -> int:
    """Kronor with two decimals as whole öre."""
    return int(Decimal(sek) * 100)


def _failing(names: Iterable[str]) -> Failing:
    shown = list(names)
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return len(shown), ", ".join(map(str, shown[:3])) + more
