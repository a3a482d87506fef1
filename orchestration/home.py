"""The home of a run: zones, Dagster's instance, the lock that lets one run work at a time.

Belongs here: preparing ``LIKVARD_HOME``. Does not: what a run does in it.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.intake.zones import create_zones
from orchestration.manifest import QUIET, ensure_manifest
from orchestration.settings import Settings

LOOK_AGAIN_S = 0.5


class HomeInUseError(RuntimeError):
    """Another run works in this home."""


def prepare(found: Settings) -> None:
    """Create the zones with their modes, Dagster's folder with its settings, and dbt's manifest."""
    os.umask(0o027)
    create_zones(found.home)
    found.dagster_home.mkdir(mode=0o750, exist_ok=True)
    shutil.copyfile(found.dagster_yaml, found.dagster_home / "dagster.yaml")
    os.environ.update(QUIET | {"DAGSTER_HOME": str(found.dagster_home), "LIKVARD_HOME": str(found.home)})
    ensure_manifest()


@contextmanager
def alone_in(found: Settings, *, patience_s: float = 0.0) -> Iterator[None]:
    """Hold the home's lock; it dies with the process.

    Waits for another run to let go of it, at most ``patience_s`` seconds, and raises HomeInUseError then.
    """
    until = time.monotonic() + patience_s
    with (found.home / ".run.lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise HomeInUseError(str(found.home)) from None
                time.sleep(LOOK_AGAIN_S)
        yield
