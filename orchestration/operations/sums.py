"""Whether a database that was loaded from a publication still says the same sums.

Belongs here: comparing sums that somebody has read with those of the manifest. Does not: reading a database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.operations.finding import Finding
from orchestration.operations.probes_published import place, year_folders
from orchestration.publication import manifest as manifests
from orchestration.publication.pointer import POINTERS, PointerError, pointed
from orchestration.publication.seal import VERSIONS
from orchestration.settings import Settings


@dataclass(frozen=True, slots=True)
class TableSum:
    """What a table adds up to: its rows, and its ``amount_ore`` in öre where it has one."""

    rows: int
    amount_ore: int | None = None


Sums = Mapping[tuple[str, str], Mapping[str, TableSum]]
"""(municipality_code, publication_id) -> table -> its sums, as a database has them."""


def sums_findings(found: Settings, sums: Sums) -> Iterator[Finding]:
    """Publications that a pointer names and the database lacks, and tables whose sums differ from the manifest's."""
    for folder in year_folders(found.published):
        for publication_id in sorted(_pointed_ids(folder)):
            version = folder / VERSIONS / publication_id
            try:
                promised = manifests.load(version)["content"]["tables"]
            except (OSError, ValueError, KeyError):
                continue  # told as a manifest
            where, loaded = place(found, version), sums.get((folder.parent.name, publication_id))
            if loaded is None:
                yield Finding("sums_missing", where)
                continue
            off = sorted(name for name, told in promised.items() if loaded.get(name) != _promise(told))
            if off:
                yield Finding("sums", where, {"count": len(off), "tables": ", ".join(off[:3])})


def _promise(told: Mapping[str, int]) -> TableSum:
    return TableSum(told["rows"], told.get("control_total_ore"))


def _pointed_ids(folder: Path) -> set[str]:
    found = set()
    for pointer in POINTERS:
        try:
            publication_id = pointed(folder, pointer=pointer)
        except PointerError:
            continue  # told as a pointer
        if publication_id is not None:
            found.add(publication_id)
    return found
