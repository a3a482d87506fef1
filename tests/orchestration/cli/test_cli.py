"""What the command refuses, in which words and with which exit code; runs that go through are in ``tests/pipeline``."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

LIKVARD = Path(sys.executable).with_name("likvard")
VERBS = (
    "demo",
    "run",
    "status",
    "explain",
    "ui",
    "init",
    "scenarios",
    "diagnose",
    "approve",
    "publish",
    "rollback",
    "diff",
    "verify",
)


def likvard(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIKVARD_")}
    told = {f"LIKVARD_{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(
        [str(LIKVARD), *arguments],
        env=kept | {"COLUMNS": "300", "LIKVARD_HOME": str(home)} | told,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_help_lists_every_verb_at_once(home: Path):
    done = likvard(home, "--help")
    assert done.returncode == 0
    assert all(f" {verb} " in done.stdout for verb in VERBS)
    assert not home.exists(), "help touches no file"


@pytest.mark.parametrize(
    ("language", "words"), [("sv", "Fördela en kommuns skolpengar"), ("en", "school money by need")]
)
def test_the_language_is_a_setting(home: Path, language: str, words: str):
    assert words in likvard(home, "--help", language=language).stdout


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["run", "1999"], "1999"),
        (["run", "2022", "--policy", "other"], "default"),
        (["run", "2022", "--municipality", "78"], "78"),
        (["run", "2022", "--municipality", "０７８０"], "０７８０"),
        (["run", "2022", "--municipality", "[/x]"], "[/x]"),
        (["explain", "99990001", "2027"], "2027"),
        (["explain", "2027"], "--organiser"),
        (["explain", "99990001", "2027", "--organiser", "9990000060"], "--organiser"),
        (["explain", "soon", "--organiser", "9990000060"], "--organiser"),
        (["explain", "2027", "--organiser", "9990000060"], "2027"),
    ],
    ids=[
        "unknown year",
        "unknown policy",
        "short code",
        "digits of another script",
        "a code like markup",
        "nothing published",
        "no school unit",
        "a school unit and an organiser",
        "no year",
        "nothing published of an organiser",
    ],
)
def test_wrong_use_is_exit_code_two_and_names_what_is_wrong(
    home: Path, language: str, arguments: list[str], named: str
):
    done = likvard(home, *arguments, language=language)
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (home / "published").exists()


@pytest.mark.parametrize("arguments", [["run"], ["run", "soon"], ["run", "2022", "--colour", "red"], ["publish"]])
def test_arguments_that_cannot_be_read_are_wrong_use(home: Path, arguments: list[str]):
    assert likvard(home, *arguments).returncode == 2


def test_the_years_of_an_installation_are_a_setting(home: Path):
    assert likvard(home, "run", "2027", funding_years="[2030, 2031]").returncode == 2
    assert "2030–2031" in likvard(home, "run", "2027", funding_years="[2030, 2031]").stderr


def test_status_of_an_empty_home_says_how_to_begin(home: Path):
    done = likvard(home, "status")
    assert done.returncode == 0
    assert "likvard demo" in done.stdout


def test_a_second_run_in_the_same_home_steps_back(home: Path):
    home.mkdir()
    with (home / ".run.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = likvard(home, "run", "2027")
    assert done.returncode == 1
    assert str(home) in done.stderr
    assert "LIKVARD_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def deliver_something_real(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    (folder / "elever_2026-10-15.csv").write_text("Personnummer;Skolenhetskod\r\n", encoding="cp1252")


@pytest.mark.parametrize("place", ["restricted/inputs/enrollment", "restricted/inbox/0780"])
def test_invented_pupils_never_enter_a_home_with_deliveries(home: Path, place: str):
    """Also where a municipality's file lies in its inbox and has not been read yet: the demo's key is no secret."""
    deliver_something_real(home / place)
    done = likvard(home, "demo")
    assert done.returncode == 2, done.stdout + done.stderr
    assert str(home) in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / "DEMO").exists()
    assert not (home / "restricted" / "inbox" / "9999").exists()


def test_the_demo_takes_no_key_of_a_municipality(home: Path, tmp_path: Path):
    home.mkdir()
    (home / "DEMO").write_text("a demonstration\n")
    key = tmp_path / "key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o400)
    done = likvard(home, "run", "2027", key_file=str(key))
    assert done.returncode == 1
    assert "LIKVARD_KEY_FILE" in done.stderr
    assert not (home / "published").exists() or not any((home / "published").iterdir())
