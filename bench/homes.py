"""Homes for measurements: the command ``likvard`` run as a user would, in a folder that is thrown away.

Belongs here: starting the command, reading what it published. Does not: any claim.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd

from bench.postgres_server import Server

LIKVARD = Path(sys.executable).parent / "likvard"


@dataclass(frozen=True, slots=True)
class Home:
    """A data root and the settings that go with it."""

    path: Path
    environment: tuple[tuple[str, str], ...] = ()

    def likvard(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command in this home; the exit code is the caller's to judge."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("LIKVARD_")}
        environment = own | {"LIKVARD_HOME": str(self.path)} | dict(self.environment)
        return subprocess.run([str(LIKVARD), *arguments], env=environment, capture_output=True, text=True, check=False)

    def beside(self, server: Server) -> Home:
        """The same home with a database to send to."""
        address = server.folder / "url"
        if not address.is_file():
            address.write_text(server.url("postgres"))
            address.chmod(0o400)
        return replace(self, environment=(*self.environment, ("LIKVARD_POSTGRES_URL_FILE", str(address))))

    def proposals(self, year: int) -> list[Path]:
        """The folder that ``proposed`` points at, of every municipality."""
        return sorted(pointer.resolve() for pointer in (self.path / "published").glob(f"*/{year}/proposed"))

    def content_hashes(self, year: int) -> dict[str, str]:
        """Municipality → content hash of its proposal."""
        return {folder.parents[2].name: _manifest(folder)["content_sha256"] for folder in self.proposals(year)}

    def query(self, year: int, sql: str) -> pd.DataFrame:
        """One query over the published DuckDB file of every municipality, rows together."""
        rows = []
        for folder in self.proposals(year):
            with duckdb.connect(str(folder / "published.duckdb"), read_only=True) as connection:
                rows.append(connection.execute(sql).df())
        return pd.concat(rows, ignore_index=True)

    def snapshot(self) -> dict[str, str]:
        """Where every pointer leads, and the size of every published file: what a refused run must leave alone."""
        published = self.path / "published"
        pointers = {str(p.relative_to(published)): os.readlink(p) for p in published.rglob("*") if p.is_symlink()}
        files = {str(p.relative_to(published)): str(p.stat().st_size) for p in published.rglob("*") if p.is_file()}
        return pointers | files


def open_data() -> Path | None:
    """The open-data folder of the settings, or None where it is unset or absent."""
    folder = os.environ.get("LIKVARD_OPEN_DATA")
    return Path(folder) if folder and Path(folder).is_dir() else None


@contextmanager
def new_home(**environment: str) -> Iterator[Home]:
    """An empty home that is removed afterwards; published files are read-only, so modes are given back first."""
    folder = Path(tempfile.mkdtemp(prefix="likvard-"))
    try:
        yield Home(folder, tuple(environment.items()))
    finally:
        remove(folder)


@cache
def demo_home() -> Home:
    """One demonstration, run once in a process. Raises RuntimeError when ``likvard demo`` fails."""
    return _kept("demo", ())


@cache
def sweden_home() -> Home | None:
    """Funding year 2022 of the whole country, run once in a process; None without the open data."""
    if open_data() is None:
        return None
    return _kept("run", (("LIKVARD_OPEN_DATA", str(open_data())),), "2022", "--policy", "default")


def _kept(verb: str, environment: tuple[tuple[str, str], ...], *arguments: str) -> Home:
    home = Home(Path(tempfile.mkdtemp(prefix="likvard-")), environment)
    done = home.likvard(verb, *arguments)
    if done.returncode:
        raise RuntimeError(f"likvard {verb} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return home


def forget() -> None:
    """Remove the homes that were kept for a process."""
    for kept in (demo_home, sweden_home):
        if kept.cache_info().currsize and (home := kept()) is not None:
            remove(home.path)
        kept.cache_clear()


def remove(folder: Path) -> None:
    """Remove a home with its read-only publications."""
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder)


def _manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
