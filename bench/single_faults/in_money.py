"""Faults in the money of one municipality, each beside the rule it breaks kept whole: lines recompute, sums hold.

Belongs here: one function per rule on lines, wide table or budget. Does not: judging.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pandas as pd

from bench.single_faults.home import Bench, changed

LINES, WIDE = "fct_allocation", "school_allocation"
HALF_KRONA = 50


def _pay(lines: pd.DataFrame, at: int, amount: int) -> None:
    """Give one line another amount; its rounding follows, so that it recomputes."""
    lines.loc[at, "rounding_ore"] += Decimal(amount - int(lines.loc[at, "amount_ore"]))
    lines.loc[at, "amount_ore"] = amount


def _first_unit(lines: pd.DataFrame, component: str) -> pd.Index:
    unit = lines.loc[lines["component_code"] == component, "school_unit_code"].iloc[0]
    return lines.index[(lines["school_unit_code"] == unit) & (lines["component_code"] == component)]


def _negative(lines: pd.DataFrame) -> pd.DataFrame:
    one, other = _first_unit(lines, "base_part")[:2]
    total = int(lines.loc[one, "amount_ore"]) + int(lines.loc[other, "amount_ore"])
    _pay(lines, one, -100)
    _pay(lines, other, total + 100)
    return lines


def _moved(bench: Bench, moved: dict[str, int]) -> None:
    """Add öre to components of the first unit that has them, in the lines and in the wide table alike."""
    units: list[str] = []

    def lines(rows: pd.DataFrame) -> pd.DataFrame:
        for component, ore in moved.items():
            at = _first_unit(rows, component)[0]
            units.append(rows.loc[at, "school_unit_code"])
            _pay(rows, at, int(rows.loc[at, "amount_ore"]) + ore)
        return rows

    def wide(rows: pd.DataFrame) -> pd.DataFrame:
        for (component, ore), unit in zip(moved.items(), units, strict=True):
            at = rows.index[rows["school_unit_code"] == unit][0]
            rows.loc[at, [f"{component}_sek", "total_sek"]] += Decimal(ore) / 100
            per_pupil = Decimal(rows.loc[at, "total_sek"]) / int(rows.loc[at, "pupil_count"])
            rows.loc[at, "total_per_pupil_sek"] = per_pupil.quantize(Decimal("0.01"))
        return rows

    changed(LINES, lines)(bench)
    changed(WIDE, wide)(bench)


def _half_a_krona(bench: Bench) -> None:
    """Half a krona goes from one component of a unit to the other."""
    _moved(bench, {"base_part": HALF_KRONA, "structural_part": -HALF_KRONA})


def _a_krona_too_much(bench: Bench) -> None:
    """One unit is paid a krona that no budget has."""
    _moved(bench, {"base_part": 100})


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
    "R-AMOUNT-001": changed(LINES, _negative),
    "R-AMOUNT-002": _half_a_krona,
    "R-EQUAL-001": changed(LINES, _other_rate),
    "R-FORM-001": changed("form_allocation", _rounding_off),
    "R-FORM-002": changed("form_overview", _one_form_uncounted),
    "G-LINES-001": changed(LINES, _rounding_off),
    "G-TOTAL-001": _a_krona_too_much,
    "G-WIDE-001": changed(WIDE, _wide_off),
    "G-UNITS-001": changed(WIDE, _paid_with_a_reason),
}
