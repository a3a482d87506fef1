"""Key figures of each municipality's school units over the years: costs, staffing, grants, equity, the similar ones.

Belongs here: what each table is given, and why some have none. Does not: any figure (``models_py.followup``), rows of accounts
(``accounts``), of equity (``equity``), of the similar (``similar``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models_py.errors import EffectError, LikvardError
from models_py.followed import Followed
from models_py.followup import UNIT_YEAR, current_codes
from models_py.need.from_prior import fit_from_prior
from models_py.need.newly_arrived import split_newly_arrived
from models_py.need.prior_text import prior_from_json
from orchestration.followup.accounts import (
    WHOLE,
    Accounts,
    accounts_of,
    of_october,
    pass_through_rows,
    state_grant_rows,
    unit_cost_rows,
    unit_staffing_rows,
)
from orchestration.followup.equity import LEDGER, equity_rows, need_by_year
from orchestration.followup.equity import TABLES as BY_TABLES
from orchestration.followup.reorganised import successors_of
from orchestration.followup.similar import similar_municipality_rows, similar_unit_rows
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope
from orchestration.school_forms import renamed

TABLES = (
    "unit_cost", "unit_staffing", "state_grant", "cost_pass_through", "equity_by_year", "similar_unit",
    "similar_municipality",
)  # fmt: skip
ACCOUNTS = ("costs", "staff", "grants")
_NO_NEED = pd.DataFrame(
    {"school_unit_code": "", "year": 0, "pupil_count": 0, "need_index": 0.0}, index=pd.RangeIndex(0)
)
"""No rows, with the types of need."""
_LOWER_STAGES = ("F", *map(str, range(1, 7)))
"""Grades of the lower and middle stages, named by age."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyFigureInputs:
    """Everything that a run's key figures are made of.

    Attributes
    ----------
    marts : costs, staff, grants, factors, units, enrollment: rows of the warehouse's tables
    register : municipality → its rows of ``fct_need_register_counts``, none where it has none
    kept : funding year → ``school_allocation`` with the index of ``fct_need_index``, of this and earlier years
    fits : municipality → record of this year's need fit
    kolada : values and similar municipalities, or None without Kolada's files
    """

    marts: Mapping[str, pd.DataFrame]
    register: Mapping[str, pd.DataFrame]
    kept: Mapping[int, pd.DataFrame]
    fits: Mapping[str, Mapping[str, object]]
    kolada: tuple[pd.DataFrame, pd.DataFrame] | None = None


def key_figures_of_year(
    inputs: KeyFigureInputs, *, codes: Sequence[str], scope: Scope, funding_year: int
) -> dict[str, Followed]:
    """Municipality → its key figures; a table that cannot be made is left out and said so.

    Accounts and equity are of those with a policy folder or accounts of their own; others stand beside similar ones only.
    """
    found = {}
    delivered = {code for name in ACCOUNTS for code in inputs.marts[name]["municipality_code"]}
    followed = {*scope.own_folders(), *delivered}
    similar = {} if inputs.kolada is None else similar_municipality_rows(*inputs.kolada, codes=codes)
    for code in sorted(codes):
        try:
            own = (
                _of_municipality(inputs, code, scope=scope, funding_year=funding_year)
                if code in followed
                else Followed()
            )
        except (PolicyError, LikvardError) as error:  # one municipality must not stop its neighbours
            found[code] = Followed(refusal=str(error))
            continue
        beside = {"similar_municipality": similar[code]} if code in similar else {}
        found[code] = replace(own, tables=own.tables | beside)
    return found


def _of_municipality(inputs: KeyFigureInputs, code: str, *, scope: Scope, funding_year: int) -> Followed:
    own = {name: table[table["municipality_code"] == code] for name, table in inputs.marts.items()}
    own["register"] = inputs.register[code]
    successors = successors_of(own["units"])
    own |= {name: _today(own[name], successors) for name in ("register", "enrollment")}
    computed = _computed(inputs.kept, code)
    accounts = accounts_of(own, kept=computed, funding_year=funding_year)
    tables = {
        "unit_cost": unit_cost_rows(accounts), "unit_staffing": unit_staffing_rows(accounts),
        "state_grant": state_grant_rows(accounts),
    }  # fmt: skip
    silent = {}
    if accounts.without_pupils:
        first = ", ".join(accounts.without_pupils[:3])
        silent["costs_without_pupils"] = f"{len(accounts.without_pupils)} units and years, first {first}"
    if len(accounts.costs):
        try:
            tables["cost_pass_through"] = pass_through_rows(accounts)
        except EffectError as error:
            silent["cost_pass_through"] = str(error)
    need = _need(inputs.fits.get(code, {}), own["register"], code=code, scope=scope, funding_year=funding_year)
    by_ledger = accounts.delivered.merge(need, on=["school_unit_code", "year"])
    tables["equity_by_year"], unequal = equity_rows([(LEDGER, by_ledger), (BY_TABLES, computed)])
    tables["similar_unit"] = _similar(accounts, tables, need, own["enrollment"])
    return Followed({name: rows for name, rows in tables.items() if len(rows)}, not_shown=silent | unequal)


