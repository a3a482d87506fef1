"""Does the database still say what the sealed versions say? Asked of every served row, view and right.

Belongs here: comparing. Does not: mending; ``sink.publish`` does, or the words say who must.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from expectations.contracts import CONTRACTS
from orchestration.publication import manifest as manifests
from orchestration.publication.postgres import readers, registry, views
from orchestration.publication.postgres.registry import Loaded
from orchestration.publication.postgres.sink import loaded_problems, pointed_versions

Sums = Mapping[tuple[str, int, str], Mapping[str, tuple[int, int | None]]]
"""(municipality, year, publication_id) → table → rows, and amounts in öre where the table has them."""


def verify(connection: psycopg.Connection, *, root: Path) -> list[str]:
    """What is wrong, in words; empty where the database serves exactly what the pointers under ``root`` name."""
    if not registry.is_prepared(connection):
        return ["nothing was ever sent to this database; run likvard postgres publish"]
    served = registry.served(connection)
    problems = _against_pointers(served, root)
    for one in served:
        problems += loaded_problems(connection, one)
    problems += _views(connection, served)
    shown = [(name, sum(name in one.content["tables"] for one in served)) for name in sorted(CONTRACTS)]
    return problems + _rights(connection) + readers.problems(connection, views=shown)


def control_sums(connection: psycopg.Connection) -> Sums:
    """Rows and sums in öre that a reader meets in the views, per served publication and table."""
    found: dict[tuple[str, int, str], dict[str, tuple[int, int | None]]] = {}
    served = registry.served(connection)
    for name, contract in sorted(CONTRACTS.items()):
        total = "sum(amount_ore)" if "amount_ore" in contract.names else "NULL::bigint"
        statement = sql.SQL("SELECT publication_id, municipality_code, count(*), {} FROM {} GROUP BY 1, 2").format(
            sql.SQL(total), sql.Identifier(readers.SCHEMA, name)
        )
        rows = {(code, publication): (n, ore) for publication, code, n, ore in connection.execute(statement).fetchall()}
        for one in served:
            count, ore = rows.pop((one.municipality_code, one.publication_id), (0, None))
            key = (one.municipality_code, one.funding_year, one.publication_id)
            found.setdefault(key, {})[name] = (count, None if ore is None else int(ore))
        for (code, publication), (count, ore) in rows.items():
            found.setdefault((code, 0, publication), {})[name] = (count, None if ore is None else int(ore))
    return found


def _against_pointers(served: tuple[Loaded, ...], root: Path) -> list[str]:
    problems = []
    shown = {(one.municipality_code, one.funding_year): one for one in served}
    for code, year, version, why in pointed_versions(root):
        one = shown.pop((code, year), None)
        if version is None:
            problems.append(f"{code}/{year}: {why}")
        elif one is None or one.publication_id != version.publication_id:
            has = one.publication_id if one else "nothing"
            problems.append(
                f"{code}/{year}: the database serves {has}, published/ {version.publication_id}; send again"
            )
        elif hashlib.sha256((version.path / manifests.NAME).read_bytes()).hexdigest() != one.manifest_sha256:
            problems.append(f"{code}/{year}: {one.publication_id} was sent with another manifest than published/ has")
    return problems + [f"{code}/{year}: served, and not in published/" for code, year in sorted(shown)]


def _views(connection: psycopg.Connection, served: tuple[Loaded, ...]) -> list[str]:
    standing = views.columns_of_views(connection)
    wanted = views.wanted(served, language="sv")  # columns are the same in both languages
    problems = [
        f"view {view.name} is missing or has other columns; send again"
        for view in wanted
        if standing.get(view.name) != view.columns
    ]
    if problems:
        return problems
    promised = {(one.municipality_code, one.funding_year, one.publication_id): one.content["tables"] for one in served}
    for key, tables in sorted(control_sums(connection).items()):
        for name, (count, ore) in sorted(tables.items()):
            promise = promised.get(key, {}).get(name, {"rows": 0})
            told = promise.get("control_total_ore", ore)
            if count != promise["rows"] or (ore or 0) != (told or 0):
                problems.append(
                    f"view {name} shows {count} rows and {ore} öre of {key[0]} {key[2]}, "
                    f"the manifest has {promise['rows']} and {told}"
                )
    return problems


def _rights(connection: psycopg.Connection) -> list[str]:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [readers.READER]).fetchone() is None:
        return [f"the role {readers.READER} is missing; send again"]
    problems = []
    for name, rights in sorted(views.rights_of_reader(connection).items()):
        wanted = frozenset({"SELECT"}) if name.startswith(f"{readers.SCHEMA}.") else frozenset()
        if rights != wanted:
            more, less = sorted(rights - wanted), sorted(wanted - rights)
            problems.append(f"{readers.READER} and {name}: has {more} beyond reading, lacks {less}")
    return problems
