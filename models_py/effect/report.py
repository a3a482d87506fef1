"""The follow-up of effect of one municipality: estimate, checks, what could have been found, posterior, verdict.

Belongs here: the order of the steps. Does not: any estimator, words, files.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from models_py.effect.dose import linear_formula, simulated_dose
from models_py.effect.estimate import (
    EVENT_COLUMNS,
    Estimate,
    event_study,
    instrumented_effect,
    pre_trend,
    trend_robust_effect,
    within_effect,
)
from models_py.effect.panel import EffectPanel, effect_panel
from models_py.effect.posterior import EffectPosterior, effect_posterior
from models_py.effect.power import Detectable, measured_noise, smallest_detectable
from models_py.effect.registered import EffectDesign, design_sha256
from models_py.effect.verdict import Verdict, verdict
from models_py.effect.wild import wild_p_value
from models_py.errors import EffectError


@dataclass(frozen=True, slots=True, eq=False)
class EffectReport:
    """``pre_trend``, ``trend_robust``, ``instrumented``: None (``events``: no rows) where the years, or what was received, do
    not allow them; ``not_shown``: check → why, as a code."""

    design: EffectDesign
    design_sha256: str
    effect: Estimate
    wild_p_value: float
    pre_trend: Estimate | None
    trend_robust: Estimate | None
    instrumented: Estimate | None
    events: pd.DataFrame
    detectable: Detectable
    posterior: EffectPosterior
    verdict: Verdict
    left_out: tuple[str, ...]
    not_shown: dict[str, str]


def panel_of_design(
    design: EffectDesign, *, outcomes: pd.DataFrame, base: pd.DataFrame, received: pd.DataFrame | None = None
) -> EffectPanel:
    """The panel that a design names.

    Parameters
    ----------
    outcomes : school_unit_code, result_year, outcome, pupil_count (``adjusted_outcome``)
    base : school_unit_code, need_index in the design's base year; a unit without one (it opened later) is left out
    received : school_unit_code, result_year, received_kkr; None where it is not known

    Raises ``EffectError``: ``results_missing`` (a year of the design has no results), and those of the panel.
    """
    have = set(outcomes["result_year"])
    if missing := [year for year in design.result_years if year not in have]:
        raise EffectError(
            f"the design of {design.municipality_code} names result years {missing}, which have no results yet",
            reason="results_missing",
        )
    formulas = {year: linear_formula(rate) for year, rate in design.kkr_per_index_point}
    dose = simulated_dose(base, formulas=formulas)
    keys = ["school_unit_code", "result_year"]
    table = outcomes[["school_unit_code", "result_year", "outcome", "pupil_count"]].merge(
        dose, on=keys, validate="one_to_one"
    )
    if received is not None:
        table = table.merge(received[[*keys, "received_kkr"]], on=keys, how="left", validate="one_to_one")
        table = table if table["received_kkr"].notna().all() else table.drop(columns="received_kkr")
    return effect_panel(table)


def effect_report(design: EffectDesign, panel: EffectPanel, *, pupil_sd: float) -> EffectReport:
    """Estimate and judge by the design alone. ``pupil_sd``: of a pupil, units of the outcome.

    Raises ``EffectError`` where the effect itself cannot be estimated; a check that cannot be made is told in ``not_shown``.
    """
    effect = within_effect(panel)
    not_shown: dict[str, str] = {}
    checks: dict[str, Estimate | None] = {}
    for name, compute in (
        ("pre_trend", lambda: pre_trend(panel, first_year=design.first_year)),
        ("trend_robust", lambda: trend_robust_effect(panel, first_year=design.first_year)),
        ("instrumented", lambda: instrumented_effect(panel)[0]),
    ):
        try:
            checks[name] = compute()
        except EffectError as error:
            checks[name], not_shown[name] = None, error.reason
    try:
        events = event_study(panel, first_year=design.first_year)
    except EffectError as error:
        events, not_shown["event_study"] = pd.DataFrame(columns=list(EVENT_COLUMNS)), error.reason
    noise = measured_noise(panel, pupil_sd=pupil_sd, shock_ar=design.noise.shock_ar, seed=design.seed)
    return EffectReport(
        design=design,
        design_sha256=design_sha256(design),
        effect=effect,
        wild_p_value=wild_p_value(panel, draws=design.bootstrap_draws, seed=design.seed),
        pre_trend=checks["pre_trend"],
        trend_robust=checks["trend_robust"],
        instrumented=checks["instrumented"],
        events=events,
        detectable=smallest_detectable(panel, noise=noise, draws=design.draws, seed=design.seed),
        posterior=effect_posterior(effect.estimate, standard_error=effect.standard_error, prior=design.prior),
        verdict=verdict(effect, pre_trend=checks["pre_trend"], relevant_effect=design.relevant_effect),
        left_out=panel.left_out,
        not_shown=not_shown,
    )
