"""Schools drawn anew: slopes of every replicate by one Newton step from the fit, so that a thousand cost a second.

Here: replicates of slopes from blocks and weights per school. Not here: drawing the weights, indices, kronor.
"""

from __future__ import annotations

import numpy as np

from models_py.errors import NeedError
from models_py.need.fit import SchoolBlocks
from models_py.need.settle import settle

CHUNK = 128
"""Replicates solved together: bounds the memory, and is fixed so that equal input gives equal bits."""


def bootstrap_slopes(blocks: SchoolBlocks, *, coefficients: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Slopes of the terms in every replicate: b + (Σ W_j H_j + P)⁻¹ Σ (W_j - 1) s_j (Kline & Santos 2012).

    At the fit Σ s_j equals the pull of the ridge or prior, so taking the scores ``W_j - 1`` times keeps that pull as it
    is; with W_j = 1 for every school the replicate is the fit itself.

    Parameters
    ----------
    coefficients : of the terms, the first columns of the blocks
    weights : replicates × schools, how often each school is drawn

    Returns
    -------
    replicates × terms, rounded as estimates are

    Raises ``NeedError``: ``bad_weights``, ``not_identified`` (a replicate lacks every school that carries a column).
    """
    schools, columns = blocks.scores.shape
    terms = len(coefficients)
    if weights.ndim != 2 or weights.shape[1] != schools or not np.all(np.isfinite(weights)) or (weights < 0).any():
        raise NeedError(
            f"weights are {weights.shape}, or negative; replicates × {schools} schools are needed", reason="bad_weights"
        )
    if terms > columns:
        raise NeedError(f"{terms} coefficients, but the blocks have {columns} columns", reason="bad_weights")
    upper = np.triu_indices(columns)
    halves = np.ascontiguousarray(blocks.hessians[:, upper[0], upper[1]])
    slopes = np.empty((len(weights), terms))
    for first in range(0, len(weights), CHUNK):
        drawn = weights[first : first + CHUNK].astype(float)
        packed = drawn @ halves
        hessians = np.empty((len(drawn), columns, columns))
        hessians[:, upper[0], upper[1]] = packed
        hessians[:, upper[1], upper[0]] = packed
        hessians += blocks.penalty
        scores = (drawn - 1.0) @ blocks.scores
        try:
            steps = np.linalg.solve(hessians, scores[:, :, None])[:, :terms, 0]
        except np.linalg.LinAlgError:
            raise NeedError(
                "a replicate lacks every school with a level, so its slopes are undetermined; use ridge > 0",
                reason="not_identified",
            ) from None
        slopes[first : first + CHUNK] = coefficients + steps
    return settle(slopes)
