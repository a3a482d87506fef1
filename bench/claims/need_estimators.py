"""Claims of the estimators: planted weights are found, and where school quality follows composition only the pooled
model's index is bent.

Worlds are the small ones of the tests (``tests/models_py/need/conftest.py``), so that a claim and its test speak of the
same thing; here over twenty seeds.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from bench.claim import Claim, Measured
from models_py.need import (
    FACTORS,
    NeedFit,
    count_outcomes,
    fit_between_within,
    fit_points,
    fit_pooled,
    fit_within_school,
    predict_from_counts,
)

SEEDS = range(1, 21)
ESTIMATORS: dict[str, Callable[..., NeedFit]] = {
    "pooled": fit_pooled,
    "within": fit_within_school,
    "between-within": fit_between_within,
    "points": fit_points,
}
SIZES = ((8, 1_200), (24, 400), (60, 160), (150, 64))
"""Leavers per school and schools: 9 600 leavers in every column."""


@cache
def _small_world():
    path = Path(__file__).resolve().parents[2] / "tests" / "models_py" / "need" / "conftest.py"
    spec = importlib.util.spec_from_file_location("likvard_small_world", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module  # frozen dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _planted(fit: NeedFit) -> np.ndarray:
    levels = {factor.name: factor.levels for factor in FACTORS}
    return np.array([_small_world().TRUTH[t.factor][levels[t.factor].index(t.level)] for t in fit.design.terms])


def _projection(fit: NeedFit) -> float:
    information, b = np.linalg.inv(fit.covariance), _planted(fit)
    return float(fit.coefficients @ information @ b / (b @ information @ b))


@cache
def _spreads(rho: float) -> dict[str, np.ndarray]:
    """Estimator → seeds × (slope of estimated on true index, RMSE in index points); 300 schools, 120 leavers each."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ESTIMATORS}
    for seed in SEEDS:
        small = _small_world().build_world(seed, schools=300, leavers=60, years=2, rho=rho)
        counts, register = count_outcomes(small.pupils), small.register()
        true = 100 * small.need / small.need.mean()
        for name, estimate in ESTIMATORS.items():
            need = predict_from_counts(estimate(counts), register).table.set_index("school_unit_code")["need_share"]
            index = 100 * need / need.mean()
            found[name].append((np.polyfit(true, index, 1)[0], np.sqrt(((index - true) ** 2).mean())))
    return {name: np.array(values) for name, values in found.items()}


def _row(name: str) -> str:
    cells = []
    for rho in (-0.5, 0.0, 0.5):
        slope, rmse = _spreads(rho)[name].T
        cells.append(f"{slope.mean():.2f} ({slope.min():.2f}–{slope.max():.2f}), RMSE {rmse.mean():.1f}")
    return f"{name} {'; '.join(cells)}"


def pooled_breaks() -> Measured:
    """Judged on the mean of the worlds: one world's slope also carries the chance of its pupils."""
    slopes = {rho: _spreads(rho)["pooled"][:, 0] for rho in (-0.5, 0.5)}
    outside = sum(int(((slope < 0.9) | (slope > 1.1)).sum()) for slope in slopes.values())
    return Measured(
        f"{_row('pooled')}; outside .9–1.1 in {outside} of {2 * len(SEEDS)} worlds",
        bool(slopes[-0.5].mean() < 0.9 and slopes[0.5].mean() > 1.1),
    )


def within_holds() -> Measured:
    """Judged on the means too; of twenty worlds the farthest lies three and a half standard errors of its own away."""
    names = ("within", "between-within")
    means = [_spreads(rho)[name][:, 0].mean() for name in names for rho in (-0.5, 0.0, 0.5)]
    errors = [_spreads(rho)["pooled"][:, 1] / _spreads(rho)[name][:, 1] for name in names for rho in (-0.5, 0.5)]
    closer = int(sum((error > 1).sum() for error in errors))
    return Measured(
        f"{' | '.join(_row(name) for name in names)}; closer to the true index than the pooled one in {closer} of"
        f" {4 * len(SEEDS)}",
        bool(min(means) > 0.95 and max(means) < 1.05),
    )


def points_hold() -> Measured:
    means = [_spreads(rho)["points"][:, 0].mean() for rho in (-0.5, 0.0, 0.5)]
    return Measured(_row("points"), bool(min(means) > 0.93 and max(means) < 1.03))


def between_within_slopes() -> Measured:
    rms, largest, projections, deviations = [], [], [], []
    for seed in SEEDS:
        small = _small_world().build_world(seed, schools=450, leavers=20, years=4, rho=0.5)
        fit = fit_between_within(count_outcomes(small.pupils))
        z = (fit.coefficients - _planted(fit)) / fit.standard_errors
        rms.append(np.sqrt((z**2).mean()))
        largest.append(np.abs(z).max())
        projections.append(_projection(fit))
        deviations.append(fit.random_intercept_sd)
    figure = (
        f"{len(rms)} worlds: rms z at most {max(rms):.2f}, |z| at most {max(largest):.2f}, projection"
        f" {min(projections):.3f}–{max(projections):.3f}; sd of what composition leaves of school quality"
        f" {np.mean(deviations):.3f} (planted .260)"
    )
    holds = max(rms) < 1.6 and max(largest) < 3.8 and min(projections) >= 0.94 and max(projections) <= 1.06
    return Measured(figure, bool(holds and abs(np.mean(deviations) / 0.2598 - 1) < 0.1))


def incidental() -> Measured:
    rows = []
    for leavers, schools in SIZES:
        found = []
        for seed in SEEDS:
            counts = count_outcomes(_small_world().build_world(seed, schools=schools, leavers=leavers, years=1).pupils)
            found.append(
                [_projection(fit(counts, minimum_events=1)) for fit in (fit_within_school, fit_between_within)]
            )
        rows.append(np.mean(found, axis=0))
    within, between = np.array(rows).T
    figure = "; ".join(
        f"{leavers} leavers: within {w:.2f} ×, between-within {b:.2f} ×"
        for (leavers, _), w, b in zip(SIZES, within, between, strict=True)
    )
    return Measured(figure, bool(within[0] > 1.08 and within[0] > within[-1] and np.abs(between - 1).max() < 0.05))


CLAIMS = (
    Claim("need-pooled-breaks", "Where school quality follows composition (correlation -.5, 0, .5), the pooled model's index has the wrong spread.", "mean spread outside .9–1.1 at -.5 and at .5", pooled_breaks),
    Claim("need-within-holds", "There the within-school and between-within indices keep the true spread.", "mean spreads in .95–1.05", within_holds),
    Claim("need-points-hold", "There the points model keeps it too, a little too narrow as a straight line is.", "means in .93–1.03", points_hold),
    Claim("need-between-within", "Between-within finds planted slopes with 80 leavers per school while quality follows composition.", "rms z < 1.6, |z| < 3.8, projection .94–1.06, sd within 10 %", between_within_slopes),
    Claim("need-incidental", "An intercept per school inflates slopes where schools are small; a random intercept does not.", "within above 1.08 × at 8 leavers, between-within .95–1.05 × at every size", incidental),
)  # fmt: skip
