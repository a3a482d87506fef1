"""Pictures of the evidence: what they show is what the tables hold, and an empty table gives a sentence."""

from __future__ import annotations

import base64
import re
from itertools import pairwise

import dagster as dg
import pandas as pd
import pytest

from orchestration import need_charts
from orchestration.charts import MANY
from orchestration.factor_charts import atlas_spec, selection_spec
from orchestration.need_charts import MOST_UNITS, alternative_spec, calibration_spec, contribution_spec

MANY_UNITS = MOST_UNITS + 5


def _levels() -> pd.DataFrame:
    rows = [
        ("sex", "girl", 0.01, 0.02, 0.030, -0.1),
        ("sex", "boy", 0.01, 0.02, 0.030, 0.1),
        ("guardian_education", "compulsory", 0.05, 0.02, 0.054, 0.9),
        ("guardian_education", "upper_secondary", 0.06, 0.03, 0.067, None),
        ("guardian_education", "post_secondary_long", None, None, None, None),
    ]
    names = ["factor", "level", "systematic_sd", "chance_sd", "share_sd", "outcome_correlation"]
    return pd.DataFrame(rows, columns=names).assign(municipality_code="9999")


def _path() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "municipality_code": "9999",
            "factor_added": [None, "guardian_education", "econ_assistance", "sex"],
            "is_recommended": [False, True, True, False],
            "paired_difference": [0.1225, 0.02, 0.001, 0.0],
            "paired_standard_error": [0.02, 0.01, 0.002, 0.0],
            "cohort_paired_difference": [0.1, 0.015, 0.0, 0.001],
            "pot_moved_by_factor_share": [None, 0.063, 0.011, 0.004],
        }
    )


def _tenths() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "municipality_code": "9999",
            "leaver_count": [200, 100],
            "observed_share": [0.05, 0.30],
            "expected_share": [0.06, 0.28],
        }
    )


def _parts(units: int = 3) -> pd.DataFrame:
    rows = [
        (f"9999{unit:04d}", factor, points * (unit - 1))
        for unit in range(units)
        for factor, points in (("guardian_education", 12.0), ("sex", -2.0))
    ]
    return pd.DataFrame(rows, columns=["school_unit_code", "factor", "index_contribution"]).assign(
        municipality_code="9999"
    )


def _pairs() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "municipality_code": "9999",
            "model_a": ["within_school", "within_school", "pooled"],
            "model_b": ["pooled", "a_new_model", "a_new_model"],
            "misplaced_pot_share": [0.019, 0.002, 0.021],
            "units_changed_count": [2, 0, 3],
        }
    )


