"""The atlas of two units and two dates, whole: shares of units, levels, and who lacks background."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import Factor
from models_py.need.atlas import factor_atlas, missing_flags

SEX, BAND = Factor("sex", ("girl", "boy", "missing")), Factor("band", ("low", "high", "missing"))
ROWS = [
    ("2025-10-15", "A", "girl", "low", 20), ("2025-10-15", "A", "boy", "high", 20), ("2025-10-15", "C", "boy", "low", 5),
    ("2026-10-15", "B", "girl", "missing", 10), ("2026-10-15", "B", "missing", "missing", 10),
    ("2026-10-15", "A", "girl", "low", 30), ("2026-10-15", "A", "boy", "low", 10), ("2024-10-15", "B", "girl", "high", 7),
]  # fmt: skip


def register(**columns: object) -> pd.DataFrame:
    names = ["count_date", "school_unit_code", "sex", "band", "pupil_count"]
    return pd.DataFrame(ROWS, columns=names).assign(**{"municipality_code": "9999"} | columns)


def test_every_unit_date_factor_and_level_has_a_row_with_its_counts():
    atlas = factor_atlas(register(), factors=(SEX, BAND))
    assert (atlas.municipality_code, atlas.count_dates) == ("9999", ("2024-10-15", "2025-10-15", "2026-10-15"))
    null = np.nan
    units = [
        ("2024-10-15", "B", 7, (7, 0), (0, 7)), ("2025-10-15", "A", 40, (20, 20), (20, 20)), ("2025-10-15", "C", 5, (0, 5), (5, 0)),
        ("2026-10-15", "A", 40, (30, 10), (40, 0)), ("2026-10-15", "B", 20, (10, 0), (0, 0)),
    ]  # fmt: skip
    rows = []
    for day, unit, enrolled, sex, band in units:
        for factor, levels, have in (("sex", ("girl", "boy"), sex), ("band", ("low", "high"), band)):
            known = sum(have)
            for level, count in zip(levels, have, strict=True):
                share = round(count / known, 9) if known else null
                rows.append(
                    ("9999", day, unit, factor, level, count, known, enrolled, share, (enrolled - known) / enrolled)
                )
    names = ["municipality_code", "count_date", "school_unit_code", "factor", "level", "pupil_count", "known_count"]
    expected = pd.DataFrame(rows, columns=[*names, "unit_pupil_count", "level_share", "missing_share"])
    pd.testing.assert_frame_equal(
        atlas.unit_levels.astype(dict.fromkeys(names[:5], object)), expected.astype(dict.fromkeys(names[:5], object))
    )


def test_levels_are_of_the_latest_date_and_stable_against_the_one_before():
    levels = factor_atlas(register(), factors=(SEX, BAND)).levels
    assert levels.index.tolist() == [0, 1, 2, 3]
    told = levels[
        ["factor", "level", "pupil_count", "known_count", "unit_count", "stable_unit_count", "mean_absolute_change"]
    ]
    # Only A is there at both dates: girls from a half to three quarters, low from a half to all.
    assert told.to_numpy().tolist() == [
        ["sex", "girl", 40, 50, 2, 1, 0.25], ["sex", "boy", 10, 50, 2, 1, 0.25], ["band", "low", 40, 40, 1, 1, 0.5],
        ["band", "high", 0, 40, 1, 1, 0.5],
    ]  # fmt: skip


def test_factors_and_pairs_are_of_the_latest_date():
    atlas = factor_atlas(register(), factors=(SEX, BAND))
    assert atlas.factors[["factor", "pupil_count", "missing_count", "flagged_unit_count", "complete_pupil_count"]].to_numpy().tolist() == [
        ["sex", 60, 10, 1, 40], ["band", 60, 20, 1, 40],
    ]  # fmt: skip
    assert atlas.associations[["factor", "other_factor", "pupil_count"]].to_numpy().tolist() == [["sex", "band", 40]]


def test_units_above_the_limit_are_flagged_once_per_factor_and_date():
    atlas = factor_atlas(register(), factors=(SEX, BAND))
    flags = missing_flags(atlas)
    assert list(flags.columns) == [
        "municipality_code", "count_date", "school_unit_code", "factor", "unit_pupil_count", "missing_share",
    ]  # fmt: skip
    assert flags.to_numpy().tolist() == [
        ["9999", "2026-10-15", "B", "sex", 20, 0.5], ["9999", "2026-10-15", "B", "band", 20, 1.0],
    ]  # fmt: skip
    assert flags.index.tolist() == [0, 1]
    assert missing_flags(atlas, above=0.5)["factor"].tolist() == ["band"]


def test_a_register_of_several_municipalities_or_with_unknown_levels_is_refused():
    two = register(municipality_code=["9999"] * 7 + ["9998"])
    for table, reason, words in (
        (two, "several_municipalities", "register counts hold several municipalities; describe one at a time"),
        (register(sex="x"), "unknown_level", "factor sex: 6 rows have an unknown level"),
        (register(pupil_count=-1), "negative_count", "register counts: 8 rows of pupil_count are negative"),
    ):
        with pytest.raises(NeedError, match=words) as caught:
            factor_atlas(table, factors=(SEX, BAND))
        assert caught.value.reason == reason
