"""Scenarios of a published year: the same kronor, shared as the set says; nothing is relaxed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from models_py.errors import AllocationError
from orchestration.comparison.published_year import ComparisonError, published_year
from orchestration.comparison.scenario_file import BUILT_IN, read_scenario_set, scenario_file_of
from orchestration.comparison.scenarios import compare_scenarios, shares_for_ratio
from orchestration.resources.policy_text import PolicyError
from tests.orchestration.comparison.published_home import STRUCTURAL_SEK, TOTAL_SEK, YEAR, published, tables

HEAD = "enough_share: 0.25\ncompare_with: published\nscenarios:\n"
LINEAR = "  linear:\n    description: Linear.\n    function: linear\n    structural_shares: [0.12]\n"


@pytest.fixture
def year(tmp_path: Path):
    return published_year(published(tmp_path / "published"), funding_year=YEAR, municipality_code=None)


def chosen(tmp_path: Path, text: str):
    path = tmp_path / "9999" / "scenarios.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_scenario_set(path)


def test_the_published_year_is_read_to_the_ore(year):
    assert year.units.school_unit_code == tuple("ABCDEF")
    assert year.structural_ore.tolist() == [STRUCTURAL_SEK[unit] * 100 for unit in "ABCDEF"]
    assert year.total_ore.tolist() == [TOTAL_SEK[unit] * 100 for unit in "ABCDEF"]
    assert (year.budget_ore, round(year.structural_share, 9)) == (25_000_000_000, 0.12)


@pytest.mark.parametrize(
    ("line", "count"), [("need", "pupils"), ("posts", "posts"), ("x", "index_points"), ("x", "score_points")]
)
def test_every_kind_of_line_that_follows_need_counts_as_need(tmp_path: Path, line: str, count: str):
    root = published(tmp_path, content=tables(line=line, count=count))
    found = published_year(root, funding_year=YEAR, municipality_code="9999")
    assert found.structural_share == pytest.approx(0.12, abs=1e-9)


def test_a_line_of_pupils_does_not_count_as_need(tmp_path: Path):
    root = published(tmp_path, content=tables(line="grade_2", count="pupils"))
    assert published_year(root, funding_year=YEAR, municipality_code="9999").structural_share == 0


def test_which_publication_is_never_guessed(tmp_path: Path):
    root = published(published(tmp_path), code="9998")
    with pytest.raises(ComparisonError, match=r"2 municipalities.*--municipality"):
        published_year(root, funding_year=YEAR, municipality_code=None)
    assert published_year(root, funding_year=YEAR, municipality_code="9998").publication.municipality_code == "9998"
    with pytest.raises(ComparisonError, match="No publication of funding year 2026"):
        published_year(root, funding_year=2026, municipality_code="9998")


def test_the_scenario_that_is_published_changes_nothing(year, tmp_path: Path):
    row = compare_scenarios(year, chosen=chosen(tmp_path, HEAD + LINEAR)).iloc[0]
    assert (row["pot_ore"], row["budget_ore"]) == (3_000_000_000, 25_000_000_000)
    assert (row["gaining_units"], row["losing_units"], row["largest_loss_per_pupil_ore"]) == (0, 0, 0), "to the krona"
    assert [row[f"coverage_fifth_{k}"] for k in range(1, 6)] == pytest.approx([0.48] * 5)


def test_the_order_of_published_rows_changes_no_bit(tmp_path: Path):
    found = [
        compare_scenarios(
            published_year(
                published(tmp_path / name, content=tables(list(name))), funding_year=YEAR, municipality_code=None
            ),
            chosen=read_scenario_set(BUILT_IN),
        )
        for name in ("ABCDEF", "FDBECA")
    ]
    pd.testing.assert_frame_equal(*found, check_exact=True)


def test_same_shortfall_is_proportional_where_the_pot_is_enough(year, tmp_path: Path):
    text = HEAD + LINEAR.replace("[0.12]", "[0.25]") + "    rules: [proportional, min_sq_unmet, equal_award]\n"
    table = compare_scenarios(year, chosen=chosen(tmp_path, text))
    measures = table.drop(columns=["rule", "scenario"]).select_dtypes("number")
    for k in (1, 2):
        assert measures.iloc[k].tolist() == pytest.approx(measures.iloc[0].tolist(), rel=1e-6, abs=1e-3)


def test_a_bound_on_losses_is_kept_against_what_is_published(year, tmp_path: Path):
    text = HEAD + LINEAR.replace("[0.12]", "[0.20]") + "    largest_loss_share: 0.01\n"
    bounded = compare_scenarios(year, chosen=chosen(tmp_path, text)).iloc[0]
    free = compare_scenarios(year, chosen=chosen(tmp_path, HEAD + LINEAR.replace("[0.12]", "[0.20]"))).iloc[0]
    highest = max(float(o) / n for o, n in zip(year.total_ore, year.units.pupil_count, strict=True)) * 0.01
    assert bounded["largest_loss_per_pupil_ore"] <= highest + 1 < free["largest_loss_per_pupil_ore"]
    assert bounded["moved_by_bounds_ore"] > 0


def test_bounds_that_the_pot_cannot_meet_are_refused_by_name(year, tmp_path: Path):
    text = HEAD + LINEAR + "    floor_per_pupil_sek: 20000\n"
    with pytest.raises(AllocationError, match="linear, proportional, 12 %: lower bounds add up to"):
        compare_scenarios(year, chosen=chosen(tmp_path, text))
    text = HEAD + LINEAR.replace("function: linear", "function: threshold\n    threshold_index: 900")
    with pytest.raises(AllocationError, match=r"scenarios\.linear: by this function no school unit claims"):
        compare_scenarios(year, chosen=chosen(tmp_path, text))


def test_flat_is_another_thing_to_lose_against(year, tmp_path: Path):
    row = compare_scenarios(year, chosen=chosen(tmp_path, (HEAD + LINEAR).replace("published", "flat"))).iloc[0]
    flat = 3_000_000_000 / sum(year.units.pupil_count)
    worst = max(flat - STRUCTURAL_SEK[u] * 100 / n for u, n in zip("ABCDEF", year.units.pupil_count, strict=True))
    assert row["largest_loss_per_pupil_ore"] == pytest.approx(worst, abs=2)


def test_the_front_is_what_no_other_scenario_beats(year):
    table = compare_scenarios(year, chosen=read_scenario_set(BUILT_IN))
    assert len(table) == 30
    assert 0 < table["on_front"].sum() < 30
    points = list(zip(table["coverage_fifth_1"].round(9), table["largest_loss_per_pupil_ore"].round(2), strict=True))
    beaten = [
        any(b >= benefit and c <= loss and (b, c) != (benefit, loss) for b, c in points) for benefit, loss in points
    ]
    assert table["on_front"].tolist() == [not each for each in beaten]


def test_the_share_for_a_ratio_gives_that_ratio(year, tmp_path: Path):
    (found,) = shares_for_ratio(year, chosen=chosen(tmp_path, HEAD + LINEAR), ratio=Decimal("1.2"))
    share = found.of_totals
    assert share is not None
    assert found.of_need_alone is not None
    base, pupils, index = year.base_ore, year.units.pupil_count, year.units.need_index
    claims = pupils * index
    per_pupil = (base / base.sum() * float(1 - share) + claims / claims.sum() * float(share)) / pupils
    assert per_pupil.max() / per_pupil.min() == pytest.approx(1.2, rel=1e-9)
    per_pupil = float(1 - found.of_need_alone) / pupils.sum() + index / claims.sum() * float(found.of_need_alone)
    assert per_pupil.max() / per_pupil.min() == pytest.approx(1.2, rel=1e-9)


def test_a_ratio_that_cannot_be_had_is_said_with_its_reason(year, tmp_path: Path):
    (found,) = shares_for_ratio(year, chosen=chosen(tmp_path, HEAD + LINEAR), ratio=Fraction(50))
    assert found.of_totals is None
    assert found.of_need_alone is None
    assert "not reached" in found.reasons[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + LINEAR + "    exponnt: 2\n", "9999/scenarios.yml:8: scenarios.linear.exponnt: unknown key; did you mean exponent?"),
        (HEAD + LINEAR + "colour: red\n", "9999/scenarios.yml:8: colour: unknown key"),
        (HEAD.replace("enough_share: 0.25\n", "") + LINEAR, "9999/scenarios.yml:1: enough_share: is missing"),
        (HEAD + LINEAR.replace("[0.12]", "[1.2]"), "9999/scenarios.yml:7: scenarios.linear.structural_shares.0"),
        (HEAD + LINEAR.replace("[0.12]", "[0.1, 0.10]"), "structural_shares holds a value twice"),
        (HEAD + LINEAR + "    pot_sek: 5\n", "exactly one of structural_shares and pot_sek"),
        (HEAD + LINEAR + "    threshold_index: 5\n", "threshold_index goes with function threshold"),
        (HEAD + LINEAR.replace("linear\n", "power\n"), "exponent goes with function power"),
        (HEAD + LINEAR + "    rules: [fair]\n", "9999/scenarios.yml:8: scenarios.linear.rules.0"),
        (HEAD + LINEAR + "    description: again\n", "is given twice"),
        (HEAD.replace("0.25", "0"), "enough_share"),
    ],
)  # fmt: skip
def test_a_faulty_set_is_refused_with_file_and_line(tmp_path: Path, text: str, says: str):
    with pytest.raises(PolicyError) as refused:
        chosen(tmp_path, text)
    assert says in str(refused.value)


def test_a_municipality_has_its_own_set_or_the_built_in_one(tmp_path: Path):
    assert scenario_file_of(tmp_path, municipality_code="9999") == BUILT_IN
    chosen(tmp_path, HEAD + LINEAR)
    assert scenario_file_of(tmp_path, municipality_code="9999") == tmp_path / "9999" / "scenarios.yml"


def test_units_whose_index_is_withheld_are_left_out_and_counted(tmp_path: Path):
    content = tables()
    wide = content["school_allocation"]
    own = wide["school_unit_code"] == "B"
    content["school_allocation"] = wide.assign(
        need_index=wide["need_index"].mask(own),
        index_withheld_because=pd.Series(None, index=wide.index, dtype=object).mask(own, "small_count"),
    )
    year = published_year(published(tmp_path, content=content), funding_year=YEAR, municipality_code=None)
    assert year.left_out == ("B",)
    assert year.units.school_unit_code == tuple("ACDEF")
    assert year.budget_ore == 25_000_000_000 - TOTAL_SEK["B"] * 100
