"""Where a cheapest choice is not proven in time, what is withheld is safe all the same, and no cell of it is in vain."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import sparse
from scipy.optimize import OptimizeResult

from models_py.disclosure import DisclosureRule, protect, tables_of
from models_py.disclosure.widen import widened, widths
from models_py.errors import DisclosureError
from tests.models_py.disclosure.test_disclosure_engine import attacked, cube, drawn

RULE = DisclosureRule()
PROTECT, WIDEN = (sys.modules[f"models_py.disclosure.{name}"] for name in ("protect", "widen"))


@contextmanager
def without_proof(rounds: int = 0) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PROTECT, "MOST_ROUNDS", rounds)
        yield


@given(drawn((2, 5), (2, 4)))
@settings(max_examples=6, deadline=None)
def test_a_choice_without_proof_is_safe_and_tells_all_it_can(counts):
    cells, sums = cube(counts)
    tables = tables_of(cells, sums=sums)
    with without_proof():
        found = protect(tables, rule=RULE)
    assert attacked(cells, sums, found.hidden).too_narrow == 0
    assert (found.hidden >= found.primary).all()
    for cell in np.flatnonzero(found.hidden & ~found.primary):
        fewer = found.hidden.copy()
        fewer[cell] = False
        assert attacked(cells, sums, fewer).too_narrow > 0, f"{tables.keys[cell]} was withheld in vain"


@given(drawn((2, 4), (2, 4)))
@settings(max_examples=6, deadline=None)
def test_the_proven_choice_costs_no_more(counts):
    cells, sums = cube(counts)
    tables = tables_of(cells, sums=sums)
    proven = protect(tables, rule=RULE)
    with without_proof():
        other = protect(tables, rule=RULE)
    assert tables.cost @ proven.hidden <= tables.cost @ other.hidden


def test_a_search_that_takes_too_long_is_left_and_what_it_found_is_made_safe():
    """Twelve units alike: any of them protects the two small ones as well as another."""
    counts = np.array([[2, 40, 41, 40], [1, 41, 40, 40], *[[30, 30, 30, 30 + place % 2] for place in range(12)]])
    cells, sums = cube(counts)
    tables = tables_of(cells, sums=sums)
    with without_proof(rounds=1):
        found = protect(tables, rule=RULE)
        again = protect(tables, rule=RULE)
    assert np.array_equal(found.hidden, again.hidden)
    assert attacked(cells, sums, found.hidden).too_narrow == 0
    assert found.hidden.sum() < tables.may_hide.sum() / 2


def test_a_programme_that_branches_for_too_long_gives_way(monkeypatch: pytest.MonkeyPatch):
    """The solver says that it has stopped: what the rule withholds is then what is made safe."""
    cells, sums = cube(np.array([[31, 4, 40], [25, 30, 28], [22, 17, 45]]))
    tables = tables_of(cells, sums=sums)
    monkeypatch.setattr(PROTECT, "milp", lambda *_, **__: OptimizeResult(status=1, x=None, message="node limit"))
    found = protect(tables, rule=RULE)
    assert found.primary.sum() == 1
    assert attacked(cells, sums, found.hidden).too_narrow == 0


def test_a_cell_that_nothing_can_protect_is_told_of():
    """One sum of one open cell: its value follows from the total whatever is withheld."""
    cells, sums = cube(np.array([[5, 40], [30, 30]]))
    tables = tables_of(cells, sums=sums)
    alone = tables.sums[:, [0]]
    one = np.ones(1, dtype=bool)
    assert widths(alone, np.array([5.0]), hidden=one, wanted=np.array([10.0])) == pytest.approx(0.0)
    with pytest.raises(DisclosureError, match="cannot be made wide enough"):
        widened(alone, np.array([5.0]), np.ones(1), hidden=one, primary=one, needed=np.array([10.0]))


def test_a_choice_that_gets_no_wider_is_told_of_instead_of_sought_for_ever(monkeypatch: pytest.MonkeyPatch):
    """Movement too small for the solver's tolerance adds no cell; the next round would be the same."""
    sums = sparse.csr_matrix([[1.0, 1.0, -1.0]])
    values, hidden = np.array([5.0, 40.0, 45.0]), np.array([True, False, False])
    monkeypatch.setattr(WIDEN, "_moving", lambda *_, **__: np.zeros(3, dtype=bool))
    with pytest.raises(DisclosureError, match="1 cells stay too narrow"):
        widened(sums, values, np.ones(3), hidden=hidden, primary=hidden, needed=np.full(3, 10.0))
