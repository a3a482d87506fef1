"""Send sealed versions to PostgreSQL: verify, load each into a schema of its own, switch all views in one transaction.

Belongs here: the order of the steps and what a re-run does. Does not: the steps (``tables``, ``views``, ``registry``).

A version is loaded once and never changed. What is refused keeps what the database served before. A crash leaves the old
views: each load and the switch are one transaction each.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import sql

from expectations.contracts import CONTRACT_VERSION, CONTRACTS
from orchestration.publication import manifest as manifests
from orchestration.publication.canonical import ARROW_TYPES, sort_rows
from orchestration.publication.content import arrow_sha256
from orchestration.publication.parquet import read_arrow
from orchestration.publication.pointer import CURRENT, PROPOSED, PointerError
from orchestration.publication.postgres import readers, registry, tables, views
from orchestration.publication.postgres.connection import PostgresError
from orchestration.publication.postgres.registry import Loaded
from orchestration.publication.postgres.tables import Language
from orchestration.publication.verify import Published, read_current, verify

LOCK_TIMEOUT_MS, ATTEMPTS, PAUSE_S = 400, 60, 0.05
"""A switch that meets a reader steps back before the server looks for deadlocks (1 s), so that a reader is never stopped."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one municipality and year; ``problems`` say why it was refused."""

    status: Literal["loaded", "unchanged", "refused"]
    municipality_code: str
    funding_year: int
    publication_id: str | None
    problems: tuple[str, ...] = ()


def pointed_versions(root: Path, *, funding_year: int | None = None) -> list[tuple[str, int, Published | None, str]]:
    """Municipality, year, the version readers should meet (decided before proposed), and words where there is none whole."""
    found: list[tuple[str, int, Published | None, str]] = []
    for folder in sorted(path for path in root.glob("[0-9]*/[0-9]*") if path.is_dir()):
        code, year = folder.parent.name, int(folder.name)
        if funding_year not in (None, year):
            continue
        try:
            version = read_current(root, code, year, pointer=CURRENT) or read_current(
                root, code, year, pointer=PROPOSED
            )
        except PointerError as error:
            found.append((code, year, None, str(error)))
            continue
        if version is not None:
            found.append((code, year, version, ""))
    return found


def publish(
    connection: psycopg.Connection, *, root: Path, language: Language, funding_year: int | None = None
) -> list[Sent]:
    """Load what the pointers under ``root`` name and let the views show it. Equal content again changes nothing.

    A pointer that moves meanwhile is followed: what is shown at the end is what they named at the switch.
    ``funding_year`` narrows what is loaded; the views always show everything that is loaded and served.
    Raises PostgresError where the database refuses rights, or readers hold the views for too long.
    """
    try:
        with connection.transaction():
            registry.lock(connection)
            registry.prepare(connection)
        while True:
            sent = []
            for code, year, version, why in pointed_versions(root, funding_year=funding_year):
                sent.append(
                    Sent("refused", code, year, None, (why,))
                    if version is None
                    else _load(connection, version, code=code, year=year, language=language)
                )
            if _switch(connection, sent, root=root, funding_year=funding_year, language=language):
                return sent
    except psycopg.errors.InsufficientPrivilege as error:
        raise PostgresError(
            f"PostgreSQL refuses a right ({error.sqlstate}): the user needs CREATE on the database, and CREATEROLE "
            f"unless the role {readers.READER} exists already"
        ) from None
    except psycopg.errors.DependentObjectsStillExist:
        raise PostgresError(
            f"a column of a view in schema {readers.SCHEMA} has moved or gone, and views of others build on it; "
            "drop those, send again, and make them anew"
        ) from None
    except psycopg.OperationalError as error:
        raise PostgresError(f"the connection to PostgreSQL broke ({type(error).__name__}); send again") from None


