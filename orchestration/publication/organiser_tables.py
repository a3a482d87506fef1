"""The published tables of organisers, from decided lines: sums in öre become kronor for readers.

Belongs here: naming, school form, kronor. Does not: any sum (``models_py.allocation.organisers``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from expectations.contracts import CONTRACTS
from expectations.contracts.organisers import ORGANISERS
from models_py.allocation.organisers import OrganiserTerms, organiser_terms
from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.reconciliation import reconcile
from models_py.allocation.rounding import as_decimal, half_even
from orchestration.publication.star import organiser_keys

SCHOOL_FORM = "compulsory_school"
"""The one school form whose money is shared so far; preschool class and grades 1-9 together."""
NAMES = tuple(contract.table for contract in ORGANISERS)
_AMOUNTS = ("allocated", "administration", "vat", "de_delegated", "payable")


def organiser_tables(
    lines: pd.DataFrame,
    *,
    units: pd.DataFrame,
    need: pd.DataFrame,
    policy: AllocationPolicy,
    deducted_ore: Mapping[str, int],
    merged: Collection[str] = (),
) -> dict[str, pd.DataFrame]:
    """Tables by name for one municipality and funding year; AllocationError where the sums cannot be made or do not meet.

    Parameters
    ----------
    lines : ``fct_allocation``
    units : rows of the warehouse's ``dim_school_unit`` that hold on the later count date
    need : ``fct_need_index``: pupils per school unit
    deducted_ore : component_code to öre taken before distribution
    merged : units whose need money is published as one sum
    """
    pupils = need.groupby("school_unit_code")["pupil_count"].sum()
    known = units.assign(
        organiser_key=organiser_keys(units),
        pupil_count=[int(pupils.get(unit, 0)) for unit in units["school_unit_code"]],
    )
    terms = organiser_terms(lines, units=known, policy=policy, merged=merged)
    budget = policy.formula().budget
    made = {
        "organiser_allocation": _allocation(terms, policy),
        "organiser_calculation": _calculation(terms, policy),
        "school_cost_type": terms.unit_types.assign(school_form=SCHOOL_FORM),
        "budget_reconciliation": reconcile(
            lines, terms=terms, budget=budget, deducted_ore=deducted_ore, accounts=policy.accounts
        ).rename(columns={"step": "reconciliation_step"}),
    }
    year = {
        "municipality_code": str(lines["municipality_code"].iloc[0]),
        "funding_year": int(lines["funding_year"].iloc[0]),
    }
    return {name: table.assign(**year)[list(CONTRACTS[name].names)] for name, table in made.items()}


def _allocation(terms: OrganiserTerms, policy: AllocationPolicy) -> pd.DataFrame:
    own, told = terms.organisers, policy.overheads
    is_added = [told is not None and kind == "independent" for kind in own["organiser_type"]]
    per_pupil = [
        half_even(Fraction(int(ore), int(n)), decimals=0)
        for ore, n in zip(own["payable_ore"], own["pupil_count"], strict=True)
    ]
    return own.assign(
        overhead_method=_where(is_added, told and told.method),
        administration_share=_where(is_added, told and told.administration_share),
        vat_share=_where(is_added, told and told.vat_share),
        **{f"{name}_sek": [_sek(ore) for ore in own[f"{name}_ore"]] for name in _AMOUNTS},
        payable_per_pupil_sek=[_sek(ore) for ore in per_pupil],
    )


def _calculation(terms: OrganiserTerms, policy: AllocationPolicy) -> pd.DataFrame:
    independent = set(
        terms.organisers.loc[terms.organisers["organiser_type"] == "independent", "organiser_key"]
        if policy.overheads
        else ()
    )
    own = terms.calculation
    return own.assign(
        school_form=SCHOOL_FORM,
        overhead_method=_where(
            [key in independent for key in own["organiser_key"]], policy.overheads and policy.overheads.method
        ),
        amount_per_pupil_sek=[_sek(ore) for ore in own["per_pupil_ore"]],
        municipal_per_pupil_sek=[None if ore is None else _sek(ore) for ore in own["municipal_per_pupil_ore"]],
    )


def _where(holds: list[bool], value: Any) -> pd.Series:
    return pd.Series([value if each else None for each in holds], dtype=object)


def _sek(ore: int) -> Decimal:
    return as_decimal(int(ore), decimals=2)
