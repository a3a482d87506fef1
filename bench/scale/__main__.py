"""``make bench``: measure every step from one municipality to a nation, and keep the lines of docs/scale.md.

``python -m bench.scale [FOLDER] [SIZE ...]``: a nation that stands in FOLDER is used again, and a size measured alone
replaces its own lines. Without a folder a new nation is written and removed again; that alone takes a quarter of an hour.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import duckdb

from bench.nation.plan import YEARS
from bench.nation.write import part_of, write_nation
from bench.scale.child import dbt_build, python, run
from bench.scale.lines import DEMO, SIZES, Line, keep
from orchestration.intake.schemas import ACCEPTED, DELIVERIES, FINDINGS
from orchestration.intake.writing import parquet_bytes
from orchestration.intake.zones import create_zones

YEAR = "2027"
PARTS = {
    "fits": ("need_model",),
    "allocation": ("fct_allocation", "allocation__school_allocation", "how_sure", "organiser_terms"),
    "forecast": ("enrollment_forecast", "forecast_plans"),
    "follow-up": ("school_progress", "accuracy_followup", "effect_followup", "goals_followup", "key_figures"),
    "publication": ("publication__rule_result", "publication__proposal"),
}
"""Steps of the yearly graph by the name that the table gives them."""
NEED_WEIGHTS = ("fits", "allocation", "publication")
GRAPH_SIZES = ("one", "ten")
PEER_SIZES = ("one", "ten", "thirty", "hundred")
NOT_HERE = {
    "month": "payments need each municipality's own decided policy; see `make prove CLAIM=month`",
    "site": "stated per unit by `make prove CLAIM=pages`",
    "glm of R": "R is not on this machine",
}


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
        for size in given[1:] or (DEMO, *SIZES):
            if size == DEMO:
                for line in demonstration(folder / "demonstration"):
                    say(line)
                continue
            home = whole if SIZES[size] == SIZES["nation"] else folder / f"p{SIZES[size]}"
            if not home.is_dir():
                part_of(home, whole, municipalities=SIZES[size])
            for line in of_size(home, size):
                say(line)
    finally:
        if not given:
            shutil.rmtree(folder)


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
    cost = dbt_build(home)
    yield Line(
        "dbt", "empty", "dbt build", wall_seconds=cost.wall_seconds, cpu_seconds=cost.cpu_seconds, peak_mb=cost.peak_mb
    )


def of_size(home: Path, size: str) -> Iterator[Line]:
    """Every line of one size, in the order of a run."""
    pupils, units = _how_many(home)

    def line(step: str, command: str, **found: object) -> Line:
        return Line(step, size, command, pupils=pupils, units=units, **found)  # type: ignore[arg-type]

    limit = _child("bench.scale.limit", home=home)
    yield line("DuckDB, one pass", "python -m bench.scale.limit HOME", **limit)
    cost = dbt_build(home)
    yield line("dbt", "dbt build", wall_seconds=cost.wall_seconds, cpu_seconds=cost.cpu_seconds, peak_mb=cost.peak_mb)
    yield line(
        "fits and intervals",
        "python -m bench.scale.fits counts HOME",
        **_child("bench.scale.fits", "counts", home=home),
    )
    if size == "nation":
        command = "python -m bench.scale.fits ten-times HOME"
        yield line("fits, ten nations", command, **_child("bench.scale.fits", "ten-times", home=home))
    for peer in ("statsmodels", "glum", "pandas"):
        command = f"python -m bench.scale.fits {peer} HOME"
        if find_spec(peer) is None:
            yield line(peer, command, reason=f"{peer} is not installed here")
        elif size in PEER_SIZES:
            yield line(peer, command, **_child("bench.scale.fits", peer, home=home))
        else:
            yield line(peer, command, reason="a hundred tell the ratio")
    if size in GRAPH_SIZES:
        yield from graph_lines(home, size, policy="default", pupils=pupils, units=units)
    else:
        reason = "not run: a municipality after another, so it grows as they do"
        yield from (line(step, "", reason=reason) for step in PARTS)
    yield from (line(step, "", reason=reason) for step, reason in NOT_HERE.items())


def _how_many(home: Path) -> tuple[int, int]:
    """Pupils of a year, the mean over all, and school units."""
    rows = f"read_parquet('{home}/pseudonymised/accepted/enrollment/*.parquet', union_by_name = true)"
    with duckdb.connect() as connection:
        found = connection.execute(f"select count(*), count(distinct school_unit_code) from {rows}").fetchone()
    assert found is not None
    return round(found[0] / YEARS), found[1]


def _child(module: str, *arguments: str, home: Path) -> dict[str, float]:
    """Run a module that prints CPU seconds by part; its cost without what it did outside the parts."""
    cost, told = run([sys.executable, "-m", module, *arguments, str(home)])
    found = json.loads(told.splitlines()[-1])
    seconds = sum(found.get("seconds", found).values())
    return {"wall_seconds": cost.wall_seconds, "cpu_seconds": seconds, "peak_mb": cost.peak_mb}


def graph_lines(home: Path, size: str, *, policy: str, pupils: int, units: int) -> Iterator[Line]:
    """Lines of the yearly graph's parts; peak memory is of the whole process. What was refused is not said to have a cost."""
    cost, told = run([sys.executable, "-m", "bench.scale.graph", YEAR, policy], environment={"LIKVARD_HOME": str(home)})
    found = json.loads(told.splitlines()[-1])
    steps, outcomes = found["steps"], found["outcomes"]
    refused = outcomes.count("refused")
    command = f"python -m bench.scale.graph {YEAR} {policy}"
    for part, names in PARTS.items():
        if refused and part in NEED_WEIGHTS:
            reason = f"{refused} of {len(outcomes)} municipalities are refused: too small for weights of their own"
            yield Line(part, size, command, pupils=pupils, units=units, reason=reason)
            continue
        cpu, wall = (sum(steps[step][place] for step in names if step in steps) for place in (0, 1))
        yield Line(part, size, command, pupils, units, wall_seconds=wall, cpu_seconds=cpu, peak_mb=cost.peak_mb)


def demonstration(home: Path) -> Iterator[Line]:
    """The parts of the yearly graph over the demonstration, which is published under a policy of its own."""
    python("from orchestration.cli import main; main()", "demo", environment={"LIKVARD_HOME": str(home)})
    with duckdb.connect(str(home / "pseudonymised" / "warehouse.duckdb"), read_only=True) as connection:
        sql = "select sum(pupil_count), count(distinct school_unit_code) from marts.fct_enrollment where count_date = (select max(count_date) from marts.fct_enrollment)"
        found = connection.execute(sql).fetchone()
    assert found is not None
    yield from graph_lines(home, DEMO, policy="own", pupils=int(found[0]), units=found[1])


if __name__ == "__main__":
    main()
