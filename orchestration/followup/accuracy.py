"""Accuracy of each municipality's weights, from the marts of counts.

Belongs here: what a municipality's backtest is given, and why some have none. Does not: any figure (``models_py.accuracy``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from models_py.accuracy.municipality import accuracy_of_municipality
from models_py.followed import Followed
from orchestration.partitions import count_dates
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope

TABLES = ("accuracy_cohort", "accuracy_level", "accuracy_drift", "accuracy_alarm", "accuracy_weights")


def accuracy_of_year(
    outcomes: Mapping[str, pd.DataFrame],
    *,
    register: Mapping[str, pd.DataFrame],
    coefficients: pd.DataFrame,
    codes: Sequence[str],
    scope: Scope,
    funding_year: int,
    estimated_anew: Collection[str] = (),
) -> dict[str, Followed]:
    """Municipality → its accuracy, or why it has none.

    ``coefficients``: rows of ``need_coefficient``; they name the factors of the model in use. ``codes``: those whose index
    rests on own pupils; ``estimated_anew``: those whose frozen weights last year's drift test set aside.
    """
    found = {}
    for code in sorted(codes):
        try:
            policy, decided = scope.need_policy(code, funding_year), scope.decided(code, funding_year)
            hold_until = scope.weights_hold_until(code, funding_year)
            if code in estimated_anew:
                policy, hold_until = replace(policy, weights=None), funding_year
        except PolicyError as error:  # one municipality's policy must not stop its neighbours
            found[code] = Followed(refusal=str(error))
            continue
        dates = count_dates(funding_year, lag_years=decided.count_lag_years)
        used = dates[:1] if policy.count_dates == "latest" else dates
        own = register[code]
        found[code] = accuracy_of_municipality(
            outcomes[code],
            register_counts=own[own["count_date"].isin(list(used))],
            policy=policy,
            factors=sorted(set(coefficients.loc[coefficients["municipality_code"] == code, "factor"])),
            funding_year=funding_year,
            hold_until=hold_until,
            index_minimum_pupils=decided.index_minimum_pupils,
            seed=seed_of(code, funding_year),
        )
    return found


def seed_of(municipality_code: str, funding_year: int) -> int:
    """The same draws whenever the year is run, and others for every municipality and year."""
    return int(hashlib.sha256(f"followup/{municipality_code}/{funding_year}".encode()).hexdigest()[:8], 16)
