"""Many publishers and readers on one published root, publishers killed at random: what readers met, and what stands after.

Belongs here: starting the crowd, killing, counting. Does not: what a reader checks (``work.read_on``).
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from bench.faults import candidates
from bench.faults.scenarios import CODE, YEAR
from bench.faults.server import SAID
from bench.faults.tracing import Workers
from orchestration.publication import ledger
from orchestration.publication.verify import verify

CONTENTS = 3
PATIENCE = 1800
"""Seconds in which the readers must have ended."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What a crowd did.

    Attributes
    ----------
    bad : what readers met that was torn or mixed, and what does not hold of the versions that stand after
    killed : publishers that were ended with SIGKILL while they published
    """

    reads: int
    versions: int
    killed: int
    bad: tuple[str, ...]


def run(folder: Path, workers: Workers, *, publishers: int, readers: int, reads: int, seed: int) -> Crowd:
    """``readers`` read ``reads`` times each while ``publishers`` publish and are killed in turn, one every few seconds."""
    chance, root, stop = random.Random(seed), folder / "published", folder / "stop"
    materials = [folder / f"{number}.pickle" for number in range(CONTENTS)]
    contents = [candidates.write(path, number) for number, path in enumerate(materials)]
    _begun(workers, folder / "first", "publish", root=str(root), material=str(materials[0]))
    while not (root / CODE / str(YEAR) / "proposed").is_symlink():
        time.sleep(0.05)
    told = {"root": str(root), "code": CODE, "year": YEAR, "contents": contents, "reads": reads}
    reading = [folder / f"reader-{number}" for number in range(readers)]
    for place in reading:
        _begun(workers, place, "read_on", **told)
    publishing: list[int] = []
    killed, until = 0, time.monotonic() + PATIENCE
    while not all((place / SAID).is_file() for place in reading):
        while len(publishing) < publishers:
            place = folder / f"publisher-{killed + len(publishing)}-{chance.randrange(10**9)}"
            given = {"root": str(root), "materials": [str(path) for path in materials], "stop": str(stop)}
            publishing.append(_begun(workers, place, "publish_on", seed=chance.randrange(10**9), **given))
        time.sleep(chance.uniform(1, 6))
        os.kill(publishing.pop(chance.randrange(len(publishing))), signal.SIGKILL)
        killed += 1
        if time.monotonic() > until:
            raise TimeoutError(f"{readers} readers have not ended within {PATIENCE} s")
    for number in publishing:
        os.kill(number, signal.SIGKILL)
    saw = [json.loads((place / SAID).read_text("utf-8"))["status"] for place in reading]
    bad = [words for one in saw for words in (one["bad"] if isinstance(one, dict) else [str(one)])]
    whole = _whole_after(folder, workers, root=root, material=materials[1])
    total = sum(one["reads"] for one in saw if isinstance(one, dict))
    versions = len(list((root / CODE / str(YEAR) / "versions").iterdir()))
    return Crowd(total, versions, killed + len(publishing), (*bad, *whole))


def _begun(workers: Workers, place: Path, do: str, **given: object) -> int:
    place.mkdir()
    number = workers.start(place, do, **given)
    workers.release(place)
    return number


def _whole_after(folder: Path, workers: Workers, *, root: Path, material: Path) -> list[str]:
    """A plain publication goes through, every version verifies and stands in the ledger once, nothing else is left."""
    last = folder / "last"
    last.mkdir()
    ended = workers.run(last, "publish", root=str(root), material=str(material))
    problems = [] if (ended.said or {}).get("status") in ("published", "verified") else [f"the last one: {ended.said}"]
    standing = sorted((root / CODE / str(YEAR) / "versions").iterdir())
    problems += [words for version in standing for words in verify(version)]
    lines = ledger.read(root / CODE / ledger.NAME)
    if sorted(line["publication_id"] for line in lines.entries) != sorted(path.name for path in standing):
        problems.append("the ledger does not tell each version once")
    left = {path.name for path in (root / CODE / str(YEAR)).iterdir()}
    return problems + ([f"left behind: {sorted(left)}"] if left != {"proposed", "versions"} else [])
