"""The verb ``likvard site`` as a user meets it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.settings import settings
from tests.orchestration.site.conftest import Site


@pytest.fixture
def home(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(site.publication.path.parents[3], tmp_path / "published", symlinks=True)
    monkeypatch.setenv("LIKVARD_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def likvard(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.output


def test_the_pages_of_a_year_are_built_and_their_place_is_told(home: Path):
    code, told = likvard("site", "2027", "--no-pdf")
    front = home / "site" / "9999" / "2027.0.1" / "index.html"
    assert code == 0, told
    assert str(front) in told.replace("\n", "")
    assert front.is_file()
    assert list(front.parent.rglob("*.pdf")) == []
    assert ".pdf" not in (front.parent / "sv" / "index.html").read_text("utf-8")


def test_the_pages_go_where_they_are_asked_to(home: Path, tmp_path: Path):
    code, _ = likvard("site", "2027", "--no-pdf", "--municipality", "9999", "--out", str(tmp_path / "web"))
    assert code == 0
    assert (tmp_path / "web" / "9999" / "2027.0.1" / "en" / "index.html").is_file()


@pytest.mark.parametrize("arguments", [("2025",), ("2027", "--municipality", "0180")])
def test_where_nothing_is_published_the_verb_says_so(home: Path, arguments: tuple[str, ...]):
    code, told = likvard("site", *arguments, "--no-pdf")
    assert code == 2
    assert arguments[0] in told
    assert not (home / "site").exists()


def test_a_broken_pages_file_is_told_with_its_line(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "policies" / "9999"
    folder.mkdir(parents=True)
    (folder / "pages.yml").write_text("contact:\n  phone: '1'\n")
    monkeypatch.setenv("LIKVARD_POLICIES", str(tmp_path / "policies"))
    settings.cache_clear()
    code, told = likvard("site", "2027", "--no-pdf")
    assert code == 2
    assert "pages.yml:" in told
