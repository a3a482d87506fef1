"""What somebody with every published table can work out about a count that a merged line hides.

Belongs here: the attacker's equations and the interval they leave, by linear programming. Does not: deciding what is
merged (``need_parts``).

The attacker knows all visible lines, each unit's total, every price per head, the kronor of every pot and component over
all units, that the pupil-weighted mean index is 100, and each withheld index to within its ordinary change. A unit's need
money is taken as linear in its index over that change, which is exact for a linear structural part.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import lil_array

from models_py.errors import AllocationError

Place = tuple[str, str, str]
"""school_unit_code, component_code, line_code."""


@dataclass(frozen=True, slots=True)
class HeadLine:
    """A line of heads; price in kronor per head, above zero."""

    component_code: str
    line_code: str
    count: Fraction
    price_sek: Fraction


@dataclass(frozen=True, slots=True)
class NeedUnit:
    """What matters of one unit.

    Attributes
    ----------
    pupils : pupils F-9, which no count of heads exceeds
    sek_per_point : kronor of need money per index point, all else equal; 0 where the index moves nothing
    index_group : units with the same value share one index; its own code where the index is its own
    heads : its lines of background counts
    """

    pupils: int
    sek_per_point: float
    index_group: str
    heads: tuple[HeadLine, ...] = ()


def head_intervals(
    units: Mapping[str, NeedUnit], *, hidden: Collection[str], asked: Sequence[Place], ordinary_change: float
) -> dict[Place, tuple[float, float]]:
    """Smallest and largest count that each place of ``asked`` can have, given everything that is published.

    ``hidden``: units whose need money is one line and whose index is withheld. A place at a unit that is not hidden has its
    own count at both ends. Any hidden unit may have heads of any kind that some unit has: an empty line is not told either.
    """
    problem = _Problem(units, sorted(hidden), ordinary_change)
    found = {}
    for place in asked:
        unit, component, line = place
        if unit not in problem.row:
            count = next(
                float(h.count) for h in units[unit].heads if (h.component_code, h.line_code) == (component, line)
            )
            found[place] = (count, count)
            continue
        found[place] = problem.ends(problem.column(unit, (component, line)))
    return found


class _Problem:
    """Changes against the truth as variables: of each hidden index (points), and of each count at a hidden unit (heads).

    In changes every equation has 0 on its right-hand side, and the truth is always a solution.
    """

    def __init__(self, units: Mapping[str, NeedUnit], hidden: list[str], change: float) -> None:
        self.row = {unit: place for place, unit in enumerate(hidden)}
        price: dict[tuple[str, str], float] = {}
        count: dict[tuple[str, tuple[str, str]], float] = {}
        for unit in hidden:
            for head in units[unit].heads:
                price[head.component_code, head.line_code] = float(head.price_sek)
                count[unit, (head.component_code, head.line_code)] = float(head.count)
        self.kinds = sorted(price)
        groups = sorted({units[unit].index_group for unit in hidden})
        self.first = len(groups)
        width = self.first + len(hidden) * len(self.kinds)
        totals = lil_array((len(hidden), width))  # each unit's merged amount is published
        common = lil_array((2 + len(self.kinds), width))  # mean index, pots, kronor per kind of head
        for unit, row in self.row.items():
            one, group = units[unit], groups.index(units[unit].index_group)
            totals[row, group] += one.sek_per_point
            common[0, group] += one.pupils
            common[1, group] += one.sek_per_point
            for number, kind in enumerate(self.kinds):
                totals[row, self.column(unit, kind)] = price[kind]
                common[2 + number, self.column(unit, kind)] = 1
        equations = np.vstack([totals.toarray(), common.toarray()])
        scale = np.abs(equations).max(axis=1, keepdims=True)
        self.equations = equations[scale[:, 0] > 0] / scale[scale[:, 0] > 0]
        self.truth = np.zeros(width)
        self.bounds = [(-change, change)] * self.first
        for unit in hidden:
            for kind in self.kinds:
                here = count.get((unit, kind), 0.0)
                self.truth[self.column(unit, kind)] = here
                self.bounds.append((-here, max(units[unit].pupils - here, 0.0)))

    def column(self, unit: str, kind: tuple[str, str]) -> int:
        return self.first + self.row[unit] * len(self.kinds) + self.kinds.index(kind)

    def ends(self, column: int) -> tuple[float, float]:
        aim = np.zeros(len(self.truth))
        low, high = (self._solve(aim, column, sign) for sign in (1.0, -1.0))
        return float(self.truth[column] + low), float(self.truth[column] + high)

    def _solve(self, aim: np.ndarray, column: int, sign: float) -> float:
        aim[column] = sign
        right = np.zeros(len(self.equations))
        done = linprog(aim, A_eq=self.equations, b_eq=right, bounds=self.bounds, method="highs")
        if not done.success:  # the truth solves it, so only the solver can fail
            raise AllocationError(f"the search for what follows from merged lines did not end: {done.message}")
        return sign * float(done.fun)
