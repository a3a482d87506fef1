"""``make bench``: measure every step from one municipality to a nation, and keep the lines of docs/scale.md.

``python -m bench.scale [FOLDER] [SIZE ...]``: a nation that stands in FOLDER is used again, and a size measured alone
replaces its own lines. Without a folder a new nation is written and removed again; that alone takes a quarter of an hour,
and a nation of publications another hour.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from bench.nation.write import part_of, write_nation
from bench.scale.child import Cost, dbt_build, run
from bench.scale.lines import DEMO, SIZES, Line, keep
from bench.scale.yearly import demonstration, how_many, yearly
from orchestration.intake.schemas import ACCEPTED, DELIVERIES, FINDINGS
from orchestration.intake.writing import parquet_bytes
from orchestration.intake.zones import create_zones

RUNS = {"empty": 3, "one": 3, "five": 3, "ten": 3}
"""Small sizes whose cost is little beside dbt's own start: so many runs, of which the least counts."""
BUILDS = {"dbt, models": "dbt build --exclude-resource-type test", "dbt": "dbt build"}
"""The models alone, which make the counts, and with the tests that let them through; the whole build stands afterwards."""
PEER_SIZES = ("one", "ten", "thirty", "hundred")
NOT_HERE = {"glm of R": "R is not on this machine"}


def main() -> None:
    """Entry."""
    given = sys.argv[1:]
    folder = Path(given[0]) if given else Path(tempfile.mkdtemp(prefix="likvard-nation-"))
    try:
        whole = folder / "n290"
        if not (whole / "pseudonymised" / "accepted" / "_deliveries.parquet").is_file():
            write_nation(whole)
        for line in empty(folder / "empty"):
            say(line)
        asked = given[1:] or [DEMO, *SIZES]
        if DEMO in asked:
            for line in demonstration(folder / "demonstration"):
                say(line)
        homes = {size: home_of(size, folder, whole=whole) for size in SIZES if size in asked}
        for size, home in homes.items():
            for line in of_size(home, size):
                say(line)
        for size, home in homes.items():
            for line in yearly(home, size, policies=folder / "policies", all_of=[*homes.values()][-1]):
                say(line)
    finally:
        if not given:
            shutil.rmtree(folder)


def home_of(size: str, folder: Path, *, whole: Path) -> Path:
    """The home of a size: the whole nation, or a part of it beside it, made where it is not there."""
    if SIZES[size] == SIZES["nation"]:
        return whole
    home = folder / f"p{SIZES[size]}"
    return home if home.is_dir() else part_of(home, whole, municipalities=SIZES[size])


def say(line: Line) -> None:
    """Print a line and keep it."""
    print(f"{line.step:24} {line.size:8} {line.cpu_seconds if line.reason == '' else line.reason}", flush=True)
    keep(line)


def empty(home: Path) -> Iterator[Line]:
    """dbt over a home without rows: what it takes to start and to go through its models and tests."""
    create_zones(home)
    accepted = home / "pseudonymised" / "accepted"
    tables = {f"{source}/_schema": schema for source, schema in ACCEPTED.items()}
    for name, schema in (tables | {"_deliveries": DELIVERIES, "_findings": FINDINGS}).items():
        path = accepted / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(parquet_bytes(schema.empty_table()))
    for step, command in BUILDS.items():
        yield Line(step, "empty", command, **asdict(least_build(home, "empty", tests=step == "dbt")))


def least_build(home: Path, size: str, *, tests: bool) -> Cost:
    """dbt over a home, as often as its size asks for; the run that took the least CPU."""
    return min((dbt_build(home, tests=tests) for _ in range(RUNS.get(size, 1))), key=lambda cost: cost.cpu_seconds)


def of_size(home: Path, size: str) -> Iterator[Line]:
    """Every line of one size, in the order of a run."""
    pupils, units = how_many(home)

    def line(step: str, command: str, **found: object) -> Line:
        return Line(step, size, command, pupils=pupils, units=units, **found)  # type: ignore[arg-type]

    command = "python -m bench.scale.door MUNICIPALITIES"
    if size == "nation":
        yield line("door", command, reason="a hundred tell its growth; writing the nation is as much again and more")
    else:
        yield line("door", command, **_child("bench.scale.door", str(SIZES[size])))
    around = [_child("bench.scale.limit", str(home))]
    for step, command in BUILDS.items():
        yield line(step, command, **asdict(least_build(home, size, tests=step == "dbt")))
    around.append(_child("bench.scale.limit", str(home)))
    one_pass = {name: sum(cost[name] for cost in around) / len(around) for name in around[0]}
    yield line("DuckDB, one pass", "python -m bench.scale.limit HOME", **one_pass)
    command = "python -m bench.scale.fits counts HOME"
    yield line("fits and intervals", command, **_child("bench.scale.fits", "counts", str(home)))
    if size == "nation":
        command = "python -m bench.scale.fits ten-times HOME"
        yield line("fits, ten nations", command, **_child("bench.scale.fits", "ten-times", str(home)))
    command = "python -m bench.scale.month PUPILS UNITS"
    yield line("month", command, **_child("bench.scale.month", str(pupils), str(units)))
    for peer in ("statsmodels", "glum", "pandas"):
        command = f"python -m bench.scale.fits {peer} HOME"
        if find_spec(peer) is None:
            yield line(peer, command, reason=f"{peer} is not installed here")
        elif size in PEER_SIZES:
            yield line(peer, command, **_child("bench.scale.fits", peer, str(home)))
        else:
            yield line(peer, command, reason="a hundred tell the ratio")
    yield from (line(step, "", reason=reason) for step, reason in NOT_HERE.items())


def _child(module: str, *arguments: str) -> dict[str, float]:
    """Run a module that prints CPU seconds by part; its cost without what it did outside the parts."""
    cost, told = run([sys.executable, "-m", module, *arguments])
    found = json.loads(told.splitlines()[-1])
    seconds = sum(found.get("seconds", found).values())
    return {"wall_seconds": cost.wall_seconds, "cpu_seconds": seconds, "peak_mb": cost.peak_mb}


if __name__ == "__main__":
    main()
