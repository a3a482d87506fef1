"""What a run says at its end: which figures count units whose index is withheld, and that some have none to show."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from orchestration.proposals import shown_index
from orchestration.report.terminal import outcome_view
from orchestration.runner import RunOutcome
from orchestration.settings import Settings, settings

PAID = pd.DataFrame({"school_unit_code": ["a", "b", "c"], "need_index": [80.0, 150.0, 95.0]})


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LIKVARD_LANGUAGE", "en")
    settings.cache_clear()
    yield
    settings.cache_clear()


def row(code: str, *, withheld: tuple[str, ...]) -> dict:
    return {
        "municipality_code": code, "municipality_name": None, "status": "published", "publication_id": "2027.0.1",
        "policy": code, "basis": "pupil_level", "reasons": [], "paid_units": 3, "not_paid_units": 0, "pupils": 300,
        "total_ore": 100_000_000, "structural_share": 0.1, "redistributed_share": 0.011,
        **shown_index(PAID, withheld=withheld),
    }  # fmt: skip


def told(tmp_path: Path, *rows: dict) -> str:
    page = io.StringIO()
    Console(file=page, width=200).print(outcome_view(Settings(home=tmp_path), RunOutcome("run", 2027, rows, ())))
    return " ".join(page.getvalue().split())


def test_a_figure_says_whether_it_counts_units_whose_index_is_withheld(tmp_path: Path) -> None:
    text = told(tmp_path, row("9999", withheld=("b",)))
    assert "Moved by need 1.1 % (with 1 whose index is not shown)" in text
    assert "Need index 80–95 (1 not shown)" in text
    assert "likvard explain c 2027" in text


def test_without_withheld_units_nothing_is_added(tmp_path: Path) -> None:
    text = told(tmp_path, row("9999", withheld=()))
    assert "Moved by need 1.1 % Need index 80–150" in text
    assert "not shown" not in text


def test_a_municipality_whose_every_index_is_withheld_has_no_range_and_still_a_school_to_look_at(
    tmp_path: Path,
) -> None:
    text = told(tmp_path, row("9999", withheld=("a", "b", "c")))
    assert "Need index – (3 not shown)" in text
    assert "likvard explain a 2027" in text


def test_many_municipalities_are_summed_without_those_that_have_no_range(tmp_path: Path) -> None:
    rows = [row(f"10{number:02d}", withheld=("a",)) for number in range(13)]
    hidden = row("2000", withheld=("a", "b", "c"))
    assert "Need index 95–150 (16 not shown)" in told(tmp_path, *rows, hidden)
