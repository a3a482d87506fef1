"""Each rule gives what its name says, in cases worked by hand and in a foreign formula's own example."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from models_py.allocation.kernel import solve, solve_whole
from models_py.allocation.rules import (
    common_level,
    equal_awards,
    least_squared_unmet,
    level_up,
    proportional,
    spread_residual,
)
from models_py.errors import AllocationError

PUPILS = {"A": 100, "B": 100, "C": 200}
CLAIMS = {"A": 1000, "B": 4000, "C": 4000}

HEADS = [78, 77, 100, 57, 92, 88, 94, 83, 97, 66, 70, 66, 89, 85, 100, 55, 55, 80, 71, 62, 91, 93, 59, 74, 87, 88]
HEADS += [83, 96, 95, 76, 51, 54]
OWN = [1104, 1762, 1339, 1090, 1306, 1291, 1332, 1230, 1717, 1815, 1848, 1058, 1177, 1996, 1347, 1475, 1812, 1158]
OWN += [1268, 1290, 1946, 1240, 1455, 1577, 1701, 1514, 1354, 1049, 1224, 1780, 1059, 1895]
POOL_HEADS = {f"{k:02d}": n for k, n in enumerate(HEADS, start=1)}
POOL_OWN = {f"{k:02d}": r for k, r in enumerate(OWN, start=1)}
LIFTED_TO = {
    "01": "1204.19669118", "03": "1543.84191176", "05": "1420.33455882", "06": "1358.58088235",
    "07": "1451.21139706", "08": "1281.38878676", "13": "1374.01930147", "15": "1543.84191176",
    "18": "1235.07352941", "22": "1435.77297794", "28": "1482.08823529", "29": "1466.64981618",
}  # fmt: skip


def test_proportional_meets_the_same_share_of_every_claim():
    solution = solve(proportional(CLAIMS), total=4500)
    assert solution.amounts == {"A": 500, "B": 2000, "C": 2000}
    assert solution.multiplier == Fraction(1, 2)


def test_least_squared_unmet_leaves_the_same_shortfall_per_pupil_and_nobody_below_zero():
    solution = solve(least_squared_unmet(CLAIMS, pupils=PUPILS), total=4400)
    assert solution.amounts == {"A": 0, "B": 2800, "C": 1600}
    assert solution.multiplier == -12
    assert solution.at_lower == ("A",)


def test_equal_awards_fill_the_smallest_claims_first():
    solution = solve(equal_awards(CLAIMS, pupils=PUPILS), total=7000)
    assert solution.amounts == {"A": 1000, "B": 2000, "C": 4000}
    assert solution.multiplier == 20


def test_a_scarce_pot_treats_the_neediest_fifth_as_the_rules_promise():
    """Squared unmet need creates a threshold, equal awards favour small claims, proportional neither."""
    pupils = {f"{k:02d}": 100 for k in range(40)}
    claims = {f"{k:02d}": 100 * (50 + 4 * k) for k in range(40)}
    pot = sum(claims.values()) * 3 // 10
    neediest, least_needy = [f"{k:02d}" for k in range(32, 40)], [f"{k:02d}" for k in range(8)]
    met = {}
    for name, terms in (
        ("proportional", proportional(claims)),
        ("squared", least_squared_unmet(claims, pupils=pupils)),
        ("equal", equal_awards(claims, pupils=pupils)),
    ):
        amounts = solve(terms, total=pot).amounts
        met[name] = [
            float(sum(amounts[c] for c in group) / sum(claims[c] for c in group)) for group in (neediest, least_needy)
        ]
    assert met["proportional"] == pytest.approx([0.3, 0.3])
    assert met["squared"][0] > 0.45
    assert met["squared"][1] == 0
    assert met["equal"][0] <= 0.2
    assert met["equal"][1] > 0.55


def test_level_up_lifts_the_poorest_to_one_level_as_the_worked_example_says():
    solution = solve(level_up(POOL_OWN, weights=POOL_HEADS), total=2000)
    lifts = solution.amounts
    assert round(Decimal(solution.multiplier.numerator) / solution.multiplier.denominator, 13) == Decimal(
        "15.4384191176471"
    )
    assert common_level(POOL_OWN, lifts, weights=POOL_HEADS) == solution.multiplier
    after = {c: POOL_OWN[c] + lifts[c] for c in POOL_OWN if lifts[c]}
    assert {c: f"{float(a):.8f}" for c, a in after.items()} == LIFTED_TO
    assert sum(lifts.values()) == 2000
    assert len(solution.at_lower) == 20


def test_level_up_with_nothing_changes_nothing_and_with_plenty_lifts_all_to_one_level():
    assert set(solve(level_up(POOL_OWN, weights=POOL_HEADS), total=0).amounts.values()) == {Fraction(0)}
    solution = solve(level_up(POOL_OWN, weights=POOL_HEADS), total=200_000)
    assert f"{float(solution.multiplier):.8f}" == "98.01313694"
    assert {(POOL_OWN[c] + a) / POOL_HEADS[c] for c, a in solution.amounts.items()} == {solution.multiplier}


def test_level_up_in_whole_kronor_gives_out_the_whole_pot():
    _, whole = solve_whole(level_up(POOL_OWN, weights=POOL_HEADS), total=2000)
    assert sum(whole.values()) == 2000
    assert {c for c, lift in whole.items() if lift} == set(LIFTED_TO)


def test_a_residual_is_spread_per_pupil_up_and_down():
    amounts = {"A": 100, "B": 10, "C": Decimal("50.5")}
    up = solve(spread_residual(amounts, weights=PUPILS), total=Fraction(401, 2)).amounts
    assert up == {"A": 110, "B": 20, "C": Fraction(141, 2)}
    down = solve(spread_residual(amounts, weights=PUPILS), total=Fraction(1, 2)).amounts
    assert down == {"A": 60, "B": -30, "C": Fraction(-59, 2)}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: proportional({"A": -1, "B": 1}), "claims are negative for school units 1 \\(A\\)"),
        (lambda: least_squared_unmet(CLAIMS, pupils=PUPILS | {"B": 0}), "above zero; they are not .* 1 \\(B\\)"),
        (lambda: equal_awards(CLAIMS, pupils={"A": 1}), "not of the same school units: 2 \\(B, C\\)"),
        (lambda: level_up({"A": 1}, weights={"A": 0}), "above zero"),
        (lambda: spread_residual({"A": 1}, weights={"A": -1}), "weights are negative"),
        (lambda: proportional({"A": 0.5}), "not float"),
        (lambda: proportional({"A": Decimal("NaN")}), "not a finite number"),
    ],
)
def test_senseless_claims_and_weights_are_refused(make, words):
    with pytest.raises(AllocationError, match=words):
        make()
