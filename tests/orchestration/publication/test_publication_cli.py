"""The verbs of publication as a user calls them: approve, publish, diff, rollback, verify, in both languages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from candidates import NOW, candidate
from deciding import cheap_duckdb
from typer.testing import CliRunner

from expectations.rules import RESULT_COLUMNS, rules_of
from orchestration.cli import app
from orchestration.decisions import required_rules
from orchestration.publication import duckdb_file
from orchestration.publication.candidate import Candidate
from orchestration.publication.content import content_sha256
from orchestration.publication.gate import judge
from orchestration.publication.publish import publish
from orchestration.resources.form_policies import form_policies, sha256_of_forms
from orchestration.resources.policies import load_policy
from orchestration.settings import REPOSITORY, settings

WARNING = "D-REJECT-002"
DECISION = ("--reason", "The year's first.", "--decision", "KS 2027/114 § 12")


def _candidate(seed: int = 0, *, failing: int = 0) -> Candidate:
    """A candidate of 9999 by its own policy, whose rules are those of the register."""
    policies = REPOSITORY / "policies"
    policy = load_policy(policies / "9999", municipality_code="9999", defaults=policies / "default")
    asked = [rule for home in ("door", "dbt", "gx", "rule") for rule in rules_of(home)]  # type: ignore[arg-type]
    rows = [("9999", 2027, rule.id, rule.severity, failing if rule.id == WARNING else 0) for rule in asked]
    sha256 = sha256_of_forms(form_policies(policies / "9999", policy), 2027, own=policy.sha256_for(2027))
    whole = candidate(units=1, seed=seed, policy_sha256=sha256)
    return replace(whole, tables={**whole.tables, "rule_result": pd.DataFrame(rows, columns=list(RESULT_COLUMNS))})


def _propose(root: Path, of: Candidate) -> None:
    verdict = judge(
        of.tables["rule_result"],
        municipality_code="9999",
        funding_year=2027,
        content_sha256=content_sha256(of.tables, of.policy_sha256),
        required_rules=required_rules(),
    )
    assert publish(of, root=root, gate=verdict, actor="annika", now=NOW).status == "published"


@pytest.fixture(scope="module")
def proposed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two proposals, the second with a failing warning."""
    root = tmp_path_factory.mktemp("cli") / "published"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb_file, "write_duckdb", cheap_duckdb)
        _propose(root, _candidate())
        _propose(root, _candidate(1, failing=2))
    return root


