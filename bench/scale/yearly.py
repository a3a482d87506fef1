"""Lines of the yearly graph and of the pages, from the demonstration to a nation of publications.

The invented municipalities have the default policy, whose weights are drawn towards those of all municipalities together
(``likvard weights pool``): alone, the small ones have too few results. Belongs here: policies of that kind, the graph's parts
by the name that the table gives them, pages. Does not: the door, dbt and the fits by themselves (``bench.scale.__main__``).
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import yaml

from bench.nation.plan import YEARS
from bench.scale.child import python, run
from bench.scale.lines import DEMO, Line
from orchestration.settings import REPOSITORY

YEAR = "2027"
PARTS = {
    "fits": ("need_model",),
    "allocation": ("fct_allocation", "allocation__school_allocation", "how_sure", "organiser_terms"),
    "forecast": ("enrollment_forecast", "forecast_plans"),
    "follow-up": ("school_progress", "accuracy_followup", "effect_followup", "goals_followup", "key_figures"),
    "publication": ("publication__rule_result", "publication__proposal"),
}
"""Steps of the yearly graph by the name that the table gives them."""
PRIOR = "invented"
"""Name of the weights of all municipalities together."""
LIKVARD = "from orchestration.cli import main; main()"


def yearly(home: Path, size: str, *, policies: Path, all_of: Path) -> Iterator[Line]:
    """Every municipality of a home whose warehouse is built, published, and the pages of what was published.

    ``policies``: a folder of policies; made with the weights of all municipalities of the home ``all_of`` where it is not there.
    """
    if not policies.is_dir():
        with_prior(policies, home=all_of)
    pupils, units = how_many(home)
    yield from graph_lines(home, size, policies=policies, pupils=pupils, units=units)
    yield from page_lines(home, size, policies=policies, pupils=pupils, units=units)


def with_prior(policies: Path, *, home: Path) -> None:
    """Write a folder of policies: the default one, whose weights are drawn towards those of all municipalities of ``home``."""
    shutil.copytree(REPOSITORY / "policies" / "default", policies / "default")
    arguments = ("--name", PRIOR, "--kind", "national", "--label", "all", "--source", "the invented municipalities")
    environment = {"LIKVARD_HOME": str(home), "LIKVARD_POLICIES": str(policies)}
    python(LIKVARD, "weights", "pool", YEAR, *arguments, environment=environment)
    model = policies / "default" / "model.yml"
    values = yaml.safe_load(model.read_text("utf-8"))
    for interval in values["need"]["prior"]["values"]:
        interval["value"] = f"{PRIOR}.json"
    model.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False), encoding="utf-8")


def graph_lines(home: Path, size: str, *, policies: Path, pupils: int, units: int, own: bool = False) -> Iterator[Line]:
    """Lines of the yearly graph's parts; peak memory is of the process while it goes through them. RuntimeError where anything
    is refused."""
    arguments = [YEAR, *(["own"] if own else [])]
    _, told = run(
        [sys.executable, "-m", "bench.scale.graph", *arguments],
        environment={"LIKVARD_HOME": str(home), "LIKVARD_POLICIES": str(policies)},
    )
    found = json.loads(told.splitlines()[-1])
    refused = [outcome for outcome in found["outcomes"] if outcome != "published"]
    if refused:
        raise RuntimeError(f"{size}: {len(refused)} of {len(found['outcomes'])} municipalities are {refused[0]}")
    steps = found["steps"]
    for part, names in PARTS.items():
        cpu, wall = (sum(steps[step][place] for step in names) for place in (0, 1))
        peak = max(steps[step][2] for step in names)
        line = partial(Line, part, size, f"python -m bench.scale.graph {YEAR}", pupils=pupils, units=units)
        yield line(wall_seconds=wall, cpu_seconds=cpu, peak_mb=peak)


def page_lines(home: Path, size: str, *, policies: Path, pupils: int, units: int) -> Iterator[Line]:
    """Pages in both languages of every publication of the home; without PDF, which take as long again and more."""
    cost, _ = python(
        LIKVARD, "site", YEAR, "--no-pdf", environment={"LIKVARD_HOME": str(home), "LIKVARD_POLICIES": str(policies)}
    )
    line = partial(Line, "site", size, f"likvard site {YEAR} --no-pdf", pupils=pupils, units=units)
    yield line(wall_seconds=cost.wall_seconds, cpu_seconds=cost.cpu_seconds, peak_mb=cost.peak_mb)


def demonstration(home: Path) -> Iterator[Line]:
    """The parts of the yearly graph and the pages of the demonstration, which is published under a policy of its own."""
    python(LIKVARD, "demo", environment={"LIKVARD_HOME": str(home)})
    with duckdb.connect(str(home / "pseudonymised" / "warehouse.duckdb"), read_only=True) as connection:
        sql = "select sum(pupil_count), count(distinct school_unit_code) from marts.fct_enrollment where count_date = (select max(count_date) from marts.fct_enrollment)"
        found = connection.execute(sql).fetchone()
    assert found is not None
    shutil.rmtree(home / "published")  # what stands is verified, which costs less than publishing
    policies = REPOSITORY / "policies"
    yield from graph_lines(home, DEMO, policies=policies, pupils=int(found[0]), units=found[1], own=True)
    yield from page_lines(home, DEMO, policies=policies, pupils=int(found[0]), units=found[1])


def how_many(home: Path) -> tuple[int, int]:
    """Pupils of a year, the mean over all, and school units."""
    rows = f"read_parquet('{home}/pseudonymised/accepted/enrollment/*.parquet', union_by_name = true)"
    with duckdb.connect() as connection:
        found = connection.execute(f"select count(*), count(distinct school_unit_code) from {rows}").fetchone()
    assert found is not None
    return round(found[0] / YEARS), found[1]
