"""``likvard forecast`` as a person uses it: both languages, a unit, a municipality, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.orchestration.forecast.forecast_home import GAP, PLACED, TOWN, YEAR, planned
from tests.orchestration.speaking import Likvard, speaking


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("forecast_home")
    planned(root)
    return root


@pytest.fixture(params=["en", "sv"])
def likvard(request, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Likvard]:
    with speaking(request.param, home, monkeypatch, columns=100) as command:
        yield command


def test_a_unit_shows_every_grade_three_years_and_its_places(likvard: Likvard):
    done = likvard("forecast", PLACED)
    assert done.exit_code == 0, done.output
    assert all(str(year) in done.output for year in (2022, 2023, 2024))
    assert done.output.count("150") >= 3
    assert "(" in next(line for line in done.output.splitlines() if line.strip().startswith(("All", "Alla")))


def test_a_municipality_shows_kronor_past_errors_and_what_was_not_learned_from(likvard: Likvard):
    town = likvard("forecast", "--municipality", TOWN, "--year", YEAR)
    assert town.exit_code == 0, town.output
    assert " kr" in town.output
    assert "%" in town.output
    gap = likvard("forecast", "--municipality", GAP)
    assert gap.exit_code == 0, gap.output
    assert any("2015" in line and ("impossible" in line or "orimligt" in line) for line in gap.output.splitlines())


@pytest.mark.parametrize(
    "words",
    [(), (PLACED, "--municipality", TOWN), ("99999999",), ("--municipality", "9777"), (PLACED, "--year", 2019)],
)
def test_what_cannot_be_shown_is_wrong_use_with_words(likvard: Likvard, words):
    done = likvard("forecast", *words)
    assert done.exit_code == 2
    assert len(done.stderr.strip()) > 20
