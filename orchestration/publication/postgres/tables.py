"""One published table in PostgreSQL: its types, its comments, its rows, and what they say when read back.

Belongs here: a table of a publication's own schema. Does not: the views over all of them (``views``), order (``sink``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import psycopg
import pyarrow as pa
from psycopg import sql

from expectations.columns import COLUMNS
from expectations.contracts import CONTRACTS
from orchestration.publication.canonical import ARROW_TYPES, sort_rows
from orchestration.publication.content import arrow_sha256

Language = Literal["sv", "en"]
TYPES = {
    "text": "text",
    "int32": "integer",
    "int64": "bigint",
    "bool": "boolean",
    "date": "date",
    "float64": "double precision",
    "decimal(18,2)": "numeric(18,2)",
    "decimal(18,6)": "numeric(18,6)",
    "decimal(38,12)": "numeric(38,12)",
}
"""PostgreSQL's name of each column type of the dictionary."""

Promise = Mapping[str, Any]
"""A table in the manifest: rows, primary_key, columns, logical_sha256, and control_total_ore where it has amounts."""


def schema_of(municipality_code: str, publication_id: str) -> str:
    """``pub_9999_2027_0_1``: the schema that holds one publication, as it stands for ever."""
    return f"pub_{municipality_code}_{publication_id.replace('.', '_')}"


def create(connection: psycopg.Connection, *, schema: str, table: str, promise: Promise, language: Language) -> None:
    """An empty table as the manifest describes it, ``publication_id`` last, its key, and comments in one language.

    The columns are the manifest's own, so that a version of an older contract loads for ever.
    """
    kinds = [*promise["columns"], *([] if _has_id(promise) else [["publication_id", "text"]])]
    columns = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(TYPES[kind])) for name, kind in kinds]
    key = sql.SQL(", ").join(map(sql.Identifier, promise["primary_key"]))
    place = sql.Identifier(schema, table)
    connection.execute(
        sql.SQL("CREATE TABLE {} ({}, PRIMARY KEY ({}))").format(place, sql.SQL(", ").join(columns), key)
    )
    said = []
    if words := words_of_table(table, language):
        said.append(sql.SQL("COMMENT ON TABLE {} IS {}").format(place, sql.Literal(words)))
    for name, _ in kinds:
        if told := words_of_column(name, language):
            column = sql.Identifier(schema, table, name)
            said.append(sql.SQL("COMMENT ON COLUMN {} IS {}").format(column, sql.Literal(told)))
    if said:
        connection.execute(sql.SQL("; ").join(said))


def words_of_table(table: str, language: Language) -> str | None:
    """What one row of the table is; None for a table that the present contract no longer knows."""
    contract = CONTRACTS.get(table)
    return None if contract is None else contract.grain_sv if language == "sv" else contract.grain_en


def words_of_column(name: str, language: Language) -> str | None:
    """What the column means, with its unit; None for one that the present dictionary no longer knows."""
    column = COLUMNS.get(name)
    if column is None:
        return None
    return (column.sv if language == "sv" else column.en) + (f" [{column.unit}]" if column.unit else "")


def copy(connection: psycopg.Connection, *, schema: str, table: str, rows: pa.Table) -> None:
    """Load the rows of a Parquet file by COPY, in its own order."""
    names = sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(schema, table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as into:
        for row in zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True):
            into.write_row(row)


def problems(
    connection: psycopg.Connection, *, schema: str, table: str, promise: Promise, publication_id: str
) -> list[str]:
    """What the database says otherwise than the manifest: rows, sum in öre, whose rows they are, and the content's hash.

    The rows are read back and brought into the canonical form that the manifest's hash is of: every cell is compared.
    """
    place = sql.Identifier(schema, table)
    found = []
    sums = "sum(amount_ore)" if "control_total_ore" in promise else "NULL::bigint"
    statement = sql.SQL("SELECT count(*), {}, min(publication_id), max(publication_id) FROM {}")
    count, total, first, last = connection.execute(statement.format(sql.SQL(sums), place)).fetchone() or (
        0,
        0,
        None,
        None,
    )
    if count != promise["rows"]:
        found.append(f"{schema}.{table}: {count} rows, the manifest has {promise['rows']}")
    if "control_total_ore" in promise and int(total or 0) != promise["control_total_ore"]:
        found.append(
            f"{schema}.{table}: amount_ore sums to {int(total or 0)}, the manifest has {promise['control_total_ore']}"
        )
    if count and (first, last) != (publication_id, publication_id):
        found.append(f"{schema}.{table}: rows of another publication than {publication_id}")
    if (
        not found
        and content_sha256(connection, schema=schema, table=table, promise=promise) != promise["logical_sha256"]
    ):
        found.append(f"{schema}.{table}: another content than the manifest")
    return found


def content_sha256(connection: psycopg.Connection, *, schema: str, table: str, promise: Promise) -> str:
    """The logical hash of what the database holds."""
    names = [name for name, _ in promise["columns"]]
    statement = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(schema, table)
    )
    rows = connection.execute(statement, binary=True).fetchall()
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [[] for _ in names]
    arrays = [
        pa.array(values, type=ARROW_TYPES[kind]) for values, (_, kind) in zip(columns, promise["columns"], strict=True)
    ]
    return arrow_sha256(sort_rows(pa.table(arrays, names=names), promise["primary_key"]), names=names)


def _has_id(promise: Promise) -> bool:
    return any(name == "publication_id" for name, _ in promise["columns"])
