"""From the budget to what is paid to whom, as rows that add up; and to the lines of the annual accounts.

Belongs here: ordering and checking sums that are computed elsewhere. Does not: computing any of them.
The annual accounts (räkenskapssammandraget, collected by SCB) name costs otherwise than the law's cost types: their
"övrigt" is not the statutory administration. Which cost type stands on which line is therefore the policy's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pandas as pd

from models_py.allocation.accounts import Accounts
from models_py.allocation.formula import Budget
from models_py.allocation.lines import ORE_PER_SEK
from models_py.allocation.organisers import ALL_TYPES, OrganiserTerms
from models_py.allocation.rounding import half_even
from models_py.errors import AllocationError

STEPS = ("budget", "central_deduction", "component", "overhead", "de_delegation", "organiser", "account")
"""Kinds of rows in order: budget less deductions is the components; with overheads and less common services it is what
the organisers are paid; the accounts hold deductions, components and overheads."""
COLUMNS = ("step", "item_kind", "item_code", "amount_ore", "stated_ore", "difference_ore")


def reconcile(
    lines: pd.DataFrame,
    *,
    terms: OrganiserTerms,
    budget: Budget,
    deducted_ore: Mapping[str, int],
    accounts: Accounts | None,
) -> pd.DataFrame:
    """Rows ``COLUMNS`` in the order of ``STEPS``; stated and difference (stated less computed) on account rows only.

    Parameters
    ----------
    lines : school_unit_code, component_code, amount_ore of one municipality and year
    terms : what the organisers are paid from these lines
    budget : as decided; a price list has none, and there the row is what prices and deductions cost
    deducted_ore : component_code to öre taken before distribution
    accounts : None where the policy maps none; needs cost types

    Raises AllocationError where the budget less deductions is not the components, and for amounts without a line.
    """
    components: dict[str, int] = {}
    for code, ore in zip(lines["component_code"], lines["amount_ore"], strict=True):
        components[code] = components.get(code, 0) + int(ore)
    deducted = {code: int(ore) for code, ore in deducted_ore.items() if ore}
    distributed = sum(components.values())
    total = _budget_ore(budget, pupils=int(terms.organisers["pupil_count"].sum()))
    if total is None:
        total = distributed + sum(deducted.values())
    if total - sum(deducted.values()) != distributed:
        raise AllocationError(
            f"the budget is {total // ORE_PER_SEK} kr and deductions {sum(deducted.values()) // ORE_PER_SEK} kr, but the "
            f"components are {distributed // ORE_PER_SEK} kr; budget less deductions must be the components"
        )
    overheads = {name: int(terms.organisers[f"{name}_ore"].sum()) for name in ("administration", "vat")}
    paid = dict(zip(terms.organisers["organiser_key"], terms.organisers["payable_ore"], strict=True))
    rows = [("budget", "budget", total)]
    rows += [("central_deduction", code, -ore) for code, ore in sorted(deducted.items())]
    rows += [("component", code, ore) for code, ore in sorted(components.items())]
    rows += [("overhead", name, ore) for name, ore in sorted(overheads.items())]
    rows += [("de_delegation", name, ore) for name, ore in sorted(terms.de_delegated_ore.items())]
    rows += [("organiser", key, int(ore)) for key, ore in sorted(paid.items())]
    told: list[tuple[object, ...]] = [(STEPS.index(kind) + 1, kind, code, ore, None, None) for kind, code, ore in rows]
    if accounts is not None:
        told += _account_rows(accounts, _booked(terms, deducted))
    return pd.DataFrame(told, columns=list(COLUMNS), dtype=object)


def _budget_ore(budget: Budget, *, pupils: int) -> int | None:
    """The budget as the policy states it, computed apart from the sharing; None for a price list."""
    if budget.mode == "price_list":
        return None
    if budget.budget_per_pupil_sek is not None:
        return half_even(Fraction(budget.budget_per_pupil_sek) * pupils, decimals=0) * ORE_PER_SEK
    assert budget.budget_sek is not None  # held by Budget
    return budget.budget_sek * ORE_PER_SEK


def _booked(terms: OrganiserTerms, deducted: Mapping[str, int]) -> dict[str, int]:
    if terms.unit_types.empty and not terms.organisers.empty:
        raise AllocationError("accounts.lines: need cost_types, and the policy has none")
    sums = terms.unit_types.groupby("cost_type")["amount_ore"].sum()
    return {name: int(sums.get(name, 0)) for name in ALL_TYPES} | dict(deducted)


def _account_rows(accounts: Accounts, booked: Mapping[str, int]) -> list[tuple[object, ...]]:
    nowhere = sorted(item for item, ore in booked.items() if ore and item not in accounts.lines)
    if nowhere:
        raise AllocationError(f"accounts.lines: no line is given for {', '.join(nowhere)}; add it")
    sums: dict[str, int] = dict.fromkeys(accounts.stated_sek, 0)
    for item, ore in booked.items():
        if item in accounts.lines:
            sums[accounts.lines[item]] = sums.get(accounts.lines[item], 0) + ore
    rows: list[tuple[object, ...]] = []
    for name, ore in sorted(sums.items()):
        stated = accounts.stated_sek.get(name)
        stated_ore = None if stated is None else stated * ORE_PER_SEK
        difference = None if stated_ore is None else stated_ore - ore
        rows.append((STEPS.index("account") + 1, "account", name, ore, stated_ore, difference))
    return rows
