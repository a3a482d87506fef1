"""A PostgreSQL server for a test or a measurement: a fresh folder, an unprivileged user, a socket, and a port if asked.

Belongs here: starting and stopping it. Does not: what is sent to it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OWNER, PASSWORD = "likvard_owner", "a password that no message may hold"
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; any user without rights will do."""


@dataclass(frozen=True)
class Server:
    """A running server; every test takes a database of its own."""

    folder: Path

    def url(self, database: str, *, user: str = OWNER, password: str = PASSWORD) -> str:
        return f"host={self.folder} dbname={database} user={user} password='{password}'"


def binaries() -> Path | None:
    """Folder with initdb and postgres: on the path, or where Debian puts them; the newest."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return debian[-1].parent if debian else None


@contextmanager
def running(programs: Path) -> Iterator[Server]:
    """Start a server and stop it; its folder goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="likvard-pg-"))  # pytest's own folders are closed to other users
    user: dict[str, int] = {}
    if os.getuid() == 0:
        who = pwd.getpwnam(UNPRIVILEGED)
        os.chown(folder, who.pw_uid, who.pw_gid)
        user = {"user": who.pw_uid, "group": who.pw_gid}
    folder.chmod(0o755)
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    data = folder / "data"

    def call(*command: str) -> None:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **user)
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        call(
            str(programs / "initdb"), "-D", str(data), "-U", OWNER, "--no-sync", "-E", "UTF8", "--locale=C",
            "--auth=scram-sha-256", f"--pwfile={secret}",
        )  # fmt: skip
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c deadlock_timeout=1s"
        log = str(folder / "log")
        call(str(programs / "pg_ctl"), "-D", str(data), "-l", log, "-o", options, "-w", "start")
        try:
            yield Server(folder)
        finally:
            call(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
