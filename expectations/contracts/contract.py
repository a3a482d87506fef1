"""What one published table promises, and the check that it keeps it.

Belongs here: the shape of a promise. Does not: any table's promise (the modules beside).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from expectations.columns import COLUMNS, Column


class ContractError(ValueError):
    """A table breaks its contract; the message names table, column, how many rows and what to do."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What one published table promises.

    Attributes
    ----------
    keys : columns that together name one row, in sorting order; never empty
    names : all columns in published order, keys included, without ``publication_id``
    nullable : columns that may be empty
    """

    table: str
    grain_en: str
    grain_sv: str
    keys: tuple[str, ...]
    names: tuple[str, ...]
    nullable: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns' descriptions, in order."""
        return tuple(COLUMNS[name] for name in self.names)

    def arranged(self, table: pd.DataFrame) -> pd.DataFrame:
        """``table`` with the contract's columns in order and rows in key order, checked. Raises ContractError."""
        if missing := [name for name in self.names if name not in table.columns]:
            raise ContractError(f"{self.table}: missing columns {missing}; the contract has {list(self.names)}")
        rows = table[list(self.names)].sort_values(list(self.keys), ignore_index=True)
        self.check(rows)
        return rows

    def check(self, table: pd.DataFrame) -> None:
        """Raise ContractError unless ``table`` has exactly these columns, filled keys and one row per key."""
        missing = [name for name in self.names if name not in table.columns]
        extra = [name for name in table.columns if name not in (*self.names, "publication_id")]
        if missing or extra:
            raise ContractError(
                f"{self.table}: missing columns {missing}, unknown columns {extra}; the contract has {list(self.names)}"
            )
        empty = table[list(self.names)].isna().sum()
        for name, count in empty[empty > 0].items():
            if name not in self.nullable:
                raise ContractError(
                    f"{self.table}: column {name} is empty in {count} of {len(table)} rows; every row needs a value"
                )
        for column in self.columns:
            self._check_bounds(table, column)
        twice = table[table.duplicated(list(self.keys), keep=False)]
        if len(twice):
            first = [tuple(row) for row in twice[list(self.keys)].head(3).itertuples(index=False)]
            raise ContractError(
                f"{self.table}: {len(twice)} rows share a key {self.keys}; first {first}; one row per key"
            )

    def _check_bounds(self, table: pd.DataFrame, column: Column) -> None:
        if column.bounds is None:
            return
        low, high = column.bounds
        values = table[column.name].dropna()
        if not len(values):
            return
        if (low is None or values.min() >= low) and (high is None or values.max() <= high):
            return
        outside = values[(values < low if low is not None else False) | (values > high if high is not None else False)]
        raise ContractError(f"{self.table}: column {column.name} has {len(outside)} values outside {column.bounds}")
