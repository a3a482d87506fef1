"""dbt's manifest: parsed as an explicit step when the models have changed, never by a worker.

Belongs here: where the manifest lies, whether it is fresh, parsing it.
Does not: running models (``defs/factors``).
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from orchestration.settings import REPOSITORY, settings

PROJECT = REPOSITORY / "dbt_project"
SEEDS_BESIDE = REPOSITORY / "expectations" / "school_forms"
"""Seeds that Python reads too."""
TARGET = PROJECT / "target"
MANIFEST = TARGET / "manifest.json"
PARSED = TARGET / "partial_parse.msgpack"
"""The same as dbt reads it itself."""

QUIET = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_VERSION_CHECK": "false",
    "DBT_USE_COLORS": "false",
    "DBT_LOG_LEVEL_FILE": os.environ.get("DBT_LOG_LEVEL_FILE", "none"),
    "DBT_PROFILES_DIR": str(PROJECT),
}
"""What every dbt process is told: no telemetry, no look for updates, the profile of the project, and no second log of every
statement unless it is asked for."""


def executable() -> str:
    """The dbt of this environment."""
    return str(Path(sys.executable).parent / "dbt")


def program() -> str:
    """dbt with its models parsed already (``orchestration.dbt_program``)."""
    return str(Path(sys.executable).parent / "likvard-dbt")


def ensure_manifest() -> Path:
    """Parse the project unless the manifest belongs to the models as they are now.

    Raises RuntimeError with dbt's own words when the project does not parse.
    """
    stamp, wanted = TARGET / "models.sha256", models_sha256()
    if _is_fresh(stamp, wanted):
        return MANIFEST
    TARGET.mkdir(exist_ok=True)
    with (TARGET / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two processes parse once
        if not _is_fresh(stamp, wanted):
            command = [executable(), "parse", "--quiet", "--project-dir", str(PROJECT), "--target-path", str(TARGET)]
            environment = (
                os.environ | QUIET | {"LIKVARD_HOME": str(settings().home), "DBT_LOG_PATH": str(TARGET / "logs")}
            )
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"dbt could not parse {PROJECT.name}:\n{done.stdout}{done.stderr}")
            stamp.write_text(wanted)
    return MANIFEST


def _is_fresh(stamp: Path, wanted: str) -> bool:
    return MANIFEST.is_file() and PARSED.is_file() and stamp.is_file() and stamp.read_text() == wanted


def models_sha256() -> str:
    """Hash of the models, their seeds and the versions of what runs them."""
    digest = hashlib.sha256(" ".join(version(name) for name in ("dbt-core", "dbt-duckdb")).encode())
    for path in (*sorted(PROJECT.rglob("*")), *sorted(SEEDS_BESIDE.glob("*.csv"))):
        if path.suffix in {".sql", ".yml", ".csv"} and TARGET not in path.parents:
            digest.update(str(path.relative_to(REPOSITORY)).encode() + path.read_bytes())
    return digest.hexdigest()
