"""The table of cost: exponents are found, a line replaces its own, and a claim falls when a figure is above its goal."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.claims import scale
from bench.scale import lines, page
from bench.scale.lines import SIZES, Line, growth, keep, read_lines

PUPILS = {"one": 4_000, "five": 10_000, "ten": 40_000, "thirty": 120_000, "hundred": 400_000, "nation": 1_100_000}
CLAIMS = (scale.dbt, scale.fits, scale.memory, scale.growth, scale.by_unit)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A nation whose models cost twice a pass, in proportion to pupils, three times with tests, and whose fits cost as much as one."""
    monkeypatch.setattr(lines, "KEPT", tmp_path / "lines.json")
    keep(Line("dbt, models", "empty", "dbt build", cpu_seconds=8.0))
    keep(Line("dbt", "empty", "dbt build", cpu_seconds=10.0))
    for size in SIZES:
        one = PUPILS[size] / 10_000  # seconds of a pass
        costs = {
            "dbt, models": 8 + 2 * one,
            "dbt": 10 + 3 * one,
            "DuckDB, one pass": one,
            "fits and intervals": one,
            "publication": one,
            "site": one,
        }
        for step, cpu in costs.items():
            keep(
                Line(
                    step, size, "run it", pupils=PUPILS[size], units=PUPILS[size] // 230, cpu_seconds=cpu, peak_mb=1024
                )
            )
    keep(Line("month", "nation", "", reason="stated apart"))


def test_the_exponent_of_a_power_is_found_with_its_interval() -> None:
    found, low, high = growth([1, 10, 100], [3, 3 * 10**1.2, 3 * 100**1.2])
    assert (round(found, 9), low <= found <= high) == (1.2, True)
    found, low, high = growth([1, 10, 100, 290], [1, 12, 95, 310])
    assert low < found < high
    with pytest.raises(ValueError, match="2 sizes"):
        growth([1, 10], [1, 10])
    with pytest.raises(ValueError, match="least cost 0"):
        growth([1, 10, 100], [1, 10, 0])


def test_a_line_measured_again_stands_in_the_place_of_its_earlier_one(kept: None) -> None:
    before = read_lines()
    keep(Line("dbt", "ten", "run it", cpu_seconds=99.0))
    after = read_lines()
    assert [(each.step, each.size) for each in after] == [(each.step, each.size) for each in before]
    assert [each.cpu_seconds for each in after if (each.step, each.size) == ("dbt", "ten")] == [99.0]


def test_the_page_tells_costs_beyond_the_start_exponents_and_why_a_step_was_not_measured(kept: None) -> None:
    told = page.scale_page()
    (dbt,) = [line for line in told.splitlines() if line.startswith("| dbt | ")]
    assert "| 12.0, 0, 1.0 |" in dbt
    assert "1.00 (1.00–1.00)" in dbt
    assert "- month (nation): stated apart" in told


def test_the_page_says_which_goal_a_nation_does_not_reach(kept: None) -> None:
    assert "- dbt, models: 2.0 × one pass of DuckDB; the goal of 3 × is reached." in page.scale_page()
    keep(Line("dbt, models", "nation", "run it", pupils=PUPILS["nation"], units=4_800, cpu_seconds=448.0))
    told = page.scale_page()
    assert "- dbt, models: 4.0 × one pass of DuckDB; the goal of 3 × is not reached." in told
    assert "have no goal of their own: 3.0 ×." in told


def test_claims_hold_within_their_goals(kept: None) -> None:
    assert [claim().holds for claim in CLAIMS] == [True] * 5
    assert scale.dbt().figure == "2.0 × (220 against 110 CPU-s); with the tests of dbt 3.0 ×"


@pytest.mark.parametrize(
    ("step", "size", "cpu", "peak", "claim"),
    [("dbt, models", "nation", 8 + 3.1 * 110, 1024, scale.dbt), ("fits and intervals", "nation", 1101.0, 1024, scale.fits),
     ("dbt", "nation", 230.0, 6.1 * 1024, scale.memory), ("dbt", "nation", 10 + 3 * 220, 1024, scale.growth),
     ("site", "nation", 400.0, 1024, scale.by_unit)],
)  # fmt: skip
def test_a_figure_above_its_goal_does_not_hold(
    kept: None, step: str, size: str, cpu: float, peak: float, claim
) -> None:
    keep(Line(step, size, "run it", pupils=PUPILS[size], units=PUPILS[size] // 230, cpu_seconds=cpu, peak_mb=peak))
    assert claim().holds is False


def test_growth_is_told_over_two_decades_or_does_not_hold(kept: None) -> None:
    for size in ("one", "five"):
        keep(
            Line("dbt", size, "run it", pupils=PUPILS[size], units=PUPILS[size] // 230, cpu_seconds=10.4)
        )  # in the noise
    found = scale.growth()
    assert found.holds is False
    assert "over 28 ×" in found.figure


def test_what_is_done_municipality_by_municipality_is_told_per_unit(kept: None) -> None:
    assert page.per_unit("site") == "site: 23 CPU-ms at 4,782 units; exponent in units 1.00 (0.99–1.00)"
    assert f"- {page.per_unit('site')}" in page.scale_page()
    assert page.per_unit("allocation") == ""


def test_without_measurements_nothing_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "KEPT", tmp_path / "none.json")
    assert [claim().holds for claim in CLAIMS] == [None] * 5
    assert "Sizes: not measured." in page.scale_page()
