"""Claims on what reads a publication: old DuckDB clients, a real PostgreSQL, the formats among themselves.

Each is measured on the demonstration, through the command and the files that a user has.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import python_calamine

from bench.claim import Claim, Measured
from bench.homes import demo_home
from bench.postgres_server import binaries, running

YEAR = 2027
OLD_CLIENTS = ("1.0.0", "1.1.3", "1.4.4")
"""Clients of DuckDB 1.x: the first, an early and a late one."""
_ASK = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as c:
    tables = [t for (t,) in c.execute("select table_name from duckdb_tables()").fetchall()]
    print(duckdb.__version__, len(tables), sum(c.execute(f"select count(*) from {t}").fetchone()[0] for t in tables),
          c.execute("select sum(amount_ore) from fct_allocation").fetchone()[0])
"""


def _version() -> tuple[Path, dict[str, Any]]:
    (folder,) = demo_home().proposals(YEAR)
    return folder, json.loads((folder / "manifest.json").read_text("utf-8"))


def old_duckdb() -> Measured:
    """Install each old client into a folder of its own and let it read the published file."""
    folder, manifest = _version()
    ore = manifest["content"]["tables"]["fct_allocation"]["control_total_ore"]
    read = []
    for client in OLD_CLIENTS:
        place = Path(tempfile.mkdtemp(prefix="likvard-duckdb-"))
        try:
            command = [
                sys.executable,
                "-m",
                "pip",
                "install",
                "-q",
                "--no-deps",
                "--target",
                str(place),
                f"duckdb=={client}",
            ]
            if subprocess.run(command, capture_output=True, check=False).returncode:
                return Measured("not measured", None, f"duckdb {client} could not be installed here")
            done = subprocess.run(
                [sys.executable, "-c", _ASK, str(folder / "published.duckdb")],
                env={"PYTHONPATH": str(place)}, capture_output=True, text=True, check=False,
            )  # fmt: skip
        finally:
            shutil.rmtree(place)
        words = done.stdout.split()
        read.append(done.returncode == 0 and words[0] == client and int(words[3]) == ore)
    return Measured(f"{sum(read)} of {len(read)} clients: {', '.join(OLD_CLIENTS)}", all(read))


def postgres() -> Measured:
    """Send the demonstration to a fresh server by the command, verify it, send it again."""
    programs = binaries()
    if programs is None:
        return Measured("not measured", None, "PostgreSQL is not on this machine")
    folder, manifest = _version()
    with running(programs) as server:
        told = demo_home().beside(server)
        codes = [told.likvard("postgres", verb).returncode for verb in ("publish", "verify", "publish")]
        with psycopg.connect(server.url("postgres")) as connection:
            rows, ore = connection.execute(
                "SELECT count(*), sum(amount_ore) FROM published.fct_allocation"
            ).fetchone() or (0, 0)
    promised = manifest["content"]["tables"]["fct_allocation"]
    holds = codes == [0, 0, 0] and (rows, int(ore)) == (promised["rows"], promised["control_total_ore"])
    return Measured(f"exit codes {codes}, {rows} lines, {int(ore)} öre in {folder.name}", holds)


def formats() -> Measured:
    """The total in öre as each format tells it."""
    folder, manifest = _version()
    with (folder / "tables" / "fct_allocation.csv").open(encoding="utf-8", newline="") as stream:
        machine = sum(int(row["amount_ore"]) for row in csv.DictReader(stream))
    with (folder / "excel" / "fct_allocation.csv").open(encoding="utf-8-sig", newline="") as stream:
        kronor = sum(Decimal(row["amount_sek"].replace(",", ".")) for row in csv.DictReader(stream, delimiter=";"))
    head, *rows = (
        python_calamine.CalamineWorkbook.from_path(str(folder / "published.xlsx"))
        .get_sheet_by_name("fct_allocation")
        .to_python()
    )
    excel = sum(int(row[head.index("amount_ore")]) for row in rows)
    duck = int(demo_home().query(YEAR, "select sum(amount_ore)::bigint as ore from fct_allocation")["ore"].iloc[0])
    found = {
        machine,
        int(kronor * 100),
        excel,
        duck,
        manifest["content"]["tables"]["fct_allocation"]["control_total_ore"],
    }
    return Measured(f"{len(found)} total over CSV, CSV for Excel, Excel, DuckDB, manifest", len(found) == 1)


CLAIMS = (
    Claim("publication-old-duckdb", "DuckDB clients of 1.x read the published file, sums equal.", "every client tried", old_duckdb),
    Claim("publication-postgres", "PostgreSQL serves the demonstration, cell by cell as sealed; sending again changes nothing.", "exit codes 0, sums equal", postgres),
    Claim("publication-formats", "Every format of a publication tells the same total, to the öre.", "1 total", formats),
)  # fmt: skip
