"""A host of many municipalities: for each an account, a home, policies and a key that no other account can reach.

Belongs here: making such a place, once. Does not: what a policy says (``orchestration.scaffold``), running anything,
PostgreSQL's roles (``orchestration.publication.postgres.readers``), whether it still is so (``probes_separation``).

    DATA/<code>/            0750, the account's own: home/ policies/ backup/
    KEYS/<code>/            0500, the account's own: pupils (0400), environment (0400)
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from models_py.errors import LikvardError
from orchestration.intake.zones import create_zones
from orchestration.scaffold import DEFAULT

KEY_BYTES = 32
_ENVIRONMENT = """\
LIKVARD_ENVIRONMENT=production
LIKVARD_SEPARATED=true
LIKVARD_HOME={home}
LIKVARD_POLICIES={policies}
LIKVARD_KEY_FILE={key_file}
LIKVARD_LANGUAGE=sv
DAGSTER_HOME={home}/dagster
OPENBLAS_NUM_THREADS=1
OMP_NUM_THREADS=1
DO_NOT_TRACK=1
"""


class HostError(LikvardError):
    """A place that cannot be made; the message says why and what to do. Nothing of an older place was touched."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system user of one municipality."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Place:
    """What was made for one municipality."""

    account: str
    folder: Path
    key_file: Path
    environment: Path


def ensure_account(municipality_code: str) -> Account:
    """The account ``likvard-<code>`` with a group of its own and no way to log in; made where it is missing.

    Raises HostError where the system makes no user.
    """
    name = f"likvard-{checked(municipality_code)}"
    try:
        known = pwd.getpwnam(name)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise HostError(f"useradd {name} ended with {done.returncode}: {done.stderr.strip()}") from None
        known = pwd.getpwnam(name)
    return Account(name, known.pw_uid, known.pw_gid)


def make_place(municipality_code: str, *, data: Path, keys: Path, account: Account, policies: Path) -> Place:
    """Make the folders of one municipality under ``data`` and ``keys``, whole or not at all; runs as root.

    ``policies`` is where the default policy stands that every municipality's extends. A key that is there already is kept.
    Raises HostError for what is no code, a place that stands, or a root that others than root can write in.
    """
    code = checked(municipality_code)
    for root in (data, keys):
        _sure_root(root)
    folder, secret = data / code, keys / code
    if folder.exists():
        raise HostError(f"{folder} is there already; nothing was changed")
    if not secret.exists():
        values = {"home": folder / "home", "policies": folder / "policies", "key_file": secret / "pupils"}
        part = _begun(keys, code)
        _write(part / "pupils", secrets.token_bytes(KEY_BYTES))
        _write(part / "environment", _ENVIRONMENT.format(**values).encode())
        _finish(part, secret, account=account, mode=0o500)
    part = _begun(data, code)
    create_zones(part / "home")
    shutil.copytree(policies / DEFAULT, part / "policies" / DEFAULT)
    for schema in sorted(policies.glob("*.json")):
        shutil.copyfile(schema, part / "policies" / schema.name)
    for inner, mode in (("home", 0o750), ("policies", 0o750), ("backup", 0o700)):
        (part / inner).mkdir(exist_ok=True)
        (part / inner).chmod(mode)
    _finish(part, folder, account=account, mode=0o750)
    return Place(account.name, folder, secret / "pupils", secret / "environment")


def checked(municipality_code: str) -> str:
    """The code itself. Raises HostError for anything but four digits: it becomes a user's and a folder's name."""
    if not (municipality_code.isascii() and municipality_code.isdigit() and len(municipality_code) == 4):
        raise HostError(f"{municipality_code!r} is no municipality code; it has four digits")
    return municipality_code


def _sure_root(root: Path) -> None:
    """A folder to pass through; whoever could write in it could put another folder in a municipality's place."""
    if not root.exists():
        root.mkdir(parents=True)
        root.chmod(0o711)
    found = root.stat()
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022:
        raise HostError(f"{root} belongs to somebody else or others may write in it; chown root and chmod 0711")


def _begun(root: Path, code: str) -> Path:
    part = root / f".{code}.part"
    shutil.rmtree(part, ignore_errors=True)  # of a call that was stopped; it was never anybody's
    part.mkdir(mode=0o700)
    return part


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
        file.write(content)


def _finish(part: Path, place: Path, *, account: Account, mode: int) -> None:
    """Give everything to the account; the folder gets its name last, and is closed to others before it is given."""
    part.chmod(mode)
    for path in (part, *part.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    part.rename(place)
