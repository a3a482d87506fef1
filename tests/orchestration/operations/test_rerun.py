"""What a re-run meets is what the run met then, and a comparison says where two versions differ."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from candidates import NOW, candidate, release, spoiled
from click.testing import Result
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.intake.store import DeliveryStore
from orchestration.operations import rerun
from orchestration.operations.rerun import RerunError, run_again, subject_of
from orchestration.operations.sameness import compare
from orchestration.publication.ledger import read
from orchestration.publication.verify import verify
from orchestration.settings import REPOSITORY, Settings, settings

YEAR = 2027


def put(home: Path, content: bytes, *, received: datetime) -> str:
    receipt = DeliveryStore(home).put(
        content,
        source="enrollment",
        municipality_code="9999",
        period="2026-10-15",
        file_name="elever.csv",
        sender="inbox 9999",
        received=received,
    )
    return receipt.delivery.delivery_id


@pytest.fixture(scope="session")
def kept_home(whole_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three publications; the third stands on a delivery that is kept, and another delivery came after it."""
    home = tmp_path_factory.mktemp("kept") / "home"
    shutil.copytree(whole_home, home, symlinks=True)
    used = put(home, b"the rows of that day", received=NOW - timedelta(hours=1))
    sha256 = next(item.sha256 for item in DeliveryStore(home).everything())
    whole = candidate(units=2, seed=2)
    inputs = [{"source": "enrollment", "municipality_code": "9999", "delivery_id": used, "sha256": sha256}]
    release(replace(whole, recorded={**whole.recorded, "inputs": inputs}), home / "published")
    put(home, b"rows that came later", received=NOW + timedelta(days=1))
    return home


@pytest.fixture
def kept(kept_home: Path, tmp_path: Path) -> Settings:
    """A copy of that home of one's own."""
    shutil.copytree(kept_home, tmp_path / "home", symlinks=True)
    shutil.copytree(REPOSITORY / "policies" / "default", tmp_path / "policies" / "default")
    return Settings(home=tmp_path / "home", policies=tmp_path / "policies")


class Started:
    """In place of the run: what stands in the scratch home when it begins, and a publication made there."""

    def __init__(self, seed: int) -> None:
        self.seed, self.deliveries, self.ledger, self.pointer, self.arguments = seed, [], [], "", []

    def __call__(self, command: list[str], *, env: dict[str, str], **_: object):
        home = Path(env["LIKVARD_HOME"])
        self.arguments = command[3:]
        self.deliveries = [DeliveryStore(home).path(i.sha256).read_bytes() for i in DeliveryStore(home).everything()]
        self.ledger = [line["publication_id"] for line in read(home / "published" / "9999" / "ledger.jsonl").entries]
        self.pointer = (home / "published" / "9999" / str(YEAR) / "proposed").readlink().name
        assert read(home / "published" / "9999" / "ledger.jsonl").problems == ()
        assert release(candidate(units=2, seed=self.seed), home / "published").publication_id == "2027.0.3"
        return type("Done", (), {"returncode": 0, "stdout": "", "stderr": ""})()


def again(found: Settings, scratch: Path, monkeypatch: pytest.MonkeyPatch, *, seed: int) -> tuple[Started, Path, Path]:
    started = Started(seed)
    monkeypatch.setattr(rerun.subprocess, "run", started)
    subject = subject_of(found, municipality_code="9999", funding_year=YEAR, publication_id=None)
    return started, subject.path, run_again(found, subject, scratch=scratch)


def test_a_re_run_meets_the_deliveries_and_publications_of_then(kept: Settings, tmp_path: Path, monkeypatch):
    started, before, after = again(kept, tmp_path / "scratch", monkeypatch, seed=2)
    assert before.name == "2027.0.3"
    assert started.deliveries == [b"the rows of that day"]
    assert started.ledger == ["2027.0.1", "2027.0.2"]
    assert started.pointer == "2027.0.2"
    assert started.arguments == ["run", "2027", "--municipality", "9999"]
    same = compare(before, after)
    assert (same.is_same, same.policy_differs, same.tables) == (True, False, ())


def test_another_result_is_told_by_table_and_column(kept: Settings, tmp_path: Path, monkeypatch):
    _, before, after = again(kept, tmp_path / "scratch", monkeypatch, seed=3)
    same = compare(before, after)
    assert not same.is_same
    told = {each.table: dict(each.columns) for each in same.tables}
    assert told["fct_allocation"]["amount_ore"] > 0
    assert "need_coefficient" not in told, "a table that says the same is not told"


def test_one_changed_cell_is_one_cell(tmp_path: Path):
    whole = candidate(units=2)
    changed = spoiled(whole, "dim_organiser", "organiser_name", 0, "Annan huvudman")
    paths = []
    for number, each in enumerate((whole, changed)):
        outcome = release(each, tmp_path / f"p{number}" / "published")
        assert outcome.path is not None, outcome.reasons
        paths.append(outcome.path)
    (table,) = compare(*paths).tables
    assert (table.table, table.columns, table.only_before, table.only_after) == (
        "dim_organiser",
        (("organiser_name", 1),),
        0,
        0,
    )


