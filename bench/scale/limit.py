"""``python -m bench.scale.limit HOME``: DuckDB reading the accepted rows once and grouping them, every column read.

The limit of what a step over these rows can cost: one pass, two threads, the memory of the other measurements.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

from bench.scale.child import MEMORY

SOURCES = ("enrollment", "background", "results", "subject_results", "school_register")
_OF_A_ROW = {"delivery_id", "row_number", "pupil_key", "merit_value"}


def grouped(home: Path) -> dict[str, float]:
    """Source → CPU seconds of one pass: groups of all that pupils share, smallest value of what they do not."""
    seconds = {}
    with duckdb.connect() as connection:
        connection.execute(f"set threads = 2; set memory_limit = '{MEMORY}'; set preserve_insertion_order = false")
        for source in SOURCES:
            rows = f"read_parquet('{home}/pseudonymised/accepted/{source}/*.parquet', union_by_name = true)"
            started = time.process_time()
            names = [name for name, *_ in connection.execute(f"describe select * from {rows}").fetchall()]
            own = [name for name in names if name in _OF_A_ROW]
            shared = [name for name in names if name not in own]
            smallest = ", ".join(f"min({name})" for name in own)
            connection.execute(
                f"create or replace temp table counted as select {', '.join(shared)}, count(*), {smallest} from {rows} group by all"
            )
            seconds[source] = time.process_time() - started
    return seconds


if __name__ == "__main__":
    print(json.dumps(grouped(Path(sys.argv[1]))))
