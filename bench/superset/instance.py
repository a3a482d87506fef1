"""A Superset server of our own: a fresh folder, a secret of its own, one user, a port of this machine only.

Belongs here: starting, stopping, asking its interface. Does not: what is asked.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / ".venv-superset" / "bin"
USER = "admin"
PATIENCE = 180
"""Seconds until the server must answer, and for one answer."""
_SETTINGS = """
import os
SECRET_KEY = os.environ["LIKVARD_SUPERSET_SECRET"]
SQLALCHEMY_DATABASE_URI = os.environ["LIKVARD_SUPERSET_STORE"]
SQLALCHEMY_EXAMPLES_URI = SQLALCHEMY_DATABASE_URI
WTF_CSRF_ENABLED = False   # asked by one program on this machine, over its own address
TALISMAN_ENABLED = False   # plain HTTP, for the same reason
"""


@dataclass(frozen=True, slots=True)
class Superset:
    """A running server, and a session that is logged in to its interface."""

    address: str
    password: str
    session: requests.Session

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """One call of the interface. Raises RuntimeError with what it answered where that is no success."""
        return self._asked("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """As ``post``, for what stands already."""
        return self._asked("PUT", path, body)

    def _asked(self, verb: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.session.request(verb, f"{self.address}/api/v1/{path}", json=dict(body), timeout=PATIENCE)
        if not answer.ok:
            raise RuntimeError(f"Superset {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()


def version() -> str | None:
    """Superset's version in its environment; None where that has not been built."""
    found = sorted(PROGRAMS.parent.glob("lib/*/site-packages/apache_superset-*.dist-info"))
    return found[-1].name.split("-")[1].removesuffix(".dist") if found else None


@contextmanager
def running(store: str) -> Iterator[Superset]:
    """Fill its own database, make its user, start it, log in; its folder is gone afterwards.

    ``store`` is the address of an empty database that Superset keeps its own things in. It must be PostgreSQL: in SQLite
    it takes one table of a name only, whatever database that stands in.
    """
    folder, password = Path(tempfile.mkdtemp(prefix="likvard-superset-")), secrets.token_urlsafe(16)
    settings = folder / "superset_config.py"
    settings.write_text(_SETTINGS, encoding="utf-8")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LIKVARD_", "PYTHON"))}
    environment = own | {
        "SUPERSET_CONFIG_PATH": str(settings),
        "SUPERSET_HOME": str(folder),
        "LIKVARD_SUPERSET_STORE": store,
        "LIKVARD_SUPERSET_SECRET": secrets.token_urlsafe(48),
        "FLASK_APP": "superset.app:create_app()",
    }
    about = ("--username", USER, "--firstname", "Exempel", "--lastname", "Kommun", "--email", "bi@example.org")
    try:
        for words in (("db", "upgrade"), ("fab", "create-admin", *about, "--password", password), ("init",)):
            command = [str(PROGRAMS / "superset"), *words]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"superset {words[0]} ended with {done.returncode}: {done.stderr[-1000:]}")
        port = _free_port()
        command = [
            str(PROGRAMS / "gunicorn"),
            "--bind",
            f"127.0.0.1:{port}",
            "--threads",
            "8",
            "--timeout",
            str(PATIENCE),
        ]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [*command, "superset.app:create_app()"], cwd=folder, env=environment, stdout=log, stderr=log
            )
        try:
            address = f"http://127.0.0.1:{port}"
            _until_it_answers(address, server, folder / "log")
            yield Superset(address, password, _logged_in(address, password))
        finally:
            server.terminate()
            server.wait(timeout=60)
    finally:
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_it_answers(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < until:
        try:
            if requests.get(f"{address}/health", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    raise RuntimeError(f"Superset did not answer: {log.read_text('utf-8')[-1000:]}")


def _logged_in(address: str, password: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    asked = {"username": USER, "password": password, "provider": "db", "refresh": False}
    answer = session.post(f"{address}/api/v1/security/login", json=asked, timeout=PATIENCE)
    answer.raise_for_status()
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return session
