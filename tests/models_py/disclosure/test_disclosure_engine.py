"""The engine on tables that are drawn or written by hand: what is withheld holds, is cheapest, and is always the same."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.disclosure import Audit, DisclosureRule, Tables, audit, primary_cells, protect, tables_of
from models_py.errors import DisclosureError

RULE = DisclosureRule()
COUNTS = st.one_of(st.integers(0, 12), st.integers(0, 60))


def cube(counts: np.ndarray, *, fixed_axis: int | None = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells and sums of a table of any number of ways with all its margins; ``*`` names a sum over an axis.

    Margins along ``fixed_axis`` summed over all others always stand, as pupils per school unit do, and the grand total.
    """
    ways = counts.ndim
    cells, sums = [], []
    for place in product(*(["*", *range(size)] for size in counts.shape)):
        value = counts[tuple(slice(None) if at == "*" else at for at in place)].sum()
        kept = [axis for axis, at in enumerate(place) if at != "*"]
        cells.append((key(place), int(value), not kept or kept == [fixed_axis]))
        for axis in range(ways):
            if place[axis] == "*":
                sums += [
                    (key(place), key((*place[:axis], at, *place[axis + 1 :])), str(axis))
                    for at in range(counts.shape[axis])
                ]
    return (
        pd.DataFrame(cells, columns=["key", "value", "is_fixed"]),
        pd.DataFrame(sums, columns=["total", "part", "by"]),
    )


def key(place: tuple[object, ...]) -> str:
    return "/".join(str(at) for at in place)


def published(cells: pd.DataFrame, sums: pd.DataFrame, hidden: np.ndarray) -> Tables:
    """The tables as a reader has them."""
    ordered = cells.sort_values("key").reset_index(drop=True)
    return tables_of(ordered.assign(value=ordered["value"].where(~hidden)), sums=sums)


def attacked(cells: pd.DataFrame, sums: pd.DataFrame, hidden: np.ndarray) -> Audit:
    return audit(published(cells, sums, hidden), rule=RULE, exact=True)


def drawn(*shape: tuple[int, int]) -> st.SearchStrategy[np.ndarray]:
    return st.tuples(*(st.integers(low, high) for low, high in shape)).flatmap(
        lambda sizes: st.lists(COUNTS, min_size=int(np.prod(sizes)), max_size=int(np.prod(sizes))).map(
            lambda numbers: np.array(numbers).reshape(sizes)
        )
    )


@given(drawn((2, 5), (2, 4)))
@settings(max_examples=15, deadline=None)
def test_no_cell_of_a_two_way_table_is_told_more_narrowly_than_required(counts):
    cells, sums = cube(counts)
    found = protect(tables_of(cells, sums=sums), rule=RULE)
    said = attacked(cells, sums, found.hidden)
    assert (said.too_narrow, said.recoverable) == (0, 0)
    assert (found.required[found.hidden] == said.required).all()
    truth = cells.sort_values("key")["value"].to_numpy()[found.hidden]
    assert (said.low <= truth + 1e-6).all()
    assert (truth <= said.high + 1e-6).all()


@given(drawn((2, 3), (2, 2), (2, 2)))
@settings(max_examples=8, deadline=None)
def test_no_cell_of_a_three_way_table_is_told_more_narrowly_than_required(counts):
    cells, sums = cube(counts)
    found = protect(tables_of(cells, sums=sums), rule=RULE)
    said = attacked(cells, sums, found.hidden)
    assert (said.too_narrow, said.recoverable) == (0, 0)


@given(drawn((2, 5), (2, 4)), st.randoms(use_true_random=False))
@settings(max_examples=6, deadline=None)
def test_the_order_of_rows_changes_nothing(counts, random):
    cells, sums = cube(counts)
    first = protect(tables_of(cells, sums=sums), rule=RULE)
    shuffled = [frame.sample(frac=1, random_state=random.randrange(2**31)) for frame in (cells, sums)]
    again = protect(tables_of(shuffled[0], sums=shuffled[1]), rule=RULE)
    assert np.array_equal(first.hidden, again.hidden)
    assert np.array_equal(first.required, again.required)


@given(drawn((2, 3), (2, 3)))
@settings(max_examples=6, deadline=None)
def test_no_cheaper_choice_is_safe(counts):
    """Against every subset of the cells that may be withheld."""
    cells, sums = cube(counts)
    tables = tables_of(cells, sums=sums)
    found = protect(tables, rule=RULE)
    free = np.flatnonzero(tables.may_hide & ~found.primary)
    spent = int((found.hidden & ~found.primary).sum())
    needed = np.where(found.hidden, found.required, 0.0)
    for chosen in product((False, True), repeat=len(free)):
        if sum(chosen) >= spent:
            continue
        hidden = found.primary.copy()
        hidden[free[list(chosen)]] = True
        said = attacked(cells, sums, hidden)
        assert said.too_narrow, (
            f"{sum(chosen)} cells beside the rule's would do, {spent} were withheld ({needed.sum()})"
        )


SCHOOLS = np.array([[31, 4, 40], [25, 30, 28], [22, 17, 45]])


def test_withholding_only_what_the_rule_asks_for_is_caught():
    cells, sums = cube(SCHOOLS)
    tables = tables_of(cells, sums=sums)
    naive = attacked(cells, sums, primary_cells(tables, rule=RULE))
    assert naive.recoverable == len(naive.keys) == 1
    assert naive.narrow_keys == ["0/1"]
    safe = protect(tables, rule=RULE)
    assert safe.hidden.sum() == 4, "a rectangle, or the cell with its margins, is the least that protects one cell"
    assert attacked(cells, sums, safe.hidden).narrowest >= RULE.threshold


