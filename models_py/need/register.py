"""The pupils of a register as cells: what many sets of weights can be scored on at once.

Belongs here: distinct cells, and what part of a unit's pupils each is, as a sparse matrix. Does not: one fit's published
scores (``scoring``), the index.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from models_py.errors import NeedError
from models_py.need.design import Design, level_codes
from models_py.need.distinct import distinct_cells
from models_py.need.fit import NeedFit
from models_py.need.link import expected, intercepts
from models_py.need.scoring import UNIT_KEYS
from models_py.need.tables import canonical_counts, starts_of

CHUNK_VALUES = 2_000_000
"""Cells × draws held at a time; 16 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class RegisterCells:
    """Units at count dates, and their pupils by cell.

    Attributes
    ----------
    units : ``UNIT_KEYS`` and pupil_count, one row per unit and count date, ordered by key
    levels : int64, cells × factors, positions in ``Factor.levels``; no cell repeats
    parts : units × cells, share of the unit's pupils in the cell; rows sum to 1
    """

    units: pd.DataFrame
    levels: np.ndarray
    parts: csr_array


def register_cells(design: Design, register_counts: pd.DataFrame) -> RegisterCells:
    """Count the register in the factors of ``design``. Columns and errors as ``predict_from_counts``."""
    names = [factor.name for factor in design.factors]
    counts = canonical_counts(
        register_counts, keys=[*UNIT_KEYS, *names], counts=["pupil_count"], what="register counts"
    )
    levels, cell = distinct_cells(level_codes(counts, design.factors), design.factors)
    pupils = counts["pupil_count"].to_numpy(dtype=float)
    starts = starts_of(*(counts[key] for key in UNIT_KEYS))
    unit_pupils = np.add.reduceat(pupils, starts)
    ends = np.append(starts, len(counts))
    parts = csr_array((pupils / np.repeat(unit_pupils, np.diff(ends)), cell, ends), shape=(len(starts), len(levels)))
    units = counts.iloc[starts][list(UNIT_KEYS)].reset_index(drop=True)
    return RegisterCells(units.assign(pupil_count=unit_pupils.astype(np.int64)), levels, parts)


def unit_shares(fit: NeedFit, register: RegisterCells, coefficients: np.ndarray) -> np.ndarray:
    """Expected share of every unit and count date (rows) under every set of weights (rows of ``coefficients``).

    Each set gets its own intercept, so that expected equal observed on the fit's calibration cells; without them
    (weights used as they came) the fit's intercept stands. Raises ``NeedError`` (``no_need_share``).
    """
    require_share(fit)
    x = fit.design.matrix(register.levels)
    shares = np.empty((len(register.units), len(coefficients)))
    for chunk in _chunks(len(coefficients), rows=max(len(x), 0 if fit.calibration is None else len(_cells(fit)))):
        slopes = coefficients[chunk].T
        shares[:, chunk] = register.parts @ expected(intercepts_of(fit, slopes) + x @ slopes, fit.link)
    return shares


def intercepts_of(fit: NeedFit, slopes: np.ndarray) -> np.ndarray:
    """The intercept for every column of ``slopes`` (terms × draws)."""
    if fit.calibration is None:
        return np.full(slopes.shape[1], fit.intercept)
    scores = fit.design.matrix(fit.calibration.levels) @ slopes
    trials = fit.calibration.trials.astype(float)
    return intercepts(scores, trials=trials, total=fit.calibration.total, link=fit.link, start=fit.intercept)


def require_share(fit: NeedFit) -> None:
    """Raise ``NeedError`` (``no_need_share``) unless the fit is about a share of pupils."""
    if fit.outcome != "not_eligible":
        raise NeedError(
            f"a fit of {fit.outcome} gives points, not a share of pupils; need and its index are not defined on it",
            reason="no_need_share",
        )


def _cells(fit: NeedFit) -> np.ndarray:
    return np.empty(0) if fit.calibration is None else fit.calibration.trials


def _chunks(count: int, *, rows: int) -> Iterator[slice]:
    step = max(1, CHUNK_VALUES // max(rows, 1))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))
