"""Have the weights moved? Three cohorts against the next three, factor by factor.

Belongs here: the Wald test on two fits of the same kind. Does not: fitting, what to do about it (``alarms``).
Sources: Wald 1943; Hotelling 1931, since a covariance of ten schools is itself unsure; many schools give the chi-square.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from models_py.accuracy.factor_levels import holm
from models_py.errors import AccuracyError
from models_py.need.fit import NeedFit

COLUMNS = (
    "factor", "levels", "wald", "degrees_of_freedom", "p_value", "adjusted_p_value", "largest_change", "largest_change_level",
)  # fmt: skip


def factor_drift(early: NeedFit, late: NeedFit) -> pd.DataFrame:
    """``COLUMNS``, a row per factor that both fits know; changes in log-odds (points for linear fits), late less early.

    W = d'(V₁ + V₂)⁻¹d over the levels that both estimated against the same baseline, judged by Hotelling's F.
    Raises ``AccuracyError``: ``shared_years`` (the cohorts overlap, so the fits are not independent), ``other_scale``,
    ``no_shared_levels``.
    """
    if shared := sorted(set(early.result_years) & set(late.result_years)):
        raise AccuracyError(
            f"both fits use results of {shared}; compare cohorts that do not overlap", reason="shared_years"
        )
    if early.link != late.link or early.outcome != late.outcome:
        raise AccuracyError("the two fits are on different scales and cannot be compared", reason="other_scale")
    rows = []
    for name, levels in _shared(early, late):
        first, second = (_positions(fit, name, levels) for fit in (early, late))
        change = late.coefficients[second] - early.coefficients[first]
        covariance = early.covariance[np.ix_(first, first)] + late.covariance[np.ix_(second, second)]
        values, vectors = np.linalg.eigh(covariance)
        kept = values > 1e-10 * max(float(values[-1]), 1e-300)
        if not kept.any():
            continue
        wald = float(((vectors[:, kept].T @ change) ** 2 / values[kept]).sum())
        most = int(np.argmax(np.round(np.abs(change), 9)))
        degrees = int(kept.sum())
        rows.append(
            (name, len(levels), round(wald, 9), degrees, round(_p_value(wald, degrees, early, late), 9),
             round(float(change[most]), 9), levels[most])
        )  # fmt: skip
    if not rows:
        raise AccuracyError("the two fits share no estimated level", reason="no_shared_levels")
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "adjusted_p_value"])
    return table.assign(adjusted_p_value=np.round(holm(table["p_value"].to_numpy()), 9))[list(COLUMNS)]


def _p_value(wald: float, degrees: int, early: NeedFit, late: NeedFit) -> float:
    """Hotelling's F with the degrees of freedom of both covariances; 1 where they cannot carry that many levels."""
    both = early.degrees_of_freedom + late.degrees_of_freedom
    if not np.isfinite(both):
        return float(stats.chi2.sf(wald, degrees))
    left = both - degrees + 1
    return float(stats.f.sf(wald * left / (both * degrees), degrees, left)) if left > 0 else 1.0


def _shared(early: NeedFit, late: NeedFit) -> list[tuple[str, list[str]]]:
    """Factor and the levels that both fits estimated against the same baseline, in the order of the early fit."""
    baselines = [
        dict(zip((f.name for f in fit.design.factors), fit.design.baselines, strict=True)) for fit in (early, late)
    ]
    have = {(term.factor, term.level) for term in late.design.terms}
    found: dict[str, list[str]] = {}
    for term in early.design.terms:
        if (term.factor, term.level) in have and baselines[0][term.factor] == baselines[1].get(term.factor):
            found.setdefault(term.factor, []).append(term.level)
    return list(found.items())


def _positions(fit: NeedFit, factor: str, levels: list[str]) -> list[int]:
    place = {(term.factor, term.level): position for position, term in enumerate(fit.design.terms)}
    return [place[factor, level] for level in levels]