@pytest.mark.parametrize("loss", ["purged", "altered"])
def test_a_delivery_that_is_gone_is_named_and_nothing_is_run(kept: Settings, tmp_path: Path, monkeypatch, loss: str):
    store = DeliveryStore(kept.home)
    (first, _) = store.everything()
    if loss == "purged":
        store.purge(first.sha256, when=NOW)
    else:
        store.path(first.sha256).chmod(0o600)
        store.path(first.sha256).write_bytes(b"other rows")
    monkeypatch.setattr(rerun.subprocess, "run", lambda *_, **__: pytest.fail("a run was started"))
    subject = subject_of(kept, municipality_code="9999", funding_year=YEAR, publication_id=None)
    with pytest.raises(RerunError, match=first.delivery_id):
        run_again(kept, subject, scratch=tmp_path / "scratch")


def test_a_run_that_publishes_nothing_is_no_agreement(kept: Settings, tmp_path: Path, monkeypatch):
    done = type("Done", (), {"returncode": 4, "stdout": "", "stderr": "step failed"})()
    monkeypatch.setattr(rerun.subprocess, "run", lambda *_, **__: done)
    subject = subject_of(kept, municipality_code="9999", funding_year=YEAR, publication_id=None)
    with pytest.raises(RerunError, match="ended with 4: step failed"):
        run_again(kept, subject, scratch=tmp_path / "scratch")


def test_a_publication_that_does_not_verify_is_not_compared(kept: Settings):
    path = kept.published / "9999" / str(YEAR) / "versions" / "2027.0.3" / "RELEASE.md"
    path.chmod(0o644)
    path.write_text("other words")
    with pytest.raises(RerunError, match="does not verify"):
        subject_of(kept, municipality_code="9999", funding_year=YEAR, publication_id="2027.0.3")


@pytest.fixture
def likvard(kept: Settings, monkeypatch: pytest.MonkeyPatch):
    """The command in that home, in Swedish."""
    for name, value in (("HOME", kept.home), ("POLICIES", kept.policies), ("LANGUAGE", "sv")):
        monkeypatch.setenv(f"LIKVARD_{name}", str(value))
    settings.cache_clear()

    def call(*words: object) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words])

    return call


@pytest.mark.parametrize(("seed", "code", "words"), [(2, 0, []), (3, 3, ["fct_allocation", "amount_ore"])])
def test_upgrade_check_says_equal_or_where_not(likvard, kept: Settings, monkeypatch, seed: int, code: int, words: list):
    monkeypatch.setattr(rerun.subprocess, "run", Started(seed))
    before = sorted(kept.published.rglob("*"))
    done = likvard("upgrade", "--check")
    assert done.exit_code == code, done.output
    assert all(word in done.output for word in ["9999", "2027.0.3", *words])
    assert sorted(kept.published.rglob("*")) == before
    assert not list(kept.restricted.glob(".rerun-*")), "the scratch home is gone"


def test_upgrade_refuses_what_it_cannot_answer(likvard, kept: Settings):
    assert likvard("upgrade").exit_code == 2
    assert likvard("upgrade", "--check", "--year", 2020).exit_code == 2
    assert likvard("upgrade", "--check", "--municipality", "0780").exit_code == 2
    shutil.rmtree(kept.restricted / "inputs")
    assert likvard("upgrade", "--check").exit_code == 4


def test_the_doctor_of_the_command_tells_and_ends_with_its_code(likvard, kept: Settings, tmp_path: Path, monkeypatch):
    (tmp_path / "operations.yml").write_text("disk_free_share: 0\n")
    monkeypatch.setenv("LIKVARD_OPERATIONS_FILE", str(tmp_path / "operations.yml"))
    settings.cache_clear()
    assert likvard("doctor").exit_code == 0
    version = kept.published / "9999" / str(YEAR) / "versions" / "2027.0.1"
    assert verify(version) == []
    (version / "RELEASE.md").chmod(0o644)
    (version / "RELEASE.md").write_text("other words")
    assert "manifest" in likvard("doctor").output
    done = likvard("doctor", "--json", "--prometheus", tmp_path / "likvard.prom")
    assert done.exit_code == 4
    (finding,) = json.loads(done.output)["findings"]
    assert (finding["id"], finding["severity"]) == ("manifest", "critical")
    assert 'likvard_findings{id="manifest",severity="critical"} 1.0' in (tmp_path / "likvard.prom").read_text()
    assert likvard("doctor", "--alert").exit_code == 2, "nobody is named to be told"


def test_backup_and_restore_of_the_command(likvard, kept: Settings, tmp_path: Path, monkeypatch):
    assert likvard("backup", tmp_path / "b").exit_code == 0
    assert likvard("backup", tmp_path / "b").exit_code == 2
    assert likvard("restore", tmp_path / "b").exit_code == 2, "the home is not empty"
    monkeypatch.setenv("LIKVARD_HOME", str(tmp_path / "again"))
    settings.cache_clear()
    assert likvard("restore", tmp_path / "b").exit_code == 0
    assert (tmp_path / "again" / "published" / "9999" / str(YEAR) / "proposed").readlink().name == "2027.0.3"
