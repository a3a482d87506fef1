"""Did the money help? The effect of what the formula gives, what could have been seen, and what may be said.

Here: panels of school units, estimates with honest intervals, power, prior and posterior, the design file, pass-through.
Not here: value-added, accuracy of the need model, files.
"""

from __future__ import annotations

from models_py.effect.adjusted import AdjustedOutcome, adjusted_outcome
from models_py.effect.cluster import ClusterFit, cluster_regression
from models_py.effect.dose import exposure, linear_formula, simulated_dose
from models_py.effect.estimate import (
    Estimate,
    event_study,
    instrumented_effect,
    pre_trend,
    trend_robust_effect,
    within_effect,
)
from models_py.effect.panel import EffectPanel, effect_panel
from models_py.effect.pass_through import pass_through, pass_verdict
from models_py.effect.posterior import EffectPosterior, EffectPrior, effect_posterior
from models_py.effect.power import Detectable, Noise, closed_form_detectable, measured_noise, smallest_detectable
from models_py.effect.registered import (
    EffectDesign,
    design_from_text,
    design_sha256,
    design_text,
    require_registered,
)
from models_py.effect.report import EffectReport, effect_report, panel_of_design
from models_py.effect.verdict import Verdict, verdict
from models_py.effect.wild import wild_p_value

__all__ = [
    "AdjustedOutcome",
    "ClusterFit",
    "Detectable",
    "EffectDesign",
    "EffectPanel",
    "EffectPosterior",
    "EffectPrior",
    "EffectReport",
    "Estimate",
    "Noise",
    "Verdict",
    "adjusted_outcome",
    "closed_form_detectable",
    "cluster_regression",
    "design_from_text",
    "design_sha256",
    "design_text",
    "effect_panel",
    "effect_posterior",
    "effect_report",
    "event_study",
    "exposure",
    "instrumented_effect",
    "linear_formula",
    "measured_noise",
    "panel_of_design",
    "pass_through",
    "pass_verdict",
    "pre_trend",
    "require_registered",
    "simulated_dose",
    "smallest_detectable",
    "trend_robust_effect",
    "verdict",
    "wild_p_value",
    "within_effect",
]
