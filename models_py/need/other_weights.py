"""A year's pupils under another year's weights: what tells a changed composition from changed weights.

Belongs here: index of a register under weights that were kept as text. Does not: estimation, money.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from models_py.need.from_prior import fit_from_prior
from models_py.need.index import need_index
from models_py.need.newly_arrived import split_newly_arrived
from models_py.need.policy import NeedPolicy
from models_py.need.prior_text import prior_from_json
from models_py.need.scoring import predict_from_counts


def index_under_weights(
    weights: str,
    *,
    register_counts: pd.DataFrame,
    policy: NeedPolicy,
    factors: Sequence[str],
    index_minimum_pupils: int,
) -> pd.DataFrame:
    """The index of one municipality's register, scored by weights that were estimated elsewhere or in another year.

    Under the weights of its own year the result is that year's index, to the bit.

    Parameters
    ----------
    weights : canonical text of a fit (``likvard.prior/1``)
    register_counts : school × cell counts at the one or two count dates of the index
    policy : newly_arrived and count_dates as the weights' own year decides them; composition_effect must be 0
    factors : names of the factors that the weights know

    Returns
    -------
    school_unit_code, need_index (pupil-weighted mean 100), need_share (0..1)

    Raises NeedError for weights that are no weights, unknown levels and a register without pupils.
    """
    register = register_counts
    if policy.newly_arrived != "in_index":
        register, _ = split_newly_arrived(register)
    if policy.count_dates == "latest":
        register = register[register["count_date"] == register["count_date"].max()]
    known = [factor for factor in policy.chosen_factors if factor.name in set(factors)]
    fit = fit_from_prior(prior_from_json(weights), factors=known, counts=None)
    table = need_index(predict_from_counts(fit, register).table, index_minimum_pupils=index_minimum_pupils).table
    return table[["school_unit_code", "need_index", "need_share"]].reset_index(drop=True)
