"""Claims of the crowd: whoever publishes, is killed or reads at the same time, a reader meets one whole version."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.claim import Claim, Measured
from bench.faults import crowd
from bench.faults.tracing import workers
from bench.homes import remove

PUBLISHERS, READERS, READS = 4, 4, 2600
LEAST_READS, LEAST_KILLED = 10_000, 20


def through_files() -> Measured:
    folder = Path(tempfile.mkdtemp(prefix="likvard-crowd-"))
    try:
        with workers() as serving:
            seen = crowd.run(folder, serving, publishers=PUBLISHERS, readers=READERS, reads=READS, seed=1)
    finally:
        remove(folder)
    figure = (
        f"{seen.reads} verified reads by {READERS} readers, {PUBLISHERS} publishers at a time, {seen.killed} of them killed, "
        f"{seen.versions} versions; {len(seen.bad)} bad"
    )
    holds = seen.reads >= LEAST_READS and seen.killed >= LEAST_KILLED and seen.versions > 1 and not seen.bad
    return Measured(figure, holds, "; ".join(seen.bad[:3]))


CLAIMS = (
    Claim(
        id="publication-readers",
        sentence="While several publish at once and are killed at random, each reader of the files meets one whole version.",
        goal=f"at least {LEAST_READS:_} verified reads, 0 bad".replace("_", " "),
        measure=through_files,
    ),
)