@pytest.mark.parametrize("freed", range(4))
def test_every_cell_beside_the_rules_is_needed(freed):
    """Telling any one of the four withheld cells gives another away."""
    cells, sums = cube(SCHOOLS)
    safe = protect(tables_of(cells, sums=sums), rule=RULE)
    hidden = safe.hidden.copy()
    hidden[np.flatnonzero(safe.hidden)[freed]] = False
    assert attacked(cells, sums, hidden).too_narrow > 0


def test_what_is_known_from_elsewhere_is_not_withheld_in_vain():
    """An earlier publication told a cell: others protect what it can no longer protect."""
    cells, sums = cube(SCHOOLS)
    first = protect(tables_of(cells, sums=sums), rule=RULE)
    ordered = cells.sort_values("key").reset_index(drop=True)
    beside = np.flatnonzero(first.hidden & ~first.primary)[0]
    known = ordered.assign(is_fixed=ordered["is_fixed"] | (ordered.index == beside))
    found = protect(tables_of(known, sums=sums), rule=RULE)
    assert not found.hidden[beside]
    assert attacked(known, sums, found.hidden).too_narrow == 0


def test_a_cell_that_must_be_withheld_is_and_is_protected():
    cells, sums = cube(SCHOOLS + 30)
    assert not protect(tables_of(cells, sums=sums), rule=RULE).hidden.any()
    found = protect(tables_of(cells.assign(must_hide=cells["key"] == "2/2"), sums=sums), rule=RULE)
    assert found.primary.sum() == 1
    assert attacked(cells, sums, found.hidden).too_narrow == 0


def test_noughts_and_hundreds_are_withheld():
    counts = np.array([[0, 44, 20], [52, 0, 3], [40, 41, 42]])
    cells, sums = cube(counts)
    whole = {str(row): int(counts[row].sum()) for row in range(3)}
    told = cells.assign(whole=cells["key"].str.split("/").str[0].map(whole))
    primary = primary_cells(tables_of(told, sums=sums), rule=RULE)
    names = set(told.sort_values("key")["key"].to_numpy()[primary])
    assert names == {"0/0", "1/0", "1/1", "1/2"}, "1/0 leaves 3 of 55 pupils outside"


def test_a_sum_that_two_contributors_make_is_withheld():
    cells = pd.DataFrame({"key": ["a", "b"], "value": [400, 400], "largest": [0.91, 0.90]})
    none = pd.DataFrame({"total": [], "part": []})
    assert protect(tables_of(cells, sums=none), rule=RULE).hidden.tolist() == [True, False]


def test_a_unit_with_fewer_pupils_than_the_threshold_keeps_all_that_totals_leave_open():
    cells, sums = cube(np.array([[1, 2, 3], [40, 50, 60], [44, 55, 66]]))
    found = protect(tables_of(cells, sums=sums), rule=RULE)
    said = attacked(cells, sums, found.hidden)
    tiny = np.array([name.startswith("0/") for name in said.keys])
    assert (said.high[tiny] - said.low[tiny]).tolist() == [6.0, 6.0, 6.0]
    assert said.told_by_totals == 3
    assert said.narrowest is None or said.narrowest >= RULE.threshold


def test_a_national_block_of_many_units_is_solved_in_one_go():
    """Fixed draws; 60 units and five levels with their margins."""
    random = np.random.default_rng(7)
    counts = random.poisson(random.gamma(1.2, 20.0, size=(60, 1)) * np.array([0.1, 0.2, 0.5, 0.8, 1.0]))
    cells, sums = cube(counts)
    found = protect(tables_of(cells, sums=sums), rule=RULE)
    said = audit(published(cells, sums, found.hidden), rule=RULE)
    assert (said.too_narrow, said.recoverable) == (0, 0)
    assert said.narrowest >= RULE.threshold


@pytest.mark.parametrize(
    ("cells", "sums", "reason"),
    [
        ({"key": ["a", "a"], "value": [1, 1]}, {"total": [], "part": []}, "key_twice"),
        ({"key": ["a"], "value": [1]}, {"total": ["a"], "part": ["b"]}, "unknown_key"),
        ({"key": ["a", "b"], "value": [2, 1]}, {"total": ["a"], "part": ["b"]}, "not_a_sum"),
        ({"key": ["a"], "value": [-1]}, {"total": [], "part": []}, "bad_value"),
        ({"key": ["a"], "value": [0.5]}, {"total": [], "part": []}, "bad_value"),
    ],
)
def test_cells_that_make_no_sense_are_refused(cells, sums, reason):
    with pytest.raises(DisclosureError) as refused:
        tables_of(pd.DataFrame(cells), sums=pd.DataFrame(sums))
    assert refused.value.reason == reason


def test_protection_without_every_count_is_refused():
    cells, sums = cube(SCHOOLS)
    with pytest.raises(DisclosureError) as refused:
        protect(tables_of(cells.assign(value=cells["value"].where(cells["key"] != "0/1")), sums=sums), rule=RULE)
    assert refused.value.reason == "unknown_value"


def test_published_figures_that_contradict_each_other_are_refused():
    cells, sums = cube(SCHOOLS)
    wrong = cells.assign(value=cells["value"].where(cells["key"] != "0/1").where(cells["key"] != "*/1", 3))
    wrong.loc[wrong["key"] == "*/0", "value"] = np.nan
    with pytest.raises(DisclosureError) as refused:
        audit(tables_of(wrong, sums=sums), rule=RULE)
    assert refused.value.reason == "contradiction"


@pytest.mark.parametrize("wrong", [{"threshold": 0}, {"dominance_contributors": 0}, {"dominance_share": 0.0}])
def test_a_rule_that_withholds_nothing_is_refused(wrong):
    with pytest.raises(DisclosureError):
        DisclosureRule(**wrong)
