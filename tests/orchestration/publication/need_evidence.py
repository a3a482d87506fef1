"""What stands beside the index of the small municipalities: tables and record in the shape in which a run leaves them."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pandas as pd

from expectations.contracts import CONTRACTS

FIT_ID = "need-2027-abc123"
MODELS = ("within_school", "pooled", "latest_count_date")
_ABSENT = dict.fromkeys(
    name
    for contract in CONTRACTS.values()
    if contract.table in ("need_factor_level", "need_factor")
    for name in contract.names
)


def evidence(everywhere: dict[str, Any], codes: list[str]) -> dict[str, pd.DataFrame]:
    """The nine tables of one municipality and year."""
    tables = {
        "need_contribution": [
            {"school_unit_code": code, "school_form": "compulsory_school", "factor": factor, "index_contribution": points,
             "contribution_sek_per_pupil": Decimal("12.50"), "contribution_sek": Decimal("1250.00")}
            for code in codes for factor, points in (("guardian_education", 4.5), ("sex", -0.5))
        ],
        "need_factor_level": [
            _level("guardian_education", "compulsory", 0.097, 0.049, 0.021, 0.054, 0.893),
            _level("guardian_education", "missing", 0.045, 0.004, 0.011, 0.012, 0.2),
            _level("sex", "girl", 0.491, 0.012, 0.035, 0.034, -0.049),
            _level("sex", "boy", 0.509, 0.012, 0.035, 0.034, 0.049),
            _ABSENT | {"factor": "immigration", "level": "years_0_to_3", "unit_count": 3,
                       "share_withheld_because": "fewer_than_ten_pupils"},
        ],
        "need_factor": [
            _ABSENT | {"factor": "guardian_education", "missing_share": 0.31, "is_missing_flagged": True,
                       "flagged_unit_count": 2, "degrees_of_freedom": 3, "gvif": 1.6, "gvif_root": 1.08, "is_collinear": False},
            _ABSENT | {"factor": "sex", "missing_withheld_because": "fewer_than_ten_pupils", "degrees_of_freedom": 1,
                       "gvif": 9.0, "gvif_root": 3.0, "is_collinear": True},
        ],
        "need_factor_pair": [
            {"factor": "guardian_education", "other_factor": "sex", "cramers_v": 0.024, "withheld_because": None}
        ],
        "need_selection": [
            _step(0, None, 0.1225, 0.0227, None, None),
            _step(1, "guardian_education", 0.0461, 0.0114, 0.063, True, is_core=True),
            _step(2, "sex", 0.0, 0.0, 0.004, False, is_minimum=True, is_within_one_se=True),
        ],
        "need_alternative": [
            {"school_unit_code": code, "school_form": "compulsory_school", "model": model,
             "is_in_use": model == MODELS[0], "need_index": 90.5 + place}
            for model in MODELS for place, code in enumerate(codes)
        ],
        "need_alternative_pair": [
            _pair("within_school", "pooled", 0.0194), _pair("within_school", "latest_count_date", 0.0031),
            _pair("pooled", "latest_count_date", 0.0258),
        ],
        "need_alternative_unit": [
            {"school_unit_code": code, "change_share": change, "model_a": "within_school", "model_b": "pooled",
             "total_a_sek": Decimal("1000000.40"), "total_b_sek": Decimal("1018200.00")}
            for code, change in zip(codes, (0.0112, -0.0182), strict=False)
        ],
        "need_calibration": [
            {"tenths": "1-5", "leaver_count": 150, "observed_share": 0.08, "expected_share": 0.09},
            {"tenths": "6-10", "leaver_count": 140, "observed_share": 0.3, "expected_share": 0.28},
        ],
    }  # fmt: skip
    return {
        name: pd.DataFrame(rows, dtype=object).assign(**everywhere)[list(CONTRACTS[name].names)]
        for name, rows in tables.items()
    }


def beside_the_money(everywhere: dict[str, Any], totals: dict[str, Decimal]) -> dict[str, pd.DataFrame]:
    """Change and intervals: the first unit has lost pupils, the last is new, another is gone."""
    codes = sorted(totals)
    first, second = codes[0], codes[-1]
    changes = {
        code: {"unit_change_code": "continued", "previous_total_sek": totals[code], "change_sek": Decimal("0.00")}
        for code in codes
    }
    changes[first] |= {"previous_total_sek": totals[first] + 300_000, "change_sek": Decimal(-300_000)}
    if second != first:
        changes[second] = {"unit_change_code": "opened", "previous_total_sek": Decimal(0), "change_sek": totals[second]}
    rows = [{"school_unit_code": code, "new_total_sek": totals[code], **told} for code, told in changes.items()]
    rows.append(
        {
            "school_unit_code": "99998888",
            "unit_change_code": "closed",
            "previous_total_sek": Decimal(900_000),
            "new_total_sek": Decimal(0),
            "change_sek": Decimal(-900_000),
        }
    )
    parts = [(first, "pupils", -250_000), (first, "composition", -50_000), ("99998888", "closed", -900_000)]
    parts += [(second, "opened", totals[second])] if second != first else []
    tables: dict[str, list[dict[str, Any]]] = {
        "allocation_change": rows,
        "allocation_change_part": [
            {"school_unit_code": code, "cause_code": cause, "change_sek": Decimal(sek)} for code, cause, sek in parts
        ],
        "allocation_change_basis": [
            {"previous_funding_year": everywhere["funding_year"] - 1, "previous_publication_id": "2026.0.1",
             "previous_content_sha256": "fe" * 32, "is_previous_decided": False,
             "cause_codes": "pupils, composition, weights", "withheld_because": None}
        ],
        "allocation_interval": [
            {"school_unit_code": code, "total_sek": sek, "total_standard_error_sek": Decimal(10_000),
             "total_80_lower_sek": sek - 13_000, "total_80_upper_sek": sek + 13_000, "total_95_lower_sek": sek - 22_000,
             "total_95_upper_sek": sek + 22_000, "more_than_flat_share": 0.75}
            for code, sek in totals.items()
        ],
        "redistribution_signal": [
            {"signal_share": 0.883, "signal_standard_error": 0.002, "moved_pot_share": 0.0955,
             "moved_by_chance_share": 0.0112, "draw_count": 1000, "withheld_because": None}
        ],
    }  # fmt: skip
    return {
        name: pd.DataFrame(found, dtype=object).assign(**everywhere)[list(CONTRACTS[name].names)]
        for name, found in tables.items()
    }


def record() -> dict[str, Any]:
    """The record of a fit on own pupils, JSON-ready."""
    return copy.deepcopy(_RECORD)


def record_of_open_statistics() -> dict[str, Any]:
    """The record of a fit on shares of school units."""
    return {
        "fit_id": FIT_ID, "kind": "open_statistics", "formula": "logit(not_eligible_share) ~ foreign_background_share",
        "trained_on": {"result_years": [2025, 2026], "municipalities": 290}, "schools": 1612, "pupils": 112345,
        "events": 14321.5, "inputs_sha256": "12" * 32,
    }  # fmt: skip


def _level(
    factor: str, level: str, share: float, systematic: float, chance: float, spread: float, correlation: float
) -> dict[str, Any]:
    return _ABSENT | {
        "factor": factor, "level": level, "level_share": share, "unit_count": 31, "share_sd": spread, "chance_sd": chance,
        "systematic_sd": systematic, "dissimilarity": 0.2, "chance_dissimilarity": 0.1, "outcome_unit_count": 13,
        "outcome_correlation": correlation, "stable_unit_count": 31, "stability_correlation": 0.9,
        "mean_absolute_change": 0.01, "lowest_share": 0.02, "highest_share": 0.6, "not_eligible_share": 0.2,
    }  # fmt: skip


def _step(
    step: int,
    factor: str | None,
    difference: float,
    error: float,
    moved: float | None,
    kept: bool | None,
    **flags: bool,
) -> dict[str, Any]:
    told = {"is_core": False, "is_minimum": False, "is_within_one_se": False} | flags
    return told | {
        "step": step, "factor_added": factor, "factor_count": step, "deviance_school_folds": 2200.5,
        "paired_difference": difference, "paired_standard_error": error, "deviance_cohort_folds": 2190.5,
        "cohort_paired_difference": difference, "cohort_paired_standard_error": error,
        "is_cohort_minimum": told["is_minimum"], "is_cohort_within_one_se": told["is_within_one_se"],
        "pot_moved_by_factor_share": moved, "pot_from_full_share": 0.01, "index_rmse_from_full": 2.5,
        "is_recommended": bool(kept),
    }  # fmt: skip


def _pair(model_a: str, model_b: str, share: float) -> dict[str, Any]:
    return {
        "model_a": model_a, "model_b": model_b, "misplaced_pot_share": share, "index_difference_rms": 5.1,
        "units_changed_count": 2,
    }  # fmt: skip


_RECORD: dict[str, Any] = {
    "fit_id": FIT_ID,
    "kind": "within_school",
    "pupils": 3034,
    "events": 421,
    "not_shown": {"replicates": "7 leavers are not eligible: too few"},
    "card": {
        "estimator": "within_school",
        "link": "logit",
        "rung": "own_results",
        "reason": "421 own events carry own weights; the median school has 173 leavers: within_school, at least 60.",
        "formula": "logit(not_eligible) ~ guardian_education + sex + result_year | municipality_code:school_unit_code",
        "frozen_until": 2029,
        "settings": {"ridge": 0.05, "factors": {"guardian_education": ["compulsory"], "sex": ["girl", "boy"]}},
        "trained_on": {
            "result_years": [2022, 2023, 2024, 2025, 2026],
            "pupils": 3034,
            "events": 421,
            "schools_fitted": 13,
            "schools_without_say": 1,
        },
        "intervals": {"rule": "school_jackknife", "degrees_of_freedom": 12.0, "widening": 1.0},
        "calibration_out_of_time": {
            "fitted_years": [2022, 2023, 2024, 2025],
            "judged_years": [2026],
            "pupils": 588,
            "events": 87,
            "auc": 0.7213,
            "slope": 0.8012,
            "slope_standard_error": 0.1203,
        },
        "tried": {
            "refused": {"points": "8 factors are counted"},
            "missing": {
                "factor": "guardian_education",
                "draws": 5,
                "difference_rms": 1.1287,
                "largest_difference": 4.9931,
                "units_flagged_count": 2,
            },
        },
        "data_hashes": {"outcome_counts": "34" * 32},
    },
}
