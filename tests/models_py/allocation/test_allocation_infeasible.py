"""A refusal tells its figures and school units in words, and carries them as data."""

from __future__ import annotations

from fractions import Fraction

import pytest

from models_py.allocation.infeasible import (
    CapsBelowPot,
    FloorAboveCap,
    FloorsExceedPot,
    GainsTooSmall,
    InfeasibleError,
    OutOfReach,
)

THIRD = Fraction(1, 3)


@pytest.mark.parametrize(
    ("finding", "kind", "words"),
    [
        (FloorAboveCap(("A", "B")), "floor_above_cap", "the floor is above the cap for school units 2 (A, B)"),
        (
            FloorsExceedPot(120, 100, 20, None, ("B", "A")),
            "floors_exceed_pot",
            "the floors sum to 120, 20 more than the 100 to share, for school units 2 (B, A)",
        ),
        (
            FloorsExceedPot(100 + THIRD, 100, THIRD, Fraction(1, 32), ("A",)),
            "floors_exceed_pot",
            "the floors sum to 100.33, 0.33 more than the 100 to share, for school units 1 (A); a fall of at least 0.0312 must "
            "be allowed",
        ),
        (
            CapsBelowPot(80, 100, 20, ("A",)),
            "caps_below_pot",
            "the caps sum to 80, which leaves 20 of the 100 to share without a taker, for school units 1 (A)",
        ),
        (
            OutOfReach(9, Fraction(2), None, ()),
            "pot_out_of_reach",
            "9 cannot be shared: the amounts add up to at least 2, no upper end",
        ),
        (
            OutOfReach(9, None, Fraction(5, 2), ("A", "C")),
            "pot_out_of_reach",
            "9 cannot be shared: the amounts add up to no lower end, at most 2.50; fixed, because nothing is shared by them: 2 "
            "(A, C)",
        ),
        (
            GainsTooSmall(50, 40, 10, Fraction(5, 4), ("A",)),
            "gains_below_top_ups",
            "top-ups cost 50, gains above the cap are 40 (10 short; a scale of 1.2500 is needed), for school units 1 (A)",
        ),
        (
            GainsTooSmall(50, 0, 50, None, ("A",)),
            "gains_below_top_ups",
            "top-ups cost 50, gains above the cap are 0 (50 short; no gain is above the cap), for school units 1 (A)",
        ),
    ],
)  # fmt: skip
def test_a_finding_in_words_and_as_data(finding, kind, words):
    for where, told in (("", words), ("guarantees.floor", f"guarantees.floor: {words}")):
        refused = InfeasibleError(finding, where=where)
        assert str(refused) == told
        assert refused.finding is finding
        assert refused.reason == finding.kind == kind
