"""Last year's drift test before this year's weights: which verdict counts, and the rows that tell what it led to.

Belongs here: reading the verdict, rows of ``weights_drift``. Does not: what follows from it (``models_py.need.steering``).
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from expectations.contracts import FOLLOWING
from models_py.need.steering import DriftVerdict, Steered, steer
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables

TABLE = "weights_drift"


def steered_policy(scope: Scope, tables: Tables, *, code: str, funding_year: int) -> Steered:
    """A municipality's need policy of a year after last year's verdict. Raises PolicyError as ``need_policy``.

    A verdict counts only for the weights that it was said of: those frozen in both years.
    """
    policy = scope.need_policy(code, funding_year)
    if policy.weights is None:
        return steer(policy, None)
    try:
        before = scope.need_policy(code, funding_year - 1)
    except PolicyError:  # there was no policy that year, so nothing was frozen by it
        return steer(policy, None)
    return steer(policy, _verdict(tables, code, funding_year - 1) if before.weights == policy.weights else None)


def _verdict(tables: Tables, code: str, funding_year: int) -> DriftVerdict | None:
    rows = tables.read_or_empty("accuracy_weights", funding_year)
    own = rows[rows["municipality_code"] == code]
    if own.empty:
        return None
    row = own.iloc[0]
    factors = () if pd.isna(row["drifted_factors"]) else tuple(str(row["drifted_factors"]).split(","))
    return DriftVerdict(funding_year, str(row["advice_reason"]), factors)


def drift_record(steered: Steered) -> dict[str, object]:
    """What the fit record says of it; only where there is a verdict."""
    if steered.verdict is None:
        raise ValueError("no verdict, nothing to record")
    return {
        "verdict_year": steered.verdict.funding_year,
        "advice_reason": steered.verdict.reason,
        "drifted_factors": list(steered.verdict.factors),
        "on_drift": steered.policy.on_drift,
        "drift_done": steered.done,
    }


def drift_rows(steered: Mapping[str, Steered], *, funding_year: int) -> pd.DataFrame:
    """Rows of ``weights_drift``: municipalities with frozen weights and a verdict on them."""
    rows = [
        {"municipality_code": code, "funding_year": funding_year}
        | drift_record(each)
        | {"drifted_factors": ",".join(each.verdict.factors) or None}
        for code, each in sorted(steered.items())
        if each.verdict is not None
    ]
    contract = FOLLOWING[TABLE]
    return contract.arranged(pd.DataFrame(rows)) if rows else pd.DataFrame(columns=list(contract.names))
