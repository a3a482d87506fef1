"""The command as a user starts it, in homes of its own, and what it left on disk.

Belongs here: starting `likvard`, reading outcomes, publications and what stands under ``published``.
Does not: what must be true of them. A run costs half a minute, so homes are shared by the tests of one file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.report.published import publications
from tests import warm

ROOT = Path(__file__).resolve().parents[2]
LIKVARD = Path(sys.executable).with_name("likvard")


def surroundings(home: Path, **settings: object) -> dict[str, str]:
    """This process' environment with LIKVARD_* replaced; ``settings`` by field name, other names as they stand.

    Pictures are drawn in the demo's home alone, where they are looked at.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIKVARD_")}
    told = {(name if name.isupper() else f"LIKVARD_{name.upper()}"): str(value) for name, value in settings.items()}
    return kept | {"COLUMNS": "200", "LIKVARD_PICTURES": "false", "LIKVARD_HOME": str(home)} | told


@dataclass(frozen=True)
class Home:
    """A data root and the settings its runs are started with."""

    path: Path
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def published(self) -> Path:
        return self.path / "published"

    def likvard(self, *arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
        """One call of the command, from a process that holds the libraries; it never raises."""
        return warm.likvard(arguments, env=surroundings(self.path, **{**self.settings, **settings}))

    def installed(self, *arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
        """The same by the installed script, as a user starts it: what is set before numpy is imported takes effect."""
        return subprocess.run(
            [str(LIKVARD), *arguments],
            env=surroundings(self.path, **{**self.settings, **settings}),
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )

    def outcomes(self, year: int) -> dict[str, dict[str, Any]]:
        """Municipality → what the newest run recorded of it."""
        record = self.path / "aggregate" / "tables" / "publication_outcome" / f"funding_year={year}.json"
        return {row["municipality_code"]: row for row in json.loads(record.read_text("utf-8"))["municipalities"]}

    def table(self, name: str, year: int, *, code: str) -> pd.DataFrame:
        """A table of the proposal that stands."""
        found = [p for p in publications(self.published, funding_year=year) if p.municipality_code == code]
        assert len(found) == 1, f"{code} has {len(found)} publications of {year}"
        return found[0].table(name)

    def release(self, year: int, *, code: str) -> str:
        return (self.published / code / str(year) / "proposed" / "RELEASE.md").read_text("utf-8")

    def model(self, year: int, *, code: str) -> str:
        return (self.published / code / str(year) / "proposed" / "MODEL.md").read_text("utf-8")

    def standing(self, code: str = "") -> dict[str, str]:
        """Everything under ``published`` (or one municipality): path → link target, or time and hash of the bytes."""
        found = {}
        for path in sorted((self.published / code).rglob("*")):
            if path.is_symlink():
                found[str(path.relative_to(self.published))] = os.readlink(path)
            elif path.is_file():
                state = f"{path.stat().st_mtime_ns} {hashlib.sha256(path.read_bytes()).hexdigest()}"
                found[str(path.relative_to(self.published))] = state
        return found


MATERIALISE = """
import sys
import dagster as dg
from orchestration.definitions import defs

year, asked = sys.argv[1], [dg.AssetKey(name.split("/")) for name in sys.argv[2:]]
definitions = defs()
whole = dg.AssetSelection.assets(*asked).required_multi_asset_neighbors()  # a step that makes several makes them all
keys = list(whole.resolve(definitions.resolve_asset_graph()))
with dg.DagsterInstance.ephemeral() as instance:
    job = definitions.resolve_job_def("yearly_proposal")
    assert job.execute_in_process(instance=instance, partition_key=year, asset_selection=keys).success
"""


def materialise(home: Home, year: int, *assets: str, **settings: object) -> None:
    """A run of some assets only, as an analyst starts it in the UI; everything else stands as it was.

    With ``settings`` in a process of its own, so that what is set before numpy is imported takes effect.
    """
    if settings:
        env = surroundings(home.path, **{**home.settings, **settings})
        command = [sys.executable, "-c", MATERIALISE, str(year), *assets]
        subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=True)
        return
    done = warm.python(
        MATERIALISE, ["materialise", str(year), *assets], env=surroundings(home.path, **home.settings), cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-3000:]


def rules_against(row: Mapping[str, Any]) -> set[str]:
    """Rules that a municipality was refused by."""
    return {reason["rule_id"] for reason in row["reasons"]}


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory):
    """Hands out homes that do not exist yet."""

    def make(name: str, **settings: object) -> Home:
        return Home(tmp_path_factory.mktemp(name) / "home", settings)

    return make


@pytest.fixture(scope="session")
def pupil_level_policies(tmp_path_factory: pytest.TempPathFactory):
    """Builds a policies folder with ``default`` and copies of 9999's decisions for other municipality codes."""

    def make(*codes: str) -> Path:
        folder = tmp_path_factory.mktemp("policies")
        shutil.copytree(ROOT / "policies" / "default", folder / "default")
        for code in codes:
            shutil.copytree(ROOT / "policies" / "9999", folder / code)
            who = folder / code / "municipality.yml"
            who.write_text(who.read_text("utf-8").replace('"9999"', f'"{code}"'), "utf-8")
        return folder

    return make
