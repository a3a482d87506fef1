"""The index many times over, as it could have come out had other schools informed the weights.

Money is not smooth (floors, caps, rounding): the allocation carries these replicates through itself instead of one
standard error. Belongs here: draws of weights and the index under each. Does not: money, percentile intervals (too
narrow with fewer than thirty schools).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.bootstrap import bootstrap_slopes
from models_py.need.fit import NeedFit
from models_py.need.index_frame import index_frame
from models_py.need.register import register_cells, require_share, unit_shares
from models_py.need.scoring import predict_from_counts
from models_py.need.settle import settle_shares

Source = Literal["school_bootstrap", "normal_approximation"]


@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """Index replicates of one municipality.

    Attributes
    ----------
    units : school_unit_code, ascending
    pupils : int64 per unit, at the latest count date
    index : draws × units, index points, nine decimals; the pupil-weighted mean of every draw is 100
    source : 'school_bootstrap' (schools drawn anew) or 'normal_approximation' (weights drawn from their covariance,
        widened as the fit says)
    degrees_of_freedom : an interval of what is computed from the draws reaches t(degrees_of_freedom) × their spread
    """

    units: tuple[str, ...]
    pupils: np.ndarray
    index: np.ndarray
    source: Source
    degrees_of_freedom: float
    seed: int

    @property
    def standard_errors(self) -> np.ndarray:
        """Spread of the draws per unit, index points."""
        return self.index.std(axis=0, ddof=1)


def index_replicates(
    fit: NeedFit,
    register_counts: pd.DataFrame,
    *,
    seed: int,
    draws: int = 1000,
    index_minimum_pupils: int = 20,
    groups: Mapping[str, Sequence[str]] | None = None,
    maximum_count_dates: int = 2,
) -> Replicates:
    """Draw weights, set their intercept, score the register and build the index, ``draws`` times.

    Own fits draw schools with replacement (PCG64, one-step bootstrap); fits drawn towards a prior, or weights used as
    they came, draw weights from the normal distribution with the fit's covariance × widening². Same seed, same bits,
    whatever the order of rows. Arguments and errors otherwise as ``index_intervals``; also ``too_few_draws``.
    """
    if draws < 2:
        raise NeedError(f"{draws} draws have no spread; ask for two or more", reason="too_few_draws")
    require_share(fit)
    slopes, source = draw_slopes(fit, seed=seed, draws=draws)
    register = register_cells(fit.design, register_counts)
    frame = index_frame(
        predict_from_counts(fit, register_counts).table,
        index_minimum_pupils=index_minimum_pupils,
        groups=groups,
        maximum_count_dates=maximum_count_dates,
    )
    shares = settle_shares(unit_shares(fit, register, slopes))
    index = settle_shares(frame.index(frame.used_shares(frame.spread(register.units, shares)))).T
    index = np.ascontiguousarray(index)
    index.setflags(write=False)
    return Replicates(frame.units, frame.pupils, index, source, fit.degrees_of_freedom, int(seed))


def draw_slopes(fit: NeedFit, *, seed: int, draws: int) -> tuple[np.ndarray, Source]:
    """Draws × terms, and how they were drawn."""
    generator = np.random.Generator(np.random.PCG64(seed))
    if fit.interval_rule not in ("approximate_posterior", "as_delivered") and fit.blocks is not None:
        schools = len(fit.blocks.scores)
        drawn = generator.multinomial(schools, np.full(schools, 1.0 / schools), size=draws)
        return bootstrap_slopes(fit.blocks, coefficients=fit.coefficients, weights=drawn), "school_bootstrap"
    # The symmetric root is the same whatever signs a library gives the eigenvectors.
    values, vectors = np.linalg.eigh(fit.covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    noise = generator.standard_normal((draws, len(fit.coefficients)))
    return fit.coefficients + fit.widening * noise @ root, "normal_approximation"
