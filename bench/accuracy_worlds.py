"""Worlds whose weights change on a known year: the same leavers, their outcomes drawn anew.

Belongs here: drawing outcomes. Does not: any estimator (``models_py.accuracy``).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from bench.small_worlds import QUALITY_SD, SmallWorld
from models_py.need.cells import CellCounts
from models_py.need.design import FACTORS
from models_py.world.background import INTERCEPT


def with_effect_from(world: SmallWorld, *, seed: int, year: int, factor: str, scale: float) -> CellCounts:
    """Outcomes drawn anew at schools of drawn quality; from ``year`` on the effect of ``factor`` is ``scale`` of itself.

    With ``scale`` 1 nothing has changed.
    """
    counts = world.leavers
    rng = np.random.default_rng([seed, len(counts.schools)])
    late = np.array(counts.years)[counts.year] >= year
    score = np.full(len(counts.levels), INTERCEPT)
    for column, each in enumerate(FACTORS):
        weights = np.append(world.weights[each.name], 0.0)  # nobody's level is missing here
        effect = weights[counts.levels[:, column]]
        score += np.where(late, scale * effect, effect) if each.name == factor else effect
    quality = rng.normal(0.0, QUALITY_SD, len(counts.schools))
    events = rng.binomial(counts.trials, expit(score[counts.cell] + quality[counts.school]))
    return replace(counts, sums=events, squares=events)
