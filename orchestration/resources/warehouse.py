"""A short read-only look into the warehouse. dbt alone writes it; a reader that lingers would shut dbt out.

Belongs here: opening late, reading one result, closing at once.
Does not: SQL that decides anything (that is a dbt model).
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from orchestration.warehouse_file import opened


class Warehouse(dg.ConfigurableResource):
    """``warehouse.duckdb``, read-only."""

    path: str

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The rows of one query, values passed as parameters so that no value stands in the SQL text.

        Raises FileNotFoundError when dbt has not built the warehouse yet.
        """
        with opened(Path(self.path)) as connection:
            return connection.execute(sql, list(parameters)).df()

    def mart(self, name: str, *, dates: Sequence[date] = ()) -> pd.DataFrame:
        """All rows of a mart, or those of the named count dates, in key order. Dates come back as ``date``."""
        where = f"where count_date in ({', '.join('?' for _ in dates)})" if dates else ""
        table = self.query(f'select * from marts."{name}" {where} order by all', dates)
        for column in table.columns[table.dtypes.astype(str).str.startswith("datetime64")]:
            table[column] = [None if pd.isna(day) else day.date() for day in table[column]]
            table[column] = table[column].astype(object)
        return table
