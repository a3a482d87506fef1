"""Many publishers and readers on one published root, publishers killed at random: what readers met, and what stands after.

Belongs here: starting the crowd, killing, counting. Does not: what a reader checks (``work.read_on``, ``read_views_on``),
the PostgreSQL way (``crowd_views``).
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    met : the most versions that one reader met
    killed : publishers that were ended with SIGKILL while they published
    bad : what readers met that was torn or mixed, and what does not hold of the versions that stand after
    """

    reads: int
    versions: int
    met: int
    killed: int
    bad: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """How a crowd reaches what is published.

    Attributes
    ----------
    read : the act of a reader
    publishing, reading : what publishers and readers are told beside where the files are
    begin : done once, when the first version stands
    whole : what is wrong after the last publication; it is given the root
    """

    read: str = "read_on"
    publishing: Mapping[str, str] = field(default_factory=dict)
    reading: Mapping[str, str] = field(default_factory=dict)
    begin: Callable[[Path], None] = lambda root: None
    whole: Callable[[Path], list[str]] = lambda root: []


FILES = Way()


def run(
    folder: Path, workers: Workers, *, publishers: int, readers: int, reads: int, seed: int, way: Way = FILES
) -> Crowd:
    """``readers`` read ``reads`` times each while ``publishers`` publish and are killed in turn, one every few seconds."""
    chance, root, stop = random.Random(seed), folder / "published", folder / "stop"
    materials = [folder / f"{number}.pickle" for number in range(CONTENTS)]
    contents = [candidates.write(path, number) for number, path in enumerate(materials)]
    _alone(folder / "first", workers, root=root, material=materials[0])
    way.begin(root)
    told = {"root": str(root), "code": CODE, "year": YEAR, "contents": contents, "reads": reads} | dict(way.reading)
    reading = [folder / f"reader-{number}" for number in range(readers)]
    for place in reading:
        _begun(workers, place, way.read, **told)
    publishing: list[int] = []
    killed, until = 0, time.monotonic() + PATIENCE
    while not all((place / SAID).is_file() for place in reading):
        while len(publishing) < publishers:
            place = folder / f"publisher-{killed + len(publishing)}-{chance.randrange(10**9)}"
            given = {"root": str(root), "materials": [str(path) for path in materials], "stop": str(stop)}
            seed_of = chance.randrange(10**9)
            publishing.append(_begun(workers, place, "publish_on", seed=seed_of, **given, **way.publishing))
        time.sleep(chance.uniform(1, 6))
        os.kill(publishing.pop(chance.randrange(len(publishing))), signal.SIGKILL)
        killed += 1
        if time.monotonic() > until:
            raise TimeoutError(f"{readers} readers have not ended within {PATIENCE} s")
    for number in publishing:
        os.kill(number, signal.SIGKILL)
    saw = [json.loads((place / SAID).read_text("utf-8"))["status"] for place in reading]
    bad = [words for one in saw for words in (one["bad"] if isinstance(one, dict) else [str(one)])]
    bad += _whole_after(folder, workers, root=root, material=materials[1]) + way.whole(root)
    ended = [one for one in saw if isinstance(one, dict)]
    return Crowd(
        reads=sum(one["reads"] for one in ended),
        versions=len(list((root / CODE / str(YEAR) / "versions").iterdir())),
        met=max((one["versions"] for one in ended), default=0),
        killed=killed + len(publishing),
        bad=tuple(bad),
    )


def _begun(workers: Workers, place: Path, do: str, **given: object) -> int:
    place.mkdir()
    number = workers.start(place, do, **given)
    workers.release(place)
    return number


def _alone(place: Path, workers: Workers, *, root: Path, material: Path) -> dict[str, object]:
    """What one publisher says whom nobody disturbs."""
    place.mkdir()
    return workers.run(place, "publish", root=str(root), material=str(material)).said or {}


def _whole_after(folder: Path, workers: Workers, *, root: Path, material: Path) -> list[str]:
    """A plain publication goes through, every version verifies and stands in the ledger once, nothing else is left."""
    said = _alone(folder / "last", workers, root=root, material=material)
    problems = [] if said.get("status") in ("published", "verified") else [f"the last one: {said}"]
    standing = sorted((root / CODE / str(YEAR) / "versions").iterdir())
    problems += [words for version in standing for words in verify(version)]
    lines = ledger.read(root / CODE / ledger.NAME)
    if sorted(line["publication_id"] for line in lines.entries) != sorted(path.name for path in standing):
        problems.append("the ledger does not tell each version once")
    left = {path.name for path in (root / CODE / str(YEAR)).iterdir()}
    return problems + ([f"left behind: {sorted(left)}"] if left != {"proposed", "versions"} else [])
