"""A municipality's accounts beside its money: cost per pupil by cost type, staffing, state grants, and what of a krona arrives.

Belongs here: which rows belong together, under today's unit codes, and names of columns. Does not: any figure
(``models_py.followup.key_figures``, ``models_py.effect.pass_through``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from models_py.effect import pass_through
from models_py.errors import EffectError
from models_py.followup import UNIT_YEAR, cost_per_pupil, current_codes, staffing, state_grants
from models_py.followup.key_figures import FEWEST_PUPILS
from models_py.need.settle import settle_beside
from orchestration.followup.reorganised import successors_of

ALLOCATION, OUTSIDE, WHOLE, POSTS = "allocation", "outside_base_amount", "all", "teacher_posts"
OCTOBER = 10
ORE_PER_KKR = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """Accounts of the years before a funding year; units under today's codes, ``year`` the calendar year of the money.

    Attributes
    ----------
    costs : ``UNIT_YEAR``, cost_type, amount_ore; only units that pupils were counted at the October before
    allocation : ``UNIT_YEAR``, amount_ore: by the ledger, else by the tables of that funding year
    delivered : the same, by the ledger alone
    pupils : ``UNIT_YEAR``, pupil_count: 15 October of the year before, which the year's money is for
    staff : ``UNIT_YEAR``, teacher_count, certified_count
    grants : as ``state_grants`` takes them
    run_by : school_unit_code, organiser_code
    without_pupils : units and years with costs or staff and no pupils, as text
    """

    costs: pd.DataFrame
    allocation: pd.DataFrame
    delivered: pd.DataFrame
    pupils: pd.DataFrame
    staff: pd.DataFrame
    grants: pd.DataFrame
    run_by: pd.DataFrame
    without_pupils: tuple[str, ...]


def accounts_of(own: Mapping[str, pd.DataFrame], *, kept: pd.DataFrame, funding_year: int) -> Accounts:
    """One municipality's accounts that were closed before the funding year began.

    ``own``: its rows of costs, staff, grants, factors and units, as the marts have them; ``kept``: ``UNIT_YEAR``, amount_ore
    of the funding years that this home has computed.
    """
    successors = successors_of(own["units"])

    def today(table: pd.DataFrame, year: str) -> pd.DataFrame:
        closed = table[table[year] < funding_year]
        return closed.rename(columns={year: "year"}).assign(
            school_unit_code=current_codes(closed["school_unit_code"], successors=successors)
        )

    keys = list(UNIT_YEAR)
    october = of_october(own["factors"])
    october = october.assign(year=[day.year + 1 for day in october["count_date"]])
    pupils = _summed(today(october, "year"), keys, ["pupil_count"])
    pupils = pupils[pupils["pupil_count"] > 0]
    ledger = today(own["costs"], "accounts_year").rename(columns={"cost_item": "cost_type"})
    delivered = _summed(ledger[ledger["cost_type"] == ALLOCATION], keys, ["amount_ore"])
    costs = _summed(ledger[ledger["cost_type"] != ALLOCATION], [*keys, "cost_type"], ["amount_ore"])
    staff = _summed(
        today(own["staff"], "accounts_year").rename(
            columns={"teacher_posts": "teacher_count", "certified_posts": "certified_count"}
        ),
        keys,
        ["teacher_count", "certified_count"],
    )
    counted = set(zip(pupils["school_unit_code"], pupils["year"], strict=True))
    strange = {at for table in (costs, staff) for at in zip(table["school_unit_code"], table["year"], strict=True)}
    costs, staff = (
        table[
            np.array([at in counted for at in zip(table["school_unit_code"], table["year"], strict=True)], dtype=bool)
        ]
        for table in (costs, staff)
    )
    by_home = kept.assign(school_unit_code=current_codes(kept["school_unit_code"], successors=successors))
    both = pd.concat([delivered, _summed(by_home, keys, ["amount_ore"])], ignore_index=True)
    grants = today(own["grants"], "accounts_year")
    grant_keys = ["organiser_code", "school_unit_code", "year", "grant_code", "purpose", "bought"]
    run_by = own["units"].dropna(subset=["organiser_code"])
    return Accounts(
        costs=costs,
        allocation=both.drop_duplicates(keys, keep="first"),
        delivered=delivered,
        pupils=pupils,
        staff=staff,
        grants=_summed(grants, grant_keys, ["granted_ore", "used_ore"]),
        run_by=run_by.assign(school_unit_code=current_codes(run_by["school_unit_code"], successors=successors)),
        without_pupils=tuple(f"{unit} {year}" for unit, year in sorted(strange - counted)),
    )


def unit_cost_rows(accounts: Accounts) -> pd.DataFrame:
    """Rows of ``unit_cost`` without municipality and funding year."""
    told = cost_per_pupil(accounts.costs, accounts.pupils, accounts.allocation, outside=(OUTSIDE,))
    return pd.DataFrame(
        {
            "school_unit_code": told["school_unit_code"],
            "accounts_year": told["year"],
            "cost_item": told["cost_type"],
            "money_pupil_count": told["pupil_count"].astype(np.int64),
            "cost_sek": sek(told["cost_ore"]),
            "cost_per_pupil_sek": sek(told["cost_per_pupil_ore"]),
            "cost_share": told["cost_share"].round(6),
            "unit_allocated_sek": sek(told["allocated_ore"]),
            "unit_allocated_per_pupil_sek": sek(told["allocated_per_pupil_ore"]),
            "spent_of_allocated": told["spent_of_allocated"].round(6),
        }
    )


def unit_staffing_rows(accounts: Accounts) -> pd.DataFrame:
    """Rows of ``unit_staffing`` without municipality and funding year."""
    told = staffing(accounts.staff, accounts.pupils)
    return pd.DataFrame(
        {
            "school_unit_code": told["school_unit_code"],
            "accounts_year": told["year"],
            "money_pupil_count": told["pupil_count"].astype(np.int64),
            "teacher_posts": told["teacher_count"].round(2),
            "teachers_per_100_pupils": told["teachers_per_100_pupils"].round(3),
            "pupils_per_teacher": told["pupils_per_teacher"].round(3),
            "certified_share": told["certified_share"].round(3),
            "staffing_state": told["state"],
        }
    )


def state_grant_rows(accounts: Accounts) -> pd.DataFrame:
    """Rows of ``state_grant`` without municipality and funding year."""
    told = state_grants(accounts.grants, accounts.allocation, accounts.run_by)
    return pd.DataFrame(
        {
            "organiser_code": told["organiser_code"],
            "school_unit_code": told["school_unit_code"],
            "accounts_year": told["year"],
            "grant_code": told["grant_code"],
            "bought": told["bought"],
            "grant_purpose": told["purpose"],
            "granted_sek": sek(told["granted_ore"]),
            "used_sek": sek(told["used_ore"]),
            "not_used_sek": sek(told["not_used_ore"]),
            "unit_allocated_sek": sek(told["allocated_ore"]),
            "grant_of_allocated": told["grant_of_allocated"].round(6),
        }
    )


def pass_through_rows(accounts: Accounts) -> pd.DataFrame:
    """Rows of ``cost_pass_through`` without municipality and funding year: what follows a krona allocated, by cost type, in all
    and in teachers. Raises ``EffectError`` where too few units and years have both."""
    keys = list(UNIT_YEAR)
    wide = accounts.costs.pivot(index=keys, columns="cost_type", values="amount_ore").fillna(0)
    items = [str(name) for name in wide.columns if name != OUTSIDE]
    wide = wide.assign(**{WHOLE: wide[items].sum(axis=1)})[[*items, WHOLE]].reset_index()
    money = accounts.allocation.rename(columns={"amount_ore": "allocated_per_pupil"})
    panel = wide.merge(money, on=keys).merge(accounts.pupils, on=keys)
    panel = panel[panel["pupil_count"] >= FEWEST_PUPILS].merge(accounts.staff, on=keys, how="left")
    if panel.empty:
        raise EffectError("no unit has both costs and an allocation; deliver both in unit_costs", reason="no_accounts")
    pupils = panel["pupil_count"].to_numpy(float)
    per_pupil = {name: panel[name] / pupils / ORE_PER_KKR for name in (*items, WHOLE, "allocated_per_pupil")}
    table = panel[[*keys, "pupil_count"]].rename(columns={"year": "funding_year"}).assign(**per_pupil)
    parts = [pass_through(table, indicators=(*items, WHOLE))]
    taught = table.assign(**{POSTS: 100 * panel["teacher_count"] / pupils})[panel["teacher_count"].notna().to_numpy()]
    if len(taught):
        parts.append(pass_through(taught, indicators=(POSTS,), staff=(POSTS,)))
    told = pd.concat(parts, ignore_index=True)
    return settle_beside(
        pd.DataFrame(
            {
                "cost_item": told["indicator"],
                "pass_estimate": told["estimate"],
                "pass_standard_error": told["standard_error"],
                "pass_degrees_of_freedom": told["degrees_of_freedom"],
                "pass_lower": told["interval_lower"],
                "pass_upper": told["interval_upper"],
                "pass_verdict": told["verdict"],
                "pass_unit_count": told["schools"],
                "accounts_year_first": int(table["funding_year"].min()),
                "accounts_year_last": int(table["funding_year"].max()),
            }
        )
    )


def of_october(counts: pd.DataFrame) -> pd.DataFrame:
    """The rows of 15 October; registers of other months are paid by and are no year's."""
    return counts[np.array([day.month == OCTOBER for day in counts["count_date"]], dtype=bool)]


def sek(ore: pd.Series) -> list[Decimal | None]:
    """Kronor with two decimals, exact; whole öre first. None where there is no amount."""
    return [None if pd.isna(amount) else Decimal(round(float(amount))).scaleb(-2) for amount in ore]


def _summed(table: pd.DataFrame, keys: list[str], names: list[str]) -> pd.DataFrame:
    return table.groupby(keys, as_index=False, sort=True)[names].sum()
