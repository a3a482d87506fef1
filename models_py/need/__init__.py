"""Need: who is expected to need more, as a share, an index and the coefficients behind them.

Here: two estimators (within schools on pupil counts, pooled over units on open statistics), their scores per school
unit, the index, its small-unit groups, validation and the record of a fit. Not here: files, SQL, money.
"""

from __future__ import annotations

from models_py.need.aggregate import AggregateFit, ShareTerm, fit_open_statistics, predict_from_shares
from models_py.need.cells import CellCounts, count_outcomes
from models_py.need.design import FACTORS, Design, Factor, Term
from models_py.need.fit import NeedFit
from models_py.need.index import NeedIndex, need_index
from models_py.need.record import coefficient_table, fit_id, fit_record, inputs_sha256
from models_py.need.scoring import UnitNeed, predict_from_counts
from models_py.need.small_units import merge_small_units
from models_py.need.validation import RankCorrelations, out_of_fold, rank_correlations
from models_py.need.within import fit_within_school

__all__ = [
    "FACTORS",
    "AggregateFit",
    "CellCounts",
    "Design",
    "Factor",
    "NeedFit",
    "NeedIndex",
    "RankCorrelations",
    "ShareTerm",
    "Term",
    "UnitNeed",
    "coefficient_table",
    "count_outcomes",
    "fit_id",
    "fit_open_statistics",
    "fit_record",
    "fit_within_school",
    "inputs_sha256",
    "merge_small_units",
    "need_index",
    "out_of_fold",
    "predict_from_counts",
    "predict_from_shares",
    "rank_correlations",
]
