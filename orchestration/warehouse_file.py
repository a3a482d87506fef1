"""The warehouse's file, opened to read. dbt alone writes it; a reader that lingers would shut dbt out.

Belongs here: how the file is opened. Does not: what is asked of it.
"""

from pathlib import Path

import duckdb


def opened(path: Path) -> duckdb.DuckDBPyConnection:
    """The warehouse, read-only; its views find the accepted rows beside it, wherever the home lies.

    Raises FileNotFoundError when dbt has not built it yet.
    """
    if not path.is_file():
        raise FileNotFoundError(
            "the warehouse has not been built; run `likvard run YEAR` or materialise the factors group"
        )
    return duckdb.connect(str(path), read_only=True, config={"threads": 2, "file_search_path": str(path.parent)})
