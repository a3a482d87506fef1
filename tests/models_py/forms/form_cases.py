"""Policies, counts and background of invented school forms for the tests beside.

Belongs here: building them. Does not: what must be true.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from expectations.school_forms import form_rows
from models_py.allocation.components.groups import PricesByGroup, WeightsByGroup
from models_py.allocation.formula import Budget, Component, Sharing
from models_py.allocation.policy import AllocationPolicy, StructuralPolicy
from models_py.forms.policy import FormNeedPolicy, FormPolicy, overheads_by_law
from models_py.forms.reference import forms_of

FORMS = forms_of(form_rows())
SHARES = {"guardian_education": {"compulsory": Decimal(2)}}


def policy_of(
    form: str,
    *,
    prices: Mapping[str, int] | None = None,
    national: Mapping[str, int] | None = None,
    weights: Mapping[str, int] | None = None,
    share: str | None = None,
    budget: int | None = None,
    need: FormNeedPolicy | None = None,
    fees: Mapping[str, int] | None = None,
    minimum: int = 5,
) -> FormPolicy:
    """A form's policy: a price list, or weights sharing ``budget`` kronor; ``share`` follows need."""
    if weights is not None:
        kind: Any = WeightsByGroup(weights={group: Decimal(value) for group, value in weights.items()})
        base = Component("base_part", "weights_by_group", kind, Sharing(money="rest"))
        money = Budget("share_of_budget", budget)
    else:
        given = {group: Decimal(value) for group, value in (prices or {}).items()}
        listed = None if national is None else {group: Decimal(value) for group, value in national.items()}
        base = Component("base_part", "prices_by_group", PricesByGroup(prices_sek=given, national_prices_sek=listed))
        money = Budget("price_list")
    return FormPolicy(
        form=FORMS[form],
        allocation=AllocationPolicy(
            budget=money,
            components=(base,),
            structural=None if share is None else StructuralPolicy(share=Decimal(share)),
            index_minimum_pupils=minimum,
        ),
        need=need or FormNeedPolicy(),
        overheads=overheads_by_law(FORMS[form], "compound_add_on"),
        fees_sek={group: Decimal(value) for group, value in (fees or {}).items()},
    )


def grouped(rows: list[tuple[str, str, int]]) -> pd.DataFrame:
    """(unit, group, people) as ``groups_of`` gives it."""
    table = pd.DataFrame(rows, columns=["school_unit_code", "group", "pupil_count"])
    return table.assign(stage=table["group"])


def need_table(index: Mapping[str, float], people: Mapping[str, int]) -> pd.DataFrame:
    """An index as the form's index gives it, every unit by its own."""
    return pd.DataFrame({
        "school_unit_code": list(index), "need_index": list(index.values()),
        "pupil_count": [people[unit] for unit in index], "index_rule": "own",
    })  # fmt: skip