TABLES = {
    "atlas_chart": _levels(),
    "selection_chart": _path(),
    "calibration_chart": _tenths(),
    "contribution_chart": _parts(),
    "alternative_chart": _pairs(),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_becomes_a_png_whose_alternative_text_is_its_title(name: str) -> None:
    made = getattr(need_charts, name)(TABLES[name])
    assert isinstance(made, dg.MarkdownMetadataValue)
    found = re.fullmatch(r"!\[([^\]]+), 9999\]\(data:image/png;base64,(.+)\)", made.value)
    assert found is not None
    assert base64.b64decode(found[2]).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_table_gives_a_sentence(name: str) -> None:
    made = getattr(need_charts, name)(TABLES[name].iloc[:0])
    assert re.fullmatch(r"[a-z ]{10,}", made.value)


@pytest.mark.parametrize("name", TABLES)
def test_of_several_municipalities_the_first_is_shown_and_the_title_says_so(name: str) -> None:
    other = TABLES[name].assign(municipality_code="0180")
    made = getattr(need_charts, name)(pd.concat([TABLES[name], other], ignore_index=True))
    assert ", 0180 (first of 2 municipalities)]" in made.value


def test_a_municipality_without_differences_that_may_be_shown_does_not_stand_for_the_others() -> None:
    withheld = _levels().assign(municipality_code="0180", systematic_sd=None)
    made = need_charts.atlas_chart(pd.concat([_levels(), withheld], ignore_index=True))
    assert ", 9999]" in made.value
    assert need_charts.atlas_chart(withheld).value == "no differences that may be shown"


def test_differences_stand_in_percentage_points_largest_factor_first_and_mirrored_levels_once() -> None:
    spec = atlas_spec(_levels()).to_dict()
    rows = [row for data in spec["datasets"].values() for row in data if "systematic" in row]
    assert {row["row"]: row["systematic"] for row in rows} == {
        "guardian education: compulsory": 5.0,
        "guardian education: upper secondary": 6.0,
        "sex: boy": 1.0,
    }
    order = spec["hconcat"][0]["layer"][0]["encoding"]["y"]["sort"]
    assert order[0] == "guardian education"
    assert order[-2:] == ["sex", "sex: boy"]
    assert spec["title"]["subtitle"].endswith("1 levels withheld.")


def test_the_path_has_a_band_of_one_standard_error_and_tells_what_is_recommended() -> None:
    spec = selection_spec(_path()).to_dict()
    rows = {row["row"]: row for data in spec["datasets"].values() for row in data if "moved" in row}
    assert set(rows) == {"+ guardian education", "+ economic assistance", "+ sex"}
    assert (rows["+ guardian education"]["low"], rows["+ guardian education"]["high"]) == pytest.approx((0.01, 0.03))
    assert rows["+ sex"]["kept"] == "not recommended"
    assert rows["+ economic assistance"]["moved"] == 0.011
    assert "0.122" in spec["title"]["subtitle"]


def test_one_cohort_alone_has_no_cohorts_left_out_to_show() -> None:
    alone = _path().assign(cohort_paired_difference=float("nan"))
    assert "data:image/png" in need_charts.selection_chart(alone).value


def test_calibration_has_the_counts_and_what_chance_allows() -> None:
    spec = calibration_spec(_tenths()).to_dict()
    rows = [row for data in spec["datasets"].values() for row in data if "leavers" in row]
    assert [row["leavers"] for row in rows] == ["200", "100"]
    # Wilson's interval of 30 in 100, as printed in tables of it.
    assert (rows[1]["lower"], rows[1]["upper"]) == pytest.approx((0.2189, 0.3958), abs=5e-5)


def test_the_dot_of_a_unit_is_the_sum_of_its_parts_and_the_highest_stands_first() -> None:
    spec = contribution_spec(_parts()).to_dict()
    dots = {row["unit"]: row["total"] for data in spec["datasets"].values() for row in data if "total" in row}
    assert dots == {"99990000": -10.0, "99990001": 0.0, "99990002": 10.0}
    assert spec["layer"][0]["encoding"]["y"]["sort"] == ["99990002", "99990001", "99990000"]
    assert "highest" not in spec["title"]["subtitle"]


def test_of_many_units_the_ends_are_shown_and_the_picture_says_so() -> None:
    spec = contribution_spec(_parts(MANY_UNITS)).to_dict()
    order = spec["layer"][0]["encoding"]["y"]["sort"]
    assert len(order) == MOST_UNITS
    assert (order[0], order[-1]) == (f"9999{MANY_UNITS - 1:04d}", "99990000")
    assert f"20 highest and 20 lowest of {MANY_UNITS} units" in spec["title"]["subtitle"]


def test_models_stand_in_words_the_one_in_use_first() -> None:
    spec = alternative_spec(_pairs()).to_dict()
    rows = [row for data in spec["datasets"].values() for row in data if "moved" in row]
    assert rows[0] == {"a": "within schools (in use)", "b": "pooled (compare only)", "moved": 0.019, "units": 2}
    assert spec["layer"][0]["encoding"]["y"]["sort"][-1] == "a new model"


def test_neighbouring_colours_differ_in_lightness_for_those_who_see_no_hue() -> None:
    def lightness(colour: str) -> float:
        linear = [
            value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
            for value in (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
        ]
        luminance = sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
        return 116 * luminance ** (1 / 3) - 16

    steps = [abs(lightness(a) - lightness(b)) for a, b in pairwise(MANY)]
    assert min(steps) > 8
