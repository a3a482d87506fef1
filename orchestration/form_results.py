"""From the warehouse's counts and a municipality's form policies to index and money of every other school form, and its tables.

Belongs here: which counts a funding year stands on, one form after the other, rows under the contracts' names. Does not: any
arithmetic (``models_py.forms``), writing tables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from expectations.contracts import CONTRACTS
from expectations.contracts.forms import FORMS
from models_py.errors import FormsError, LikvardError
from models_py.forms.money import form_money, groups_of
from models_py.forms.need import form_index
from models_py.forms.overview import AGE_COLUMNS, FormResult, age_rows, compulsory_age_rows, overview_row
from models_py.forms.policy import FormPolicy
from models_py.forms.protection import protect_form
from models_py.need.design import FACTORS
from models_py.need.fit import NeedFit
from models_py.need.from_prior import fit_from_prior
from models_py.need.prior_text import prior_from_json
from orchestration.school_forms import school_forms, stage_calendar

COUNTS, BACKGROUND, UNITS = "fct_form_counts", "fct_form_background", "dim_form_unit"
WHOLE = ("form_allocation_whole", "form_unit_whole")
"""Every unit's lines and grants, as its own decision shows them: kept in the home, never published."""
NOT_COUNTED = "not_counted"
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, eq=False)
class FormMarts:
    """Rows of one municipality in the marts of the other school forms, every count day."""

    counts: pd.DataFrame
    background: pd.DataFrame
    units: pd.DataFrame

    def on(self, name: str, school_form: str, days: tuple[date, ...]) -> pd.DataFrame:
        """Rows of one form on some days."""
        table: pd.DataFrame = getattr(self, name)
        return table[(table["school_form"] == school_form) & table["count_date"].isin(list(days))]


def weights_of(record: Mapping[str, Any]) -> NeedFit | None:
    """The compulsory model of the year as its fit record keeps it; None for a delivered index, open statistics or a refusal."""
    if "weights" not in record or record.get("weights") is None:
        return None
    known = [factor for factor in FACTORS if factor.name in record["settings"]["factors"]]
    return fit_from_prior(prior_from_json(json.dumps(record["weights"])), factors=known, counts=None)


def form_result(
    policy: FormPolicy, marts: FormMarts, *, funding_year: int, fit: NeedFit | None, threshold: int
) -> FormResult | None:
    """Index, money and protection of one form; None where nobody is counted on its later count day. Raises LikvardError naming
    the form."""
    form = policy.form
    name = form.school_form
    later, earlier = form.count_dates(funding_year)
    counts = marts.on("counts", name, (later,))
    if counts.empty:
        return None
    groups = groups_of(counts, form=form)
    units = marts.on("units", name, (later,))
    try:
        index = form_index(
            marts.on("background", name, (later, earlier)),
            policy=policy.need,
            fit=fit,
            index_minimum_pupils=policy.allocation.index_minimum_pupils,
        )
        table = None if index is None else index.table
        money = form_money(
            groups, need=table, policy=policy,
            organiser_types=dict(zip(units["school_unit_code"], units["organiser_type"], strict=True)),
        )  # fmt: skip
    except LikvardError as error:
        text = str(error)
        raise FormsError(text if text.startswith(name) else f"{name}: {text}", reason=error.reason) from None
    return FormResult(policy, groups, money, table, protect_form(groups, form=form, threshold=threshold))


