"""Faults of the publication's own rules: a key that stands twice, nothing computed, a verdict missing, a version altered.

Belongs here: one function per rule that only the publication can break. Does not: judging.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from bench.single_faults.home import SPOILED, YEAR, Bench


def _key_twice(bench: Bench) -> None:
    table = bench.tables.read("need_coefficient", YEAR)
    own = table[table["municipality_code"] == SPOILED]
    bench.tables.write("need_coefficient", pd.concat([table, own.tail(1)], ignore_index=True), YEAR)


def _nothing_computed(bench: Bench) -> None:
    """What the need step leaves of a municipality that it refuses: a record with its words, and no table."""
    for folder in Path(bench.tables.root).glob(f"*/municipality={SPOILED}"):
        if folder.parent.name not in ("rule_result",):
            (folder / f"funding_year={YEAR}.parquet").unlink(missing_ok=True)
    for record in ("need_fit", "allocation"):
        records = bench.tables.read_record(record, YEAR)
        records[SPOILED] = {"refusal": "too few results for weights of its own"}
        bench.tables.write_record(record, YEAR, records)


def _version_altered(bench: Bench) -> None:
    path = bench.published / SPOILED / str(YEAR) / "proposed" / "tables" / "fct_allocation.parquet"
    path.parent.chmod(0o755)
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _verdict_missing(rows: pd.DataFrame) -> pd.DataFrame:
    """One required rule has said nothing of the municipality."""
    return rows[(rows["municipality_code"] != SPOILED) | (rows["rule_id"] != "R-AMOUNT-001")].reset_index(drop=True)


FAULTS: dict[str, Callable[[Bench], None]] = {
    "G-CONTRACT-001": _key_twice,
    "G-CANDIDATE-001": _nothing_computed,
    "G-SEAL-001": _version_altered,
}
VERDICT_FAULTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {"G-VERDICT-001": _verdict_missing}
