"""Different cells among rows of level codes: the same as looking at whole rows, and nothing that is no level passes."""

from __future__ import annotations

import numpy as np
import pytest

from models_py.need.design import Factor
from models_py.need.distinct import distinct_cells

FACTORS = tuple(
    Factor(name, tuple(f"{name}_{number}" for number in range(levels)))
    for name, levels in (("many", 11), ("two", 2), ("three", 3))
)
CODES = np.random.default_rng(4).integers(0, [11, 2, 3], size=(500, 3))


def test_cells_come_in_the_order_of_their_codes_and_each_row_finds_its_own():
    cells, cell_of_row = distinct_cells(CODES, FACTORS)
    assert cells.tolist() == [list(row) for row in sorted({tuple(row) for row in CODES.tolist()})]
    np.testing.assert_array_equal(cells[cell_of_row], CODES)
    assert (cells.dtype, cell_of_row.ndim) == (np.int64, 1)


def test_one_factor_and_one_row_are_cells_too():
    cells, cell_of_row = distinct_cells(np.array([[2]]), FACTORS[2:])
    assert (cells.tolist(), cell_of_row.tolist()) == ([[2]], [0])


@pytest.mark.parametrize("code", [-1, 11])
def test_a_code_that_is_no_level_is_refused(code):
    with pytest.raises(ValueError, match="invalid entry"):
        distinct_cells(np.array([[code, 0, 0]]), FACTORS)
