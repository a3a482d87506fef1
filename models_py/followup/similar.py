"""Who to compare with: the municipalities or school units most like one's own.

Belongs here: distance on stated features and the nearest, each once. Does not: which figures are compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models_py.errors import FollowupError
from models_py.followup.tables import require, require_single

COLUMNS = ("code", "similar_code", "place", "distance")


def nearest(
    units: pd.DataFrame, *, features: Sequence[str], logged: Sequence[str] = (), count: int = 7
) -> pd.DataFrame:
    """The ``count`` others most like each unit.

    Parameters
    ----------
    units : code and the features, one row each; rows with an empty feature are neither compared nor compared with
    features : numeric columns, each of equal weight, in units of its interquartile range
    logged : those of them whose ratio counts rather than their difference (pupils, area); above 0

    Distance is the root mean square over features. Columns ``COLUMNS``, ordered by code and place (1 = nearest); equals by
    code. Raises FollowupError for missing or repeated codes, features that do not vary, and values that have no logarithm.
    """
    require(units, ("code", *features), what="units")
    require_single(units, ("code",), what="units")
    known = units[units[list(features)].notna().all(axis=1)].assign(code=lambda t: t["code"].astype(str))
    known = known.sort_values("code", ignore_index=True)
    columns = []
    for name in features:
        values = known[name].to_numpy(float)
        if name in logged:
            if (values <= 0).any():
                raise FollowupError(f"{name}: {int((values <= 0).sum())} values are 0 or less and have no logarithm")
            values = np.log(values)
        low, high = np.quantile(values, [0.25, 0.75]) if len(values) else (0.0, 0.0)
        if not high > low:
            raise FollowupError(f"{name}: does not vary between the {len(values)} units, so nothing is near by it")
        columns.append(values / (high - low))
    place = np.column_stack(columns)
    codes = known["code"].to_numpy()
    rows = []
    for j, code in enumerate(codes):
        distance = np.round(np.sqrt(((place - place[j]) ** 2).mean(axis=1)), 12)
        order = [k for k in np.lexsort((codes, distance)) if k != j][:count]
        rows += [(code, codes[k], rank, float(distance[k])) for rank, k in enumerate(order, start=1)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def beside_similar(values: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """A figure beside the same figure of the similar ones: code, year, value, similar_count, similar_median,
    similar_lower, similar_upper (quartiles).

    ``values``: code, year, value (nan left out); ``pairs``: as from ``nearest``. Only years in which code itself has a value.
    """
    require(values, ("code", "year", "value"), what="values")
    require_single(values, ("code", "year"), what="values")
    told = values[values["value"].notna()].assign(code=lambda t: t["code"].astype(str))
    others = pairs.merge(told, left_on="similar_code", right_on="code", suffixes=("", "_of_similar"))
    spread = others.groupby(["code", "year"])["value"].quantile(np.array([0.25, 0.5, 0.75])).unstack()
    spread.columns = pd.Index(["similar_lower", "similar_median", "similar_upper"])
    spread.insert(0, "similar_count", others.groupby(["code", "year"]).size())
    joined = told[["code", "year", "value"]].merge(spread.reset_index(), on=["code", "year"], how="left")
    joined["similar_count"] = joined["similar_count"].fillna(0).astype(np.int64)
    return joined.sort_values(["code", "year"], ignore_index=True)
