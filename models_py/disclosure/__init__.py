"""Disclosure control of additive tables: which cells are withheld, and what can be worked out of the rest.

Cells are counts tied by sums over all tables of a publication together. ``protect`` withholds what the rule asks for and
the cheapest cells beside them; ``audit`` attacks what is published with linear programming. Method: Fischetti & Salazar,
"Solving the cell suppression problem on tabular data with linear constraints", Management Science 47(7), 2001; Hundepool
et al., Statistical Disclosure Control, Wiley 2012, ch. 4.
Belongs here: cells and arithmetic. Does not: which published table holds which cell (the publication), money.
"""

from models_py.disclosure.audit import Audit, audit
from models_py.disclosure.cells import Tables, tables_of
from models_py.disclosure.one_sum import within_sum
from models_py.disclosure.protect import Protection, protect
from models_py.disclosure.rule import DisclosureRule, primary_cells

__all__ = [
    "Audit",
    "DisclosureRule",
    "Protection",
    "Tables",
    "audit",
    "primary_cells",
    "protect",
    "tables_of",
    "within_sum",
]
