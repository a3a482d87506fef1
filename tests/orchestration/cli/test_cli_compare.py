"""``likvard scenarios``, ``diagnose`` and ``init`` as a person uses them: words, exit codes, files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.settings import REPOSITORY, settings
from tests.orchestration.comparison.published_home import BASE_SEK, PUPILS, TOTAL_SEK, YEAR, published

Likvard = Callable[..., Result]


@pytest.fixture(params=["en", "sv"])
def likvard(request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Likvard]:
    """The command in a home with one publication, in both languages."""
    shutil.copytree(REPOSITORY / "policies" / "default", tmp_path / "policies" / "default")
    published(tmp_path / "home" / "published")
    for name, value in (("HOME", tmp_path / "home"), ("POLICIES", tmp_path / "policies"), ("LANGUAGE", request.param)):
        monkeypatch.setenv(f"LIKVARD_{name}", str(value))
    monkeypatch.setenv("COLUMNS", "80")
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, [str(word) for word in words])
    settings.cache_clear()


def test_scenarios_prints_every_scenario_in_eighty_columns(likvard: Likvard):
    done = likvard("scenarios", YEAR)
    assert done.exit_code == 0, done.output
    assert max(map(len, done.output.splitlines())) <= 80
    lines = [line.split("%")[0].strip().replace(",", ".") for line in done.output.splitlines() if line[:2] == "  "]
    assert [line.strip("\u00a0") for line in lines].count("20.0") == 2 * 6, "two tables, three claims, two rules"
    assert "*" in done.output
    assert "12" in done.output


def test_the_file_of_the_measures_is_the_whole_comparison(likvard: Likvard, tmp_path: Path):
    done = likvard("scenarios", YEAR, "--csv", tmp_path / "measures.csv", "--ratio", "1,3")
    assert done.exit_code == 0, done.output
    assert "1,3" in done.output
    table = pd.read_csv(tmp_path / "measures.csv")
    assert len(table) == 30
    assert {"block", "rule", "structural_share", "largest_loss_per_pupil_ore", "on_front"} <= set(table.columns)


def test_a_set_of_ones_own_is_used_and_named(likvard: Likvard, tmp_path: Path):
    own = tmp_path / "mine.yml"
    own.write_text(
        "enough_share: 0.2\ncompare_with: published\nscenarios:\n  ours:\n    description: Ours.\n    function: linear\n"
        "    structural_shares: [0.07, 0.12]\n"
    )
    done = likvard("scenarios", YEAR, "--file", own)
    assert done.exit_code == 0, done.output
    assert "mine.yml" in done.output
    assert "ours, " in done.output
    assert "convex" not in done.output
    assert "–" in done.output, "nobody loses in the scenario that is published"


def test_wrong_use_is_exit_code_two_with_the_place(likvard: Likvard, tmp_path: Path):
    broken = tmp_path / "broken.yml"
    broken.write_text("enough_share: 0.2\ncolour: red\n")
    for words, says in (
        (("scenarios", YEAR, "--file", broken), "broken.yml:2"),
        (("scenarios", 2026), "2026"),
        (("scenarios", YEAR, "--municipality", "0180"), str(YEAR)),
        (("scenarios", YEAR, "--ratio", "0.5"), "0.5"),
        (("scenarios", YEAR, "--ratio", "much"), "much"),
        (("scenarios", YEAR, "--csv", tmp_path / "nowhere" / "x.csv"), "nowhere"),
        (("init", "78"), "78"),
    ):
        done = likvard(*words)
        assert done.exit_code == 2, done.output
        assert says in done.output
        assert done.exception is None or isinstance(done.exception, SystemExit)


def test_diagnose_scores_a_file_and_refuses_one_that_does_not_match(likvard: Likvard, tmp_path: Path):
    amounts = tmp_path / "amounts.csv"
    rows = [f"{unit};{n};{TOTAL_SEK[unit]};{BASE_SEK[unit]}" for unit, n in PUPILS.items()]
    amounts.write_text("\n".join(["school_unit_code;pupil_count;total_kr;base_kr", *rows]))
    done = likvard("diagnose", amounts, YEAR, "--municipality", "9999")
    assert done.exit_code == 0, done.output
    assert "Skola C" in done.output
    amounts.write_text("\n".join(["school_unit_code;pupil_count;total_kr;base_kr", *rows[1:], "Q;1;1;1"]))
    refused = likvard("diagnose", amounts, YEAR, "--municipality", "9999")
    assert refused.exit_code == 2
    assert "1 (Q)" in refused.output
    assert "1 (A)" in refused.output


def test_init_writes_a_folder_says_what_is_next_and_does_it_once(likvard: Likvard, tmp_path: Path):
    done = likvard("init", "0780", "--name", "Växjö")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "policies" / "0780" / "municipality.yml").is_file()
    assert "LIKVARD_KEY_FILE" in done.output
    assert "0400" in done.output
    assert "inbox/0780" in done.output
    assert likvard("init", "0780").exit_code == 2
