"""A nation's worth of pupils for the need model, and one process that counts and fits them.

Here: pupil rows with planted weights written as Parquet, and ``python -m bench.need_load``, which measures itself and
prints one JSON line. Not here: goals (``bench.claims.need_speed``).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.special import expit

from models_py.need.bootstrap import bootstrap_slopes
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.design import FACTORS
from models_py.need.pooled import fit_pooled, solve_pooled
from models_py.need.within import fit_within_school

SCHOOLS, CHUNK, SEED, REPLICATES, YEAR = 1_700, 1_000_000, 2027, 1_000, 2026
EFFECTS = {
    "guardian_education": (0.0, 0.2, 0.6, 1.3, 0.8),
    "immigration": (0.0, 0.1, 0.5, 1.8),
    "household_income": (0.0, 0.05, 0.15, 0.3, 0.5),
    "area_type": (0.0, 0.05, 0.1, 0.2, 0.3),
    "sex": (0.0, 0.25),
    "econ_assistance": (0.0, 0.7),
    "household": (0.0, 0.55),
    "siblings": (0.0, 0.15),
}
"""Eight factors, nineteen dummies: education may be missing."""


def write_pupils(folder: Path, pupils: int) -> None:
    """``pupils`` rows in files of a million: school, the levels by name, and whether the pupil is not eligible."""
    rng = np.random.default_rng(SEED)
    composition, quality = rng.normal(0, 0.6, SCHOOLS), rng.normal(0, 0.3, SCHOOLS)
    size = np.exp(rng.normal(0, 0.5, SCHOOLS))
    for number in range(pupils // CHUNK):
        table = _chunk(np.random.default_rng([SEED, number]), composition, quality, size / size.sum())
        pq.write_table(table, folder / f"pupils_{number:03d}.parquet")


def _chunk(rng: np.random.Generator, composition: np.ndarray, quality: np.ndarray, part: np.ndarray) -> pa.Table:
    school = rng.choice(SCHOOLS, CHUNK, p=part)
    s = rng.normal(composition[school], 1)

    def cut(score: np.ndarray, *bounds: float) -> np.ndarray:
        return np.searchsorted(bounds, score)

    education = cut(s + rng.normal(0, 0.8, CHUNK), -0.35, 0.25, 1.75)
    immigrant = rng.random(CHUNK) < expit(-2.6 + 0.85 * s)
    codes = {
        "guardian_education": np.where(rng.random(CHUNK) < 0.03, 4, education),
        "immigration": np.where(immigrant, rng.choice([1, 2, 3], CHUNK, p=[0.4, 0.35, 0.25]), 0),
        "household_income": cut(0.8 * s + rng.normal(0, 0.8, CHUNK), -0.98, -0.29, 0.29, 0.98),
        "area_type": cut(1.3 * composition[school] + 0.4 * s + rng.normal(0, 0.6, CHUNK), -0.9, -0.3, 0.3, 0.9),
        "sex": (rng.random(CHUNK) < 0.515).astype(int),
        "econ_assistance": (rng.random(CHUNK) < expit(-3.4 + 1.1 * s)).astype(int),
        "household": (rng.random(CHUNK) < expit(-1.05 + 0.35 * s)).astype(int),
        "siblings": (rng.random(CHUNK) < expit(-1.7 + 0.4 * s)).astype(int),
    }
    risk = -3.35 + quality[school] + sum(np.array(EFFECTS[name])[code] for name, code in codes.items())
    columns = {
        factor.name: pa.DictionaryArray.from_arrays(
            pa.array(codes[factor.name].astype(np.int8)), pa.array(list(factor.levels))
        )
        for factor in FACTORS
    }
    columns["school"] = pa.array(school.astype(np.int32))
    columns["not_eligible"] = pa.array(rng.random(CHUNK) < expit(risk))
    return pa.table(columns)


def counted(folder: Path) -> CellCounts:
    """School × cell counts of every file in the folder, counted by DuckDB on two threads."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 2; set memory_limit = '2GB'; set preserve_insertion_order = false")
        for factor in FACTORS:
            names = ", ".join(f"'{level}'" for level in factor.levels)
            connection.execute(f"create type {factor.name} as enum ({names})")
        codes = ", ".join(f"enum_code({factor.name}::{factor.name})::tinyint as {factor.name}" for factor in FACTORS)
        found = connection.execute(
            f"select school, {codes}, count(*)::bigint as trials, count_if(not_eligible)::bigint as events"
            f" from read_parquet('{folder}/*.parquet') group by all"
        ).fetchnumpy()
    events = found["events"]
    return cell_counts(
        FACTORS,
        years=(YEAR,),
        schools=[("9999", f"{school:08d}") for school in range(SCHOOLS)],
        levels=np.column_stack([found[factor.name] for factor in FACTORS]),
        year=np.zeros(len(events), dtype=np.int64),
        school=found["school"],
        counts=(found["trials"], events, events),
    )


