"""Claims of the crowd: whoever publishes, is killed or reads at the same time, a reader meets one whole version."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.claim import Claim, Measured
from bench.faults import crowd
from bench.faults.crowd_views import through_views
from bench.faults.tracing import workers
from bench.homes import remove
from bench.postgres_server import binaries, running

PUBLISHERS, READERS = 4, 4
READS = 7_800
"""Of each reader: the crowd shall have time to be killed."""
LEAST_READS, LEAST_KILLED = 10_000, 20


def through_files() -> Measured:
    return _measured(crowd.FILES)


def through_postgres() -> Measured:
    programs = binaries()
    if programs is None:
        return Measured("not measured", None, "PostgreSQL is not on this machine")
    with running(programs) as server:
        return _measured(through_views(server))


def _measured(way: crowd.Way) -> Measured:
    folder = Path(tempfile.mkdtemp(prefix="likvard-crowd-"))
    try:
        with workers() as serving:
            seen = crowd.run(folder, serving, publishers=PUBLISHERS, readers=READERS, reads=READS, seed=1, way=way)
    finally:
        remove(folder)
    figure = (
        f"{seen.reads} verified reads by {READERS} readers, {PUBLISHERS} publishers at a time, {seen.killed} of them killed, "
        f"{seen.versions} versions, {seen.met} of them met; {len(seen.bad)} bad"
    )
    holds = seen.reads >= LEAST_READS and seen.killed >= LEAST_KILLED and seen.met > 1 and not seen.bad
    return Measured(figure, holds, "; ".join(seen.bad[:3]))


GOAL = f"at least {LEAST_READS:_} verified reads, 0 bad".replace("_", " ")
CLAIMS = (
    Claim(
        id="publication-readers",
        sentence="While several publish at once and are killed at random, each reader of the files meets one whole version.",
        goal=GOAL,
        measure=through_files,
    ),
    Claim(
        id="publication-readers-postgres",
        sentence="While several publish and send to PostgreSQL at once and are killed at random, each reader's transaction over "
        "the views meets one whole version, and no reader is stopped.",
        goal=GOAL,
        measure=through_postgres,
    ),
)
