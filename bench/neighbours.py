"""Municipalities beside each other on one machine and in one database: what each tries at the others, counted.

Belongs here: making the places and roles for a measurement, and taking them away. Does not: what must come of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from bench.homes import LIKVARD, Home
from bench.other_account import attempts, attempts_at, called_as, succeeded
from bench.postgres_server import Server
from orchestration.operations.hosting import Place, ensure_account
from orchestration.publication.postgres import readers

CODES = ("9990", "9991")
"""No municipality has these; their accounts are removed afterwards."""
ASKED = ("dim_publication", "dim_school_unit", "fct_allocation", "fct_need_index", "school_allocation_sv")


@contextmanager
def places() -> Iterator[tuple[Place, Place]]:
    """Two places made by ``likvard host`` itself, accounts included. Raises RuntimeError where it fails."""
    root = Path(tempfile.mkdtemp(prefix="likvard-host-"))
    root.chmod(0o711)
    try:
        command = [str(LIKVARD), "host", *CODES, "--data", str(root / "srv"), "--keys", str(root / "etc")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"likvard host ended with {done.returncode}: {done.stderr[-500:]}")
        first, second = (
            Place(f"likvard-{c}", root / "srv" / c, root / "etc" / c / "pupils", root / "etc" / c / "environment")
            for c in CODES
        )
        yield first, second
    finally:
        shutil.rmtree(root)
        for code in CODES:
            subprocess.run(["userdel", f"likvard-{code}"], capture_output=True, check=False)


def tried_on_disk(home: Home) -> tuple[int, list[str], int]:
    """What a neighbour tries at a place that holds ``home``: how often, what it could do, and what the owner can."""
    with places() as (first, second):
        owner, neighbour = ensure_account(CODES[0]), ensure_account(CODES[1])
        shutil.rmtree(first.folder / "home")
        shutil.copytree(home.path, first.folder / "home", symlinks=True)
        for path in (first.folder / "home", *(first.folder / "home").rglob("*")):
            os.chown(path, owner.uid, owner.gid, follow_symlinks=False)
        (first.folder / "home").chmod(0o750)
        files = [path for path in (first.folder / "home").rglob("*") if path.is_file()]
        reading = {name: t for name, t in attempts_at(iter(files)).items() if name.startswith("read ")}
        tries = attempts(first) | attempts_at(iter(files))
        own = len(called_as(owner, lambda: succeeded(reading)))
        found = called_as(neighbour, lambda: succeeded(tries))
        own_key = called_as(neighbour, lambda: succeeded({"read the key": attempts(second)["read the key"]}))
        if own != len(files) or not own_key:
            raise RuntimeError(f"the owners themselves read {own} of {len(files)} files and {len(own_key)} of 1 key")
        return len(tries), found, own


def send(home: Home, server: Server) -> int:
    """Send every publication of the home; how many. Raises RuntimeError where the command fails."""
    done = home.beside(server).likvard("postgres", "publish")
    if done.returncode:
        raise RuntimeError(f"likvard postgres publish ended with {done.returncode}: {done.stderr[-500:]}")
    return len(home_codes(home))


def home_codes(home: Home) -> list[str]:
    """Municipalities that the home has published for."""
    return sorted(folder.name for folder in (home.path / "published").iterdir() if folder.name.isdigit())


def tried_in_postgres(home: Home, server: Server, codes: Sequence[str]) -> tuple[int, int, list[str]]:
    """A role per municipality, made by the command, asks five views: questions, own rows read, and rows of others met."""
    done = home.beside(server).likvard("postgres", "reader", *codes)
    if done.returncode:
        raise RuntimeError(f"likvard postgres reader ended with {done.returncode}: {done.stderr[-500:]}")
    questions = own = 0
    others: list[str] = []
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        for code in codes:
            with connection.transaction():
                connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(readers.role_of(code))))
                for view in ASKED:
                    column = "Kommunkod" if view.endswith("_sv") else "municipality_code"
                    seen = dict(
                        connection.execute(
                            sql.SQL("SELECT {0}, count(*) FROM published.{1} GROUP BY 1").format(
                                sql.Identifier(column), sql.Identifier(view)
                            )
                        ).fetchall()
                    )
                    questions += 1
                    own += seen.pop(code, 0)
                    others += [f"{code} met {other} in {view}" for other in seen]
    return questions, own, others
