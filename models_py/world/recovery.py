"""Comparing what a method found with what is true.

Belongs here: truth under the pipeline's names, and distances in standard errors. Does not belong here: any estimator.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import expit

from models_py.world.background import FACTORS, INTERCEPT, immigration_level
from models_py.world.settings import WorldError
from models_py.world.simulate import World, true_coefficients

__all__ = ["recovery_z", "true_coefficients", "true_levels", "true_need"]


def true_levels(world: World, *, pupil: pd.Series, calendar_year: pd.Series) -> pd.DataFrame:
    """True factor levels, by name, of pupils (own numbers) on 15 October of a calendar year; index as `pupil`."""
    p = world.pupils.iloc[pupil.to_numpy()]
    positions = {
        "guardian_education": p["education"].to_numpy(),
        "immigration": immigration_level(p["immigration_year"].to_numpy(), calendar_year.to_numpy()),
        "household_income": p["income"].to_numpy(), "area_type": p["area"].to_numpy(), "sex": p["boy"].to_numpy(),
        "econ_assistance": p["welfare"].to_numpy(), "household": p["split"].to_numpy(),
        "siblings": p["siblings_3"].to_numpy(),
    }  # fmt: skip
    named = {f: pd.Categorical.from_codes(at, pd.Index([n for n, _ in FACTORS[f]])) for f, at in positions.items()}
    return pd.DataFrame(named, index=pupil.index)


def true_need(world: World) -> pd.DataFrame:
    """True need per unit and count date: municipality_code, count_year, school_unit_code, pupil_count, need_share
    (0..1), need_index (pupil-weighted municipal mean 100).

    Computed from the pupils' levels and the coefficients, independently of the tables the simulation kept.
    """
    rows = world.enrollment
    levels = true_levels(world, pupil=rows["pupil"], calendar_year=rows["count_year"])
    risk = np.full(len(rows), INTERCEPT)
    for (factor, level), b in true_coefficients(world.settings).items():
        risk += b * (levels[factor] == level).to_numpy()
    units = world.school_units.drop_duplicates("site").set_index("site")["municipality_code"]
    table = pd.DataFrame({
        "municipality_code": rows["site"].map(units), "count_year": rows["count_year"],
        "school_unit_code": rows["school_unit_code"].astype(str), "p": expit(risk),
    })  # fmt: skip
    need = table.groupby(["municipality_code", "count_year", "school_unit_code"], as_index=False).agg(
        pupil_count=("p", "size"), need_share=("p", "mean")
    )
    mean = table.groupby(["municipality_code", "count_year"])["p"].mean().rename("mean")
    joined = need.join(mean, on=["municipality_code", "count_year"])
    return need.assign(need_index=100 * joined["need_share"] / joined["mean"])


def recovery_z(
    estimates: pd.Series, covariance: pd.DataFrame, truth: Mapping[tuple[str, str], float]
) -> tuple[float, float]:
    """(root mean square, largest absolute) z = (estimate - truth) / standard error, over the terms in both.

    `estimates` is indexed by (factor, level), `covariance` by the same on both axes. Terms without a truth, such as
    missing levels, are left out. Raises WorldError when nothing is left, or a variance is not positive.
    """
    known = [(t, float(truth[t])) for t in estimates.index if t in truth]
    if not known:
        raise WorldError("no estimated term has a known truth: index the estimates by (factor, level)")
    index = pd.MultiIndex.from_tuples([t for t, _ in known])
    variance = np.diag(covariance.reindex(index=index, columns=index).to_numpy(dtype=np.float64))
    if not (variance > 0).all():
        bad = [t for (t, _), v in zip(known, variance, strict=True) if not v > 0]
        raise WorldError(f"variance missing or not positive for {len(bad)} terms: {bad[:3]}")
    off = estimates.reindex(index).to_numpy(dtype=np.float64) - np.array([b for _, b in known])
    z = off / np.sqrt(variance)
    return float(np.sqrt(np.mean(z**2))), float(np.abs(z).max())
