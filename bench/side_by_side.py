"""Commands started at the same moment over one home, as processes of their own, and whether everything is whole after them.

Belongs here: starting them, judging the home. Does not: the claim (``bench.claims.scale_spread``).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.homes import LIKVARD, Home, remove
from bench.spark import compared
from orchestration.home import HomeInUseError
from orchestration.settings import REPOSITORY
from orchestration.texts import say

YEAR = 2027
COMMANDS = (("run", str(YEAR)), ("run", str(YEAR - 1)), ("site", str(YEAR)), ("run", str(YEAR)))
BY_DAGSTER = ("-m", "dagster", "job", "execute", "-m", "orchestration.definitions", "-j", "monthly_intake")
"""A run that a person starts from Dagster's side: the deliveries of months, through the door, and their counts."""
WELL = (0, 3)


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of the commands: how many were started, worked, were refused by name, and what is torn."""

    started: int
    worked: int
    refused: int
    torn: tuple[str, ...]


def run(home: Home) -> Seen:
    """Start all commands over a copy of ``home`` at once, wait for them, and look at what stands."""
    folder = Path(tempfile.mkdtemp(prefix="likvard-beside-"))
    own = Home(folder / "home")
    try:
        shutil.copytree(home.path, own.path, symlinks=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LIKVARD_")} | {
            "LIKVARD_HOME": str(own.path),
            "DAGSTER_HOME": str(own.path / "dagster"),
        }
        commands = [[str(LIKVARD), *words] for words in COMMANDS] + [[sys.executable, *BY_DAGSTER]]
        started = [
            subprocess.Popen(
                command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            for command in commands
        ]
        told = [process.communicate()[0] for process in started]
        in_use = say("another_run", home=str(own.path))[:20]
        refused = [
            process.returncode != 0 and (in_use in text or HomeInUseError.__name__ in text)
            for process, text in zip(started, told, strict=True)
        ]
        torn = [
            f"{' '.join(command[1:3])} ended with {process.returncode}: {text.strip()[-200:]}"
            for command, process, text, is_refused in zip(commands, started, told, refused, strict=True)
            if not is_refused and process.returncode not in WELL
        ]
        torn += _torn(home, own)
        worked = sum(process.returncode in WELL and not one for process, one in zip(started, refused, strict=True))
        return Seen(len(commands), worked, sum(refused), tuple(torn))
    finally:
        remove(folder)


def _torn(before: Home, after: Home) -> list[str]:
    """What a home that several worked in does not hold as it did."""
    found = []
    if after.content_hashes(YEAR) != before.content_hashes(YEAR):
        found.append(f"the publication of {YEAR} differs")
    differing = compared(*(each.path / "pseudonymised" / "warehouse.duckdb" for each in (before, after))).differing
    found += [f"table {name} differs" for name in differing]
    looked = json.loads(after.likvard("doctor", "--json").stdout)
    found += [f"doctor: {one['id']} {one['where']}" for one in looked["findings"] if one["severity"] == "critical"]
    return found + [f"left: {path.name}" for path in after.path.rglob("*.part")]
