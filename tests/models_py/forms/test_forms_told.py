"""What of a form is told: small groups with a trait are in no row, and the board's picture adds up."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from expectations.school_forms import stage_rows
from models_py.forms.calendar import calendar_of
from models_py.forms.money import form_money
from models_py.forms.overview import FormResult, age_rows, compulsory_age_rows, overview_row
from models_py.forms.protection import FormProtection, protect_form
from tests.models_py.forms.form_cases import FORMS, grouped, policy_of

CALENDAR = calendar_of(stage_rows())


def _protected(form: str, rows: list[tuple[str, str, int]]) -> FormProtection:
    return protect_form(grouped(rows), form=FORMS[form], threshold=10)


def test_a_form_about_the_child_is_never_told_by_unit() -> None:
    rows = [("a", "subjects", 40), ("a", "subject_areas", 20), ("b", "subjects", 30)]
    assert _protected("adapted_compulsory", rows) == FormProtection(("a", "b"), is_sum_withheld=False)


def test_a_small_group_of_a_form_about_the_child_withholds_the_sums_too() -> None:
    rows = [("a", "subjects", 40), ("a", "subject_areas", 5), ("b", "subject_areas", 4)]
    assert _protected("adapted_compulsory", rows) == FormProtection(("a", "b"), is_sum_withheld=True)
    assert not _protected("adapted_compulsory", [*rows, ("c", "subject_areas", 1)]).is_sum_withheld


def test_a_unit_with_few_on_introductory_programmes_is_left_out_with_others() -> None:
    rows = [
        ("a", "na", 300),
        ("a", "im_other", 4),
        ("b", "te", 90),
        ("c", "na", 200),
        ("d", "im_other", 120),
        ("d", "ba", 200),
    ]
    found = _protected("upper_secondary", rows)
    assert "a" in found.units
    assert not found.is_sum_withheld
    left_out = sum(count for unit, group, count in rows if unit in found.units and group == "im_other")
    assert left_out >= 10  # what follows by subtraction is no small count
    assert len(found.units) >= 2


def test_programmes_and_ages_tell_of_the_place_and_are_told_however_few() -> None:
    assert _protected("upper_secondary", [("a", "na", 3), ("b", "te", 90)]) == FormProtection()
    assert _protected("preschool", [("a", "age_1_part", 1), ("b", "age_2_full", 3)]) == FormProtection()


def test_where_all_units_together_have_few_nothing_of_the_form_is_told() -> None:
    found = _protected("adult_education", [("a", "swedish_for_immigrants", 6), ("b", "upper", 40)])
    assert found == FormProtection(("a", "b"), is_sum_withheld=True)


@pytest.mark.parametrize("few", range(1, 10))
def test_no_sum_of_left_out_units_is_a_small_count(few: int) -> None:
    rows = [("a", "im_other", few), ("a", "na", 50), *((f"u{n}", "im_other", 3 * n) for n in range(1, 6))]
    found = _protected("upper_secondary", rows)
    hidden = sum(count for unit, group, count in rows if unit in found.units and group == "im_other")
    shown = [count for unit, group, count in rows if unit not in found.units and group == "im_other"]
    assert hidden >= 10 or found.is_sum_withheld
    assert all(count >= 10 for count in shown)


def _result(form: str, rows: pd.DataFrame, prices: dict[str, int], protection: FormProtection) -> FormResult:
    policy = policy_of(form, prices=prices)
    units = dict.fromkeys(rows["school_unit_code"], "municipal")
    return FormResult(policy, rows, form_money(rows, need=None, policy=policy, organiser_types=units), None, protection)  # type: ignore[arg-type]


def _preschool() -> pd.DataFrame:
    return pd.DataFrame({
        "school_unit_code": ["a", "a", "b", "b"], "stage": ["age_1", "age_4", "age_1", "age_1"],
        "group": ["age_1_full", "age_4_full", "age_1_full", "age_1_part"], "pupil_count": [10, 20, 5, 5],
    })  # fmt: skip


def test_the_boards_row_is_the_sum_of_the_lines() -> None:
    prices = {"age_1_full": 100_000, "age_1_part": 50_000, "age_4_full": 80_000}
    result = _result("preschool", _preschool(), prices, FormProtection())
    row = overview_row(result)
    assert (row["unit_count"], row["pupil_count"], row["amount_ore"], row["pot_ore"]) == (2, 40, 3_350_000_00, 0)
    assert row["per_pupil_sek"] == Decimal("83750.00")
    assert (row["index_source"], row["withheld_because"], row["administration_share"]) == ("none", None, 0.03)
    ages = {line["age"]: line["total_per_pupil_sek"] for line in age_rows(result, calendar=CALENDAR)}
    assert ages == {1: Decimal("87500.00"), 4: Decimal("80000.00")}  # 15 full and 5 part; 20 full


def test_withheld_sums_stand_as_withheld_and_have_no_row_by_age() -> None:
    rows = pd.DataFrame(
        {"school_unit_code": ["a"], "stage": ["year_1"], "group": ["individual_programmes"], "pupil_count": [7]}
    )
    prices = {"individual_programmes": 560_000}
    result = _result("adapted_upper_secondary", rows, prices, FormProtection(("a",), is_sum_withheld=True))
    row = overview_row(result)
    assert row["withheld_because"] == "small_count"
    assert {row[name] for name in ("unit_count", "pupil_count", "amount_ore", "per_pupil_sek", "structural_share")} == {
        None
    }
    assert age_rows(result, calendar=CALENDAR) == []


def test_a_form_about_the_child_has_one_figure_over_all_ages() -> None:
    rows = pd.DataFrame({
        "school_unit_code": ["a", "a"], "stage": ["1", "9"], "group": ["subjects", "subject_areas"], "pupil_count": [30, 10],
    })  # fmt: skip
    result = _result(
        "adapted_compulsory", rows, {"subjects": 400_000, "subject_areas": 600_000}, FormProtection(("a",))
    )
    told = age_rows(result, calendar=CALENDAR)
    assert {line["total_per_pupil_sek"] for line in told} == {Decimal("450000.00")}
    assert [line["age"] for line in told] == list(range(7, 16))


def test_a_childs_years_in_compulsory_school_add_up_to_its_lines() -> None:
    lines = pd.DataFrame({
        "line_code": ["grade_f", "grade_1", "need", "lump_sum"], "amount_ore": [100_000_00, 300_000_00, 30_000_00, 10_000_00],
    })  # fmt: skip
    rows = compulsory_age_rows(lines, {"F": 10, "1": 30}, {"F": 6, "1": 7})
    assert [(row["age"], row["total_per_pupil_sek"]) for row in rows] == [
        (6, Decimal("11000.00")),
        (7, Decimal("11000.00")),
    ]
    assert sum(row["total_per_pupil_sek"] * row["pupil_count"] for row in rows) == Decimal(440_000)  # type: ignore[operator]
