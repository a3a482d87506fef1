"""The different cells among rows of level codes: each is scored once, however many rows stand in it.

Belongs here: finding them fast. Does not: what the codes mean (``design``), what a cell is worth (``scoring``).
"""

from collections.abc import Sequence

import numpy as np

from models_py.need.design import Factor


def distinct_cells(codes: np.ndarray, factors: Sequence[Factor]) -> tuple[np.ndarray, np.ndarray]:
    """The different rows of ``codes`` (int, rows × factors, positions in ``Factor.levels``) in order, and each row's place there.

    A row is found by one number, which sorts as its codes do. Raises ValueError for a code that is no position, and where the
    factors have more combinations than a number can count.
    """
    levels = [len(factor.levels) for factor in factors]
    numbers, cell_of_row = np.unique(np.ravel_multi_index(tuple(codes.T), levels), return_inverse=True)
    return np.column_stack(np.unravel_index(numbers, levels)), cell_of_row
