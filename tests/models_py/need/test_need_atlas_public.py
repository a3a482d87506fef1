"""What of the atlas anyone may read: each figure just above its limit and just below it, and every column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_py.need.atlas import FactorAtlas
from models_py.need.atlas_public import (
    ASSOCIATION_COLUMNS,
    FACTOR_COLUMNS,
    FEW_OUTCOMES,
    FEW_PUPILS,
    FEW_PUPILS_BESIDE,
    FEW_UNITS,
    LEVEL_COLUMNS,
    public_atlas,
    withheld,
)

LEVEL = {
    "factor": "band", "level": "low", "pupil_count": 40, "known_count": 120, "level_share": 1 / 3, "unit_count": 10,
    "protected_unit_count": 4, "share_sd": 0.12345, "chance_sd": 0.0504, "systematic_sd": 0.1126, "dissimilarity": 0.21,
    "chance_dissimilarity": 0.1, "compared_unit_count": 8, "lowest_share": 0.1, "lowest_pupil_count": 10,
    "lowest_known_count": 100, "highest_share": 0.9, "highest_pupil_count": 90, "highest_known_count": 100,
    "outcome_unit_count": 10, "outcome_correlation": 0.5552, "leaver_count": 30, "not_eligible_count": 10,
    "not_eligible_share": 1 / 3, "stable_unit_count": 10, "stability_correlation": 0.98765, "mean_absolute_change": 0.0346,
}  # fmt: skip
FACTOR = {
    "factor": "band", "pupil_count": 100, "missing_count": 10, "missing_share": 0.1, "is_missing_flagged": False,
    "flagged_unit_count": 2, "complete_pupil_count": 10, "degrees_of_freedom": 1, "gvif": 1.23456, "gvif_root": 1.11111,
    "is_collinear": False,
}  # fmt: skip
PAIR = {
    "factor": "band", "other_factor": "sex", "pupil_count": 10, "smallest_cell_count": 10, "degrees_of_freedom": 1,
    "cramers_v": 0.12345,
}  # fmt: skip
SHARE, SPREAD = "share_withheld_because", "spread_withheld_because"
SPREAD_FIGURES = {"share_sd", "chance_sd", "systematic_sd", "dissimilarity", "chance_dissimilarity"}
ENDS = {"lowest_share", "highest_share"}
STABLE = {"stability_correlation", "mean_absolute_change"}


def public(*, levels: dict | None = None, factor: dict | None = None, pair: dict | None = None):
    """Two other levels of the factor, plenty in each, so that only what is changed can be withheld."""
    rows = [LEVEL | (levels or {}), LEVEL | {"level": "mid"}, LEVEL | {"level": "high"}]
    return public_atlas(
        FactorAtlas(
            "9999",
            ("2026-10-15",),
            pd.DataFrame(),
            pd.DataFrame(rows, index=[7, 8, 9]),
            pd.DataFrame([FACTOR | (factor or {})], index=[5]),
            pd.DataFrame([PAIR | (pair or {})], index=[3]),
        )
    )


def test_exactly_at_every_limit_everything_stands_with_three_decimals_in_the_columns_promised():
    found = public()
    assert found.municipality_code == "9999"
    reasons = {name: None for name in LEVEL_COLUMNS if name.endswith("because")}
    row = {
        name: round(LEVEL[name], 3) if isinstance(LEVEL[name], float) else LEVEL[name]
        for name in LEVEL_COLUMNS
        if name not in reasons
    }
    expected = pd.DataFrame([row | {"level": level} for level in ("low", "mid", "high")])
    for name in reasons:
        expected[name] = pd.array([None] * 3, dtype="str")
    pd.testing.assert_frame_equal(found.levels, expected[list(LEVEL_COLUMNS)], check_exact=True)
    factor = pd.DataFrame([{name: FACTOR[name] for name in FACTOR_COLUMNS if not name.endswith("because")}])
    factor = factor.round(3).astype(
        {"is_missing_flagged": "boolean", "is_collinear": "boolean", "flagged_unit_count": "Int64"}
    )
    for name in ("missing_withheld_because", "collinearity_withheld_because"):
        factor[name] = pd.array([None], dtype="str")
    pd.testing.assert_frame_equal(found.factors, factor[list(FACTOR_COLUMNS)], check_exact=True)
    pair = pd.DataFrame([{name: PAIR[name] for name in ASSOCIATION_COLUMNS[:4]}]).round(3)
    pair["withheld_because"] = pd.array([None], dtype="str")
    pd.testing.assert_frame_equal(found.associations, pair, check_exact=True)


def row_of(table: pd.DataFrame) -> tuple[set[str], dict[str, str]]:
    """Figures that are null in the first row, and the reasons that stand."""
    first = table.iloc[0]
    null = {name for name in table.columns if not name.endswith("because") and pd.isna(first[name])}
    return null, {name: first[name] for name in table.columns if name.endswith("because") and pd.notna(first[name])}


ALL_SPREAD = SPREAD_FIGURES | ENDS | STABLE | {"outcome_correlation"}
FROM_SPREAD = (SPREAD, "correlation_withheld_because", "stability_withheld_because", "lowest_withheld_because", "highest_withheld_because")  # fmt: skip


@pytest.mark.parametrize(
    ("change", "null", "reasons"),
    [
        ({"pupil_count": 9}, {"level_share"} | ALL_SPREAD, dict.fromkeys((SHARE, *FROM_SPREAD), FEW_PUPILS)),
        ({"pupil_count": 111}, {"level_share"} | ALL_SPREAD, dict.fromkeys((SHARE, *FROM_SPREAD), FEW_PUPILS)),
        ({"unit_count": 9}, ALL_SPREAD, dict.fromkeys(FROM_SPREAD, FEW_UNITS)),
        ({"unit_count": 9, "protected_unit_count": 0}, set(), {}),
        ({"unit_count": 9, "protected_unit_count": 1}, ALL_SPREAD, dict.fromkeys(FROM_SPREAD, FEW_UNITS)),
        ({"outcome_unit_count": 9}, {"outcome_correlation"}, {"correlation_withheld_because": FEW_UNITS}),
        ({"stable_unit_count": 9}, STABLE, {"stability_withheld_because": FEW_UNITS}),
        ({"lowest_pupil_count": 9}, {"lowest_share"}, {"lowest_withheld_because": FEW_PUPILS}),
        ({"lowest_pupil_count": 91}, {"lowest_share"}, {"lowest_withheld_because": FEW_PUPILS}),
        ({"highest_pupil_count": 91}, {"highest_share"}, {"highest_withheld_because": FEW_PUPILS}),
        ({"highest_pupil_count": 9}, {"highest_share"}, {"highest_withheld_because": FEW_PUPILS}),
        ({"not_eligible_count": 9}, {"not_eligible_share"}, {"outcome_withheld_because": FEW_OUTCOMES}),
        ({"not_eligible_count": 21}, {"not_eligible_share"}, {"outcome_withheld_because": FEW_OUTCOMES}),
        ({"not_eligible_count": 20}, set(), {}),
        ({"pupil_count": 110}, set(), {}),
    ],
)
def test_one_below_a_limit_only_what_rests_on_it_is_withheld_and_says_why(change, null: set[str], reasons):
    assert row_of(public(levels=change).levels) == (null, reasons)


def test_what_a_withheld_level_or_outcome_would_give_away_goes_with_it():
    found = public(levels={"pupil_count": 9, "not_eligible_count": 9}).levels
    assert found[SHARE].iloc[:2].tolist() == [FEW_PUPILS, FEW_PUPILS_BESIDE]
    assert found["outcome_withheld_because"].iloc[:2].tolist() == [FEW_OUTCOMES, FEW_OUTCOMES]
    assert found[[SHARE, "outcome_withheld_because"]].isna().to_numpy().tolist() == [
        [False] * 2,
        [False] * 2,
        [True] * 2,
    ]
    assert found["not_eligible_share"].isna().tolist() == [True, True, False]


def test_levels_of_one_factor_do_not_hide_those_of_another():
    rows = [
        LEVEL | {"factor": factor, "level": level, "pupil_count": n, "not_eligible_count": e}
        for factor, level, n, e in (("a", "x", 9, 9), ("b", "x", 40, 10), ("a", "y", 111, 10), ("b", "y", 80, 10))
    ]
    atlas = FactorAtlas("9999", (), pd.DataFrame(), pd.DataFrame(rows), pd.DataFrame([FACTOR]), pd.DataFrame([PAIR]))
    found = public_atlas(atlas).levels
    assert found["level_share"].isna().tolist() == [True, False, True, False]
    assert found["not_eligible_share"].isna().tolist() == [True, False, True, False]


MISSING = {"missing_share", "is_missing_flagged", "flagged_unit_count"}
COLLINEAR = {"gvif", "gvif_root", "is_collinear"}


@pytest.mark.parametrize(
    ("change", "null", "reasons"),
    [
        ({"missing_count": 9}, MISSING, {"missing_withheld_because": FEW_PUPILS}),
        ({"missing_count": 91}, MISSING, {"missing_withheld_because": FEW_PUPILS}),
        ({"missing_count": 90}, set(), {}),
        ({"complete_pupil_count": 9}, COLLINEAR, {"collinearity_withheld_because": FEW_PUPILS}),
    ],
)
def test_what_is_missing_and_what_measures_the_same_rest_on_ten_pupils(change, null: set[str], reasons):
    assert row_of(public(factor=change).factors) == (null, reasons)


@pytest.mark.parametrize(
    ("change", "hidden"),
    [
        ({"pupil_count": 9, "degrees_of_freedom": 2}, True),
        ({"smallest_cell_count": 9}, True),
        ({"smallest_cell_count": 9, "degrees_of_freedom": 2}, False),
        ({"smallest_cell_count": 9, "degrees_of_freedom": 0}, False),
    ],
)
def test_an_association_that_gives_its_table_away_is_withheld(change, hidden: bool):
    expected = ({"cramers_v"}, {"withheld_because": FEW_PUPILS}) if hidden else (set(), {})
    assert row_of(public(pair=change).associations) == expected


@pytest.mark.parametrize(
    ("counts", "because"),
    [
        ([9, 1, 40, 50], [FEW_PUPILS, FEW_PUPILS, None, None]),  # together ten: nothing more follows
        ([8, 1, 40, 50], [FEW_PUPILS, FEW_PUPILS, FEW_PUPILS_BESIDE, None]),
        ([5, 60, 60], [FEW_PUPILS, FEW_PUPILS_BESIDE, None]),  # the first of equals
        ([10, 10], [None, None]),
    ],
)
def test_parts_withheld_are_ten_together_and_no_more_than_needed(counts, because):
    parts = np.array(counts)
    assert withheld(parts, complements=parts.sum() - parts).tolist() == because
