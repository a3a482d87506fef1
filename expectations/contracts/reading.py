"""A table as readers meet it in exports and database views: the contract's columns, with kronor beside whole öre.

Belongs here: which columns are derived for readers, and how they are described. Does not: files or databases.
"""

from __future__ import annotations

from dataclasses import replace

from expectations.columns import COLUMNS, Column
from expectations.contracts.contract import Contract


def with_publication_id(contract: Contract) -> tuple[Column, ...]:
    """The columns of a published file: the contract's, and ``publication_id`` last where the contract has none."""
    last = () if "publication_id" in contract.names else (COLUMNS["publication_id"],)
    return (*contract.columns, *last)


def kronor_name(column: Column) -> str | None:
    """``amount_sek`` for ``amount_ore``: the name of the kronor column derived from whole öre; None for other columns."""
    whole_ore = column.type == "int64" and column.name.endswith("_ore")
    return column.name.removesuffix("_ore") + "_sek" if whole_ore else None


def reading_columns(contract: Contract) -> tuple[Column, ...]:
    """The columns of a published file, each whole-öre column followed by the same amount in kronor, decimal(18,2)."""
    shown: list[Column] = []
    for column in with_publication_id(contract):
        shown.append(column)
        if (name := kronor_name(column)) is not None:
            if name in contract.names:
                raise ValueError(f"{contract.table}: {name} stands beside {column.name}; one amount, one column")
            shown.append(replace(column, name=name, type="decimal(18,2)", unit="kr", bounds=None))
    return tuple(shown)
