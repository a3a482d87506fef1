"""Was the model right? Frozen weights against cohorts they had not seen, beside chance and beside a flat allocation.

Here: scoring later leavers, figures, noise floor, expected against observed by level, drift, what new weights would move,
alarms. Not here: estimating weights (``models_py.need``), judging schools, files.
"""

from __future__ import annotations

from models_py.accuracy.alarms import Alarm, WeightsAdvice, advise_weights, find_alarms
from models_py.accuracy.backtest import Accuracy, JudgedCohort, judge_accuracy
from models_py.accuracy.drift import factor_drift
from models_py.accuracy.factor_levels import expected_by_level, holm
from models_py.accuracy.leavers import ScoredLeavers, score_leavers, together
from models_py.accuracy.measures import AccuracyFigures, Slope, accuracy_figures, within_slope
from models_py.accuracy.noise_floor import NoiseFloor, noise_floor
from models_py.accuracy.reestimation import Reestimation, reestimation_impact

__all__ = [
    "Accuracy",
    "AccuracyFigures",
    "Alarm",
    "JudgedCohort",
    "NoiseFloor",
    "Reestimation",
    "ScoredLeavers",
    "Slope",
    "WeightsAdvice",
    "accuracy_figures",
    "advise_weights",
    "expected_by_level",
    "factor_drift",
    "find_alarms",
    "holm",
    "judge_accuracy",
    "noise_floor",
    "reestimation_impact",
    "score_leavers",
    "together",
    "within_slope",
]
