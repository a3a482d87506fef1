"""Is a version still what was published? Asked of the bytes on disk, by what the manifest and the ledger promise.

Belongs here: verification and the reader that follows a pointer once. Does not: repairing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.publication import ledger as ledgers
from orchestration.publication import manifest as manifests
from orchestration.publication.act import APPROVALS_NEEDED
from orchestration.publication.canonical import ARROW_TYPES, sort_rows
from orchestration.publication.content import arrow_sha256, sha256_of_content
from orchestration.publication.files import file_sha256
from orchestration.publication.parquet import read_arrow, read_table
from orchestration.publication.pointer import PROPOSED, PointerError, pointed


@dataclass(frozen=True, slots=True)
class Published:
    """One version, found by a pointer that was followed once: what is read from it belongs together."""

    publication_id: str
    path: Path
    manifest: dict[str, Any]

    def table(self, name: str) -> pd.DataFrame:
        """A published table by name."""
        return read_table(self.path / "tables" / f"{name}.parquet")


def read_current(root: Path, code: str, year: int, *, pointer: str = PROPOSED) -> Published | None:
    """The version that ``proposed`` or ``current`` names; None where nothing is published under that name.

    Raises PointerError where the pointer leads elsewhere or to nothing.
    """
    folder = root / code / str(year)
    publication_id = pointed(folder, pointer=pointer)
    if publication_id is None:
        return None
    path = folder / "versions" / publication_id
    try:
        return Published(publication_id, path, manifests.load(path))
    except (OSError, ValueError) as error:
        raise PointerError(f"{pointer} of {code}/{year} names {publication_id}, which has no manifest") from error


def verify(version_dir: Path) -> list[str]:
    """What is wrong with a published version, in words; empty where it is whole.

    Checks every file's bytes, that no file was added or lost, each table's logical hash, types, rows and control
    total against the manifest, and the manifest against the ledger of the municipality and its chain.
    """
    problems = verify_files(version_dir)
    ledger = ledgers.read(version_dir.parents[2] / ledgers.NAME)
    problems += ledger.problems
    entry = ledger.find(version_dir.name)
    if entry is None:
        return [*problems, f"{version_dir.name}: no ledger line published it"]
    path = version_dir / manifests.NAME
    if not path.is_file() or entry.get("manifest_sha256") != hashlib.sha256(path.read_bytes()).hexdigest():
        problems.append(f"{version_dir.name}: the manifest is not the one in the ledger")
    elif entry.get("proposal"):
        problems += _unapproved(version_dir.name, manifests.load(version_dir), ledger)
    return problems


def _unapproved(name: str, manifest: dict[str, Any], ledger: ledgers.Ledger) -> list[str]:
    """What the approvals of a decided version lack: two different persons, each with a line of this content."""
    lines = {entry["line"]: entry for entry in ledger.entries if entry.get("event") == "approved"}
    told = manifest["recorded"].get("approvals", [])
    bound = {
        one["person"]
        for one in told
        if (found := lines.get(one["line"])) is not None
        and found["actor"] == one["person"]
        and found["content_sha256"] == manifest["content_sha256"]
    }
    if len(bound) >= APPROVALS_NEEDED:
        return []
    return [f"{name}: {len(bound)} of {APPROVALS_NEEDED} approvals stand in the ledger for this content"]


def verify_files(version_dir: Path) -> list[str]:
    """As ``verify``, without the ledger: for a folder that is not published yet."""
    try:
        manifest = manifests.load(version_dir)
        return _verify(version_dir, manifest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as error:
        return [f"{version_dir.name}: the manifest or a table cannot be read ({type(error).__name__})"]


def _verify(version_dir: Path, manifest: dict[str, Any]) -> list[str]:
    name, content, files = version_dir.name, manifest["content"], manifest["recorded"]["files"]
    problems = []
    place = (manifest["publication_id"], manifest["municipality_code"], str(manifest["funding_year"]))
    if place[0] != name:
        problems.append(f"{name}: the manifest is of another publication")
    if version_dir.parts[-4:-1] not in {(*place[1:], "versions"), (*place[1:], ".staging")}:
        problems.append(f"{name}: the manifest is of another municipality or year")
    if sha256_of_content(content) != manifest["content_sha256"]:
        problems.append(f"{name}: the content hash is not that of the content section")
    inside = (path for path in version_dir.rglob("*") if path.is_symlink() or not path.is_dir())
    found = {path.relative_to(version_dir).as_posix() for path in inside}
    problems += [f"{name}: {path} is missing" for path in sorted(set(files) - found)]
    problems += [f"{name}: {path} is not in the manifest" for path in sorted(found - set(files) - {manifests.NAME})]
    for path in sorted(set(files) & found):
        if (version_dir / path).is_symlink() or file_sha256(version_dir / path) != files[path]["sha256"]:
            problems.append(f"{name}: {path} has changed")
    for table, promise in sorted(content["tables"].items()):
        path = f"tables/{table}.parquet"
        if path not in files:
            problems.append(f"{name}: {table} has no file in the manifest")
        elif path in found:
            problems += [
                f"{name}: {table} {words}" for words in _verify_table(version_dir / path, promise, publication_id=name)
            ]
    return problems


def _verify_table(path: Path, promise: dict[str, Any], *, publication_id: str) -> list[str]:
    """Against the manifest's own columns, so that a version of an older contract verifies for ever."""
    table = read_arrow(path)
    names = [column for column, _ in promise["columns"]]
    if table.column_names != [*names, "publication_id"]:
        return ["has other columns than the manifest"]
    problems = []
    if any(table.schema.field(column).type != ARROW_TYPES[kind] for column, kind in promise["columns"]):
        problems.append("has other types than the manifest")
    if table.num_rows != promise["rows"]:
        problems.append("has another number of rows than the manifest")
    if arrow_sha256(sort_rows(table, promise["primary_key"]), names=names) != promise["logical_sha256"]:
        problems.append("has another content than the manifest")
    if "control_total_ore" in promise and (pc.sum(table["amount_ore"]).as_py() or 0) != promise["control_total_ore"]:
        problems.append("has another control total than the manifest")
    if table.num_rows and pc.unique(table["publication_id"]).to_pylist() != [publication_id]:
        problems.append("has rows of another publication")
    return problems
