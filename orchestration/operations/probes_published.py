"""Probes of ``published/``: every version, ledger, pointer and leftover, and whether what is due stands.

Belongs here: looking, read-only. Does not: what a version must hold (``orchestration.publication.verify``), repairing.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.operations.finding import Finding
from orchestration.operations.settings_file import Due
from orchestration.publication import ledger as ledgers
from orchestration.publication.overview import pointer_problems
from orchestration.publication.pointer import CURRENT, PointerError, pointed
from orchestration.publication.seal import STAGING, VERSIONS
from orchestration.publication.verify import verify
from orchestration.settings import Settings

YEAR_FOLDER = re.compile(r"[0-9]{4}")


def year_folders(published: Path) -> list[Path]:
    """``published/<municipality>/<funding year>``, in order."""
    folders = (path for path in published.glob("*/*") if path.is_dir() and YEAR_FOLDER.fullmatch(path.name))
    return sorted(path for path in folders if YEAR_FOLDER.fullmatch(path.parent.name))


def versions(published: Path) -> list[Path]:
    """Every version's folder, in order."""
    return sorted(path for folder in year_folders(published) for path in (folder / VERSIONS).glob("*") if path.is_dir())


def place(found: Settings, path: Path) -> str:
    """The path within the home."""
    return path.relative_to(found.home).as_posix()


def published_findings(found: Settings) -> Iterator[Finding]:
    """Versions that do not verify, broken ledgers, pointers that lead astray."""
    for ledger_path in sorted(found.published.glob(f"*/{ledgers.NAME}")):
        ledger = ledgers.read(ledger_path)
        if ledger.problems:
            yield Finding("ledger", place(found, ledger_path), {"problem": ledger.problems[0]})
        if ledger.whole_bytes != ledger_path.stat().st_size:
            yield Finding("torn_ledger", place(found, ledger_path))
    for version in versions(found.published):
        chain = set(ledgers.read(version.parents[2] / ledgers.NAME).problems)  # told above, once per ledger
        problems = [problem for problem in verify(version) if problem not in chain]
        if problems:
            yield Finding("manifest", place(found, version), {"count": len(problems), "problem": problems[0]})
        if any(
            stat.S_IMODE(folder.stat().st_mode) & 0o222 for folder in (version, version / "tables") if folder.is_dir()
        ):
            yield Finding("version_open", place(found, version))
    for folder in year_folders(found.published):
        wrong = pointer_problems(folder)
        if wrong and is_held(found.published):
            continue  # somebody publishes: the version stands before its pointer names it
        for pointer, problem in wrong.items():
            yield Finding("pointer", place(found, folder / pointer), {"problem": problem})


def leftover_findings(found: Settings) -> Iterator[Finding]:
    """What a crash left: hidden staging while nobody publishes, half-written files, torn links."""
    root = found.published
    staged = sorted(root.glob(f"*/*/{STAGING}")) + sorted(root.glob("*/*/.*.new")) if root.is_dir() else []
    if staged and not is_held(root):
        for path in staged:
            yield Finding("staging", place(found, path))
    if is_held(found.home / ".run.lock"):
        return  # somebody is writing
    for zone in (found.restricted, found.home / "pseudonymised", found.home / "aggregate"):
        parts = sum(1 for name in (".part-*", ".rerun-*") for _ in zone.rglob(name)) if zone.is_dir() else 0
        if parts:
            yield Finding("part_files", place(found, zone), {"count": parts})


def work_findings(found: Settings) -> Iterator[Finding]:
    """Whether something holds the home at this moment."""
    if is_held(found.home / ".run.lock"):
        yield Finding("at_work", "home")


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock (flock) on ``path``; such a lock dies with its process."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def plan_findings(found: Settings, plan: Iterable[Due], *, today: date) -> Iterator[Finding]:
    """Publications that should stand by today and do not, or that were recorded too early to count."""
    for due in plan:
        year = today.year + (1 if today >= date.fromisoformat(f"{today.year}-{due.due}") else 0)
        oldest = None if due.counts_from is None else date.fromisoformat(f"{year - 1}-{due.counts_from}")
        for code in due.municipalities:
            folder = found.published / code / str(year)
            where = f"published/{code}/{year}/{due.pointer}"
            try:
                publication_id = pointed(folder, pointer=due.pointer)
            except PointerError:
                continue  # told as a pointer
            if publication_id is None:
                yield Finding("overdue", where, {"due": f"{year - 1}-{due.due}"})
                continue
            recorded = _recorded_on(folder.parent / ledgers.NAME, publication_id)
            if oldest is not None and recorded is not None and recorded < oldest:
                values = {"publication": publication_id, "recorded": recorded.isoformat(), "oldest": oldest.isoformat()}
                yield Finding("older_than_plan", where, values)


def _recorded_on(ledger: Path, publication_id: str) -> date | None:
    entry = ledgers.read(ledger).find(publication_id)
    return None if entry is None else datetime.fromisoformat(entry["time"]).date()


def gate_findings(found: Settings) -> Iterator[Finding]:
    """Municipalities that the newest run of a year refused, by rule and count; warnings that a decided one carries."""
    for record in sorted((found.tables / "publication_outcome").glob("funding_year=*.json")):
        year = record.stem.partition("=")[2]
        for row in json.loads(record.read_text("utf-8"))["municipalities"]:
            if row["status"] == "refused":
                rules = sorted((reason["rule_id"], reason["failing_count"]) for reason in row["reasons"])
                yield Finding("gate_refused", f"{row['municipality_code']}/{year}", {"rules": _listed(rules)})
    for folder in year_folders(found.published):
        table = folder / CURRENT / "tables" / "rule_result.parquet"
        if not table.is_file():
            continue
        try:
            rows = pq.read_table(io.BytesIO(table.read_bytes()), columns=["rule_id", "severity", "failing_count"])
        except pa.ArrowException:
            continue  # told as a manifest: its bytes are not the ones that were published
        failing = rows.filter((pc.field("severity") == "warning") & (pc.field("failing_count") > 0)).to_pylist()
        if failing:
            rules = sorted((row["rule_id"], row["failing_count"]) for row in failing)
            yield Finding("waived", place(found, folder / CURRENT), {"rules": _listed(rules)})


def _listed(rules: list[tuple[str, int]]) -> str:
    return ", ".join(f"{rule_id} ({count})" for rule_id, count in rules)