def rows_of(result: FormResult, *, names: Mapping[str, str], types: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Rows of one form for every table but ``form_overview`` and ``form_age``, without municipality and year; those of
    ``WHOLE`` hold every unit, the others only what may be told."""
    form, hidden = result.policy.form.school_form, result.protection.units
    lines = result.money.lines.assign(school_form=form)
    people = result.groups.groupby("school_unit_code")["pupil_count"].sum()
    totals = result.money.allocation.totals
    grants = result.money.grants.set_index("school_unit_code")
    units = pd.DataFrame(
        {
            "school_form": form,
            "school_unit_code": totals["school_unit_code"],
            "school_unit_name": totals["school_unit_code"].map(names),
            "organiser_type": totals["school_unit_code"].map(types),
            "pupil_count": totals["school_unit_code"].map(people).astype("int64"),
            "total_sek": [_sek(ore) for ore in totals["amount_ore"]],
            **{
                column: [
                    _sek(grants.at[unit, f"{column.removesuffix('_sek')}_ore"]) if unit in grants.index else None
                    for unit in totals["school_unit_code"]
                ]
                for column in ("administration_sek", "vat_sek", "fee_sek", "grant_sek")
            },
        }
    )
    made = {"form_allocation_whole": lines, "form_unit_whole": units}
    made |= {"form_allocation": _told(lines, hidden), "form_unit": _told(units, hidden)}
    if result.index is not None:
        index = result.index.assign(school_form=form, index_source=result.policy.need.source)
        made["form_need_index"] = _told(index, hidden)
    return made


def overview_of(result: FormResult) -> dict[str, object]:
    """The form's row of ``form_overview``."""
    row = overview_row(result)
    ore = {"total_sek": row.pop("amount_ore"), "structural_part_sek": row.pop("pot_ore")}
    named = {"unit_count": "school_unit_count", "per_pupil_sek": "total_per_pupil_sek"}
    told = {named.get(key, key): value for key, value in row.items()}
    return told | {key: None if value is None else _sek(value) for key, value in ore.items()} | _shares(told)


def not_counted(policy: FormPolicy) -> dict[str, object]:
    """The row of a form that is decided, and whose register of the day has not come."""
    names = CONTRACTS["form_overview"].names
    given = {
        "school_form": policy.form.school_form,
        "index_source": policy.need.source,
        "withheld_because": NOT_COUNTED,
    }
    return dict.fromkeys(names[2:]) | given


def compulsory_overview(
    lines: pd.DataFrame, need: pd.DataFrame, record: Mapping[str, Any], *, withheld: list[str]
) -> dict[str, object]:
    """Preschool class and compulsory school in the same shape, from the year's lines and the record of the allocation."""
    people, ore = int(need["pupil_count"].sum()), int(lines["amount_ore"].sum())
    told = need[~need["school_unit_code"].isin(withheld)]
    overhead = school_forms()["compulsory_school"].overhead
    return {
        "school_form": "compulsory_school",
        "school_unit_count": int(lines["school_unit_code"].nunique()),
        "pupil_count": people,
        "total_sek": _sek(ore),
        "structural_part_sek": _sek(record["pot_ore"]),
        "total_per_pupil_sek": round(_sek(ore) / people, 2) if people else None,
        "structural_share": round(record["structural_share"], 9),
        "redistributed_share": round(record["redistributed_share"], 9),
        "index_source": "need_model",
        "need_index_lowest": float(told["need_index"].min()) if len(told) else None,
        "need_index_highest": float(told["need_index"].max()) if len(told) else None,
        "administration_share": None if overhead is None else overhead.administration_share,
        "withheld_because": None,
    }


def ages_of(results: list[FormResult], *, lines: pd.DataFrame, enrollment: pd.DataFrame, day: date) -> pd.DataFrame:
    """Rows of ``form_age``: every form and the compulsory school, whose grades are named as on ``day``."""
    calendar = stage_calendar()
    grades = calendar.grades(day)
    counted = enrollment.groupby("grade")["pupil_count"].sum().to_dict()
    pupils = {grade: int(counted[grade]) for grade in grades if counted.get(grade)}
    ages = {grade: 6 + calendar.place(grade, day) for grade in grades}
    rows = compulsory_age_rows(lines, pupils, ages) if pupils else []
    for result in results:
        rows += age_rows(result, calendar=calendar)
    return pd.DataFrame(rows, columns=list(AGE_COLUMNS))


def together(name: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Rows of a published table in its contract's columns, or of a table of ``WHOLE`` as they are."""
    published = {contract.table for contract in FORMS}
    kept = [part for part in parts if len(part)]
    if name not in published:
        return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=["municipality_code"])
    names = list(CONTRACTS[name].names)
    return pd.concat(kept, ignore_index=True)[names] if kept else pd.DataFrame(columns=names)


def _told(rows: pd.DataFrame, hidden: tuple[str, ...]) -> pd.DataFrame:
    return rows[~rows["school_unit_code"].isin(hidden)]


def _sek(ore: object) -> Decimal:
    return Decimal(int(ore)) / _HUNDRED  # type: ignore[call-overload]


def _shares(told: Mapping[str, object]) -> dict[str, object]:
    share = told["administration_share"]
    return {"administration_share": None if share is None else Decimal(str(share))}
