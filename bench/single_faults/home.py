"""A clean home of two municipalities, made by the command; copies of it to spoil; the two last steps of a run on a copy.

Belongs here: making, copying, changing one table, judging and proposing as the publication step does. Does not: any fault.
"""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from bench.homes import Home
from models_py.world import DEMO, deliver, deliver_forms, simulate
from orchestration.checks.results import basis_of, collect, ledgers
from orchestration.proposals import Material, outcome_rows, propose_all
from orchestration.publication.verify import read_current, verify
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[2]
SPOILED, NEIGHBOUR, YEAR = "9991", "9992", 2027
CODES = (SPOILED, NEIGHBOUR)
FIRST_PERIOD = "2021"
"""Five cohorts of results and two count dates; older files would only take time."""
PUPILS = "elever_2026-10-15.csv"
NOW = datetime(2026, 11, 3, 8, 30, tzinfo=UTC)
Change = Callable[[pd.DataFrame], pd.DataFrame]
KEY = hashlib.sha256(b"the key of two invented municipalities").digest()


@dataclass(frozen=True, slots=True)
class Bench:
    """A home that may be spoiled: where its tables, warehouse, deliveries and publications lie."""

    path: Path
    policies: Path

    @property
    def tables(self) -> Tables:
        """Hand-over tables of need and money."""
        return Tables(root=str(self.path / "aggregate" / "tables"))

    @property
    def warehouse(self) -> Warehouse:
        """The tables that dbt built."""
        return Warehouse(path=str(self.path / "pseudonymised" / "warehouse.duckdb"))

    @property
    def accepted(self) -> Path:
        """Accepted rows and the door's ledgers."""
        return self.path / "pseudonymised" / "accepted"

    @property
    def published(self) -> Path:
        """Sealed versions."""
        return self.path / "published"

    @property
    def inbox(self) -> Path:
        """Where the spoiled municipality's files lie."""
        return self.path / "restricted" / "inbox" / SPOILED


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one home.

    Attributes
    ----------
    failing : municipality → rules that fail, by their rows of ``rule_result`` and by the reasons of a refusal
    outcomes : municipality → the row that a run records of it
    standing : municipality → (publication_id, whether it verifies)
    """

    failing: Mapping[str, frozenset[str]]
    outcomes: Mapping[str, Mapping[str, Any]]
    standing: Mapping[str, tuple[str, bool]]


def clean_home(folder: Path) -> Bench:
    """Two municipalities with the demo's world under codes of their own, run and published by ``likvard run``."""
    policies, home = folder / "policies", folder / "clean"
    shutil.copytree(ROOT / "policies" / "default", policies / "default")
    key = folder / "key"
    key.write_bytes(KEY)
    key.chmod(0o400)
    for code in CODES:
        shutil.copytree(ROOT / "policies" / "9999", policies / code)
        who = policies / code / "municipality.yml"
        who.write_text(who.read_text("utf-8").replace('"9999"', f'"{code}"'), "utf-8")
        inbox = home / "restricted" / "inbox" / code
        inbox.mkdir(parents=True)
        world = simulate(dataclasses.replace(DEMO, municipality_codes=(code,)))
        for file in (*deliver(world), *deliver_forms(world)):
            if file.period >= FIRST_PERIOD:
                (inbox / file.file_name).write_bytes(file.content)
    settings = (("LIKVARD_POLICIES", str(policies)), ("LIKVARD_KEY_FILE", str(key)))
    done = Home(home, settings).likvard("run", str(YEAR))
    if done.returncode:
        raise RuntimeError(f"the clean run ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
    return Bench(home, policies)


def changed(table: str, change: Change) -> Callable[[Bench], None]:
    """A fault: ``change`` of the spoiled municipality's rows of a hand-over table, the neighbour's as they were."""

    def fault(bench: Bench) -> None:
        rows = bench.tables.read(table, YEAR)
        own = rows["municipality_code"] == SPOILED
        spoiled = change(rows[own].reset_index(drop=True))
        bench.tables.write(table, pd.concat([spoiled, rows[~own]], ignore_index=True), YEAR)

    return fault


def copy_of(clean: Bench, at: Path) -> Bench:
    """A home of its own to spoil; the history of the run stays behind."""
    shutil.copytree(clean.path, at, symlinks=True, ignore=shutil.ignore_patterns("dagster"))
    return Bench(at, clean.policies)


def judge(bench: Bench, *, after_judging: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows) -> Judged:
    """Judge by every rule and propose, as the last two steps of a run do; ``after_judging`` may spoil the verdicts."""
    scope = Scope(policies=str(bench.policies))
    factors = bench.warehouse.mart("fct_school_factors")
    bases, dates = basis_of(factors, ledgers(bench.accepted)[0], scope=scope, funding_year=YEAR)
    given = {"tables": bench.tables, "warehouse": bench.warehouse, "accepted": bench.accepted}
    rows = after_judging(collect(**given, bases=bases, dates=dates, funding_year=YEAR))
    bench.tables.write("rule_result", rows, YEAR)
    bench.tables.write_record("municipality_basis", YEAR, bases)
    material = Material.of(**given, scope=scope, funding_year=YEAR)
    outcomes = propose_all(material, root=bench.published, actor="annika", now=NOW, is_demo=False)
    told = {row["municipality_code"]: row for row in outcome_rows(material, outcomes)}
    failing = rows[rows["failing_count"] > 0].groupby("municipality_code")["rule_id"].agg(frozenset).to_dict()
    return Judged(
        failing={
            code: failing.get(code, frozenset()) | {reason["rule_id"] for reason in told[code]["reasons"]}
            for code in CODES
        },
        outcomes=told,
        standing={code: _standing(bench, code) for code in CODES},
    )


def _standing(bench: Bench, code: str) -> tuple[str, bool]:
    found = read_current(bench.published, code, YEAR)
    return ("nothing", False) if found is None else (found.publication_id, verify(found.path) == [])
