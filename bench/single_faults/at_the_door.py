"""Faults of the door's rules: the newest pupil file spoiled and delivered again, through the door itself.

Belongs here: one function per rule with home ``door``. Does not: judging.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq

from bench.single_faults.home import CODES, KEY, NOW, PUPILS, SPOILED, Bench
from orchestration.intake.door import read_deliveries
from orchestration.intake.inbox import load_mapping_set, sweep

Spoil = Callable[[list[bytes]], list[bytes]]
MANY = 200
"""So manieth row spoiled is more than the 0.5 % that a pupil file may have."""


LEDGER = "kostnader_2025-12-31.csv"
"""Accounts that only the follow-up reads."""


def _delivered(spoil: Spoil, *, file: str = PUPILS) -> Callable[[Bench], None]:
    def fault(bench: Bench) -> None:
        path = bench.inbox / file
        lines = path.read_bytes().splitlines(keepends=True) if path.is_file() else []
        path.write_bytes(b"".join(spoil(lines)))
        mappings = load_mapping_set(bench.policies, municipality_codes=CODES)
        sweep(bench.path, mappings=mappings, received=NOW)
        read_deliveries(bench.path, mappings=mappings, key=KEY)

    return fault


def _cut_off(lines: list[bytes]) -> list[bytes]:
    keep = lines[: len(lines) * 6 // 10]
    return [*keep[:-1], keep[-1][:20]]


def _unit_spoiled(line: bytes) -> bytes:
    cells = line.split(b";")
    return b";".join([cells[0], b"99", *cells[2:]])


def _many_rejected(lines: list[bytes]) -> list[bytes]:
    return [_unit_spoiled(line) if number and number % (MANY // 4) == 0 else line for number, line in enumerate(lines)]


def _one_rejected(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], _unit_spoiled(lines[-1])]


def _all_twice(lines: list[bytes]) -> list[bytes]:
    return [lines[0], *lines[1:], *lines[1:]]


def _one_twice(lines: list[bytes]) -> list[bytes]:
    return [*lines, lines[1]]


def _negative_cost(_: list[bytes]) -> list[bytes]:
    return [b"Skolenhetskod;Konto;Kostnadsslag;Belopp\n", b"99990001;5010;Undervisning;-1\n"]


def _row_unaccounted(bench: Bench) -> None:
    """The door cannot be brought to lose a row, so its account is falsified: one physical row more than was told of."""
    path = bench.accepted / "_deliveries.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    next(row for row in rows if row["municipality_code"] == SPOILED and row["period"] == "2026-10-15")[
        "physical_rows"
    ] += 1
    path.unlink()
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


FAULTS: dict[str, Callable[[Bench], None]] = {
    "D-FILE-001": _delivered(_cut_off),
    "D-ROWS-001": _row_unaccounted,
    "D-REJECT-001": _delivered(_many_rejected),
    "D-REJECT-002": _delivered(_one_rejected),
    "D-DUP-001": _delivered(_all_twice),
    "D-DUP-002": _delivered(_one_twice),
    "D-FOLLOW-001": _delivered(_negative_cost, file=LEDGER),
}
