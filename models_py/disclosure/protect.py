"""Which cells are withheld: those of the rule, and the cheapest others without which those would follow.

Benders' cuts after Fischetti & Salazar (2001): a mixed-integer programme names the cheapest cells, an attacker tries
them, and every cell it finds too narrowly adds one inequality that the next answer must keep. Where many cells cost the
same, the proof can take for ever: after so many rounds, or nodes of one programme, what was found is made safe
(``widen``) and may not be cheapest. No clock and one order of cells, so the same tables always give the same answer.
Belongs here: choosing. Does not: the attacker (``attack``), the rule for one cell (``rule``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from models_py.disclosure.attack import TOLERANCE, farthest
from models_py.disclosure.cells import Tables, blocks
from models_py.disclosure.rule import DisclosureRule, primary_cells
from models_py.disclosure.widen import narrow, widened, widths
from models_py.errors import DisclosureError

_COST_STEP = 1000.0
"""A cell's cost in the programme; the tie-breaker by order stays below one step over all cells."""
MOST_ROUNDS, MOST_NODES = 40, 1000
"""Of cuts in a block, and of branches in one programme. Ordinary municipalities need ten rounds and a few branches."""


@dataclass(frozen=True, slots=True, eq=False)
class Protection:
    """What is withheld.

    Attributes
    ----------
    hidden, primary : n bool; primary cells are those of the rule, the others protect them
    required : n, the width that a withheld cell's interval must have: the threshold, or what is left of it where totals
        that always stand tell more than that by themselves; 0 for cells that are not withheld
    """

    hidden: np.ndarray
    primary: np.ndarray
    required: np.ndarray


def protect(tables: Tables, *, rule: DisclosureRule) -> Protection:
    """The cheapest cells to withhold so that every withheld count could be so many different ones, as far as can be proven.

    Blocks of cells that no open sum ties together are solved by themselves. Raises ``DisclosureError``
    (``unknown_value``) where a value is missing.
    """
    if (tables.values < 0).any():
        raise DisclosureError(
            f"{int((tables.values < 0).sum())} cells have no value; protection needs every count",
            reason="unknown_value",
        )
    primary = primary_cells(tables, rule=rule)
    hidden, required = primary.copy(), np.zeros(len(tables.values))
    for rows, cells in blocks(tables.sums, open_cells=tables.may_hide | tables.must_hide):
        if not primary[cells].any():
            continue
        block = _Block.of(tables, rows, cells, primary=primary[cells])
        needed = block.possible(float(rule.threshold))
        hidden[cells] = block.safe(needed)
        required[cells] = np.where(hidden[cells], needed, 0.0)
    return Protection(hidden, primary, required)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Cells that may be withheld, tied by sums whose other cells always stand: ``sums`` @ (x - values) = 0."""

    sums: sparse.csr_matrix
    values: np.ndarray
    primary: np.ndarray
    cost: np.ndarray

    @classmethod
    def of(cls, tables: Tables, rows: np.ndarray, cells: np.ndarray, *, primary: np.ndarray) -> _Block:
        order = np.arange(len(cells)) / (len(cells) + 1) ** 2
        return cls(
            tables.sums[rows][:, cells].tocsr(),
            tables.values[cells].astype(float),
            primary,
            tables.cost[cells] * _COST_STEP + order,
        )

    def possible(self, threshold: float) -> np.ndarray:
        """Widths when everything that may be withheld is, at most the threshold: what totals alone leave open."""
        everything, wanted = np.ones(len(self.values), dtype=bool), np.full(len(self.values), threshold)
        found = widths(self.sums, self.values, hidden=everything, wanted=wanted)
        return np.minimum(threshold, np.floor(found + TOLERANCE))

    def safe(self, needed: np.ndarray) -> np.ndarray:
        """What is withheld: a cheapest choice, or where that is not proven in time one without a cell in vain."""
        cuts, hidden = self._never_alone(needed), self.primary
        for _ in range(MOST_ROUNDS):
            chosen = self._choose(np.array(cuts)) if cuts else hidden
            if chosen is None:
                break
            hidden = chosen
            found = narrow(self.sums, self.values, hidden=hidden, needed=needed)
            if not len(found):
                return hidden
            new = [self._cut(cell, hidden, needed) for cell in found]
            if all(cut @ hidden >= -TOLERANCE for cut in new):  # beyond the solver's digits: any one cell more
                new.append(np.where(hidden, -1.0 / (1 + hidden.sum()), 1.0) / len(hidden))
            cuts += new
        return widened(self.sums, self.values, self.cost, hidden=hidden, primary=self.primary, needed=needed)

    def _never_alone(self, needed: np.ndarray) -> list[np.ndarray]:
        """The inequalities that every attack begins with: who is withheld alone in a sum is what the sum leaves."""
        cuts = []
        for row in range(self.sums.shape[0]):
            members = self.sums.indices[self.sums.indptr[row] : self.sums.indptr[row + 1]]
            for cell in members[needed[members] >= 1.0]:
                cut = np.zeros(len(self.values))
                cut[members], cut[cell] = 1.0, -1.0
                cuts.append(cut)
        return cuts

    def _cut(self, cell: int, hidden: np.ndarray, needed: np.ndarray) -> np.ndarray:
        """Coefficients of one inequality ≥ 0 on what is withheld, which every safe choice keeps and this one does not.

        By duality the cell's interval is no wider than prices × how far each withheld cell may move.
        """
        room = np.zeros(len(hidden))
        for sign in (1.0, -1.0):
            end = farthest(
                self.sums, cell=cell, sign=sign, values=np.zeros(len(hidden)), hidden=hidden,
                lower=-self.values, upper=np.full(len(hidden), np.inf),
            )  # fmt: skip
            price = np.where(np.abs(end.price) < TOLERANCE, 0.0, end.price)
            room += np.where(price > 0, price * self.values, np.where(price < 0, np.inf, 0.0))
        cut = np.minimum(room, needed[cell])
        cut[cell] -= needed[cell]
        return cut

    def _choose(self, cuts: np.ndarray) -> np.ndarray | None:
        """The cheapest cells that keep every cut; None where that is not proven within so many branches."""
        found = milp(
            self.cost,
            constraints=LinearConstraint(sparse.csr_matrix(cuts), lb=0.0),
            integrality=np.ones(len(self.cost)),
            bounds=Bounds(self.primary.astype(float), 1.0),
            options={"mip_rel_gap": 0.0, "node_limit": MOST_NODES},
        )
        if found.status == 1:
            return None
        if found.x is None:
            raise DisclosureError(f"no safe choice was found: {found.message}", reason="no_solution")
        return found.x > 0.5
