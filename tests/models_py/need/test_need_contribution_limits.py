"""Parts of an index on a register made by hand: which units are withheld, what the reference shows, kronor and rounding."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need import Factor
from models_py.need.contributions import COLUMNS, contributions_in_kronor, index_contributions, tied
from models_py.need.design import Design, Term
from models_py.need.fit import NeedFit

SEX = Factor("sex", ("girl", "boy", "missing"))
BAND = Factor("band", ("low", "high", "missing"))
FIT = NeedFit(
    estimator="prior", link="logit",
    design=Design((SEX, BAND), (Term("sex", "boy"), Term("band", "high")), ("girl", "low"), ()),
    intercept=-1.5, coefficients=np.array([0.5, 1.0]), covariance=np.eye(2), interval_rule="as_delivered",
    degrees_of_freedom=math.inf, year_effects=(), ridge=0.0, result_years=(), municipality_codes=(), fitted_schools=0,
    dropped_schools=(), pupils=0, events=0, iterations=0, blocks=None, calibration=None,
)  # fmt: skip


def register(units: dict[str, tuple[int, int]], *, missing: int = 0) -> pd.DataFrame:
    """Unit → girls of low band and boys of high band; some without known sex in the first unit."""
    rows = [
        {
            "municipality_code": "9999",
            "count_date": "2026-10-15",
            "school_unit_code": unit,
            "sex": sex,
            "band": band,
            "pupil_count": n,
        }
        for unit, counts in units.items()
        for sex, band, n in zip(("girl", "boy"), ("low", "high"), counts, strict=True)
    ]
    first = next(iter(units))
    rows.append(rows[0] | {"school_unit_code": first, "sex": "missing", "pupil_count": missing})
    return pd.DataFrame(rows)


def found(units: dict[str, tuple[int, int]], *, missing: int = 0, **more):
    return index_contributions(FIT, register(units, missing=missing), **{"index_minimum_pupils": 1} | more)


def test_two_equal_units_and_one_above_divide_the_distance_by_the_weights_of_the_factors():
    parts = found({"A": (50, 50), "B": (20, 80)})
    # Boys are high, girls low: both factors move together, and the parts are as their weights, 0.5 to 1.
    share = {
        unit: (girls * expit(-1.5) + boys * expit(0.0)) / 100 for unit, girls, boys in (("A", 50, 50), ("B", 20, 80))
    }
    mean = (share["A"] + share["B"]) / 2
    rows = [
        (unit, 100, factor, 100 * (share[unit] - mean) / mean * part)
        for unit in "AB"
        for factor, part in (("sex", 1 / 3), ("band", 2 / 3))
    ]
    expected = pd.DataFrame(rows, columns=list(COLUMNS))
    pd.testing.assert_frame_equal(parts.table, expected, check_exact=False, rtol=0, atol=2e-6)
    assert parts.withheld == ()
    assert parts.municipal_pupils == 200
    assert parts.reference_share == pytest.approx(expit(-1.5 + 0.65 * 1.5), rel=1e-12)
    reference = pd.DataFrame(
        [
            ("sex", "girl", 0.35), ("sex", "boy", 0.65), ("sex", "missing", 0.0), ("band", "low", 0.35),
            ("band", "high", 0.65), ("band", "missing", 0.0),
        ],
        columns=["factor", "level", "pupil_share"],
    )  # fmt: skip
    pd.testing.assert_frame_equal(parts.reference, reference)


@pytest.mark.parametrize(
    ("units", "withheld"),
    [
        ({"A": (50, 50), "B": (10, 10)}, {}),
        ({"A": (50, 50), "B": (10, 9), "C": (30, 30)}, {"B": "under_minimum_pupils", "C": "follows_from_the_others"}),
        ({"A": (50, 50), "B": (5, 5), "C": (5, 5)}, {"B": "under_minimum_pupils", "C": "under_minimum_pupils"}),
        (
            {"A": (50, 50), "B": (5, 5), "C": (5, 4), "D": (30, 30)},
            {"B": "under_minimum_pupils", "C": "under_minimum_pupils", "D": "follows_from_the_others"},
        ),
        # Of two equals the first by code goes.
        ({"A": (50, 50), "B": (1, 0), "C": (50, 50)}, {"B": "under_minimum_pupils", "A": "follows_from_the_others"}),
    ],
)
def test_small_units_are_withheld_with_as_many_as_hide_twenty_pupils(units, withheld: dict[str, str]):
    parts = found(units)
    assert dict(parts.withheld) == withheld
    assert list(dict(parts.withheld)) == sorted(withheld)
    assert sorted(set(parts.table["school_unit_code"])) == sorted(set(units) - set(withheld))
    assert found(units, minimum_pupils=1).withheld == ()


def test_members_of_a_group_large_enough_hide_each_other_and_need_no_third():
    units = {"A": (50, 50), "B": (10, 9), "C": (3, 2)}
    assert dict(found(units, index_minimum_pupils=20).withheld) == dict.fromkeys("BC", "under_minimum_pupils")
    assert dict(index_contributions(FIT, register(units)).withheld) == dict.fromkeys("BC", "under_minimum_pupils")


def reference(**more) -> dict[str, float]:
    table = found(**more).reference
    of_sex = table[table["factor"] == "sex"]
    return dict(zip(of_sex["level"], of_sex["pupil_share"], strict=True))


def test_a_level_of_ten_is_shown_and_one_of_nine_is_not_nor_what_gives_it_away():
    assert reference(units={"A": (50, 40)}, missing=10) == {"girl": 0.5, "boy": 0.4, "missing": 0.1}
    hidden = reference(units={"A": (50, 41)}, missing=9)
    assert hidden["girl"] == 0.5
    assert math.isnan(hidden["boy"])
    assert math.isnan(hidden["missing"])
    # Nine and one hidden are ten together: the third follows from nothing.
    both = reference(units={"A": (90, 9)}, missing=1)
    assert both["girl"] == 0.9
    assert math.isnan(both["boy"])
    assert all(math.isnan(value) for value in reference(units={"A": (95, 5)}, missing=0).values() if value)


def test_kronor_are_pot_over_all_pupils_by_the_part():
    table = pd.DataFrame(
        {"index_contribution": [10.0, -4.0], "pupil_count": [50, 200], "municipal_pupil_count": [400, 400]}
    )
    # 8 000 kr over 400 pupils are 20 kr per pupil; ten points of them 2 kr.
    kept = contributions_in_kronor(table, pot_ore=800_000)
    expected = table.assign(contribution_sek_per_pupil=[2.0, -0.8], contribution_sek=[100.0, -160.0])
    pd.testing.assert_frame_equal(kept, expected)
    assert contributions_in_kronor(table, pot_ore=0)["contribution_sek"].abs().tolist() == [0.0, 0.0]
    with pytest.raises(NeedError, match="the pot is -1 öre") as caught:
        contributions_in_kronor(table, pot_ore=-1)
    assert caught.value.reason == "bad_setting"


def test_the_largest_part_takes_what_rounding_leaves():
    points = np.array([[1.123456789, -2.234567891, 0.0], [-1e-12, 0.5, -0.25]])
    kept = tied(points, index=np.array([98.9, 100.25]))
    assert kept[0].tolist() == [1.12345679, 98.9 - 100.0 - 1.12345679, 0.0]
    assert kept[1].tolist() == [0.0, 0.5, -0.25]
    assert math.copysign(1.0, kept[1, 0]) == 1.0


def test_two_count_dates_are_the_most_unless_told():
    days = [register({"A": (50, 50)}).assign(count_date=f"202{year}-10-15") for year in (4, 5, 6)]
    three = pd.concat(days, ignore_index=True)
    with pytest.raises(NeedError, match="unit need holds 3 count dates; pass the 2 latest at most") as caught:
        index_contributions(FIT, three)
    assert caught.value.reason == "too_many_count_dates"
    assert index_contributions(FIT, three, maximum_count_dates=3).municipal_pupils == 100
