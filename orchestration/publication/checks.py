"""The publication's own checks, asked of what stands on disk: the money identities a head teacher could recompute.

Belongs here: rules with home ``gate``. Each returns (failing rows, words); all arithmetic on money is exact.
Does not: plausibility (``expectations.rules``), the verdict (``gate``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal, localcontext

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from expectations.contracts import ContractError
from orchestration.publication.candidate import Reason
from orchestration.publication.canonical import canonical
from orchestration.publication.content import published_contracts
from orchestration.publication.organiser_checks import ORGANISER_RULES, organiser_checks

CONTRACT_RULE, LINES_RULE, TOTAL_RULE = "G-CONTRACT-001", "G-LINES-001", "G-TOTAL-001"
WIDE_RULE, UNITS_RULE, INDEX_RULE, HEADS_RULE = "G-WIDE-001", "G-UNITS-001", "G-INDEX-001", "G-HEADS-001"
DISCLOSURE_RULE = "G-DISCLOSURE-001"  # asked by ``disclosure_check``, which reads earlier publications too
OWN_RULES = (
    CONTRACT_RULE, LINES_RULE, TOTAL_RULE, WIDE_RULE, UNITS_RULE, INDEX_RULE, *ORGANISER_RULES, HEADS_RULE, DISCLOSURE_RULE,
)  # fmt: skip
"""Rules with home ``gate``, in the order in which they are asked."""

INDEX_TOLERANCE = 1e-9
_EXACT = Context(prec=100)  # 36 digits of count × rate and 38 of rounding fit; nothing is rounded
_COMPONENT_COLUMNS = {
    "base_part": "base_part_sek",
    "structural_part": "structural_part_sek",
    "need_parts": "need_parts_sek",
}

_TELL_THE_PARTS = frozenset(
    {
        "need_share", "need_index", "need_index_lower", "need_index_upper", "need_index_standard_error",
        "need_index_interval_lower", "need_index_interval_upper", "structural_part_sek", "structural_part_lower_sek",
        "structural_part_upper_sek", "redistribution_sek",
    }
)  # fmt: skip

Tables = Mapping[str, pd.DataFrame]
Failing = tuple[int, str]


def run_checks(tables: Tables, *, budget_ore: int | None, threshold: int) -> tuple[Reason, ...]:
    """Ask every own rule but G-CONTRACT-001, which ``in_canonical_form`` answers, and G-DISCLOSURE-001; ``tables`` keep their contracts.

    ``threshold``: pupils of a background from which the candidate's policy lets a line show their number.
    One Reason per rule, also for those that hold (``failing_count`` 0).
    """
    return (
        Reason(LINES_RULE, *lines_not_adding_up(tables["fct_allocation"])),
        Reason(TOTAL_RULE, *total_off_budget(tables["fct_allocation"], budget_ore=budget_ore)),
        Reason(WIDE_RULE, *wide_rows_off_lines(tables["school_allocation"], tables["fct_allocation"])),
        Reason(UNITS_RULE, *units_without_word(tables)),
        Reason(INDEX_RULE, *index_mean_off(tables["fct_need_index"])),
        *organiser_checks(tables),
        Reason(HEADS_RULE, *small_counts_told(tables, threshold=threshold)),
    )


def in_canonical_form(
    tables: Tables, *, municipality_code: str, funding_year: int
) -> tuple[dict[str, pa.Table], Reason]:
    """The tables as they are hashed and written, and G-CONTRACT-001.

    It counts tables that are missing, unknown, break their contract or hold rows of another municipality or year.
    """
    expected = {contract.table: contract for contract in published_contracts()}
    words = [f"{name}: table is missing" for name in sorted(set(expected) - set(tables))]
    words += [f"{name}: unknown table" for name in sorted(set(tables) - set(expected))]
    own = {"municipality_code": municipality_code, "funding_year": funding_year}
    canonicals = {}
    for name, contract in expected.items():
        if name not in tables:
            continue
        try:
            table = canonical(tables[name], contract)
        except ContractError as error:
            words.append(str(error))
            continue
        for column in own.keys() & set(contract.names):
            if foreign := pc.sum(pc.not_equal(table[column], own[column])).as_py():
                words.append(f"{name}: {foreign} rows of another {column}")
        canonicals[name] = table
    return canonicals, Reason(CONTRACT_RULE, len(words), "; ".join(sorted(words)[:3]))


def lines_not_adding_up(lines: pd.DataFrame) -> Failing:
    """Lines where count × rate + rounding is not the amount, exactly."""
    with localcontext(_EXACT):
        off = [
            Decimal(count) * Decimal(rate) + Decimal(rounding) != int(amount)
            for count, rate, rounding, amount in zip(
                lines["count"], lines["rate_ore"], lines["rounding_ore"], lines["amount_ore"], strict=True
            )
        ]
    names = lines["school_unit_code"] + " " + lines["component_code"] + "/" + lines["line_code"]
    return sum(off), _first(name for name, is_off in zip(names, off, strict=True) if is_off)


def total_off_budget(lines: pd.DataFrame, *, budget_ore: int | None) -> Failing:
    """1 where the lines do not add up to the budget, to the öre; without a budget (a price list) there is no total."""
    total = sum(int(amount) for amount in lines["amount_ore"])
    if budget_ore is None or total == budget_ore:
        return 0, ""
    return 1, f"the lines are {total} öre, the budget is {budget_ore} öre"


def wide_rows_off_lines(wide: pd.DataFrame, lines: pd.DataFrame) -> Failing:
    """Units whose kronor in the wide table are not the sums of their lines, and units with lines but no wide row.

    The amount per pupil is rounded to the nearest öre, a half either way.
    """
    by_unit: dict[str, dict[str, int]] = {}
    for unit, component, amount in zip(
        lines["school_unit_code"], lines["component_code"], lines["amount_ore"], strict=True
    ):
        sums = by_unit.setdefault(unit, {})
        sums[component] = sums.get(component, 0) + int(amount)
    off = sorted(set(by_unit) - set(wide["school_unit_code"]))
    with localcontext(_EXACT):
        for row in wide.to_dict("records"):
            sums = by_unit.get(row["school_unit_code"], {})
            total = sum(sums.values())
            holds = row["total_sek"] * 100 == total and all(
                (0 if pd.isna(row[column]) else row[column] * 100) == sums.get(component, 0)
                for component, column in _COMPONENT_COLUMNS.items()
            )
            per_pupil, pupils = row["total_per_pupil_sek"], row["pupil_count"]
            if not pd.isna(per_pupil):
                holds = holds and 2 * abs(per_pupil * 100 * pupils - total) <= pupils
            if not holds:
                off.append(row["school_unit_code"])
    return len(off), _first(off)


def units_without_word(tables: Tables) -> Failing:
    """Units that are neither paid nor listed with a reason: counts in equal counts out.

    ``paid`` has lines and no reason, ``not_paid`` a reason and no öre; each unit of ``dim_school_unit`` and of
    ``fct_need_index`` has a row.
    """
    wide = tables["school_allocation"]
    lines = tables["fct_allocation"]
    with_lines = lines["school_unit_code"]
    with_money = lines.loc[lines["amount_ore"] != 0, "school_unit_code"]
    known = set(tables["dim_school_unit"]["school_unit_code"]) | set(tables["fct_need_index"]["school_unit_code"])
    reason = wide["reason_code"].notna() & (wide["reason_code"] != "")
    unit = wide["school_unit_code"]
    paid = (wide["payment_status"] == "paid") & unit.isin(with_lines) & ~reason
    not_paid = (wide["payment_status"] == "not_paid") & ~unit.isin(with_money) & reason
    off = sorted({*unit[~(paid | not_paid)], *(known - set(unit))})
    return len(off), _first(off)


def index_mean_off(index: pd.DataFrame) -> Failing:
    """School forms whose pupil-weighted mean index is not 100; 1 where there is no index at all."""
    if index.empty:
        return 1, "fct_need_index has no rows"
    off = []
    for form, rows in index.groupby("school_form", sort=True):
        pupils, told = rows["pupil_count"].astype("float64"), rows["need_index"].notna()
        known = math.fsum((pupils * rows["need_index"].astype("float64"))[told])
        counted = float(pupils.sum())
        mean = known / counted if counted else math.nan
        holds = abs(mean - 100) <= INDEX_TOLERANCE if told.all() else mean < 100  # the withheld ones are the rest of it
        if not holds:
            off.append(f"{form}: {mean!r}")
    return len(off), _first(off)


def small_counts_told(tables: Tables, *, threshold: int) -> Failing:
    """Lines that show fewer than ``threshold`` pupils of a background; and units whose merged line stands beside what would tell its
    parts: an index, a share, a part of the merged kinds, or an index that is missing or withheld without a merged line."""
    lines, component = tables["fct_allocation"], tables["dim_component"]
    background = set(component.loc[component["is_background_count"].astype(bool), "component_code"])
    counted = lines[lines["component_code"].isin(background) & (lines["amount_ore"] != 0)]
    few = counted[counted["count"].map(lambda count: 0 < count < threshold).astype(bool)]
    merged = set(lines.loc[lines["component_code"] == "need_parts", "school_unit_code"])
    withheld = set()
    told: list[str] = []
    for name in ("fct_need_index", "school_allocation"):
        rows = tables[name]
        hidden = rows["index_withheld_because"].notna()
        withheld |= set(rows.loc[hidden, "school_unit_code"])
        if name == "fct_need_index":  # the wide table has units that are not paid, which have no index
            told += rows.loc[rows["need_index"].isna() & ~hidden, "school_unit_code"].tolist()
        own = rows[rows["school_unit_code"].isin(merged)]
        shows = [column for column in own.columns if column in _TELL_THE_PARTS and own[column].notna().any()]
        told += own.loc[own[shows].notna().any(axis=1), "school_unit_code"].tolist() if shows else []
    parts = lines["component_code"].isin({"structural_part", *background}) & lines["school_unit_code"].isin(merged)
    off = {*few["school_unit_code"], *told, *lines.loc[parts, "school_unit_code"], *(withheld ^ merged)}
    return len(off), _first(sorted(off))


def _first(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
