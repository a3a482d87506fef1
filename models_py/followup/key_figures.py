"""Key figures of school units over the years: cost and staffing per pupil, state grants, and equity of the money.

Belongs here: sums, ratios and the measures of ``models_py.allocation.equity`` year by year. Does not: what money led to,
who is similar (``similar``). Money is öre in whole numbers; ratios are given beside the counts they rest on.
Sources: Schools Ordinance 2011:185, 14 kap. 4-6 §§ (cost types); Statistics Sweden's summary of accounts (räkenskapssammandraget).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from models_py.allocation.equity import EquityMeasures, equity_measures
from models_py.allocation.scored_units import scored_units
from models_py.errors import FollowupError
from models_py.followup.cohort import WHOLE
from models_py.followup.tables import require, require_single

FEWEST_PUPILS = 10
FEWEST_POSTS = 5.0
"""Teachers' posts from which a unit's staffing is told: below, a figure would be of persons."""
FEWEST_POSTS_BEHIND_A_SHARE = 10.0
"""Posts from which the certified share is told, as outcomes of pupils are from ten."""
TOLD, FEW_PUPILS, FEW_TEACHERS, SHARE_WITHHELD = "told", "few_pupils", "few_teachers", "share_withheld"
UNIT_YEAR = ("municipality_code", "school_unit_code", "year")


def cost_per_pupil(
    costs: pd.DataFrame, pupils: pd.DataFrame, allocation: pd.DataFrame, *, outside: Sequence[str] = ()
) -> pd.DataFrame:
    """Cost per pupil and cost type beside what was allocated.

    Parameters
    ----------
    costs : ``UNIT_YEAR``, cost_type, amount_ore (int); one row per unit, year and cost type
    pupils : ``UNIT_YEAR``, pupil_count
    allocation : ``UNIT_YEAR``, amount_ore: the unit's whole allocation
    outside : cost types that the allocation is not for; they stand in rows of their own and in no sum

    Columns: ``UNIT_YEAR``, cost_type ('all' = their sum), pupil_count, cost_ore, cost_per_pupil_ore (nan under
    ``FEWEST_PUPILS``), cost_share (of the unit's costs, 0..1, nan outside), allocated_ore, allocated_per_pupil_ore, spent_of_allocated
    (ratio; the last three on 'all' only, nan without allocation). Raises FollowupError for missing columns, repeated keys,
    a cost type named 'all', and costs of units without pupils: money that no pupil stands behind is a mistake to mend.
    """
    require(costs, (*UNIT_YEAR, "cost_type", "amount_ore"), what="costs")
    if (costs["cost_type"] == "all").any():
        raise FollowupError("costs: 'all' is the sum and no cost type; rename it")
    require_single(costs, (*UNIT_YEAR, "cost_type"), what="costs")
    is_outside = costs["cost_type"].isin(list(outside))
    whole = (
        costs[~is_outside]
        .groupby(list(UNIT_YEAR), as_index=False, sort=True)["amount_ore"]
        .sum()
        .assign(cost_type="all")
    )
    rows = pd.concat([costs[[*UNIT_YEAR, "cost_type", "amount_ore"]], whole], ignore_index=True)
    rows = _with(rows, pupils, "pupil_count", what="pupils")
    lacking = rows.loc[~(rows["pupil_count"] > 0), "school_unit_code"].unique()
    if len(lacking):
        raise FollowupError(f"costs of {len(lacking)} school units without pupils: {', '.join(sorted(lacking)[:3])}")
    rows = _with(rows, allocation.rename(columns={"amount_ore": "allocated_ore"}), "allocated_ore", what="allocation")
    sums = whole.rename(columns={"amount_ore": "sum_ore"}).drop(columns="cost_type")
    rows = rows.merge(sums, on=list(UNIT_YEAR), how="left")
    n, cost = rows["pupil_count"].to_numpy(float), rows["amount_ore"].to_numpy(float)
    allocated = np.where(rows["cost_type"] == "all", rows["allocated_ore"].to_numpy(float), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = rows.assign(
            cost_ore=rows["amount_ore"], cost_per_pupil_ore=np.where(n >= FEWEST_PUPILS, cost / n, np.nan),
            cost_share=np.where(rows["cost_type"].isin(list(outside)), np.nan, _ratio(cost, rows["sum_ore"].to_numpy(float))),
            allocated_ore=allocated,
            allocated_per_pupil_ore=np.where(n >= FEWEST_PUPILS, allocated / n, np.nan),
            spent_of_allocated=_ratio(cost, allocated),
        )  # fmt: skip
    names = [*UNIT_YEAR, "cost_type", "pupil_count", "cost_ore", "cost_per_pupil_ore", "cost_share", "allocated_ore",
             "allocated_per_pupil_ore", "spent_of_allocated"]  # fmt: skip
    return table[names].sort_values([*UNIT_YEAR, "cost_type"], ignore_index=True)


def staffing(staff: pd.DataFrame, pupils: pd.DataFrame) -> pd.DataFrame:
    """Teachers per 100 pupils, pupils per teacher, share of teachers with certificate, without telling of persons.

    ``staff``: ``UNIT_YEAR``, teacher_count and certified_count in full-time posts; ``pupils``: ``UNIT_YEAR``, pupil_count.
    Columns: ``UNIT_YEAR``, pupil_count, teacher_count, teachers_per_100_pupils, pupils_per_teacher, certified_share, state.
    Teachers are nan under ``FEWEST_POSTS`` (``few_teachers``), ratios also under ``FEWEST_PUPILS`` (``few_pupils``), and the
    share under ``FEWEST_POSTS_BEHIND_A_SHARE`` (``share_withheld``). Raises FollowupError for missing columns, repeated keys,
    and more certified teachers than teachers.
    """
    require(staff, (*UNIT_YEAR, "teacher_count", "certified_count"), what="staff")
    require_single(staff, UNIT_YEAR, what="staff")
    over = staff.loc[staff["certified_count"] > staff["teacher_count"], "school_unit_code"]
    if len(over):
        raise FollowupError(
            f"staff: more certified teachers than teachers in {', '.join(sorted(over.astype(str))[:3])}"
        )
    rows = _with(staff, pupils, "pupil_count", what="pupils")
    n, posts = rows["pupil_count"].to_numpy(float), rows["teacher_count"].to_numpy(float)
    state = np.select(
        [posts < FEWEST_POSTS, ~(n >= FEWEST_PUPILS), posts < FEWEST_POSTS_BEHIND_A_SHARE],
        [FEW_TEACHERS, FEW_PUPILS, SHARE_WITHHELD], TOLD,
    )  # fmt: skip
    teachers = np.where(state == FEW_TEACHERS, np.nan, posts)
    dense = np.isin(state, (TOLD, SHARE_WITHHELD))
    certified = _ratio(rows["certified_count"].to_numpy(float), posts)
    table = rows.assign(
        teacher_count=teachers, teachers_per_100_pupils=np.where(dense, 100 * _ratio(teachers, n), np.nan),
        pupils_per_teacher=np.where(dense, _ratio(n, teachers), np.nan),
        certified_share=np.where(state == TOLD, certified, np.nan), state=state,
    )  # fmt: skip
    names = [*UNIT_YEAR, "pupil_count", "teacher_count", "teachers_per_100_pupils", "pupils_per_teacher",
             "certified_share", "state"]  # fmt: skip
    return table[names].sort_values(list(UNIT_YEAR), ignore_index=True)


def state_grants(grants: pd.DataFrame, allocation: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """The state's grants per organiser and school unit beside the municipality's own money: shown together, never added.

    Parameters
    ----------
    grants : organiser_code, school_unit_code (``WHOLE``: the organiser as a whole), year, grant_code, purpose (what it was
        for), bought (what it bought), granted_ore, used_ore (int); a purchase of a grant once per organiser, unit and year
    allocation : ``UNIT_YEAR``, amount_ore
    units : school_unit_code, organiser_code; every organiser that has run a unit

    Columns: the grants', not_used_ore, allocated_ore, grant_of_allocated (ratio, nan without allocation). Raises FollowupError
    for repeated rows, units unknown or of another organiser, and more used than granted.
    """
    names = ["organiser_code", "school_unit_code", "year", "grant_code", "purpose", "bought", "granted_ore", "used_ore"]
    order = ["organiser_code", "school_unit_code", "year", "grant_code", "bought"]
    require(grants, names, what="grants")
    require_single(grants, order, what="grants")
    run_by = set(zip(units["school_unit_code"], units["organiser_code"], strict=True))
    at = zip(grants["school_unit_code"], grants["organiser_code"], strict=True)
    foreign = {str(unit) for unit, organiser in at if unit != WHOLE and (unit, organiser) not in run_by}
    if foreign:
        raise FollowupError(f"grants: units unknown or of another organiser: {', '.join(sorted(foreign)[:3])}")
    over = grants.loc[grants["used_ore"] > grants["granted_ore"], "grant_code"].astype(str)
    if len(over):
        raise FollowupError(f"grants: {len(over)} rows use more than was granted: {', '.join(sorted(over)[:3])}")
    own = allocation.groupby(["school_unit_code", "year"], as_index=False)["amount_ore"].sum()
    rows = grants[names].merge(own, on=["school_unit_code", "year"], how="left")
    table = rows.assign(
        not_used_ore=rows["granted_ore"] - rows["used_ore"], allocated_ore=rows["amount_ore"],
        grant_of_allocated=_ratio(rows["granted_ore"].to_numpy(float), rows["amount_ore"].to_numpy(float)),
    )  # fmt: skip
    return table.drop(columns="amount_ore").sort_values(order, ignore_index=True)


def equity_by_year(units: pd.DataFrame) -> pd.DataFrame:
    """Every measure of equity, year by year.

    ``units``: ``UNIT_YEAR``, pupil_count, need_index, amount_ore. Columns: municipality_code, year, unit_count and the
    fields of ``EquityMeasures`` (coverage as coverage_fifth_1..5, the neediest fifth first). Raises AllocationError.
    """
    require(units, (*UNIT_YEAR, "pupil_count", "need_index", "amount_ore"), what="units")
    require_single(units, UNIT_YEAR, what="units")
    rows = []
    for (code, year), own in units.sort_values(list(UNIT_YEAR)).groupby(["municipality_code", "year"], sort=True):
        scored = scored_units(own)
        amounts = dict(zip(own["school_unit_code"].astype(str), own["amount_ore"].astype(float), strict=True))
        of_scored = {unit: amounts[unit] for unit in scored.school_unit_code}
        found = equity_measures(scored, amount_ore=scored.align(of_scored, what="amount_ore"))
        rows.append({"municipality_code": code, "year": year, "unit_count": len(of_scored)} | _measures(found))
    return pd.DataFrame(rows)


def _measures(found: EquityMeasures) -> dict[str, float | None]:
    told = asdict(found)
    fifths: Sequence[float | None] = told.pop("coverage")
    return told | {f"coverage_fifth_{k}": share for k, share in enumerate(fifths, start=1)}


def _with(rows: pd.DataFrame, other: pd.DataFrame, column: str, *, what: str) -> pd.DataFrame:
    require(other, (*UNIT_YEAR, column), what=what)
    require_single(other, UNIT_YEAR, what=what)
    return rows.merge(other[[*UNIT_YEAR, column]], on=list(UNIT_YEAR), how="left")


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    positive = np.nan_to_num(bottom) > 0
    return np.where(positive, np.divide(top, bottom, out=np.full(len(top), np.nan), where=positive), np.nan)
