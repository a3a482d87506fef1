"""A threshold on pupils: worked by hand, no dependence on cells or order, and refused on unit means."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.allocation.pupil_threshold import pupil_threshold_claims
from models_py.errors import AllocationError


def cells(*rows):
    return pd.DataFrame(rows, columns=["school_unit_code", "need_share", "pupil_count"])


EXAMPLE = cells(("A", 0.125, 80), ("A", 0.75, 10), ("A", 0.5, 10), ("B", 0.125, 95), ("B", 0.5, 5), ("C", 0.0, 20))


def test_by_hand():
    """25 of 220 pupils lie at .5 or above; wanting 30 takes in everyone at .125, who cannot be told apart."""
    found = pupil_threshold_claims(EXAMPLE, target_share=Fraction(25, 220), deduction_per_pupil=Decimal("0.0625"))
    mean = Fraction(80 * Fraction(1, 8) + Fraction(15, 2) + 5 + 95 * Fraction(1, 8) + Fraction(5, 2), 220)
    assert found.cut_share == 0.5
    assert found.mean_share == pytest.approx(float(mean))
    assert found.target_share == 25 / 220
    gross_a = 10 * (Fraction(3, 4) - mean) + 10 * (Fraction(1, 2) - mean)
    assert found.claims == {"A": gross_a - 100 * Fraction(1, 16), "B": 0, "C": 0}
    wider = pupil_threshold_claims(EXAMPLE, target_share=Fraction(30, 220), deduction_per_pupil=0)
    assert wider.cut_share == 0.125
    assert wider.target_share == 200 / 220


def test_a_reference_population_sets_cut_and_mean():
    nation = pd.DataFrame({"need_share": [0.0, 0.4, 0.7], "pupil_count": [800, 100, 100]})
    found = pupil_threshold_claims(EXAMPLE, target_share=Decimal("0.1"), deduction_per_pupil=0, reference=nation)
    assert found.cut_share == 0.7
    assert found.mean_share == pytest.approx(0.11)
    assert [unit for unit, claim in found.claims.items() if claim] == ["A"]


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(
        st.tuples(st.sampled_from("ABC"), st.integers(0, 8).map(lambda k: k / 8), st.integers(1, 50)),
        min_size=4,
        max_size=25,
    ).filter(lambda rows: len(rows) > len({row[0] for row in rows})),
    order=st.randoms(use_true_random=False),
)
def test_cells_may_come_in_any_order_and_in_pieces(counts, order):
    dials = {"target_share": Decimal("0.15"), "deduction_per_pupil": Decimal("0.01")}
    whole = pupil_threshold_claims(cells(*counts), **dials)
    pieces = [(u, p, part) for u, p, n in counts for part in (n - n // 2, n // 2)]
    again = pupil_threshold_claims(cells(*order.sample(pieces, len(pieces))), **dials)
    assert again.claims == whole.claims
    assert (again.cut_share, again.mean_share) == (whole.cut_share, whole.mean_share)
    assert whole.target_share >= 0.15


@pytest.mark.parametrize(
    ("table", "dials", "said"),
    [
        (cells(("A", 0.1, 5), ("B", 0.2, 5)), {}, "a mean over its pupils"),
        (EXAMPLE.drop(columns="need_share"), {}, "are missing"),
        (cells(("A", 1.2, 5), ("A", 0.2, 5)), {}, r"need_share is missing or out of range in 1 rows of 1 \(A\)"),
        (cells(("A", 0.2, 1.5), ("A", 0.1, 5)), {}, "pupil_count is missing or out of range"),
        (cells(("A", 0.2, 0), ("A", 0.1, 0)), {}, "no pupils"),
        (EXAMPLE, {"target_share": 0}, "target_share"),
        (EXAMPLE, {"deduction_per_pupil": -1}, "deduction_per_pupil"),
    ],
)
def test_what_cannot_carry_a_threshold_on_pupils_is_refused(table, dials, said):
    with pytest.raises(AllocationError, match=said):
        pupil_threshold_claims(
            table, **({"target_share": Decimal("0.15"), "deduction_per_pupil": Decimal("0.01")} | dials)
        )
