"""The asset graph as Dagster's users meet it: it loads, everything is described and owned, nothing runs unattended at home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from expectations.rules import all_rules
from orchestration.names import WRITES_HOME
from tests import warm
from tests.pipeline.conftest import ROOT, surroundings

DESCRIBE = """
import json, warnings
import dagster as dg
from orchestration.definitions import defs

definitions = defs()
dg.Definitions.validate_loadable(definitions)
repository = definitions.get_repository_def()
graph = repository.asset_graph
assets = {}
for key in graph.get_all_asset_keys():
    node = graph.get(key)
    assets[key.to_user_string()] = {
        "description": node.description or "", "owners": sorted(node.owners), "group": node.group_name,
        "is_executable": node.is_executable, "kinds": sorted(node.kinds), "partitioned": node.partitions_def is not None,
        "pages": getattr(node.metadata.get("pages"), "value", None) is not None, "parents": sorted(parent.to_user_string() for parent in node.parent_keys),
    }
schedules = [
    [s.name, s.cron_schedule, str(s.execution_timezone), s.job_name, s.default_status.value]
    for s in repository.schedule_defs
]
print("GRAPH" + json.dumps({
    "assets": assets, "checks": {key.name: graph.get_check_spec(key).blocking for key in graph.asset_check_keys}, "schedules": schedules,
    "sensors": [s.name for s in repository.sensor_defs], "jobs": sorted(repository.job_names),
    "executors": {job.name: job.executor_def.name for job in repository.get_all_jobs()},
    "tags": {job.name: dict(job.tags) for job in repository.get_all_jobs()},
}))
"""


def described(home: Path, environment: str) -> dict[str, Any]:
    done = warm.python(DESCRIBE, ["graph"], env=surroundings(home, environment=environment), cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("GRAPH")]
    return json.loads(line.removeprefix("GRAPH"))


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return described(tmp_path_factory.mktemp("graph"), "development")


def test_every_asset_says_what_it_is_and_who_answers_for_it(graph):
    assert len(graph["assets"]) > 30
    for name, asset in graph["assets"].items():
        assert len(asset["description"]) >= 20, f"{name} has no description"
        assert asset["owners"], f"{name} has no owner"
        groups = {
            "ingest", "factors", "need", "allocation", "forms", "forecast", "followup", "payment", "publication",
        }  # fmt: skip
        assert asset["group"] in groups, f"{name}: {asset['group']}"
        assert asset["is_executable"], f"{name} is a stub: nothing makes it"


def test_the_lineage_leads_from_every_delivery_to_the_proposal(graph):
    def ancestors(name: str) -> set[str]:
        parents = set(graph["assets"][name]["parents"])
        return parents.union(*(ancestors(parent) for parent in parents)) if parents else set()

    behind = ancestors("publication/proposal")
    raw = {name for name in graph["assets"] if name.startswith("raw/")}
    assert len(raw) == 16
    told_only = {"raw/unit_costs", "raw/unit_staff", "raw/state_grants"}
    assert raw - behind == told_only  # nothing is paid or published on what schools spent
    assert "raw/subject_results" in ancestors("followup/cohort_progression")
    paid = ancestors("allocation/fct_allocation")
    assert (
        not {"raw/subject_results", "followup/cohort_progression"} & paid
    )  # nothing is paid on how cohorts come along
    assert {
        "need/need_coefficient",
        "need/fct_need_index",
        "allocation/fct_allocation",
        "marts/dim_school_unit",
        "forms/form_overview",
        "raw/form_enrollment",
    } <= behind


def test_an_asset_whose_figures_stand_on_pages_leads_to_them(graph):
    site = "publication/site"
    leading = {name for name, asset in graph["assets"].items() if asset["pages"]}
    assert {
        "need/fct_need_index",
        "allocation/fct_allocation",
        "allocation/school_allocation",
        "publication/proposal",
    } <= leading
    assert leading >= {name for name, asset in graph["assets"].items() if asset["group"] == "allocation"}
    assert site not in leading
    assert site in graph["assets"]


def test_years_are_partitions_after_dbt_and_a_column_within_it(graph):
    partitioned = {name for name, asset in graph["assets"].items() if asset["partitioned"]}
    assert partitioned == {
        name
        for name, asset in graph["assets"].items()
        if asset["group"] in {"need", "allocation", "forms", "forecast", "followup", "publication", "payment"}
    }


def test_every_rule_of_the_register_is_visible_as_a_check(graph):
    assert {rule.name for rule in all_rules()} <= set(graph["checks"])


def test_no_rule_blocks_since_one_municipality_s_fault_must_not_stop_its_neighbours(graph):
    assert [rule.id for rule in all_rules() if graph["checks"][rule.name]] == []


def test_nothing_runs_unattended_outside_production(graph):
    assert graph["schedules"] == []
    assert graph["sensors"] == []
    assert {"yearly_proposal", "monthly_intake", "monthly_payment_run"} <= set(graph["jobs"])


def test_every_job_that_writes_in_the_home_is_alone_there_and_queued_one_at_a_time(graph):
    for name, executor in graph["executors"].items():
        if name != "serve_in_postgres":
            assert executor == "in_the_home", name
        if not name.startswith("__") and name != "serve_in_postgres":
            assert graph["tags"][name].items() >= WRITES_HOME.items(), name


def test_production_has_the_schedule_in_swedish_time_and_it_waits_to_be_started(tmp_path):
    found = {schedule[3]: schedule for schedule in described(tmp_path, "production")["schedules"]}
    assert [(s[1], s[2], s[4]) for job, s in found.items() if job == "monthly_payment_run"] == [
        ("0 6 * * *", "Europe/Stockholm", "STOPPED")
    ]
    name, cron, zone, job, status = found["yearly_proposal"]
    assert (zone, job, status) == ("Europe/Stockholm", "yearly_proposal", "STOPPED")
    minute, hour, day, month, weekday = cron.split()
    assert (int(month), weekday) == (10, "*")
    assert int(day) > 15, f"{name} must come after the count date of 15 October"
    assert 0 <= int(minute) < 60
    assert 0 <= int(hour) < 24
