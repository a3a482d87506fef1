"""The house holds: who may import whom, definitions that load, sentences of the README that are true."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from orchestration.cli import app

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def tracked(*patterns: str) -> list[Path]:
    """Files of the project: those git knows or would add; every file of a bare copy."""
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = found.stdout.splitlines() if found.returncode == 0 else [str(p.relative_to(ROOT)) for p in ROOT.rglob("*")]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_who_may_import_whom():
    done = subprocess.run(
        [str(BIN / "lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linter_and_the_formatter_agree():
    for arguments in (["check", "."], ["format", "--check", "."]):
        done = subprocess.run([str(BIN / "ruff"), *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_no_text_holds_the_marks_of_a_merge():
    texts = [
        path
        for path in tracked()
        if path.suffix in {".py", ".md", ".sql", ".yml", ".yaml", ".json", ".toml", ".csv", ".html"}
    ]
    marks = tuple(sign * 7 + " " for sign in "<>")
    torn = [path for path in texts if any(line.startswith(marks) for line in path.read_text("utf-8").splitlines())]
    assert torn == []


def test_the_top_level_is_the_one_the_map_shows():
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if len(path.relative_to(ROOT).parts) > 1}
    shown = {
        "orchestration",
        "dbt_project",
        "models_py",
        "expectations",
        "policies",
        "tests",
        "bench",
        "docs",
        "deploy",
    }
    assert folders - {"tools", "requirements", ".ci"} == shown


def test_every_module_says_what_belongs_in_it():
    silent = []
    for path in tracked("*.py"):
        text = path.read_text(encoding="utf-8")
        if text.strip() and path.parts[-2] != "fixtures" and not text.lstrip().startswith('"""'):
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []


def test_locks_carry_hashes_and_no_addresses():
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|file:|--index-url|--find-links", text), lock.name


def test_the_test_lock_is_a_superset_of_the_run_lock():
    def pins(name: str) -> set[str]:
        text = re.sub(
            r"\[[\w,\-]+\]==", "==", (ROOT / "requirements" / name).read_text()
        )  # more extras are no other version
        return set(re.findall(r"^[a-z0-9][\w.\-]*==\S+", text, flags=re.M | re.I))

    assert pins("run.txt") <= pins("test.txt") <= pins("bench.txt")


def test_files_stay_one_idea_long():
    limits = {path: 450 if path.is_relative_to(ROOT / "tests") else 400 for path in tracked("*.py", "*.sql")}
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in limits}
    assert {str(p.relative_to(ROOT)): n for p, n in lines.items() if n > limits[p]} == {}


def _documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", _documents(), ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path):
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.S)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://|#|mailto:", target):
            continue
        if not (document.parent / target.split("#")[0]).exists():
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("document", _documents(), ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_in_documents_exist(document: Path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"^([a-z-]+):", makefile, flags=re.M))
    commands = set(typer.main.get_command(app).commands)
    text = document.read_text(encoding="utf-8")
    blocks = (
        "\n".join(re.findall(r"```(?:bash|sh|console)?\n(.*?)```", text, flags=re.S))
        + "\n"
        + "\n".join(re.findall(r"`([^`\n]+)`", text))
    )
    wrong = []
    for line in blocks.splitlines():
        words = _words(line)
        if (
            words[:1] == ["make"]
            and len(words) > 1
            and not words[1].startswith(("-", "CLAIM", "PYTHON"))
            and words[1] not in verbs
        ):
            wrong.append(line)
        if (
            words
            and words[0].endswith("likvard")
            and len(words) > 1
            and re.fullmatch(r"[a-z]+", words[1])
            and words[1] not in commands
        ):
            wrong.append(line)
    assert wrong == []


def _words(line: str) -> list[str]:
    try:
        words = shlex.split(line.strip().removeprefix("$ "), comments=True)
    except ValueError:
        return []
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    return words


def test_workflow_files_say_no_machine_paths():
    offending = []
    for path in tracked("*.py", "*.sql", "*.yml", "*.yaml", "*.toml", "*.md", "*.sh", "Makefile"):
        if re.search(r"(^|[^\w.])/(work|farm|root|home)/\w", path.read_text(encoding="utf-8")):
            offending.append(str(path.relative_to(ROOT)))
    assert offending == []


def test_texts_have_the_same_keys_and_placeholders_in_both_languages():
    texts = {
        lang: yaml.safe_load((ROOT / "orchestration" / "texts" / f"{lang}.yml").read_text(encoding="utf-8"))
        for lang in ("sv", "en")
    }
    assert texts["sv"].keys() == texts["en"].keys()
    placeholders = {
        lang: {key: set(re.findall(r"{(\w+)}", text)) for key, text in t.items()} for lang, t in texts.items()
    }
    assert placeholders["sv"] == placeholders["en"]


def test_every_text_is_used():
    code = "\n".join(p.read_text(encoding="utf-8") for p in tracked("orchestration/*.py"))
    texts = yaml.safe_load((ROOT / "orchestration" / "texts" / "en.yml").read_text(encoding="utf-8"))
    composed = tuple(re.findall(r"""f"([a-z_]+_)\{""", code))  # say(f"cost_type_{name}")
    unused = [key for key in texts if not re.search(rf"""['"]{key}['"]""", code) and not key.startswith(composed)]
    assert unused == []