@pytest.fixture
def home(proposed_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A demonstration with those proposals, and policies that may be changed."""
    monkeypatch.setattr(duckdb_file, "write_duckdb", cheap_duckdb)
    made = tmp_path / "home"
    shutil.copytree(proposed_once, made / "published", symlinks=True)
    (made / "DEMO").write_text("a demonstration\n")
    shutil.copytree(REPOSITORY / "policies", tmp_path / "policies")
    for name, value in {"HOME": made, "POLICIES": tmp_path / "policies", "LANGUAGE": "en"}.items():
        monkeypatch.setenv(f"LIKVARD_{name}", str(value))
    monkeypatch.setenv("COLUMNS", "300")
    settings.cache_clear()
    yield made
    settings.cache_clear()


def likvard(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == code, done.output
    return done.output


def test_a_year_is_approved_decided_revised_compared_rolled_back_and_verified(home: Path, tmp_path: Path) -> None:
    assert "One more person" in likvard("approve", "2027.0.1", "--as", "controller")
    assert "nothing changed" in likvard("approve", "2027.0.1", "--as", "controller")
    assert "G-APPROVE-001" in likvard("publish", "2027.0.1", *DECISION, "--as", "official", code=4)
    assert "likvard publish 2027.0.1" in likvard("approve", "2027.0.1", "--as", "board")
    assert "2027.0.1 is decided as 2027.1.0" in likvard("publish", "2027.0.1", *DECISION, "--as", "official")
    assert "nothing changed" in likvard("publish", "2027.0.1", *DECISION, "--as", "official")
    for role in ("controller", "board"):
        likvard("approve", "2027.0.2", "--as", role)
    revised = ("publish", "2027.0.2", *DECISION, "--revision-type", "R1", "--as", "official")
    assert WARNING in likvard(*revised, code=4)
    waivers = tmp_path / "policies" / "9999" / "waivers"
    waivers.mkdir()
    (waivers / "2027.yml").write_text(
        f"waivers:\n  - {{rule_id: {WARNING}, scope: {{failing_count_at_most: 2}}, name: controller, "
        "reason: The school mends its rows., expires: 2199-12-31}\n"
    )
    assert f"{WARNING} (2): waived" in likvard(*revised)
    assert "The content is the same." in likvard("diff", "2027.0.2", "2027.2.0")
    told = likvard("diff", "2027.1.0", "2027.2.0", code=3)
    assert "99990001" in told
    assert "Counts" in told
    assert "current names 2027.1.0 again" in likvard("rollback", "2027.1.0", "--reason", "Wrong.", "--as", "official")
    assert "4 versions in 1 municipality years are whole" in likvard("verify")
    version = home / "published" / "9999" / "2027" / "versions" / "2027.1.0"
    assert "The school mends its rows." in (version.parent / "2027.2.0" / "quality_report.html").read_text("utf-8")
    (version / "RELEASE.md").chmod(0o644)
    (version / "RELEASE.md").write_text("other words")
    assert "RELEASE.md has changed" in likvard("verify", "2027", code=3)


def test_what_nobody_may_do_is_refused_and_nothing_is_written(home: Path, tmp_path: Path) -> None:
    ledger = home / "published" / "9999" / "ledger.jsonl"
    before = ledger.read_bytes()
    assert "G-ROLE-001" in likvard("approve", "2027.0.1", code=4), "the user is in no role"
    assert "roles that may: controller, board" in likvard("approve", "2027.0.1", "--as", "official", code=4)
    assert "G-ROLE-001" in likvard("publish", "2027.0.1", *DECISION, "--as", "board", code=4)
    assert "G-ROLE-001" in likvard("rollback", "2027.0.1", "--reason", "x", "--as", "board", code=4)
    (home / "DEMO").unlink()
    assert "only in a demonstration" in likvard("approve", "2027.0.1", "--as", "board", code=4)
    (tmp_path / "policies" / "9999" / "roles.yml").write_text("official: {}\n")
    assert "9999/roles.yml:1" in likvard("approve", "2027.0.1", code=2)
    assert ledger.read_bytes() == before


def test_values_that_changed_or_that_nobody_has_decided_are_refused(home: Path, tmp_path: Path) -> None:
    for role in ("controller", "board"):
        likvard("approve", "2027.0.1", "--as", role)
    model = tmp_path / "policies" / "9999" / "model.yml"
    text = model.read_text("utf-8")
    model.write_text(text.replace("status: decided", "status: proposal"), "utf-8")
    told = likvard("publish", "2027.0.1", *DECISION, "--as", "official", code=4)
    assert "G-DECIDED-001" in told
    assert "9999/model.yml:" in told
    assert "118000" in text
    model.write_text(text.replace("118000", "118001"), "utf-8")
    told = likvard("publish", "2027.0.1", *DECISION, "--as", "official", code=4)
    assert "others than 2027.0.1 was computed with" in told


def test_a_value_of_another_school_form_that_changed_or_that_nobody_has_decided_is_refused(
    home: Path, tmp_path: Path
) -> None:
    for role in ("controller", "board"):
        likvard("approve", "2027.0.1", "--as", role)
    preschool = tmp_path / "policies" / "9999" / "forms" / "preschool.yml"
    text = preschool.read_text("utf-8")
    preschool.write_text(text.replace("status: decided", "status: proposal", 1), "utf-8")
    assert "preschool.yml:" in likvard("publish", "2027.0.1", *DECISION, "--as", "official", code=4)
    preschool.write_text(text.replace("age_1_full: 176000", "age_1_full: 176001"), "utf-8")
    told = likvard("publish", "2027.0.1", *DECISION, "--as", "official", code=4)
    assert "others than 2027.0.1 was computed with" in told


@pytest.mark.parametrize(
    "arguments",
    [
        ("approve", "2027.0.9"),
        ("publish", "soon", *DECISION),
        ("publish", "2027.0.1", "--reason", " ", "--decision", "x", "--as", "official"),
        ("publish", "2027.0.1", *DECISION, "--revision-type", "R9", "--as", "official"),
        ("rollback", "2027.0.1", "--reason", " "),
        ("diff", "2027.0.1", "2027.0.9", "--municipality", "9999"),
        ("verify", "--municipality", "0001"),
    ],
)
def test_wrong_use_is_exit_code_two(home: Path, arguments: tuple[str, ...]) -> None:
    assert likvard(*arguments, code=2).strip()
