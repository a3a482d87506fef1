"""A build is left out only while all that dbt read, and the file it left, are what they were."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from orchestration import built
from orchestration.built import Told
from orchestration.settings import Settings

TOLD = (
    Told(("marts", "fct_enrollment")),
    Told(("marts", "fct_enrollment"), "one_row_per", False, "WARN"),
)
ROWS = Path("pseudonymised", "accepted", "enrollment", "one.parquet")


@pytest.fixture
def found(tmp_path: Path) -> Settings:
    """A home with a file of accepted rows, a warehouse, and the note of the build that made it."""
    home = tmp_path / "home"
    for path, text in ((ROWS, b"rows"), (Path("pseudonymised", "warehouse.duckdb"), b"tables")):
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_bytes(text)
    (home / built.NOTE).parent.mkdir()
    settings = Settings(home=home)
    built.keep(settings, read=built.read_by_dbt(settings), told=TOLD)
    return settings


def standing(found: Settings) -> tuple[Told, ...] | None:
    return built.standing(found, read=built.read_by_dbt(found))


def test_what_dbt_told_is_told_again_while_nothing_has_changed(found: Settings):
    assert standing(found) == TOLD


def test_a_home_that_was_moved_is_the_same(found: Settings, tmp_path: Path):
    shutil.move(found.home, tmp_path / "elsewhere")
    assert standing(Settings(home=tmp_path / "elsewhere")) == TOLD


@pytest.mark.parametrize("change", ["a row", "a file more", "a file less", "a name"])
def test_accepted_rows_that_changed_are_built(found: Settings, change: str):
    path = found.home / ROWS
    {
        "a row": lambda: path.write_bytes(b"rowz"),
        "a file more": lambda: path.with_name("two.parquet").write_bytes(b""),
        "a file less": path.unlink,
        "a name": lambda: path.rename(path.with_name("two.parquet")),
    }[change]()
    assert standing(found) is None


@pytest.mark.parametrize("change", ["its time", "its size"])
def test_a_warehouse_that_dbt_did_not_leave_so_is_built(found: Settings, change: str):
    written = found.warehouse.stat().st_mtime_ns
    if change == "its size":
        found.warehouse.write_bytes(b"more tables")
    os.utime(found.warehouse, ns=(written, written + (change == "its time")))
    assert standing(found) is None


def test_a_warehouse_that_is_gone_is_built(found: Settings):
    found.warehouse.unlink()
    assert standing(found) is None


def test_other_models_are_built(found: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(built, "models_sha256", lambda: "other models")
    assert standing(found) is None


def test_another_engine_builds(found: Settings):
    assert standing(found.model_copy(update={"spark_python": Path("python")})) is None


def test_a_crash_while_the_note_is_written_leaves_no_half_of_it(found: Settings, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError("no space left")

    built.forget(found)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="no space left"):
            built.keep(found, read=built.read_by_dbt(found), told=TOLD)
    assert standing(found) is None
    built.keep(found, read=built.read_by_dbt(found), told=TOLD)
    assert standing(found) == TOLD
    assert [path.name for path in (found.home / built.NOTE).parent.iterdir()] == [built.NOTE.name]


def test_a_build_that_has_begun_leaves_no_note(found: Settings):
    built.forget(found)
    assert standing(found) is None
    built.forget(found)
