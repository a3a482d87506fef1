"""Draws of a missing level whose chances are certain, so that every count can be said beforehand; and the comparison."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import FACTORS
from models_py.need.design import Design, Term
from models_py.need.fit import NeedFit
from models_py.need.missing import draw_missing, missing_sensitivity

FEW = (FACTORS[0], FACTORS[1], FACTORS[4])
EDUCATION, IMMIGRATION, SEX = (factor.name for factor in FEW)
FIT = NeedFit(
    estimator="within_school", link="logit", intercept=-1.0,
    design=Design((FEW[0],), (Term(EDUCATION, "compulsory"), Term(EDUCATION, "missing")), ("post_secondary_long",), ()),
    coefficients=np.array([2.0, 0.5]), covariance=np.eye(2), interval_rule="school_jackknife", degrees_of_freedom=3.0,
    year_effects=((2025, 0.0),), ridge=0.05, result_years=(2025,), municipality_codes=("9999",), fitted_schools=4,
    dropped_schools=(), pupils=40, events=12, iterations=3, blocks=None, calibration=None,
)  # fmt: skip


def table(*rows: tuple[str, str, str, str, int], count: str = "pupil_count", date: str = "2026-10-15") -> pd.DataFrame:
    """unit, education, immigration, sex, pupils."""
    found = pd.DataFrame(rows, columns=["school_unit_code", EDUCATION, IMMIGRATION, SEX, count])
    return found.assign(municipality_code="9999", count_date=date)


LATELY, BORN = "years_0_to_3", "born_in_sweden"
REGISTER = pd.concat([
    table(("a", "compulsory", LATELY, "boy", 4), ("a", "missing", LATELY, "boy", 2), ("b", "missing", LATELY, "girl", 1),
          ("b", "post_secondary_long", BORN, "girl", 3)),
    table(("a", "compulsory", LATELY, "boy", 1), date="2025-10-15"),
])  # fmt: skip
OUTCOMES = table(
    ("a", "missing", LATELY, "boy", 7), ("a", "compulsory", LATELY, "boy", 5), ("b", "missing", BORN, "girl", 3),
    count="leaver_count",
).drop(columns="count_date").assign(result_year=2025, not_eligible_count=[2, 1, 3])  # fmt: skip


def rows_of(found: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return sorted(found[list(columns)].itertuples(index=False, name=None))


def test_where_those_alike_have_one_level_only_the_draw_is_certain():
    """Lately arrived boys are all compulsory; a girl takes what the lately arrived have, of immigration alone."""
    outcomes, register = draw_missing(OUTCOMES, REGISTER, seed=1, given=(IMMIGRATION, SEX), factors=FEW)
    assert rows_of(outcomes, "school_unit_code", EDUCATION, "leaver_count", "not_eligible_count") == [
        ("a", "compulsory", 5, 1), ("a", "compulsory", 7, 2), ("b", "post_secondary_long", 3, 3),
    ]  # fmt: skip
    assert rows_of(register, "count_date", "school_unit_code", EDUCATION, SEX, "pupil_count") == [
        ("2025-10-15", "a", "compulsory", "boy", 1),
        ("2026-10-15", "a", "compulsory", "boy", 2), ("2026-10-15", "a", "compulsory", "boy", 4),
        ("2026-10-15", "b", "compulsory", "girl", 1), ("2026-10-15", "b", "post_secondary_long", "girl", 3),
    ]  # fmt: skip
    assert outcomes.index.tolist() == [0, 1, 2]
    assert register.index.tolist() == list(range(5))


def test_without_anything_given_everyone_s_levels_are_drawn_from_and_another_factor_may_be_drawn():
    register = table(("a", "missing", LATELY, "boy", 4000), ("b", "compulsory", BORN, "girl", 1),
                     ("b", "post_secondary_long", BORN, "girl", 3))  # fmt: skip
    _, drawn = draw_missing(OUTCOMES, register, seed=1, given=(), factors=FEW)
    of = drawn[drawn["school_unit_code"] == "a"].set_index(EDUCATION)["pupil_count"]
    assert of.sum() == 4000
    assert of["compulsory"] == pytest.approx(1000, abs=120)
    assert set(of.index) == {"compulsory", "post_secondary_long"}
    turned = register.assign(sex=["missing", "girl", "girl"])
    _, other = draw_missing(OUTCOMES, turned, seed=1, factor=SEX, given=(IMMIGRATION,), factors=FEW)
    assert rows_of(other, "school_unit_code", SEX, "pupil_count")[0] == ("a", "girl", 4000)


def test_a_seed_may_be_one_number_or_two():
    draws = [draw_missing(OUTCOMES, REGISTER, seed=seed, given=(), factors=FEW)[0] for seed in (1, 1, (1, 0), (1, 2))]
    pd.testing.assert_frame_equal(draws[0], draws[1])
    assert all(len(draw) for draw in draws)
    expected = np.random.Generator(np.random.PCG64(np.array([1, 2])))
    chances = np.array([3, 0, 0, 5]) / 8
    events = expected.multinomial([2, 3], chances)
    leavers = events + expected.multinomial([5, 0], chances)
    drawn = draws[3].iloc[1:]
    levels = ("post_secondary_long", "compulsory")
    wanted = [
        (unit, level, leavers[row, place], events[row, place])
        for row, unit in enumerate("ab") for level, place in zip(levels, (0, 3), strict=True) if leavers[row, place]
    ]  # fmt: skip
    assert rows_of(drawn, "school_unit_code", EDUCATION, "leaver_count", "not_eligible_count") == sorted(wanted)


@pytest.mark.parametrize(
    ("settings", "reason", "words"),
    [
        ({"given": ("shoe_size",)}, "unknown_factor",
         "factors ['shoe_size'] are not counted; counted are ['guardian_education', 'immigration', 'sex']"),
        ({"factor": "age", "given": ()}, "unknown_factor",
         "factors ['age'] are not counted; counted are ['guardian_education', 'immigration', 'sex']"),
        ({"factor": SEX, "given": ()}, "all_missing", "no pupil has a known sex; there is nothing to draw from"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(settings, reason, words):
    with pytest.raises(NeedError) as told:
        draw_missing(OUTCOMES, REGISTER.assign(sex="missing"), seed=1, factors=FEW, **settings)
    assert (told.value.reason, str(told.value)) == (reason, words)


def compared(**settings: object):
    plain = {"estimate": lambda counts: FIT, "seed": 3, "draws": 2, "given": (IMMIGRATION, SEX), "factors": FEW,
             "index_minimum_pupils": 1}  # fmt: skip
    return missing_sensitivity(OUTCOMES, REGISTER, **plain | settings)


def test_the_comparison_whole():
    """Certain draws: unit a goes from a mean of missing and compulsory to compulsory alone, b likewise for its girl."""
    found = compared()
    long, low, lacking = (1 / (1 + np.exp(-score)) for score in (-1.0, 1.0, -0.5))
    pupils = np.array([6, 4])

    def index(level: float) -> np.ndarray:
        a = ((4 * low + 2 * level) / 6 + low) / 2
        shares = np.round([a, (level + 3 * long) / 4], 9)
        return 100 * shares * 10 / (shares @ pupils)

    used, drawn = index(lacking), index(low)
    table = found.table
    assert list(table.columns) == ["school_unit_code", "pupil_count", "missing_share", "is_flagged", "need_index",
                                   "drawn_index_mean", "largest_difference"]  # fmt: skip
    assert table["school_unit_code"].tolist() == ["a", "b"]
    assert table["pupil_count"].tolist() == [6, 4]
    assert table["missing_share"].tolist() == [2 / 6, 0.25]
    assert table["is_flagged"].tolist() == [True, False]
    np.testing.assert_allclose(table["need_index"], used, atol=1e-6)
    np.testing.assert_allclose(table["drawn_index_mean"], drawn, atol=1e-6)
    np.testing.assert_allclose(table["largest_difference"], np.abs(drawn - used), atol=1e-6)
    assert found.difference_rms == pytest.approx(np.sqrt(np.average((drawn - used) ** 2, weights=pupils)), abs=1e-6)
    assert found.largest_difference == pytest.approx(np.abs(drawn - used).max(), abs=1e-6)
    assert (found.factor, found.draws, found.seed) == (EDUCATION, 2, 3)


def test_settings_of_the_index_are_those_of_both_sides():
    assert compared(index_minimum_pupils=5).table["need_index"].tolist() == pytest.approx([100.0, 100.0])
    grouped = compared(index_minimum_pupils=5, groups={"g": ["a", "b"]})
    assert grouped.largest_difference == pytest.approx(0.0, abs=1e-9)
    assert compared(draws=1).draws == 1
    with pytest.raises(NeedError, match=r"^0 draws; one or more are needed$"):
        compared(draws=0)


def test_draws_of_one_seed_differ_from_each_other_and_from_those_of_the_next():
    many = REGISTER.assign(pupil_count=REGISTER["pupil_count"] * 50)
    seen: list[tuple[float, ...]] = []
    for seed in (3, 4):
        found = missing_sensitivity(
            OUTCOMES, many, estimate=lambda counts: replace(FIT), seed=seed, draws=3, given=(), factors=FEW
        )
        seen.append(tuple(found.table["drawn_index_mean"]))
        assert (
            found.table["largest_difference"] > (found.table["drawn_index_mean"] - found.table["need_index"]).abs()
        ).all()
    assert seen[0] != seen[1]