def _load(connection: psycopg.Connection, version: Published, *, code: str, year: int, language: Language) -> Sent:
    """One version into its schema, compared cell by cell with its manifest before the transaction ends."""
    manifest = version.manifest
    schema = tables.schema_of(code, version.publication_id)
    major = str(manifest["recorded"]["contract_version"]).split(".")[0]
    if major != CONTRACT_VERSION.split(".")[0]:
        why = f"{version.publication_id} keeps contract {major}, the views of this program contract {CONTRACT_VERSION}"
        return Sent("refused", code, year, version.publication_id, (why,))
    problems = verify(version.path)
    if problems:
        return Sent("refused", code, year, version.publication_id, tuple(problems))
    manifest_sha256 = hashlib.sha256((version.path / manifests.NAME).read_bytes()).hexdigest()
    wanted = Loaded(schema, code, year, version.publication_id, manifest_sha256, {"tables": _promises(version)})
    with connection.transaction() as transaction:
        registry.lock(connection)
        there = registry.find(connection, schema)
        if there is not None:
            if there.manifest_sha256 == manifest_sha256:
                return Sent("unchanged", code, year, version.publication_id)
            why = f"{schema} holds another {version.publication_id} than published/; drop the schema if it is the wrong one"
            return Sent("refused", code, year, version.publication_id, (why,))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for table, promise in wanted.content["tables"].items():
            rows = read_arrow(version.path / "tables" / f"{table}.parquet")
            tables.create(connection, schema=schema, table=table, promise=promise, language=language)
            tables.copy(connection, schema=schema, table=table, rows=rows)
        problems = loaded_problems(connection, wanted)
        if problems:
            raise psycopg.Rollback(transaction)
        registry.remember(connection, wanted)
    return Sent("refused" if problems else "loaded", code, year, version.publication_id, tuple(problems))


def _promises(version: Published) -> dict[str, Any]:
    """What each table has to say: from the manifest, and from the verified file for the one that tells of it."""
    promises = dict(version.manifest["content"]["tables"])
    contract = CONTRACTS["dim_publication"]
    rows = read_arrow(version.path / "tables" / f"{contract.table}.parquet")
    kinds = {str(kind): name for name, kind in ARROW_TYPES.items()}
    columns = [[field.name, kinds[str(field.type)]] for field in rows.schema]
    promises[contract.table] = {
        "rows": rows.num_rows,
        "primary_key": list(contract.keys),
        "columns": columns,
        "logical_sha256": arrow_sha256(sort_rows(rows, contract.keys), names=[name for name, _ in columns]),
    }
    return dict(sorted(promises.items()))


def loaded_problems(connection: psycopg.Connection, loaded: Loaded) -> list[str]:
    """What the tables of a loaded publication say otherwise than its manifest."""
    found: list[str] = []
    for table, promise in sorted(loaded.content["tables"].items()):
        found += tables.problems(
            connection, schema=loaded.schema, table=table, promise=promise, publication_id=loaded.publication_id
        )
    return found


def _switch(
    connection: psycopg.Connection, sent: Sequence[Sent], *, root: Path, funding_year: int | None, language: Language
) -> bool:
    """Let the views show what was sent. False, and nothing is switched, where a pointer has moved since it was read.

    Whoever moved it may have been faster, and an older publication must not come back over theirs.
    """
    for attempt in range(ATTEMPTS):
        try:
            with connection.transaction():
                registry.lock(connection)
                pointed = pointed_versions(root, funding_year=funding_year)
                if [(code, year, version and version.publication_id) for code, year, version, _ in pointed] != [
                    (one.municipality_code, one.funding_year, one.publication_id) for one in sent
                ]:
                    return False
                connection.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
                for one in (one for one in sent if one.status != "refused"):
                    schema = tables.schema_of(one.municipality_code, str(one.publication_id))
                    loaded = registry.find(connection, schema)
                    if loaded is not None:
                        registry.serve(connection, loaded)
                readers.ensure_reader_of_all(connection)
                if views.switch(connection, language=language) or readers.lacking(connection):
                    readers.grant(connection)
            return True
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(PAUSE_S * (attempt + 1))
    raise PostgresError(
        f"readers have held views of schema {readers.SCHEMA} through {ATTEMPTS} attempts; the old ones stand. "
        "Look for sessions that stay idle in a transaction, and send again"
    )
