"""``likvard followup`` as a person uses it: both languages, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.orchestration.followup.progress_home import LARGE, SMALL, YEAR, followed, kept
from tests.orchestration.speaking import Likvard, speaking


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("followup_home")
    kept(root)
    return root


@pytest.fixture(params=["en", "sv"])
def likvard(request, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Likvard]:
    with speaking(request.param, home, monkeypatch) as command:
        yield command


def test_a_unit_shows_what_it_adds_its_cohorts_and_what_a_change_is_worth(likvard: Likvard):
    done = likvard("followup", LARGE)
    assert done.exit_code == 0, done.output
    values = followed()["school_value_added"].set_index(["school_unit_code", "stage"])
    matched = values.loc[(LARGE, "grades_4_6"), "matched_count"]
    assert f"{matched} " in done.output
    assert "95 %" in done.output
    assert "2017" in done.output, "a narrow terminal cuts no figure"
    assert "…" not in done.output
    assert any(word in done.output for word in ("other pupils", "andra elever"))
    assert "rank" in done.output or "rangordnas" in done.output


def test_a_small_unit_is_told_why_it_has_no_figure(likvard: Likvard):
    done = likvard("followup", SMALL, "--year", YEAR)
    assert done.exit_code == 0, done.output
    assert "15 pupils" in done.output or "15 elever" in done.output


@pytest.mark.parametrize("words", [("12345678",), (LARGE, "--year", 2019)])
def test_what_cannot_be_shown_is_wrong_use_with_words(likvard: Likvard, words):
    done = likvard("followup", *words)
    assert done.exit_code == 2
    assert "12345678" in done.output or "2019" in done.output