def _today(counts: pd.DataFrame, successors: Mapping[str, str]) -> pd.DataFrame:
    """Counts of pupils under today's unit codes, units that became one together."""
    if not counts["school_unit_code"].isin(list(successors)).any():
        return counts
    moved = counts.assign(school_unit_code=current_codes(counts["school_unit_code"], successors=successors))
    keys = [name for name in counts.columns if name != "pupil_count"]
    return moved.groupby(keys, as_index=False, sort=True, dropna=False)["pupil_count"].sum()


def _computed(kept: Mapping[int, pd.DataFrame], code: str) -> pd.DataFrame:
    """``UNIT_YEAR``, pupil_count, need_index, amount_ore of every unit that is paid, in the funding years of this home."""
    parts = [
        table[(table["municipality_code"] == code) & (table["pupil_count"] > 0)].assign(year=year)
        for year, table in sorted(kept.items())
    ]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if rows.empty:
        return pd.DataFrame(columns=[*UNIT_YEAR, "pupil_count", "need_index", "amount_ore"])
    rows = rows[rows["payment_status"] == "paid"]
    ore = [int(amount.scaleb(2)) for amount in rows["total_sek"]]
    return rows.assign(amount_ore=ore)[[*UNIT_YEAR, "pupil_count", "need_index", "amount_ore"]]


def _need(
    record: Mapping[str, object], register: pd.DataFrame, *, code: str, scope: Scope, funding_year: int
) -> pd.DataFrame:
    """Need of every October by this year's weights; none where they were not estimated on, or for, own pupils."""
    policy = scope.need_policy(code, funding_year)
    text = json.dumps(record["weights"]) if "weights" in record else policy.weights
    if text is None or register.empty:
        return _NO_NEED
    fit = fit_from_prior(prior_from_json(text), factors=policy.chosen_factors)
    counts = register if policy.newly_arrived == "in_index" else split_newly_arrived(register)[0]
    minimum = scope.decided(code, funding_year).index_minimum_pupils
    return need_by_year(fit, counts, index_minimum_pupils=minimum)


def _similar(
    accounts: Accounts, tables: Mapping[str, pd.DataFrame], need: pd.DataFrame, enrollment: pd.DataFrame
) -> pd.DataFrame:
    """Units with costs or staff beside the similar ones of their last year of accounts."""
    costs, staff = tables["unit_cost"], tables["unit_staffing"]

    def told(table: pd.DataFrame, name: str, *, item: str | None = None) -> pd.DataFrame:
        rows = table if item is None else table[table["cost_item"] == item]
        named = rows[["school_unit_code", "accounts_year", name]].dropna()
        return named.astype({name: float}).set_axis(["code", "year", "value"], axis=1)

    figures = {
        "cost_per_pupil_sek": told(costs, "cost_per_pupil_sek", item=WHOLE),
        "teaching_per_pupil_sek": told(costs, "cost_per_pupil_sek", item="teaching"),
        "teachers_per_100_pupils": told(staff, "teachers_per_100_pupils"),
        "certified_share": told(staff, "certified_share"),
    }
    years = [int(table["year"].max()) for table in figures.values() if len(table)]
    if not years or need.empty:
        return pd.DataFrame()
    with_figures = {unit for table in figures.values() for unit in table["code"]}
    units = need[(need["year"] == max(years)) & need["school_unit_code"].isin(with_figures)]
    stages = stages_of(enrollment, accounts_year=max(years))
    units = units.assign(code=units["school_unit_code"], stages=units["school_unit_code"].map(stages))
    return similar_unit_rows(figures, units.dropna(subset=["stages"]))


def stages_of(enrollment: pd.DataFrame, *, accounts_year: int) -> pd.Series:
    """Which part of the compulsory school each unit has: ``lower`` (to year 6), ``upper`` or ``whole``, by its October counts
    before the year; a grade's name is read on its own day."""
    counts = of_october(enrollment)
    counts = counts[np.array([day.year + 1 == accounts_year for day in counts["count_date"]], dtype=bool)]
    named = counts.assign(grade=renamed(counts["grade"], told_on=counts["count_date"]))
    return named.groupby("school_unit_code")["grade"].agg(_stages)


def _stages(grades: pd.Series) -> str:
    lower = grades.isin(_LOWER_STAGES)
    return {(True, True): "lower", (True, False): "whole", (False, False): "upper"}[
        bool(lower.any()), bool(lower.all())
    ]
