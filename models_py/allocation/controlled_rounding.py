"""Round a table of exact numbers so that rows keep their sums and columns, where they are whole, keep theirs.

Belongs here: rounding in two directions at once (controlled rounding: Cox 1987, by least-cost exchanges). Does not: one
direction (``rounding``), what the table means.
Every number becomes the whole number below or above it. Such a rounding always exists, since the table is a flow in a
network with whole capacities.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from models_py.allocation.rounding import exact_sum, largest_remainder, listed
from models_py.errors import AllocationError

Exchange = tuple[int, str]
"""Cost (difference of remainders over their common denominator) and row."""


def round_both_ways(
    table: Mapping[str, Mapping[str, Fraction]], *, columns: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Whole numbers per row and column, each the floor or ceiling of its exact number.

    Every row keeps its sum, which must be whole; every column's sum becomes the whole number below or above its exact
    sum, and is kept when it is whole. Where all columns are whole, no such rounding is nearer to the exact numbers
    (least squares). Ties go by row code and order of columns, so that no order of rows matters.

    Parameters
    ----------
    table : row code to column to exact number; every row has every column

    Raises AllocationError when a row's sum is not whole or a column is missing.
    """
    ragged = sorted(row for row, cells in table.items() if cells.keys() != set(columns))
    if ragged:
        raise AllocationError(f"rows {listed(ragged)} do not have exactly the columns {', '.join(columns)}")
    place = {column: str(k).zfill(4) for k, column in enumerate(columns)}
    rounded = {}
    for row in sorted(table):
        # Row by row the largest remainder is nearest; ties go to the first column.
        by_place = largest_remainder({place[column]: table[row][column] for column in columns})
        rounded[row] = {column: by_place[place[column]] for column in columns}
    _mend_columns(table, rounded, columns)
    return rounded


def _mend_columns(
    table: Mapping[str, Mapping[str, Fraction]], rounded: dict[str, dict[str, int]], columns: Sequence[str]
) -> None:
    """Exchange single units inside rows, cheapest chain first, until every column's sum is next to its exact one."""
    exact = {column: exact_sum(cells[column] for cells in table.values()) for column in columns}
    total = {column: sum(cells[column] for cells in rounded.values()) for column in columns}
    if all(abs(total[column] - exact[column]) < 1 for column in columns):
        return
    exchanges = _Exchanges(table, rounded, columns)
    while over := [c for c in columns if total[c] > math.ceil(exact[c])]:
        _move(exchanges, total, source=over, sink=[c for c in columns if total[c] < math.ceil(exact[c])])
    while under := [c for c in columns if total[c] < math.floor(exact[c])]:
        _move(exchanges, total, source=[c for c in columns if total[c] > math.floor(exact[c])], sink=under)


def _move(exchanges: _Exchanges, total: dict[str, int], *, source: list[str], sink: list[str]) -> None:
    chain = exchanges.cheapest_chain(source, sink)
    for start, end in pairwise(chain):
        exchanges.make(start, end)
    total[chain[0]] -= 1
    total[chain[-1]] += 1


class _Exchanges:
    """What it costs to move one unit from a column to another inside some row: a heap per pair of columns.

    A row offers an exchange when its cell in the first column is rounded up and its cell in the second down; the cost
    is the difference of their remainders, so chains of least cost keep the squares least.
    """

    def __init__(
        self,
        table: Mapping[str, Mapping[str, Fraction]],
        rounded: dict[str, dict[str, int]],
        columns: Sequence[str],
    ) -> None:
        self._rounded, self._columns = rounded, columns
        scale = math.lcm(*(value.denominator for cells in table.values() for value in cells.values()))
        self._floor = {row: {column: math.floor(v) for column, v in cells.items()} for row, cells in table.items()}
        self._remainder = {
            row: {column: int((v - math.floor(v)) * scale) for column, v in cells.items()}
            for row, cells in table.items()
        }
        self._heaps: dict[tuple[str, str], list[Exchange]] = {
            (start, end): [] for start in columns for end in columns if start != end
        }
        for row in rounded:
            self._offer(row)

    def make(self, start: str, end: str) -> None:
        """Move one unit from ``start`` to ``end`` in the cheapest row that offers it."""
        _, row = self._heaps[start, end][0]
        self._rounded[row][start] -= 1
        self._rounded[row][end] += 1
        self._offer(row)

    def cheapest_chain(self, source: list[str], sink: list[str]) -> list[str]:
        """Columns from one of ``source`` to one of ``sink``, cheapest first (Bellman–Ford: costs may be negative)."""
        cost = dict.fromkeys(source, 0)
        before: dict[str, str] = {}
        for _ in self._columns:
            for start, end in self._heaps:
                offer = self._cheapest(start, end)
                if start not in cost or offer is None:
                    continue
                through = cost[start] + offer[0]
                if end not in cost or through < cost[end]:
                    cost[end], before[end] = through, start
        reached = [column for column in self._columns if column in sink and column in cost]
        chain = [min(reached, key=lambda column: cost[column])]
        while chain[0] in before:
            chain.insert(0, before[chain[0]])
        return chain

    def _cheapest(self, start: str, end: str) -> Exchange | None:
        heap = self._heaps[start, end]
        while heap and not self._stands(heap[0][1], start, end):
            heapq.heappop(heap)
        return heap[0] if heap else None

    def _stands(self, row: str, start: str, end: str) -> bool:
        at, floor, remainder = self._rounded[row], self._floor[row], self._remainder[row]
        return at[start] > floor[start] and at[end] == floor[end] and remainder[end] > 0

    def _offer(self, row: str) -> None:
        for start, end in self._heaps:
            if self._stands(row, start, end):
                remainder = self._remainder[row]
                heapq.heappush(self._heaps[start, end], (remainder[start] - remainder[end], row))
