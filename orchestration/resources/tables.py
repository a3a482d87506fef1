"""Hand-over tables between Python assets: Parquet by name, municipality and funding year.

Belongs here: where a table lies, writing it whole or not at all, reading it back.
Does not: business words, what a table means, anything published.
"""

import json
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.contracts import CONTRACTS, FOLLOWING, PLANNING

_CODE = re.compile(r"municipality=(\d{4})$")


class Tables(dg.ConfigurableResource):
    """Tables under ``aggregate/tables/<name>/municipality=<code>/funding_year=<year>.parquet``."""

    root: str

    def write(self, name: str, table: pd.DataFrame, funding_year: int) -> int:
        """Write one file per municipality in ``table``; municipalities no longer in it are removed. Returns the rows.

        Raises ValueError when ``table`` has no ``municipality_code``.
        """
        if "municipality_code" not in table.columns:
            raise ValueError(f"{name}: a hand-over table needs municipality_code; has {list(table.columns)}")
        codes = sorted(table["municipality_code"].unique())
        for code in codes:
            self.write_municipality(name, code, table[table["municipality_code"] == code], funding_year)
        self.keep_only(name, codes, funding_year)
        return len(table)

    def write_municipality(self, name: str, code: str, rows: pd.DataFrame, funding_year: int) -> int:
        """Write the file of one municipality. Returns the rows."""
        self._replace(self._path(name, code, funding_year), rows)
        return len(rows)

    def keep_only(self, name: str, codes: Sequence[str], funding_year: int) -> None:
        """Remove the table's files of municipalities that no longer have it."""
        for code in set(self.municipalities(name, funding_year)) - set(codes):
            self._path(name, code, funding_year).unlink()

    def read(self, name: str, funding_year: int, *, municipalities: Sequence[str] | None = None) -> pd.DataFrame:
        """All rows of a table for a funding year, ordered by municipality.

        Raises FileNotFoundError when no municipality has it.
        """
        codes = self.municipalities(name, funding_year)
        wanted = [code for code in codes if municipalities is None or code in municipalities]
        if not wanted:
            raise FileNotFoundError(f"no table {name} for funding year {funding_year}; run the steps before it first")
        parts = [pq.ParquetFile(self._path(name, code, funding_year)).read(use_threads=False) for code in wanted]
        return pa.concat_tables(parts, promote_options="permissive").to_pandas(integer_object_nulls=True)

    def read_or_empty(self, name: str, funding_year: int) -> pd.DataFrame:
        """As ``read``, but no rows when the step before computed no municipality; its columns are the contract's."""
        if self.municipalities(name, funding_year):
            return self.read(name, funding_year)
        return pd.DataFrame(columns=list((CONTRACTS | PLANNING | FOLLOWING)[name].names))

    def by_municipality(self, name: str, funding_year: int) -> dict[str, pd.DataFrame]:
        """The table's rows as ``read`` gives them, by municipality_code, in order; empty when no municipality has it."""
        if not self.municipalities(name, funding_year):
            return {}
        return dict(tuple(self.read(name, funding_year).groupby("municipality_code")))

    def municipalities(self, name: str, funding_year: int) -> list[str]:
        """Municipalities that have this table for the funding year, in order."""
        folders = sorted(Path(self.root, name).glob("municipality=*"))
        return [
            _CODE.search(f.name).group(1) for f in folders if (f / f"funding_year={funding_year}.parquet").is_file()
        ]  # type: ignore[union-attr]

    def write_record(self, name: str, funding_year: int, records: dict[str, Any]) -> None:
        """Write a record (JSON with sorted keys) of a funding year."""
        target = Path(self.root, name, f"funding_year={funding_year}.json")
        text = json.dumps(records, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
        write_whole(target, lambda handle: handle.write(text.encode()))

    def read_record(self, name: str, funding_year: int) -> dict[str, Any]:
        """Read a record back. Raises FileNotFoundError when it was never written."""
        path = Path(self.root, name, f"funding_year={funding_year}.json")
        return json.loads(path.read_text(encoding="utf-8"))

    def _path(self, name: str, code: str, funding_year: int) -> Path:
        return Path(self.root, name, f"municipality={code}", f"funding_year={funding_year}.parquet")

    def _replace(self, path: Path, rows: pd.DataFrame) -> None:
        table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
        write_whole(path, lambda handle: pq.write_table(table, handle, version="2.6", store_schema=False))


def write_whole(path: Path, write: Any) -> None:
    """Write beside the target and rename: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
        os.chmod(temporary, 0o640)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
