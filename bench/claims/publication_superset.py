"""Claim of a BI tool that others wrote: Apache Superset reads the publication and draws it."""

from __future__ import annotations

from pathlib import Path

from bench.claim import Claim, Measured
from bench.postgres_server import binaries, running
from bench.superset import demonstration, instance

LEAST_COLOURS = 3
"""A drawn chart has its bars, its letters and its lines; an empty canvas has none."""


def drawn_by_superset(*, picture: Path | None = None) -> Measured:
    """Both ways, öre by öre per school unit, and two charts on one page; ``picture`` keeps the page."""
    version, programs = instance.version(), binaries()
    if version is None:
        return Measured("not measured", None, "its environment is not built; make superset builds it")
    if programs is None:
        return Measured("not measured", None, "PostgreSQL is not on this machine")
    with running(programs) as server:
        found = demonstration.read(server, picture=picture)
    equal = [name for name, ore in found.read_ore.items() if ore == found.sealed_ore]
    drawn = [colours for colours in found.colours if colours >= LEAST_COLOURS]
    figure = (
        f"Superset {version}: {sum(found.sealed_ore.values())} öre over {len(found.sealed_ore)} school units from "
        f"{' and '.join(equal) or 'nowhere'}, {len(drawn)} charts drawn"
    )
    return Measured(figure, len(equal) == len(drawn) == len(found.read_ore) and len(found.sealed_ore) > 1)


CLAIMS = (
    Claim(
        id="publication-superset",
        sentence="Apache Superset reads the DuckDB file and PostgreSQL, adds up to what is sealed per school unit, and draws both.",
        goal="both, to the öre; 2 charts drawn",
        measure=drawn_by_superset,
    ),
)
