"""The atlas: figures equal to counting by hand, no row order, and nothing public that tells of fewer than ten pupils."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.errors import NeedError
from models_py.need import FACTORS, Factor, count_outcomes
from models_py.need.atlas import FactorAtlas, factor_atlas, missing_flags
from models_py.need.atlas_public import (
    FEW_OUTCOMES,
    FEW_PUPILS,
    FEW_PUPILS_BESIDE,
    FEW_UNITS,
    public_atlas,
    withheld,
)

OFFERED = Factor("offered", ("no", "yes", "missing"))
BAND = Factor("band", ("low", "middle", "high", "missing"))


@pytest.fixture(scope="module")
def registers(world) -> pd.DataFrame:
    earlier = world(41, schools=14, leavers=40, missing=0.1).register("2025-10-15")
    return pd.concat([earlier, world(40, schools=14, leavers=40, missing=0.1).register()])


@pytest.fixture(scope="module")
def atlas(world, registers) -> FactorAtlas:
    return factor_atlas(registers, counts=count_outcomes(world(40, schools=14, leavers=40, missing=0.1).cells))


def register(rows: list[tuple[str, dict[str, str], int]], *, count_date: str = "2026-10-15") -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"municipality_code": "9999", "count_date": count_date, "school_unit_code": unit, "pupil_count": n} | levels
            for unit, levels, n in rows
        ]
    )


def offered(counts: dict[str, tuple[int, int, int]], *, count_date: str = "2026-10-15") -> pd.DataFrame:
    """Unit → pupils without, with and with unknown."""
    rows = [(unit, level, n) for unit, ns in counts.items() for level, n in zip(OFFERED.levels, ns, strict=True) if n]
    return register([(unit, {"offered": level}, n) for unit, level, n in rows], count_date=count_date)


def level(table: pd.DataFrame, name: str) -> pd.Series:
    return table.set_index("level").loc[name]


def test_shares_of_units_are_counts_of_pupils_whose_level_is_known(atlas, registers):
    table = atlas.unit_levels
    assert len(table) == 2 * 14 * sum(len(factor.levels) - 1 for factor in FACTORS)
    row = table[
        (table["count_date"] == "2026-10-15")
        & (table["school_unit_code"] == "99990003")
        & (table["level"] == "compulsory")
    ].iloc[0]
    own = registers[(registers["count_date"] == "2026-10-15") & (registers["school_unit_code"] == "99990003")]
    education = own["guardian_education"]
    assert row["unit_pupil_count"] == len(own)
    assert row["known_count"] == (education != "missing").sum()
    assert row["pupil_count"] == (education == "compulsory").sum()
    assert row["level_share"] == pytest.approx((education[education != "missing"] == "compulsory").mean(), abs=1e-9)
    assert row["missing_share"] == pytest.approx((education == "missing").mean(), abs=1e-9)


def test_levels_are_described_at_the_latest_date_and_go_with_results(atlas, world, registers):
    row = level(atlas.levels, "compulsory")
    now = registers[(registers["count_date"] == "2026-10-15") & (registers["guardian_education"] != "missing")]
    has = now["guardian_education"] == "compulsory"
    share = has.groupby(now["school_unit_code"]).mean()
    known = has.groupby(now["school_unit_code"]).size()
    assert row["level_share"] == pytest.approx(has.mean(), abs=1e-9)
    assert row["share_sd"] == pytest.approx(np.sqrt(np.average((share - has.mean()) ** 2, weights=known)), abs=1e-9)
    assert row["lowest_share"] == pytest.approx(share.min(), abs=1e-9)
    assert row["highest_share"] == pytest.approx(share.max(), abs=1e-9)
    pupils = world(40, schools=14, leavers=40, missing=0.1).pupils
    realised = pupils.groupby("school_unit_code")["not_eligible_count"].mean()
    weights = known.to_numpy()
    expected = np.corrcoef(np.repeat(share.to_numpy(), weights), np.repeat(realised.to_numpy(), weights))[0, 1]
    assert row["outcome_correlation"] == pytest.approx(expected, abs=1e-8)
    low = pupils[pupils["guardian_education"] == "compulsory"]
    assert (row["leaver_count"], row["not_eligible_count"]) == (len(low), low["not_eligible_count"].sum())
    before = registers[(registers["count_date"] == "2025-10-15") & (registers["guardian_education"] != "missing")]
    was = (before["guardian_education"] == "compulsory").groupby(before["school_unit_code"]).mean()
    assert row["mean_absolute_change"] == pytest.approx(np.average((share - was).abs(), weights=weights), abs=1e-9)
    assert row["stable_unit_count"] == 14


def test_any_order_of_pupils_or_cells_gives_the_same_atlas(atlas, world, registers):
    small = world(40, schools=14, leavers=40, missing=0.1)
    shuffled = registers.sample(frac=1, random_state=5)
    keys = ["municipality_code", "count_date", "school_unit_code", *(factor.name for factor in FACTORS)]
    counted = registers.groupby(keys)["pupil_count"].sum().reset_index()
    for table, outcomes in ((shuffled, small.pupils.sample(frac=1, random_state=6)), (counted, small.cells)):
        other = factor_atlas(table, counts=count_outcomes(outcomes))
        for name in ("unit_levels", "levels", "factors", "associations"):
            pd.testing.assert_frame_equal(getattr(other, name), getattr(atlas, name), check_exact=True)


def test_only_the_municipalitys_own_results_count(atlas, world, registers):
    small = world(40, schools=14, leavers=40, missing=0.1)
    both = pd.concat([small.cells, world(42, schools=14).cells.assign(municipality_code="9998")])
    other = factor_atlas(registers, counts=count_outcomes(both))
    pd.testing.assert_frame_equal(other.levels, atlas.levels, check_exact=True)
    alone = factor_atlas(registers, counts=count_outcomes(small.cells.assign(municipality_code="9998")))
    assert alone.levels["outcome_correlation"].isna().all()
    assert (alone.levels["leaver_count"] == 0).all()
    assert alone.levels["not_eligible_share"].isna().all()


def test_units_below_the_limits_are_no_extremes_and_have_no_results():
    table = offered({"a": (30, 10, 0), "b": (10, 9, 0), "c": (20, 20, 0)})
    found = level(factor_atlas(table, factors=(OFFERED,)).levels, "yes")
    assert (found["lowest_share"], found["highest_share"]) == (0.25, 0.5)
    assert (found["compared_unit_count"], found["unit_count"]) == (2, 3)
    leavers = {"a": 15, "b": 14, "c": 40}
    outcomes = pd.DataFrame(
        [
            {
                "municipality_code": "9999", "school_unit_code": unit, "result_year": 2026, "offered": "no",
                "leaver_count": n, "not_eligible_count": 3,
            }
            for unit, n in leavers.items()
        ]
    )  # fmt: skip
    counts = count_outcomes(outcomes, factors=(OFFERED,))
    assert level(factor_atlas(table, counts=counts, factors=(OFFERED,)).levels, "yes")["outcome_unit_count"] == 2


def test_more_than_a_quarter_missing_is_flagged_for_the_unit_and_the_factor():
    table = offered({"a": (50, 25, 25), "b": (49, 25, 26), "c": (90, 10, 0)})
    found = factor_atlas(table, factors=(OFFERED,))
    flagged = missing_flags(found)
    assert flagged["school_unit_code"].tolist() == ["b"]
    assert flagged["missing_share"].item() == 0.26
    assert missing_flags(found, above=0.24)["school_unit_code"].tolist() == ["a", "b"]
    assert found.factors["flagged_unit_count"].item() == 1
    assert not found.factors["is_missing_flagged"].item()
    assert factor_atlas(offered({"a": (50, 10, 40)}), factors=(OFFERED,)).factors["is_missing_flagged"].item()


def test_two_measures_of_one_thing_are_flagged_as_collinear():
    same = {"no": "low", "yes": "high"}
    rows = [
        (unit, {"offered": o, "band": b}, 200 if same[o] == b else 5)
        for unit, o, b in product("ab", ("no", "yes"), ("low", "high"))
    ]
    found = factor_atlas(register(rows), factors=(OFFERED, BAND))
    assert found.factors["is_collinear"].tolist() == [True, True]
    assert found.associations["cramers_v"].item() == pytest.approx(390 / 410, abs=1e-9)
    # A correlation r between two levels inflates the variance by 1 / (1 - r²).
    assert found.factors["gvif"].tolist() == pytest.approx([1 / (1 - (390 / 410) ** 2)] * 2, abs=1e-8)


def test_a_factor_nobody_has_data_on_does_not_hide_the_others(world):
    table = world(43, schools=12).register().assign(econ_assistance="missing")
    found = factor_atlas(table)
    row = found.factors.set_index("factor").loc["econ_assistance"]
    assert row["missing_share"] == 1
    assert np.isnan(row["gvif"])
    assert not row["is_collinear"]
    assert found.factors["gvif"].notna().sum() == 7
    assert found.factors["complete_pupil_count"].iloc[0] == len(table)
    assert found.levels.loc[found.levels["factor"] == "econ_assistance", "level_share"].isna().all()


def test_one_count_date_has_no_stability(world):
    found = factor_atlas(world(44, schools=12).register())
    assert found.levels["stability_correlation"].isna().all()
    assert (found.levels["stable_unit_count"] == 0).all()


def test_several_municipalities_and_unknown_factors_are_refused(world):
    table = world(45, schools=3).register()
    with pytest.raises(NeedError) as caught:
        factor_atlas(pd.concat([table, table.assign(municipality_code="9998")]))
    assert caught.value.reason == "several_municipalities"
    counts = count_outcomes(world(45, schools=3).cells, factors=FACTORS[:2])
    with pytest.raises(NeedError) as caught:
        factor_atlas(table, counts=counts)
    assert caught.value.reason == "unknown_factor"


# What anyone may read.

PARTS = st.lists(st.integers(0, 40), min_size=2, max_size=6)


@settings(max_examples=150, deadline=None)
@given(PARTS)
def test_what_is_withheld_of_a_whole_is_none_or_ten_pupils_at_least(parts):
    counts = np.array(parts)
    because = withheld(counts, complements=counts.sum() - counts)
    hidden = np.array([why is not None for why in because])
    assert hidden[counts < 10].all()
    assert hidden[counts.sum() - counts < 10].all()
    assert not hidden.any() or counts[hidden].sum() >= 10 or hidden.all()


def test_a_level_that_follows_from_the_others_is_withheld_with_the_next_smallest():
    because = withheld(np.array([300, 4, 40, 60]), complements=np.array([104, 400, 364, 344]))
    assert because.tolist() == [None, FEW_PUPILS, FEW_PUPILS_BESIDE, None]
    because = withheld(np.array([300, 4, 7, 60]), complements=np.array([71, 367, 364, 311]))
    assert because.tolist() == [None, FEW_PUPILS, FEW_PUPILS, None]
    assert withheld(np.array([300, 9]), complements=np.array([9, 300])).tolist() == [FEW_PUPILS, FEW_PUPILS]


def twelve_units(counts: dict[int, tuple[int, int, int]]) -> pd.DataFrame:
    return offered({f"u{number:02d}": counts.get(number, (40, 20, 0)) for number in range(12)})


@pytest.mark.parametrize(("with_it", "hidden"), [(9, True), (10, False)])
def test_a_level_of_nine_pupils_is_withheld_with_its_complement_and_one_of_ten_is_not(with_it, hidden):
    table = offered({"a": (100, with_it, 0), "b": (100, 0, 0)})
    found = public_atlas(factor_atlas(table, factors=(OFFERED,))).levels
    assert found["level_share"].isna().tolist() == [hidden, hidden]
    assert found["share_withheld_because"].notna().tolist() == [hidden, hidden]


def test_the_spread_of_a_few_units_with_small_counts_is_withheld():
    few = offered({"a": (100, 9, 0), "b": (100, 50, 0)})
    found = level(public_atlas(factor_atlas(few, factors=(OFFERED,))).levels, "yes")
    assert found["spread_withheld_because"] == FEW_UNITS
    assert found[["share_sd", "dissimilarity", "lowest_share", "highest_share"]].isna().all()
    assert found["level_share"] == pytest.approx(59 / 259, abs=5e-4)
    plenty = offered({"a": (100, 10, 0), "b": (100, 50, 0)})
    found = level(public_atlas(factor_atlas(plenty, factors=(OFFERED,))).levels, "yes")
    assert found["share_sd"] > 0
    many = level(public_atlas(factor_atlas(twelve_units({3: (100, 9, 0)}), factors=(OFFERED,))).levels, "yes")
    assert many["share_sd"] > 0
    assert np.isnan(many["lowest_share"])
    assert many["lowest_withheld_because"] == FEW_PUPILS
    assert many["highest_share"] == pytest.approx(0.333)


def outcomes_of(events: dict[str, tuple[int, int]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "municipality_code": "9999", "school_unit_code": "u00", "result_year": 2026, "offered": name,
                "leaver_count": leavers, "not_eligible_count": failed,
            }
            for name, (leavers, failed) in events.items()
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("events", "hidden"),
    [((100, 10), False), ((100, 9), True), ((100, 91), True), ((100, 90), False), ((12, 10), True)],
)
def test_outcomes_of_fewer_than_ten_on_either_side_are_withheld(events, hidden):
    counts = count_outcomes(outcomes_of({"no": (900, 80), "yes": events}), factors=(OFFERED,))
    whole = factor_atlas(twelve_units({}), counts=counts, factors=(OFFERED,))
    found = level(public_atlas(whole).levels, "yes")
    assert np.isnan(found["not_eligible_share"]) == hidden
    assert (found["outcome_withheld_because"] == FEW_OUTCOMES) == hidden


def test_a_single_withheld_outcome_takes_another_with_it():
    counts = count_outcomes(outcomes_of({"no": (900, 80), "yes": (100, 4)}), factors=(OFFERED,))
    found = public_atlas(factor_atlas(twelve_units({}), counts=counts, factors=(OFFERED,))).levels
    assert found["not_eligible_share"].isna().all()


def test_a_small_missing_count_and_a_small_cell_behind_an_association_are_withheld():
    found = public_atlas(factor_atlas(twelve_units({3: (40, 20, 9)}), factors=(OFFERED,))).factors
    assert found["missing_share"].isna().all()
    assert found["missing_withheld_because"].item() == FEW_PUPILS
    found = public_atlas(factor_atlas(twelve_units({3: (40, 20, 10)}), factors=(OFFERED,))).factors
    assert found["missing_share"].notna().all()
    other = Factor("other", ("no", "yes", "missing"))

    def cramers_v(smallest: int) -> pd.Series:
        cells = {("no", "no"): 60, ("no", "yes"): 60, ("yes", "no"): 60, ("yes", "yes"): smallest}
        rows = [("a", {"offered": o, "other": p}, n) for (o, p), n in cells.items()]
        return public_atlas(factor_atlas(register(rows), factors=(OFFERED, other))).associations.iloc[0]

    assert np.isnan(cramers_v(9)["cramers_v"])
    assert cramers_v(9)["withheld_because"] == FEW_PUPILS
    assert cramers_v(10)["cramers_v"] > 0


def test_the_public_part_has_no_units_no_counts_of_pupils_and_three_decimals(atlas):
    public = public_atlas(atlas)
    for table in (public.levels, public.factors, public.associations):
        assert "school_unit_code" not in table.columns
        assert not [name for name in table.columns if name.endswith(("pupil_count", "known_count", "leaver_count"))]
        for name in table.select_dtypes("float").columns:
            assert np.array_equal(table[name], table[name].round(3), equal_nan=True)
    assert public.levels["level_share"].notna().any()
    assert public.levels["stability_correlation"].notna().any()
    before = atlas.levels.copy()
    public_atlas(atlas)
    pd.testing.assert_frame_equal(atlas.levels, before)