@contextmanager
def cpu(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Adds the CPU seconds of the block, all threads, under ``name``."""
    start = time.process_time()
    yield
    seconds[name] = time.process_time() - start


def on_counts(folder: Path) -> dict[str, object]:
    """Count, then every fit, once; CPU seconds of each (pooled slopes: best of three), sizes, and the peak memory of this process, MB."""
    seconds: dict[str, float] = {}
    with cpu(seconds, "counting"):
        counts = counted(folder)
    best = np.inf
    for _ in range(3):
        with cpu(seconds, "pooled slopes"):
            solved = solve_pooled(counts, ridge=0.0).solved
            errors = np.sqrt(np.diag(np.linalg.inv(solved.hessian)))
        best = min(best, seconds["pooled slopes"])
    seconds["pooled slopes"] = best
    with cpu(seconds, "pooled fit"):
        fit_pooled(counts)
    with cpu(seconds, "within fit"):
        fit = fit_within_school(counts)
    with cpu(seconds, "replicates"):
        assert fit.blocks is not None
        schools = len(fit.blocks.scores)
        weights = np.random.default_rng(SEED).multinomial(schools, np.full(schools, 1 / schools), size=REPLICATES)
        replicates = bootstrap_slopes(fit.blocks, coefficients=fit.coefficients, weights=weights)
    spread = replicates.std(axis=0, ddof=1) / fit.standard_errors
    return {
        "seconds": seconds,
        "pupils": counts.pupils,
        "rows": len(counts.trials),
        "cells": len(counts.levels),
        "slopes": solved.slopes.tolist(),
        "errors": errors.tolist(),
        "replicate_ratio": [float(spread.min()), float(spread.max())],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def on_rows(folder: Path) -> dict[str, object]:
    """statsmodels' GLM on one row per pupil, the design built outside the measurement; slopes, then the intercept."""
    import statsmodels.api as sm

    counts = counted(folder)
    x = solve_pooled(counts).x
    table = pq.read_table(folder)
    levels = np.column_stack(
        [
            np.array([factor.levels.index(name) for name in column.chunk(0).dictionary.to_pylist()])[
                np.concatenate([chunk.indices.to_numpy() for chunk in column.chunks])
            ]
            for factor in FACTORS
            for column in [table[factor.name]]
        ]
    )
    cells = {tuple(level): place for place, level in enumerate(counts.levels.tolist())}
    x = x[[cells[tuple(level)] for level in levels.tolist()]]
    y = table["not_eligible"].to_numpy().astype(float)
    start = time.process_time()
    fit = sm.GLM(y, x, family=sm.families.Binomial()).fit()
    seconds = {"row level": time.process_time() - start}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "slopes": fit.params.tolist(), "errors": fit.bse.tolist(), "peak_mb": peak}


if __name__ == "__main__":
    measure = {"counts": on_counts, "rows": on_rows}[sys.argv[1]]
    print(json.dumps(measure(Path(sys.argv[2]))))
