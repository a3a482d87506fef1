"""One school form's money: the common kernel on the form's groups and index, then what is added and taken off by law.

Belongs here: from counts to lines under the form's component codes, and the grant of independent organisers. Does not: sharing
(``models_py.allocation``), which index (``need``). Organiser type is read only for the grant, when money is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from models_py.allocation.lines import ORE_PER_SEK
from models_py.allocation.measures import Measures, measure
from models_py.allocation.organiser_terms import OrganiserType, overhead_lines
from models_py.allocation.rounding import half_even, listed
from models_py.allocation.shares import Allocation, allocate
from models_py.errors import FormsError
from models_py.forms.policy import FormPolicy
from models_py.forms.reference import SchoolForm

GRANT_COLUMNS = ("school_unit_code", "amount_ore", "administration_ore", "vat_ore", "fee_ore", "grant_ore")


@dataclass(frozen=True, slots=True, eq=False)
class FormMoney:
    """One form's money of one municipality and funding year.

    Attributes
    ----------
    lines : columns of ``Line``; component codes begin with the form's prefix
    grants : ``GRANT_COLUMNS``, one row per unit of an independent organiser: amount + administration + VAT - fees = grant, öre
    allocation : as the kernel gave it, with its own component codes
    """

    lines: pd.DataFrame
    grants: pd.DataFrame
    allocation: Allocation
    measures: Measures


def groups_of(counts: pd.DataFrame, *, form: SchoolForm) -> pd.DataFrame:
    """school_unit_code, stage, group, pupil_count: counts by what the form is priced by (``SchoolForm.group``)."""
    stage = counts["stage"].astype(str)
    group = {
        "hours": stage + "_" + counts["hours"].astype(str),
        "track": counts["track"].astype(str),
        "programme": counts["programme"].astype(str),
        "none": stage,
    }[form.group]
    rows = counts.assign(group=group, stage=stage)
    keys = ["school_unit_code", "stage", "group"]
    return rows.groupby(keys, sort=True)["pupil_count"].sum().astype("int64").reset_index()


def form_money(
    groups: pd.DataFrame,
    *,
    need: pd.DataFrame | None,
    policy: FormPolicy,
    organiser_types: Mapping[str, OrganiserType],
) -> FormMoney:
    """Money of one form. ``groups`` as ``groups_of``, ``need`` as ``FormIndex.table`` or None where the form has no index.

    Raises AllocationError as ``allocate`` and ``overhead_lines``: a group without a price, an organiser nobody knows.
    """
    counted = groups.groupby(["school_unit_code", "group"], sort=True)["pupil_count"].sum().reset_index()
    made = allocate(enrollment=counted.rename(columns={"group": "grade"}), need=need, policy=policy.allocation)
    codes = made.lines["component_code"].map(policy.form.component)
    return FormMoney(
        lines=made.lines.assign(component_code=codes),
        grants=_grants(made, counted, policy=policy, organiser_types=organiser_types),
        allocation=made,
        measures=measure(made),
    )


def _grants(
    made: Allocation, counted: pd.DataFrame, *, policy: FormPolicy, organiser_types: Mapping[str, OrganiserType]
) -> pd.DataFrame:
    """Administration and VAT on the decided amount; then the fees that the organiser takes are set off against the grant.

    (Skolförordningen 14 kap. 3-5 §§, Gymnasieförordningen 13 kap.) A fee is kronor a year of a group; their sum per unit is
    whole kronor, half-even.
    """
    unknown = sorted(set(made.totals["school_unit_code"]) - organiser_types.keys())
    if unknown:
        raise FormsError(
            f"{policy.form.school_form}: units {listed(unknown)} are in no register of units; deliver who runs them",
            reason="organiser",
        )
    totals = {
        unit: int(ore) // ORE_PER_SEK
        for unit, ore in zip(made.totals["school_unit_code"], made.totals["amount_ore"], strict=True)
        if organiser_types[unit] == "independent"
    }
    added = dict.fromkeys(((unit, code) for unit in totals for code in ("administration", "vat")), 0)
    if policy.overheads is not None:
        for line in overhead_lines(
            totals, organiser_types=dict.fromkeys(totals, "independent"), policy=policy.overheads
        ):
            added[line.school_unit_code, line.line_code] = line.amount_ore
    fees = dict.fromkeys(totals, Fraction(0))
    for unit, group, count in counted.itertuples(index=False):
        if unit in fees:
            fees[unit] += Fraction(policy.fees_sek.get(group, 0)) * int(count)
    rows = []
    for unit, sek in sorted(totals.items()):
        fee = half_even(fees[unit], decimals=0) * ORE_PER_SEK
        administration, vat = added[unit, "administration"], added[unit, "vat"]
        grant = sek * ORE_PER_SEK + administration + vat - fee
        if grant < 0:
            raise FormsError(
                f"{policy.form.school_form}: fees of unit {unit} are more than its grant; lower fees.per_group_sek",
                reason="fees",
            )
        rows.append((unit, sek * ORE_PER_SEK, administration, vat, fee, grant))
    table = pd.DataFrame(rows, columns=list(GRANT_COLUMNS))
    return table.astype({"school_unit_code": "str"} | dict.fromkeys(GRANT_COLUMNS[1:], "int64"))
