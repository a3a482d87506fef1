"""Two years' policy values, mixed: last year's rules at this year's prices, and the other way round.

Belongs here: which value is a price, which a promise, which a rule. Does not: the split (``models_py.allocation``).
"""

from __future__ import annotations

from models_py.allocation.change import State
from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.year_change import GUARANTEES, POLICY, PRICES, PolicyStates
from models_py.errors import AllocationError
from orchestration.resources.policies import PolicyFile
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.policy_years import ResolvedValue, canonical

Values = dict[str, ResolvedValue]
BESIDE = ("need.", "baseline.")
"""Values that make the index, or name a file; what they change is told with need and guarantees."""
PROMISES = "guarantees."
BOOKED = ("accounts.", "cost_types.", "cost_types_sek.", "disclosure.", "overheads.")
"""Values by which amounts are booked, added to afterwards or withheld; no school unit's decided amount follows them."""


def policy_states(file: PolicyFile, *, funding_year: int) -> PolicyStates:
    """The policy of ``funding_year`` and the year before in every mixture.

    Prices are values in kronor that both years have; a value that one year has alone is a rule. Raises PolicyError where a
    year is not covered.
    """
    old, new = _values(file, funding_year - 1), _values(file, funding_year)
    prices = {key for key in old.keys() & new.keys() if not key.startswith(PROMISES) and _is_price(new[key], old[key])}
    rules = {key for key in old.keys() | new.keys() if not key.startswith(PROMISES)} - prices
    promised = any(key.startswith(PROMISES) for key in (*old, *new))
    causes = [
        *([PRICES] if any(_moves(old, new, key) for key in prices) else []),
        *([POLICY] if any(_moves(old, new, key) for key in rules) else []),
        *([GUARANTEES] if promised else []),  # what they compare with is another year's money in any case
    ]

    def mixed(of_prices: State, of_rules: State) -> AllocationPolicy:
        years = {"old": old, "new": new}
        chosen = years[of_rules] | {key: years[of_prices][key] for key in prices}
        try:
            return file.of_values(chosen.values(), funding_year=funding_year)
        except PolicyError as error:
            raise AllocationError(str(error)) from None

    return PolicyStates(tuple(causes), mixed)


def _values(file: PolicyFile, year: int) -> Values:
    return {value.key: value for value in file.resolve(year) if not value.key.startswith(BESIDE)}


def _is_price(*values: ResolvedValue) -> bool:
    return all(value.unit.startswith("sek") for value in values)


def _moves(old: Values, new: Values, key: str) -> bool:
    return not key.startswith(BOOKED) and _differs(old, new, key)


def _differs(old: Values, new: Values, key: str) -> bool:
    if key not in old or key not in new:
        return True
    return (old[key].unit, canonical(old[key].value)) != (new[key].unit, canonical(new[key].value))
