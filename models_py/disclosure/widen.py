"""A safe choice without a proof that it is cheapest: cells are added until each is wide enough, then told again where they may.

Belongs here: one linear programme per cell that is too narrow, and the way back. Does not: the cheapest choice
(``protect``), which is sought first and cannot always be proven in reasonable time.
The programme is the relaxation of Fischetti & Salazar (2001) with hidden cells free of charge.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from models_py.disclosure.attack import TOLERANCE, intervals
from models_py.errors import DisclosureError


def widths(sums: sparse.csr_matrix, values: np.ndarray, *, hidden: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """n, how far each withheld cell can be moved, as far as ``wanted`` (n); 0 for the others.

    ``sums`` (m × n) ties the cells, whose other parts always stand; ``values`` (n) are what they are.
    """
    told, high = np.where(hidden, np.nan, 0.0), np.full(len(values), np.inf)
    return intervals(sums, told=told, wanted=wanted, lower=-values, upper=high).width


def narrow(sums: sparse.csr_matrix, values: np.ndarray, *, hidden: np.ndarray, needed: np.ndarray) -> np.ndarray:
    """Places of withheld cells whose interval is narrower than ``needed`` (n)."""
    return np.flatnonzero(hidden & (widths(sums, values, hidden=hidden, wanted=needed) < needed - TOLERANCE))


def widened(
    sums: sparse.csr_matrix,
    values: np.ndarray,
    cost: np.ndarray,
    *,
    hidden: np.ndarray,
    primary: np.ndarray,
    needed: np.ndarray,
) -> np.ndarray:
    """``hidden`` with cells added until each is as wide as ``needed``, and without those that turn out not to be.

    ``primary`` cells stay withheld. What is returned is safe, and telling any one more of its cells is not.
    Raises ``DisclosureError`` (``no_solution``) where a cell cannot be so wide though all cells are withheld.
    """
    hidden = hidden.copy()
    while len(found := narrow(sums, values, hidden=hidden, needed=needed)):
        before = hidden.sum()
        for cell in found:
            hidden |= _moving(sums, values, np.where(hidden, 0.0, cost), cell=cell, needed=needed[cell])
        if hidden.sum() == before:  # nothing more moves, so another round would find the same
            raise DisclosureError(
                f"{len(found)} cells stay too narrow though all that move are withheld", reason="no_solution"
            )
    for cell in np.argsort(-cost, kind="stable"):
        if hidden[cell] and not primary[cell]:
            fewer = hidden.copy()
            fewer[cell] = False
            if not len(narrow(sums, values, hidden=fewer, needed=needed)):
                hidden = fewer
    return hidden


def _moving(sums: sparse.csr_matrix, values: np.ndarray, cost: np.ndarray, *, cell: int, needed: float) -> np.ndarray:
    """n bool, the cells that move along where ``cell`` is moved to two values so far apart, at the least cost."""
    count = len(values)
    away = sparse.hstack([sums, -sums])  # up and down; once for the larger value, once for the smaller
    apart = np.zeros(4 * count)
    apart[[cell, count + cell, 2 * count + cell, 3 * count + cell]] = 1.0, -1.0, -1.0, 1.0
    ties = sparse.vstack([sparse.block_diag([away, away]), sparse.csr_matrix(apart)])
    ends = np.column_stack([np.zeros(4 * count), np.tile(np.concatenate([np.full(count, np.inf), values]), 2)])
    right = np.append(np.zeros(2 * sums.shape[0]), needed)
    found = linprog(np.tile(cost, 4), A_eq=ties.tocsr(), b_eq=right, bounds=ends, method="highs")
    if found.status != 0:
        raise DisclosureError(f"a cell cannot be made wide enough: {found.message}", reason="no_solution")
    return np.asarray(found.x.reshape(4, count).sum(axis=0) > TOLERANCE)
