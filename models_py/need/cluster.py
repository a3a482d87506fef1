"""Cluster-robust covariance from score sums per school: what a database can add up in one pass, and packages report.

Here: the CR1 sandwich. Not here: the leave-one-school-out jackknife (CR3, ``logit``), which is used for publication
because CR1 is too narrow with few schools.
"""

from __future__ import annotations

import numpy as np

from models_py.errors import NeedError
from models_py.need.fit import SchoolBlocks


def covariance_cluster(blocks: SchoolBlocks, *, observations: int, parameters: int | None = None) -> np.ndarray:
    """CR1: H⁻¹ S'S H⁻¹ · J/(J-1) · (N-1)/(N-p), columns × columns (Liang & Zeger 1986; Cameron & Miller 2015).

    Parameters
    ----------
    observations : N, pupils behind the blocks; not cells, or the factor (N-1)/(N-p) is another one
    parameters : p, estimated parameters; the columns of the blocks unless told (absorbed intercepts count too)

    Raises ``NeedError``: ``too_few_schools``, ``too_few_pupils``.
    """
    clusters, columns = blocks.scores.shape
    estimated = columns if parameters is None else parameters
    if clusters < 2:
        raise NeedError(
            f"{clusters} school has scores; a covariance between schools needs two", reason="too_few_schools"
        )
    if observations <= estimated:
        raise NeedError(
            f"{observations} pupils cannot carry {estimated} parameters; leave out factors or pool more years",
            reason="too_few_pupils",
        )
    bread = np.linalg.inv(blocks.hessians.sum(axis=0) + blocks.penalty)
    factor = clusters / (clusters - 1) * (observations - 1) / (observations - estimated)
    return factor * bread @ (blocks.scores.T @ blocks.scores) @ bread
