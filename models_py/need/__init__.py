"""Need: who is expected to need more, as a share, an index and the coefficients behind them.

Here: estimators on pupil counts (within schools, between-within, points, pooled) and on open statistics, their scores
per school unit, the index, its small-unit groups, validation and the record of a fit. Not here: files, SQL, money.
"""

from __future__ import annotations

from models_py.need.aggregate import AggregateFit, ShareTerm, fit_open_statistics, predict_from_shares
from models_py.need.between_within import fit_between_within
from models_py.need.bootstrap import bootstrap_slopes
from models_py.need.cells import CellCounts, count_outcomes
from models_py.need.choice import choose_estimator
from models_py.need.design import FACTORS, Design, Factor, Term
from models_py.need.fit import NeedFit
from models_py.need.index import NeedIndex, need_index
from models_py.need.merit import predict_merit
from models_py.need.points import fit_points
from models_py.need.pooled import fit_pooled
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
    "bootstrap_slopes",
    "choose_estimator",
    "coefficient_table",
    "count_outcomes",
    "fit_between_within",
    "fit_id",
    "fit_open_statistics",
    "fit_points",
    "fit_pooled",
    "fit_record",
    "fit_within_school",
    "inputs_sha256",
    "merge_small_units",
    "need_index",
    "out_of_fold",
    "predict_from_counts",
    "predict_from_shares",
    "predict_merit",
    "rank_correlations",
]
