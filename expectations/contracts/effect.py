"""Contracts of the follow-up of effect: what the money led to, with what could have been seen.

Not sealed with a publication; the hash of the design file is, before its results arrive.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_YEAR = ("municipality_code", "funding_year")

EFFECT: tuple[Contract, ...] = (
    Contract(
        table="effect_result",
        grain_en="One row per municipality and funding year with a design file: estimate, checks, power, verdict.",
        grain_sv="En rad per kommun och bidragsår med designfil: skattning, kontroller, styrka, utslag.",
        keys=_YEAR,
        names=(
            *_YEAR, "design_sha256", "registered_publication_id", "is_registered_before", "effect_verdict",
            "verdict_reason", "excluded_above", "effect_school_count", "left_out_school_count", "effect_estimate",
            "effect_standard_error", "effect_degrees_of_freedom", "effect_lower", "effect_upper", "effect_p_value",
            "wild_p_value", "detectable_effect", "false_effect_share", "pre_trend", "pre_trend_p_value",
            "trend_robust_estimate", "trend_robust_lower", "trend_robust_upper", "instrumented_estimate", "prior_mean",
            "posterior_mean", "posterior_lower", "posterior_upper", "own_information_share",
        ),
        nullable=frozenset(
            {
                "registered_publication_id", "excluded_above", "pre_trend", "pre_trend_p_value",
                "trend_robust_estimate", "trend_robust_lower", "trend_robust_upper", "instrumented_estimate",
            }
        ),
    ),
    Contract(
        table="effect_event",
        grain_en="One row per municipality, funding year and result year: effect per kkr of exposure against the last year before the change.",
        grain_sv="En rad per kommun, bidragsår och resultatår: effekt per tkr exponering mot sista året före ändringen.",
        keys=(*_YEAR, "result_year"),
        names=(*_YEAR, "result_year", "is_reference", "effect_estimate", "effect_standard_error", "effect_lower", "effect_upper"),
    ),
)  # fmt: skip
