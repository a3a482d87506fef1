"""Faults in the money of one municipality, each beside the rule it breaks kept whole: lines recompute, sums hold.

Belongs here: one function per rule on lines, wide table or budget. Does not: judging.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import pandas as pd

from bench.single_faults.home import SPOILED, YEAR, Bench, changed

LINES, WIDE, INTERVALS = "fct_allocation", "school_allocation", "allocation_interval"
HALF_KRONA = 50


def _pay(lines: pd.DataFrame, at: int, amount: int) -> None:
    """Give one line another amount; its rounding follows, so that it recomputes."""
    lines.loc[at, "rounding_ore"] += Decimal(amount - int(lines.loc[at, "amount_ore"]))
    lines.loc[at, "amount_ore"] = amount


def _moved(bench: Bench, moved: Mapping[tuple[str, int], int]) -> None:
    """Add öre to a component of a unit, wherever its amount is told; the unit by its place among those with the component."""
    of_unit: dict[str, int] = {}

    def lines(rows: pd.DataFrame) -> pd.DataFrame:
        for (component, place), ore in moved.items():
            unit = rows.loc[rows["component_code"] == component, "school_unit_code"].unique()[place]
            at = rows.index[(rows["school_unit_code"] == unit) & (rows["component_code"] == component)][0]
            _pay(rows, at, int(rows.loc[at, "amount_ore"]) + ore)
            of_unit[unit] = of_unit.get(unit, 0) + ore
            named.append((unit, component, ore))
        return rows

    def wide(rows: pd.DataFrame) -> pd.DataFrame:
        for unit, component, ore in named:
            at = rows.index[rows["school_unit_code"] == unit][0]
            rows.loc[at, [f"{component}_sek", "total_sek"]] += Decimal(ore) / 100
            per_pupil = Decimal(rows.loc[at, "total_sek"]) / int(rows.loc[at, "pupil_count"])
            rows.loc[at, "total_per_pupil_sek"] = per_pupil.quantize(Decimal("0.01"))
        return rows

    def intervals(rows: pd.DataFrame) -> pd.DataFrame:
        totals = [name for name in rows if name.startswith("total_") and name.endswith("_sek")]
        for unit, ore in of_unit.items():
            rows.loc[rows["school_unit_code"] == unit, totals] += Decimal(ore) / 100
        return rows

    named: list[tuple[str, str, int]] = []
    changed(LINES, lines)(bench)
    changed(WIDE, wide)(bench)
    changed(INTERVALS, intervals)(bench)


def _negative(bench: Bench) -> None:
    """One unit owes a krona, and another one has its money."""
    rows = bench.tables.read(LINES, YEAR)
    own = rows[rows["municipality_code"] == SPOILED]
    unit = own.loc[own["component_code"] == "base_part", "school_unit_code"].iloc[0]
    owed = int(own.loc[own["school_unit_code"] == unit, "amount_ore"].sum()) + 100
    _moved(bench, {("base_part", 0): -owed, ("base_part", 1): owed})


def _half_a_krona(bench: Bench) -> None:
    """Half a krona goes from one component of a unit to the other."""
    _moved(bench, {("base_part", 0): HALF_KRONA, ("structural_part", 0): -HALF_KRONA})


def _a_krona_too_much(bench: Bench) -> None:
    """One unit is paid a krona that no budget has."""
    _moved(bench, {("base_part", 0): 100})


def _other_rate(lines: pd.DataFrame) -> pd.DataFrame:
    at = lines.index[(lines["count_unit"] != "units") & lines["count"].map(lambda count: count > 0)][0]
    lines.loc[at, "rate_ore"] += Decimal(1)
    lines.loc[at, "rounding_ore"] -= Decimal(lines.loc[at, "count"])
    return lines


def _rounding_off(lines: pd.DataFrame) -> pd.DataFrame:
    lines.loc[0, "rounding_ore"] += Decimal(1)
    return lines


def _wide_off(wide: pd.DataFrame) -> pd.DataFrame:
    wide.loc[wide.index[wide["payment_status"] == "paid"][0], "total_sek"] += Decimal(1)
    return wide


def _paid_with_a_reason(wide: pd.DataFrame) -> pd.DataFrame:
    wide["reason_code"] = wide["reason_code"].astype(object)
    wide.loc[wide.index[wide["payment_status"] == "paid"][0], "reason_code"] = "no_pupils"
    return wide


def _one_form_uncounted(overview: pd.DataFrame) -> pd.DataFrame:
    figures = [
        name for name in overview if name not in ("municipality_code", "funding_year", "school_form", "index_source")
    ]
    at = overview.index[overview["school_form"] == "preschool"]
    overview[figures] = overview[figures].astype(object)
    overview.loc[at, figures] = None
    overview.loc[at, "withheld_because"] = "not_counted"
    return overview


FAULTS: dict[str, Callable[[Bench], None]] = {
    "R-AMOUNT-001": _negative,
    "R-AMOUNT-002": _half_a_krona,
    "R-EQUAL-001": changed(LINES, _other_rate),
    "R-FORM-001": changed("form_allocation", _rounding_off),
    "R-FORM-002": changed("form_overview", _one_form_uncounted),
    "G-LINES-001": changed(LINES, _rounding_off),
    "G-TOTAL-001": _a_krona_too_much,
    "G-WIDE-001": changed(WIDE, _wide_off),
    "G-UNITS-001": changed(WIDE, _paid_with_a_reason),
}
