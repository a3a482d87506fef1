"""A sealed run's manifest: what it pays, by sum, count and hash, and what was known when it was made.

Belongs here: its shape, reading and verifying it. Does not: staging and sealing (``prepare``), the ledger (``book``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from models_py.payment import PaymentLine
from orchestration.payments.places import LINES
from orchestration.payments.table import logical_sha256, to_lines
from orchestration.publication.files import file_sha256
from orchestration.publication.parquet import read_arrow

NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Control:
    """Control sum and count of a run: what the finance system must have taken in."""

    line_count: int
    original_count: int
    original_ore: int
    correction_ore: int

    @property
    def total_ore(self) -> int:
        return self.original_ore + self.correction_ore

    def plain(self) -> dict[str, int]:
        """As JSON."""
        return {
            "line_count": self.line_count, "original_count": self.original_count, "original_ore": self.original_ore,
            "correction_ore": self.correction_ore, "total_ore": self.total_ore,
        }  # fmt: skip


def control_of(table: pa.Table) -> Control:
    """Sums of a run's table, taken anew."""
    first = [sequence == 0 for sequence in table["line_sequence"].to_pylist()]
    amounts = table["amount_ore"].to_pylist()
    originals = sum(amount for amount, is_first in zip(amounts, first, strict=True) if is_first)
    return Control(len(amounts), sum(first), originals, sum(amounts) - originals)


def to_bytes(manifest: Mapping[str, Any]) -> bytes:
    """As written: sorted keys, one line per entry."""
    return (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def load(run: Path) -> dict[str, Any]:
    """The manifest of a run. Raises OSError and ValueError for none or a torn one."""
    return json.loads((run / NAME).read_text(encoding="utf-8"))


def lines_of(run: Path) -> tuple[PaymentLine, ...]:
    """The lines of a sealed run."""
    return to_lines(read_arrow(run / LINES))


def verify_run(run: Path) -> list[str]:
    """What is wrong with a sealed run, in words; empty where every byte, hash and sum is as it was sealed."""
    try:
        manifest = load(run)
        files = manifest["files"]
        found = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file() or path.is_symlink()}
        problems = [f"{run.name}: {name} is missing" for name in sorted(set(files) - found)]
        problems += [f"{run.name}: {name} is not in the manifest" for name in sorted(found - set(files) - {NAME})]
        problems += [
            f"{run.name}: {name} has changed"
            for name in sorted(set(files) & found)
            if (run / name).is_symlink() or file_sha256(run / name) != files[name]["sha256"]
        ]
        if problems:
            return problems
        table = read_arrow(run / LINES)
        if manifest["run_id"] != run.name or logical_sha256(table) != manifest["content"]["lines_sha256"]:
            problems.append(f"{run.name}: the lines are not those of the manifest")
        if control_of(table).plain() != manifest["content"]["control"]:
            problems.append(f"{run.name}: the control sum or count is not that of the lines")
        return problems
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        return [f"{run.name}: the manifest or the lines cannot be read ({type(error).__name__})"]
