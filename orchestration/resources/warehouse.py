"""A short read-only look into the warehouse. dbt alone writes it; a reader that lingers would shut dbt out.

Belongs here: opening late, reading one result, closing at once.
Does not: SQL that decides anything (that is a dbt model).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
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

    def mart(self, name: str, *, dates: Sequence[date] = (), municipality: str | None = None) -> pd.DataFrame:
        """All rows of a mart, or those of the named count dates or municipality, in key order. Dates come back as ``date``."""
        asked = [f"count_date in ({', '.join('?' for _ in dates)})"] if dates else []
        asked += ["municipality_code = ?"] if municipality is not None else []
        where = f"where {' and '.join(asked)}" if asked else ""
        values = [*dates, *([municipality] if municipality is not None else [])]
        table = self.query(f'select * from marts."{name}" {where} order by all', values)
        for column in table.columns[table.dtypes.astype(str).str.startswith("datetime64")]:
            table[column] = _days(table[column])
        return table

    def each(self, name: str, *, dates: Sequence[date] = ()) -> "EachMunicipality":
        """A mart by municipality, each read when it is asked for: a nation's pupils are never in memory at once."""
        return EachMunicipality(self, name, tuple(dates))


@dataclass(frozen=True, slots=True)
class EachMunicipality(Mapping[str, pd.DataFrame]):
    """municipality_code → its rows of a mart, as ``Warehouse.mart`` gives them; no rows, with its columns, for others."""

    warehouse: Warehouse
    name: str
    dates: tuple[date, ...] = ()

    def __getitem__(self, municipality_code: str) -> pd.DataFrame:
        return self.warehouse.mart(self.name, dates=self.dates, municipality=municipality_code)

    def __contains__(self, municipality_code: object) -> bool:
        sql = f'select 1 from marts."{self.name}" where municipality_code = ? limit 1'
        return not self.warehouse.query(sql, [municipality_code]).empty

    def __iter__(self) -> Iterator[str]:
        table = self.warehouse.query(f'select distinct municipality_code from marts."{self.name}" order by all')
        return iter(table["municipality_code"].tolist())

    def __len__(self) -> int:
        return len(list(iter(self)))


def _days(times: pd.Series) -> pd.Series:
    """Times of midnight as ``date``, absent ones as None; each day is turned once, however many rows it stands in."""
    place, known = pd.factorize(times)
    days = np.array([*(day.date() for day in known), None], dtype=object)  # an absent time has place -1: the last one
    return pd.Series(days[place], index=times.index, dtype=object)
