"""``python -m bench.scale.fits WHAT HOME``: the need model of a whole home, on counts or on one row per leaver.

Prints one JSON line with the CPU seconds of each part. ``counts``: from the mart that dbt built to replicates;
``ten-times``: fits and replicates on simulated counts of ten times the schools; ``statsmodels`` and ``glum``: the pooled fit on rows; ``pandas``: the school-level counts of the register from the accepted
Parquet, as a data frame library makes them.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from bench.need_load import REPLICATES, SEED, cpu
from models_py.need.bootstrap import bootstrap_slopes
from models_py.need.cells import CellCounts, count_outcomes
from models_py.need.pooled import fit_pooled, solve_pooled
from models_py.need.within import fit_within_school
from orchestration.resources.warehouse import Warehouse

MART = "fct_need_outcome_counts"


def _counts(home: Path) -> CellCounts:
    return count_outcomes(Warehouse(path=str(home / "pseudonymised" / "warehouse.duckdb")).mart(MART))


def on_counts(home: Path) -> dict[str, object]:
    """Read the counts, fit pooled and within schools, and draw the schools anew."""
    seconds: dict[str, float] = {}
    with cpu(seconds, "reading counts"):
        counts = _counts(home)
    return _fitted(counts, seconds)


def on_ten_times(home: Path) -> dict[str, object]:
    """The same on simulated counts of ten times the schools: each school of the home stands ten times, under codes of its own."""
    return _fitted(_repeated(_counts(home), 10), {})


def _repeated(counts: CellCounts, times: int) -> CellCounts:
    schools = [(f"{copy}{code}", unit) for copy in range(times) for code, unit in counts.schools]
    rows = {name: np.tile(getattr(counts, name), times) for name in ("cell", "trials", "sums", "squares")}
    school = np.concatenate([counts.school + copy * len(counts.schools) for copy in range(times)])
    return replace(counts, schools=tuple(schools), school=school, **rows)


def _fitted(counts: CellCounts, seconds: dict[str, float]) -> dict[str, object]:
    with cpu(seconds, "pooled fit"):
        fit_pooled(counts)
    with cpu(seconds, "within fit"):
        fit = fit_within_school(counts)
    with cpu(seconds, "intervals"):
        assert fit.blocks is not None
        schools = len(fit.blocks.scores)
        weights = np.random.default_rng(SEED).multinomial(schools, np.full(schools, 1 / schools), size=REPLICATES)
        bootstrap_slopes(fit.blocks, coefficients=fit.coefficients, weights=weights)
    return {"seconds": seconds, "leavers": counts.pupils, "cells": len(counts.levels), "schools": schools}


def _rows(home: Path) -> tuple[np.ndarray, np.ndarray]:
    """Dummies and outcome, one row per leaver; made outside what is measured."""
    counts = _counts(home)
    x = solve_pooled(counts).x[counts.cell]
    failed, passed = counts.sums.astype(int), (counts.trials - counts.sums).astype(int)
    outcome = np.concatenate([np.ones(failed.sum()), np.zeros(passed.sum())])
    return np.vstack([np.repeat(x, failed, axis=0), np.repeat(x, passed, axis=0)]), outcome


def on_rows_by_statsmodels(home: Path) -> dict[str, object]:
    """statsmodels' GLM."""
    import statsmodels.api as sm

    x, y = _rows(home)
    seconds: dict[str, float] = {}
    with cpu(seconds, "pooled fit"):
        sm.GLM(y, x, family=sm.families.Binomial()).fit()
    return {"seconds": seconds, "leavers": len(y)}


def on_rows_by_glum(home: Path) -> dict[str, object]:
    """glum's GeneralizedLinearRegressor without penalty; the intercept is a column of the design already."""
    from glum import GeneralizedLinearRegressor

    x, y = _rows(home)
    seconds: dict[str, float] = {}
    with cpu(seconds, "pooled fit"):
        GeneralizedLinearRegressor(family="binomial", alpha=0, fit_intercept=False).fit(x, y)
    return {"seconds": seconds, "leavers": len(y)}


def tables_by_pandas(home: Path) -> dict[str, object]:
    """Register and background joined and counted per school unit and background, in memory."""
    accepted, keys = home / "pseudonymised" / "accepted", ["municipality_code", "period", "pupil_key"]
    seconds: dict[str, float] = {}
    with cpu(seconds, "factor tables"):
        register = pq.read_table(accepted / "enrollment", columns=[*keys, "school_unit_code", "grade"]).to_pandas()
        background = pq.read_table(accepted / "background").to_pandas()
        both = register.merge(background, on=keys, how="left")
        levels = [name for name in background.columns if name not in {*keys, "delivery_id", "row_number"}]
        both.groupby([*keys[:2], "school_unit_code", *levels], dropna=False).size()
    return {"seconds": seconds, "rows": len(register)}


MEASURES: dict[str, Callable[[Path], dict[str, object]]] = {
    "counts": on_counts,
    "ten-times": on_ten_times,
    "statsmodels": on_rows_by_statsmodels,
    "glum": on_rows_by_glum,
    "pandas": tables_by_pandas,
}

if __name__ == "__main__":
    found = MEASURES[sys.argv[1]](Path(sys.argv[2]))
    print(json.dumps(found | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
