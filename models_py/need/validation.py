"""How well the open-statistics model ranks units it has not seen.

Here: folds over units, predictions out of fold, rank correlations within municipalities and pooled. Folds come from the
unit code, so there is no random number. Not here: pupil-level follow-up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from models_py.errors import NeedError
from models_py.need.aggregate import TERMS, estimation_rows, fit_open_statistics, predict_from_shares
from models_py.need.shares import ShareTerm


@dataclass(frozen=True, slots=True)
class RankCorrelations:
    """Spearman correlations, -1..1. ``within_municipality``: pupil-weighted mean over ``municipalities`` with at least
    ``minimum_units`` units that have results (null if none). ``pooled`` is flattered by differences between them."""

    within_municipality: float
    pooled: float
    municipalities: int
    minimum_units: int
    units: int


def unit_folds(school_unit_codes: Iterable[str], *, folds: int = 10) -> np.ndarray:
    """Fold 0..folds-1 of each unit, from the SHA-256 of its code: the same unit is always in the same fold."""
    return np.array([int(hashlib.sha256(str(code).encode()).hexdigest(), 16) % folds for code in school_unit_codes])


def out_of_fold(
    factors: pd.DataFrame,
    *,
    results: pd.DataFrame,
    terms: Sequence[ShareTerm] = TERMS,
    folds: int = 10,
    minimum_units: int = 100,
) -> pd.DataFrame:
    """Predicted and realised share of every estimation row, from a fit without any row of its unit's fold.

    Columns: municipality_code, school_unit_code, result_year, fold, pupils (grade 9), predicted, realised (0..1).
    Arguments and errors as ``fit_open_statistics``.
    """
    rows = estimation_rows(factors, results=results, terms=terms).table
    fold_of_result = unit_folds(results["school_unit_code"], folds=folds)
    dates = pd.to_datetime(factors["count_date"]).dt.year + 1
    needed = factors[dates.isin(rows["result_year"])]
    table = rows[["municipality_code", "school_unit_code", "result_year", "leavers", "not_eligible"]].copy()
    table["fold"] = unit_folds(table["school_unit_code"], folds=folds)
    parts = []
    for fold in range(folds):
        held_out = table[table["fold"] == fold]
        if held_out.empty:
            continue
        fit = fit_open_statistics(
            factors, results=results[fold_of_result != fold], terms=terms, minimum_units=minimum_units
        )
        need = predict_from_shares(fit, needed).table
        need["result_year"] = pd.to_datetime(need["count_date"]).dt.year + 1
        keys = ["municipality_code", "school_unit_code", "result_year"]
        parts.append(held_out.merge(need[[*keys, "need_share"]], on=keys, how="left", validate="one_to_one"))
    joined = pd.concat(parts).sort_values(["municipality_code", "school_unit_code", "result_year"])
    joined = joined.assign(realised=joined["not_eligible"] / joined["leavers"]).reset_index(drop=True)
    joined = joined.rename(columns={"leavers": "pupils", "need_share": "predicted"})
    return joined[["municipality_code", "school_unit_code", "result_year", "fold", "pupils", "predicted", "realised"]]


def rank_correlations(predictions: pd.DataFrame, *, minimum_units: int = 5) -> RankCorrelations:
    """Rank correlation of predicted with realised share over units (years of a unit pooled by pupils).

    ``predictions``: columns of ``out_of_fold``. A municipality where either side is constant has no ranking and does
    not count. Raises ``NeedError`` (``too_few_units``) with fewer than two units.
    """
    weighted = predictions.assign(
        predicted=predictions["predicted"] * predictions["pupils"],
        realised=predictions["realised"] * predictions["pupils"],
    )
    units = weighted.groupby(["municipality_code", "school_unit_code"])[["pupils", "predicted", "realised"]].sum()
    if len(units) < 2:
        raise NeedError(f"{len(units)} units have predictions; a ranking needs two", reason="too_few_units")
    predicted, realised = units["predicted"] / units["pupils"], units["realised"] / units["pupils"]
    correlations, pupils = [], []
    for _, places in sorted(units.groupby(level="municipality_code").indices.items()):
        if len(places) < minimum_units:
            continue
        correlation = spearman(predicted.iloc[places].to_numpy(), realised.iloc[places].to_numpy())
        if not np.isnan(correlation):
            correlations.append(correlation)
            pupils.append(float(units["pupils"].iloc[places].sum()))
    return RankCorrelations(
        within_municipality=float(np.average(correlations, weights=pupils)) if correlations else float("nan"),
        pooled=spearman(predicted.to_numpy(), realised.to_numpy()),
        municipalities=len(correlations),
        minimum_units=minimum_units,
        units=len(units),
    )


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's rank correlation with average ranks; null if either side is constant."""
    a, b = rankdata(first), rankdata(second)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])
