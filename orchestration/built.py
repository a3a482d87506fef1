"""What the warehouse was built from: a build that would make the same tables again is left out.

dbt is a third of a yearly run, and most runs change a policy, not a row. The note of a build says what dbt read, which file it
left, and what it told; it counts as long as all of that still stands.
Belongs here: that note. Does not: building (``defs/factors``), what accepted rows are (``intake``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from orchestration.manifest import models_sha256
from orchestration.publication.files import file_sha256
from orchestration.resources.tables import write_whole
from orchestration.settings import Settings

NOTE = Path("pseudonymised", "dbt", "built.json")


@dataclass(frozen=True, slots=True)
class Told:
    """One thing dbt told of a build: a node that stands, or with ``check`` what a test of it found."""

    asset: tuple[str, ...]
    check: str | None = None
    passed: bool = True
    severity: str = "ERROR"


def read_by_dbt(found: Settings) -> str:
    """Hash of all that decides what dbt makes: models and versions, where it works, every accepted row and ledger."""
    digest = hashlib.sha256(f"{models_sha256()} {version('duckdb')} {found.spark_python}".encode())
    accepted = found.home / "pseudonymised" / "accepted"
    for path in sorted(accepted.rglob("*.parquet")):
        digest.update(f"{path.relative_to(accepted)} {file_sha256(path)}\n".encode())
    return digest.hexdigest()


def standing(found: Settings, *, read: str) -> tuple[Told, ...] | None:
    """What dbt told when it built the warehouse that stands from what ``read`` says; None where it must build."""
    path = found.home / NOTE
    if not path.is_file() or not found.warehouse.is_file():
        return None
    note = json.loads(path.read_text("utf-8"))
    if (note["read"], note["warehouse"]) != (read, _file(found.warehouse)):
        return None
    return tuple(Told(tuple(each.pop("asset")), **each) for each in note["told"])


def forget(found: Settings) -> None:
    """The warehouse is about to change: no note counts until ``keep``."""
    (found.home / NOTE).unlink(missing_ok=True)


def keep(found: Settings, *, read: str, told: Sequence[Told]) -> None:
    """Note a whole build that ended well."""
    note = {"read": read, "warehouse": _file(found.warehouse), "told": [asdict(each) for each in told]}
    data = (json.dumps(note, indent=1) + "\n").encode()
    write_whole(found.home / NOTE, lambda stream: stream.write(data))


def _file(path: Path) -> list[int]:
    """What tells that a file is the one dbt left: its size, and when it was written, in nanoseconds."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
