"""Hashes of content: two publications are the same when these are equal, whatever wrote their bytes.

Belongs here: canonical tokens, the logical hash of a table, the content section of a manifest and its hash.
Does not: file hashes, anything about code, time or place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from expectations.contracts import CONTRACTS, Contract
from orchestration.publication.canonical import CELL_END, NULL, ROW_END, canonical

Content = dict[str, Any]
"""``{"policy_sha256": …, "tables": {name: {"rows", "primary_key", "columns", "logical_sha256", …}}}``."""


def tokens(column: pa.ChunkedArray | pa.Array) -> list[str]:
    """Each cell as text: integers, decimals with fixed scale, ISO dates, ``true``/``false``, floats by repr."""
    kind = column.type
    if pa.types.is_string(kind):
        return column.fill_null(NULL).to_pylist()
    if pa.types.is_integer(kind) or pa.types.is_date(kind) or pa.types.is_boolean(kind):
        return column.cast(pa.string()).fill_null(NULL).to_pylist()
    if pa.types.is_decimal(kind):  # Arrow's own text writes 0E-12 for small numbers
        return [NULL if value is None else f"{value:f}" for value in column.to_pylist()]
    if pa.types.is_floating(kind):
        return [NULL if value is None else repr(value) for value in column.to_pylist()]
    raise TypeError(f"no canonical text for {kind}")


def arrow_sha256(table: pa.Table, *, names: Sequence[str]) -> str:
    """Logical hash of a canonical table over ``names`` in order; the rows are already in key order."""
    columns = [tokens(table[name]) for name in names]
    rows = (CELL_END.join(row) + ROW_END for row in zip(*columns, strict=True))
    return hashlib.sha256("".join(rows).encode()).hexdigest()


def logical_sha256(table: pd.DataFrame, contract: Contract) -> str:
    """Logical hash of ``table``: the same for any order of its rows, another one for any changed cell.

    Rows sorted on the key, columns in the contract's order without ``publication_id``, cells ended by 0x1F, rows by
    0x1E. Raises ContractError where the table breaks its contract.
    """
    return arrow_sha256(canonical(table, contract), names=contract.names)


def describe(tables: Mapping[str, pa.Table], *, contracts: Iterable[Contract], policy_sha256: str) -> Content:
    """The content section of a manifest: what is compared between two runs.

    ``tables`` are canonical. Names and types of columns belong to it: a renamed column is another content. A table
    with ``amount_ore`` also tells its control total in öre.
    """
    described: dict[str, Any] = {}
    for contract in contracts:
        table = tables[contract.table]
        described[contract.table] = {
            "rows": table.num_rows,
            "primary_key": list(contract.keys),
            "columns": [[column.name, column.type] for column in contract.columns],
            "logical_sha256": arrow_sha256(table, names=contract.names),
        }
        if "amount_ore" in contract.names:
            described[contract.table]["control_total_ore"] = pc.sum(table["amount_ore"]).as_py() or 0
    return {"policy_sha256": policy_sha256, "tables": described}


def sha256_of_content(content: Content) -> str:
    """Hash of a content section, as JSON with sorted keys and no spaces."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def published_contracts() -> tuple[Contract, ...]:
    """Contracts of the compared tables: all but ``dim_publication``, which tells the content's hash."""
    return tuple(contract for name, contract in sorted(CONTRACTS.items()) if name != "dim_publication")


def content_sha256(tables: Mapping[str, pd.DataFrame], policy_sha256: str) -> str:
    """Hash of a candidate's content: all its tables and the policy's values for the year; what a verdict is bound to.

    Raises ContractError where a table is missing or breaks its contract.
    """
    contracts = published_contracts()
    arrows = {contract.table: canonical(tables[contract.table], contract) for contract in contracts}
    return sha256_of_content(describe(arrows, contracts=contracts, policy_sha256=policy_sha256))
