"""Accuracy of one municipality's weights as tables: what its policy would have said of each later cohort.

Belongs here: which counts, which estimator, rows of the tables, or the reason why there are none. Does not: any figure, files.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from models_py.accuracy.alarms import advise_weights
from models_py.accuracy.backtest import Accuracy, judge_accuracy
from models_py.accuracy.measures import AccuracyFigures
from models_py.accuracy.noise_floor import NoiseFloor
from models_py.accuracy.reestimation import Reestimation, reestimation_impact
from models_py.errors import AccuracyError, NeedError
from models_py.followed import Followed
from models_py.need.cells import CellCounts, count_outcomes
from models_py.need.fit import NeedFit
from models_py.need.from_prior import fit_from_prior
from models_py.need.ladder import choose, fit_by_choice
from models_py.need.newly_arrived import split_newly_arrived
from models_py.need.own_pupils import own_fits
from models_py.need.policy import NeedPolicy
from models_py.need.prior_text import prior_from_json
from models_py.need.settle import settle_beside
from models_py.need.window import result_years

EVENTS = 350
"""Leavers without eligibility below which own weights would not have been used, and so are not judged."""


def accuracy_of_municipality(
    outcome_counts: pd.DataFrame,
    *,
    register_counts: pd.DataFrame,
    policy: NeedPolicy,
    factors: Sequence[str],
    funding_year: int,
    hold_until: int,
    index_minimum_pupils: int,
    draws: int = 500,
    seed: int,
) -> Followed:
    """Judge what the policy's estimator would have said before each cohort.

    Parameters
    ----------
    outcome_counts : school × year × cell counts of the municipality with schooling_year, all result years
    register_counts : its pupils with schooling_year at the one or two count dates of the index
    factors : names of the factors of the model in use
    hold_until : the last funding year that uses the weights in force without a new decision
    """
    try:
        outcomes = _without_newly(outcome_counts, policy)
        known = outcomes[outcomes["result_year"] < funding_year]
        if known.empty:
            return Followed(refusal="no results of a school year ended before the funding year")
        chosen = [factor for factor in policy.chosen_factors if factor.name in set(factors)]
        counts = count_outcomes(known, factors=chosen)
        text = policy.weights or policy.prior
        prior = None if text is None else prior_from_json(text)
        wanted = "prior" if policy.weights is not None else policy.estimator
        choice = choose(counts, prior=prior, wanted=wanted, minimum_events=EVENTS)

        def estimate(own: CellCounts) -> NeedFit:
            return fit_by_choice(choice, own, prior=prior, factors=counts.factors, own=own_fits(minimum_events=EVENTS))[
                0
            ]

        window = len(result_years(counts.years, funding_year=funding_year, unit_count=len(counts.schools)))
        found = judge_accuracy(counts, estimate=estimate, window=window, draws=draws, seed=seed)
    except (AccuracyError, NeedError) as error:
        return Followed(refusal=str(error))
    not_shown = dict(found.not_shown)
    moved = None
    try:
        in_force = (
            None if policy.weights is None else fit_from_prior(prior_from_json(policy.weights), factors=counts.factors)
        )
        moved = _moved(
            counts,
            in_force,
            register=_without_newly(register_counts, policy),
            window=window,
            index_minimum_pupils=index_minimum_pupils,
        )
    except (AccuracyError, NeedError) as error:
        not_shown["re_estimation"] = error.reason
    return Followed(
        tables={
            "accuracy_cohort": _cohorts(found),
            "accuracy_level": settle_beside(found.levels.rename(columns=_LEVELS)),
            "accuracy_drift": _drift(found),
            "accuracy_alarm": _alarms(found),
            "accuracy_weights": _weights(
                found,
                moved,
                is_frozen=policy.weights is not None,
                funding_year=funding_year,
                hold_until=hold_until,
            ),
        },
        not_shown=not_shown,
    )


_LEVELS = {
    "expected_count": "expected_failure_count", "observed_count": "observed_failure_count",
    "interval_lower": "chance_ratio_lower", "interval_upper": "chance_ratio_upper",
}  # fmt: skip


def _without_newly(counts: pd.DataFrame, policy: NeedPolicy) -> pd.DataFrame:
    return counts if policy.newly_arrived == "in_index" else split_newly_arrived(counts)[0]


def _moved(
    counts: CellCounts, in_force: NeedFit | None, *, register: pd.DataFrame, window: int, index_minimum_pupils: int
) -> Reestimation:
    """Frozen weights against fresh ones; where weights are estimated every year, last year's window against this year's."""
    fresh = own_fits(minimum_events=EVENTS)["within_school"]
    before = in_force or fresh(counts.of_years(counts.years[-window - 1 : -1]))
    return reestimation_impact(
        before,
        fresh(counts.of_years(counts.years[-window:])),
        register_counts=register,
        index_minimum_pupils=index_minimum_pupils,
    )


def _cohorts(found: Accuracy) -> pd.DataFrame:
    rows = [
        {
            "judged_years": str(cohort.judged_year),
            "is_pooled": False,
            "fitted_year_first": min(cohort.fitted_years),
            "fitted_year_last": max(cohort.fitted_years),
            **_figures(cohort.figures, cohort.floor),
        }
        for cohort in found.cohorts
    ]
    if len(found.pooled.years) > 1:
        used = [cohort for cohort in found.cohorts if cohort.judged_year in found.pooled.years]
        rows.append(
            {
                "judged_years": f"{found.pooled.years[0]}-{found.pooled.years[-1]}",
                "is_pooled": True,
                "fitted_year_first": min(min(cohort.fitted_years) for cohort in used),
                "fitted_year_last": max(max(cohort.fitted_years) for cohort in used),
                **_figures(found.pooled, found.pooled_floor),
            }
        )
    return settle_beside(pd.DataFrame(rows))


def _figures(figures: AccuracyFigures, floor: NoiseFloor) -> dict[str, object]:
    within = figures.within
    return {
        "judged_school_count": figures.schools,
        "leaver_count": figures.pupils,
        "calibration_intercept": figures.intercept,
        "calibration_slope": figures.slope,
        "within_slope": None if within is None else within.slope,
        "within_slope_lower": None if within is None else within.interval_lower,
        "within_slope_upper": None if within is None else within.interval_upper,
        "school_slope": figures.school_slope,
        "brier_score": figures.brier,
        "brier_skill": figures.brier_skill,
        "auc": figures.auc,
        "rank_correlation": figures.rank,
        "misplaced_share": figures.misplaced,
        "floor_share": floor.floor,
        "floor_lower": floor.interval_lower,
        "floor_upper": floor.interval_upper,
        "floor_exceeded_share": floor.exceeded_share,
        "flat_misplaced_share": figures.flat_misplaced,
        "skill": floor.skill,
    }


def _drift(found: Accuracy) -> pd.DataFrame:
    if found.drift is None:
        return pd.DataFrame()
    table = found.drift.rename(columns={"levels": "level_count", "degrees_of_freedom": "wald_degrees_of_freedom"})
    return settle_beside(table)


def _alarms(found: Accuracy) -> pd.DataFrame:
    rows = [
        {"alarm_kind": a.kind, "factor": a.factor or "all", "level": a.level or "all", "alarm_value": a.value,
         "adjusted_p_value": a.p_value}
        for a in found.alarms
    ]  # fmt: skip
    return settle_beside(pd.DataFrame(rows))


def _weights(
    found: Accuracy, moved: Reestimation | None, *, is_frozen: bool, funding_year: int, hold_until: int
) -> pd.DataFrame:
    advice = advise_weights(found.drift, is_frozen=is_frozen, funding_year=funding_year, hold_until=hold_until)
    row = {
        "weights_advice": advice.advice,
        "advice_reason": advice.reason,
        "drifted_factors": ",".join(advice.factors) or None,
        "hold_until_year": hold_until,
        "misplaced_pot_share": None if moved is None else moved.misplaced,
        "index_difference_rms": None if moved is None else moved.index_rms,
        "largest_index_difference": None if moved is None else moved.largest_change,
    }
    return settle_beside(pd.DataFrame([row]))
