"""Contracts of the follow-up of accuracy: frozen weights on later cohorts.

Not sealed with a publication: realised outcomes judge the weights, never a school and never the money already decided.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_YEAR = ("municipality_code", "funding_year")

ACCURACY: tuple[Contract, ...] = (
    Contract(
        table="accuracy_cohort",
        grain_en="One row per municipality, funding year and judged cohort, and one for the last three together.",
        grain_sv="En rad per kommun, bidragsår och prövad kull, och en för de tre sista tillsammans.",
        keys=(*_YEAR, "judged_years"),
        names=(
            *_YEAR, "judged_years", "is_pooled", "fitted_year_first", "fitted_year_last", "judged_school_count",
            "leaver_count", "calibration_intercept", "calibration_slope", "within_slope", "within_slope_lower",
            "within_slope_upper", "school_slope", "brier_score", "brier_skill", "auc", "rank_correlation",
            "misplaced_share", "floor_share", "floor_lower", "floor_upper", "floor_exceeded_share",
            "flat_misplaced_share", "skill",
        ),
        nullable=frozenset(
            {"within_slope", "within_slope_lower", "within_slope_upper", "school_slope", "rank_correlation", "skill"}
        ),
    ),
    Contract(
        table="accuracy_level",
        grain_en="One row per municipality, funding year, factor and level: expected and observed of the last cohorts.",
        grain_sv="En rad per kommun, bidragsår, faktor och nivå: väntat och utfall för de sista kullarna.",
        keys=(*_YEAR, "factor", "level"),
        names=(
            *_YEAR, "factor", "level", "leaver_count", "expected_failure_count", "observed_failure_count",
            "observed_to_expected", "chance_ratio_lower", "chance_ratio_upper", "p_value", "adjusted_p_value",
        ),
    ),
    Contract(
        table="accuracy_drift",
        grain_en="One row per municipality, funding year and factor: three cohorts against the three before.",
        grain_sv="En rad per kommun, bidragsår och faktor: tre kullar mot de tre före.",
        keys=(*_YEAR, "factor"),
        names=(
            *_YEAR, "factor", "level_count", "wald", "wald_degrees_of_freedom", "p_value", "adjusted_p_value",
            "largest_change", "largest_change_level",
        ),
    ),
    Contract(
        table="accuracy_alarm",
        grain_en="One row per municipality, funding year and alarm; none where nothing calls for a look.",
        grain_sv="En rad per kommun, bidragsår och larm; ingen där inget behöver ses över.",
        keys=(*_YEAR, "alarm_kind", "factor", "level"),
        names=(*_YEAR, "alarm_kind", "factor", "level", "alarm_value", "adjusted_p_value"),
        nullable=frozenset({"adjusted_p_value"}),
    ),
    Contract(
        table="accuracy_weights",
        grain_en="One row per municipality and funding year: keep the weights or estimate anew, and what that would move.",
        grain_sv="En rad per kommun och bidragsår: behålla vikterna eller skatta om, och vad det skulle flytta.",
        keys=_YEAR,
        names=(
            *_YEAR, "weights_advice", "advice_reason", "drifted_factors", "hold_until_year", "misplaced_pot_share",
            "index_difference_rms", "largest_index_difference",
        ),
        nullable=frozenset(
            {"drifted_factors", "misplaced_pot_share", "index_difference_rms", "largest_index_difference"}
        ),
    ),
)  # fmt: skip

STEERING: tuple[Contract, ...] = (
    Contract(
        table="weights_drift",
        grain_en="One row per municipality and funding year with weights that are kept frozen and were judged the year before.",
        grain_sv="En rad per kommun och bidragsår med vikter som hålls frysta och prövades året före.",
        keys=_YEAR,
        names=(*_YEAR, "verdict_year", "advice_reason", "drifted_factors", "on_drift", "drift_done"),
        nullable=frozenset({"drifted_factors"}),
    ),
)  # fmt: skip
