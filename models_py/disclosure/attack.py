"""What an attacker can work out: the smallest and largest value of every withheld cell that agree with all that is told.

Belongs here: the linear programmes. Whole numbers are not asked for, so the intervals found are at most too wide by
fractions. Does not: what should be withheld (``protect``), verdicts (``audit``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from models_py.errors import DisclosureError

TOLERANCE = 1e-6
"""Of the solver: intervals are compared with so much allowance."""


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """What was seen of each withheld cell. ``low``, ``high``: two values that agree with everything published; where
    they are nearer than was asked for, they are the ends themselves."""

    low: np.ndarray
    high: np.ndarray

    @property
    def width(self) -> np.ndarray:
        return self.high - self.low


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """One end of one cell. ``value``: where every withheld cell can be moved to; ``price``: how far each cell that stands
    would let this one move, per unit that it moves itself (the reduced costs, n)."""

    values: np.ndarray
    price: np.ndarray


def intervals(
    sums: sparse.csr_matrix, *, told: np.ndarray, wanted: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> Intervals:
    """Intervals of the cells that ``told`` (n, NaN where withheld) leaves open; of the others both ends are the value.

    A cell whose two ends are seen ``wanted`` (n) apart is not looked at further; infinity asks for the ends themselves.
    ``lower``, ``upper``: n, what anyone knows of a cell beforehand. One programme moves all cells at once, so that few
    cells need one of their own.
    Raises ``DisclosureError`` (``contradiction``) where nothing agrees with what is told.
    """
    hidden = np.flatnonzero(np.isnan(told))
    low, high = told.copy(), told.copy()
    if not len(hidden):
        return Intervals(low, high)
    inside = sums[:, hidden]
    rest = -(sums @ np.nan_to_num(told))
    kept = np.flatnonzero(inside.getnnz(axis=1))
    system = _System(inside[kept], rest[kept], lower[hidden], upper[hidden])
    asked = wanted[hidden]
    seen_low, seen_high = np.full(len(hidden), np.inf), np.full(len(hidden), -np.inf)

    def look(point: np.ndarray) -> None:
        np.minimum(seen_low, point, out=seen_low)
        np.maximum(seen_high, point, out=seen_high)

    for turn in range(2 + 2 * int(np.ceil(np.log2(len(hidden) + 1)))):
        near = seen_high - seen_low < asked
        if near.sum() <= 1:
            break
        look(system.push(np.where(near, _directions(len(hidden), turn), 0.0), seen_low, seen_high, asked))
    for cell in range(len(hidden)):
        for sign in (1.0, -1.0):
            if seen_high[cell] - seen_low[cell] < asked[cell]:
                aim = np.zeros(len(hidden))
                aim[cell] = sign
                look(system.reach(aim))
    low[hidden], high[hidden] = seen_low, seen_high
    return Intervals(low, high)


def farthest(
    sums: sparse.csr_matrix,
    *,
    cell: int,
    sign: float,
    values: np.ndarray,
    hidden: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> Bound:
    """How far one cell can be moved up (``sign`` 1) or down (-1), the cells that are not ``hidden`` standing still."""
    aim = np.zeros(sums.shape[1])
    aim[cell] = -sign
    ends = np.column_stack([np.where(hidden, lower, values), np.where(hidden, upper, values)])
    found = linprog(aim, A_eq=sums, b_eq=np.zeros(sums.shape[0]), bounds=ends, method="highs")
    if found.status == 3:
        return Bound(np.full(len(values), np.inf), np.zeros(len(values)))
    if found.status != 0:
        raise DisclosureError(f"the bound of a cell was not found: {found.message}", reason="no_solution")
    return Bound(found.x, aim - sums.T @ found.eqlin.marginals)


def _directions(cells: int, turn: int) -> np.ndarray:
    """Up or down for each cell: all together first, then by the binary digits of its place, each way round."""
    digit = (np.arange(cells) >> (turn // 2 - 1)) & 1 if turn > 1 else np.zeros(cells, dtype=np.int64)
    return np.where(digit == turn % 2, -1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _System:
    """Equations over the withheld cells: ``sums`` @ x = ``rest``, within ``lower`` and ``upper``."""

    sums: sparse.csr_matrix
    rest: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def reach(self, aim: np.ndarray) -> np.ndarray:
        """The point where ``aim`` @ x is largest; an unbounded one as far as numbers go."""
        return self._solve(-aim, self.lower, self.upper)

    def push(self, aim: np.ndarray, low: np.ndarray, high: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """As ``reach``, but no open cell goes farther than it is asked to, so that the others get their share."""
        seen = (high >= low) & (high - low < asked)
        lower = np.where(seen, np.maximum(self.lower, high - asked), self.lower)
        upper = np.where(seen, np.minimum(self.upper, low + asked), self.upper)
        return self._solve(-aim, lower, upper)

    def _solve(self, cost: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        # milp without whole numbers is the same solver as linprog, with half of the time around it.
        ties = LinearConstraint(self.sums, self.rest, self.rest)
        found = milp(cost, constraints=ties, bounds=Bounds(lower, upper))
        if found.status in (3, 4):  # nothing holds the cells: a box that no count reaches shows it
            found = milp(cost, constraints=ties, bounds=Bounds(lower, np.minimum(upper, _FAR)))
        if found.status == 2:
            raise DisclosureError(
                "what is published contradicts itself: no counts agree with all sums; mend the tables",
                reason="contradiction",
            )
        if found.x is None:
            raise DisclosureError(f"an interval was not found: {found.message}", reason="no_solution")
        return np.asarray(found.x)


_FAR = 1e6
"""More pupils than any cell of a municipality holds."""
