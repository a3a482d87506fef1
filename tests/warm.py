"""`likvard` started from a process that already holds the libraries: a fork instead of seconds of imports.

Belongs here: one call of the command with its own environment, folder and output. The program's own modules are imported
by each call anew. Does not: what a call must do. `tests/orchestration/cli` and the demo start the installed script itself.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

LIBRARIES = [
    "dagster", "dagster_dbt", "pandas", "pyarrow.parquet", "duckdb", "statsmodels.api", "scipy.optimize", "scipy.stats",
    "great_expectations", "altair", "vl_convert", "pydantic_settings", "typer", "rich.table", "babel.numbers", "jinja2",
    "ruamel.yaml", "yaml", "xlsxwriter", "rdflib", "cryptography", "sqlalchemy", "requests",
]  # fmt: skip

PATIENCE = 900
Done = subprocess.CompletedProcess[str]
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_starts = multiprocessing.get_context("forkserver")
_starts.set_forkserver_preload(LIBRARIES)


def likvard(arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None) -> Done:
    """One call of the command; it never raises for the command's own failure."""
    return python("from orchestration.cli import main\nmain()", ["likvard", *arguments], env=env, cwd=cwd)


def python(code: str, arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None) -> Done:
    """``code`` run with ``arguments`` as sys.argv.

    Raises subprocess.TimeoutExpired after a quarter of an hour.
    """
    with tempfile.TemporaryDirectory() as folder:
        told, complained = Path(folder, "out"), Path(folder, "err")
        places = str(cwd or Path.cwd()), str(told), str(complained)
        process = _starts.Process(target=_call, args=(code, list(arguments), dict(env), *places))
        process.start()
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), PATIENCE)
        assert process.exitcode is not None
        return Done(list(arguments), process.exitcode, told.read_text("utf-8"), complained.read_text("utf-8"))


def _call(code: str, arguments: list[str], env: dict[str, str], cwd: str, told: str, complained: str) -> None:
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    for number, path, way in ((0, os.devnull, os.O_RDONLY), (1, told, _NEW), (2, complained, _NEW)):
        opened = os.open(path, way, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = arguments
    try:
        exec(compile(code, "<test>", "exec"), {"__name__": "__main__"})
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
