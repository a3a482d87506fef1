"""Effect of the money in each municipality with a design file, from the marts of counts.

Belongs here: what a municipality's estimate is given, rows of its tables, why some have none. Does not: any estimate
(``models_py.effect``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from models_py.effect import (
    EffectDesign,
    EffectReport,
    adjusted_outcome,
    design_sha256,
    effect_report,
    panel_of_design,
)
from models_py.errors import EffectError, NeedError
from models_py.followed import Followed
from models_py.need import count_outcomes, fit_within_school, need_index, predict_from_counts
from models_py.need.newly_arrived import split_newly_arrived
from models_py.need.policy import NeedPolicy
from models_py.need.settle import settle_beside
from orchestration.followup.design_file import Registration, design_of, registration_of
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope

TABLES = ("effect_result", "effect_event")
_EVENTS = {
    "estimate": "effect_estimate", "standard_error": "effect_standard_error", "interval_lower": "effect_lower",
    "interval_upper": "effect_upper",
}  # fmt: skip


def effect_of_year(
    outcomes: Mapping[str, pd.DataFrame],
    *,
    register: Mapping[str, pd.DataFrame],
    units: pd.DataFrame,
    codes: Sequence[str],
    scope: Scope,
    published: Path,
    funding_year: int,
) -> dict[str, Followed]:
    """Municipality → its effect; those without a design file are not in it."""
    found = {}
    for code in sorted(codes):
        try:
            design = design_of(Path(scope.policies) / code, municipality_code=code)
            if design is None:
                continue
            report = report_of(
                design,
                outcomes=outcomes[code],
                register=register[code],
                units=units[units["municipality_code"] == code],
                policy=scope.need_policy(code, funding_year),
                funding_year=funding_year,
            )
        except (PolicyError, EffectError, NeedError) as error:  # one municipality must not stop its neighbours
            found[code] = Followed(refusal=str(error))
            continue
        registered = registration_of(published, municipality_code=code, design_sha256=report.design_sha256)
        found[code] = Followed(
            tables={
                "effect_result": _result(report, registered),
                "effect_event": settle_beside(report.events.rename(columns=_EVENTS)),
            },
            not_shown=dict(report.not_shown),
        )
    return found


def design_hash(policies: Path, municipality_code: str) -> str | None:
    """Hash of a municipality's design file, to be recorded with a publication; None without one that can be read.

    What is wrong with a faulty file the follow-up says; money does not wait for it.
    """
    try:
        design = design_of(policies / municipality_code, municipality_code=municipality_code)
    except PolicyError:
        return None
    return None if design is None else design_sha256(design)


def report_of(
    design: EffectDesign,
    *,
    outcomes: pd.DataFrame,
    register: pd.DataFrame,
    units: pd.DataFrame,
    policy: NeedPolicy,
    funding_year: int,
) -> EffectReport:
    """Adjust outcomes by within-school weights of the design's years, score the base year, judge by the design.

    ``units``: rows of ``dim_school_unit``; a unit whose only predecessor has no other successor is followed back to it, so
    that a new code does not end a school. Raises ``EffectError``, ``NeedError``.
    """
    late = [year for year in design.result_years if year >= funding_year]
    if late:
        raise EffectError(
            f"the design names result years {late}, which end after funding year {funding_year} was decided",
            reason="results_missing",
        )
    own, base = outcomes, register[register["count_date"] == date(design.base_year, 10, 15)]
    if policy.newly_arrived != "in_index":
        own, base = (split_newly_arrived(counts)[0] for counts in (own, base))
    if base.empty:
        raise EffectError(
            f"no pupils were counted on 15 October {design.base_year}, the base year", reason="no_base_year"
        )
    same = same_school(units)
    own = own.assign(school_unit_code=own["school_unit_code"].map(lambda code: same.get(code, code)))
    counts = count_outcomes(own[own["result_year"].isin(design.result_years)], factors=policy.chosen_factors)
    fit = fit_within_school(counts)
    adjusted = adjusted_outcome(fit, counts)
    index = need_index(predict_from_counts(fit, base).table).table[["school_unit_code", "need_index"]]
    index = index.assign(school_unit_code=index["school_unit_code"].map(lambda code: same.get(code, code)))
    panel = panel_of_design(design, outcomes=adjusted.table, base=index)
    return effect_report(design, panel, pupil_sd=adjusted.pupil_sd)


def same_school(units: pd.DataFrame) -> dict[str, str]:
    """Unit code → the first code of the same school, where each step is from one unit to one unit."""
    before = {
        str(row["school_unit_code"]): str(row["predecessor_codes"])
        for row in units.drop_duplicates("school_unit_code").to_dict("records")
        if isinstance(row["predecessor_codes"], str)
        and row["predecessor_codes"]
        and "," not in row["predecessor_codes"]
    }
    shared = {old for old in before.values() if list(before.values()).count(old) > 1}
    found = {}
    for code in before:
        first, seen = code, {code}
        while first in before and before[first] not in shared and before[first] not in seen:
            first = before[first]
            seen.add(first)
        found[code] = first
    return found


def _result(report: EffectReport, registered: Registration | None) -> pd.DataFrame:
    effect, robust, before = report.effect, report.trend_robust, report.pre_trend
    last = report.design.result_years[-1]
    row = {
        "design_sha256": report.design_sha256,
        "registered_publication_id": None if registered is None else registered.publication_id,
        "is_registered_before": registered is not None and registered.day < date(last, 6, 1),
        "effect_verdict": report.verdict.kind,
        "verdict_reason": report.verdict.reason,
        "excluded_above": report.verdict.excluded_above,
        "effect_school_count": effect.schools,
        "left_out_school_count": len(report.left_out),
        "effect_estimate": effect.estimate,
        "effect_standard_error": effect.standard_error,
        "effect_degrees_of_freedom": effect.degrees_of_freedom,
        "effect_lower": effect.interval_lower,
        "effect_upper": effect.interval_upper,
        "effect_p_value": effect.p_value,
        "wild_p_value": report.wild_p_value,
        "detectable_effect": report.detectable.effect,
        "false_effect_share": report.detectable.false_share,
        "pre_trend": None if before is None else before.estimate,
        "pre_trend_p_value": None if before is None else before.p_value,
        "trend_robust_estimate": None if robust is None else robust.estimate,
        "trend_robust_lower": None if robust is None else robust.interval_lower,
        "trend_robust_upper": None if robust is None else robust.interval_upper,
        "instrumented_estimate": None if report.instrumented is None else report.instrumented.estimate,
        "prior_mean": report.design.prior.mean,
        "posterior_mean": report.posterior.mean,
        "posterior_lower": report.posterior.interval_lower,
        "posterior_upper": report.posterior.interval_upper,
        "own_information_share": report.posterior.own_share,
    }
    return settle_beside(pd.DataFrame([row]))
