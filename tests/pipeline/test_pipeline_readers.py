"""The graph ends at its readers: PostgreSQL where one is set, and the marts that dbt's exposures name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from expectations.contracts import CONTRACTS
from expectations.dashboards import DASHBOARDS, MARTS
from tests import warm
from tests.pipeline.conftest import ROOT, surroundings

ASK = """
import json
import dagster as dg
from orchestration.definitions import defs

definitions = defs()
graph = definitions.get_repository_def().asset_graph
jobs = {
    name: sorted(key.to_user_string() for key in definitions.resolve_job_def(name).asset_layer.selected_asset_keys)
    for name in ("yearly_proposal", "serve_in_postgres")
    if name in definitions.get_repository_def().job_names
}
read = {
    parent.path[-1]
    for key in dg.AssetSelection.assets(dg.AssetKey(["publication", "proposal"])).upstream().resolve(graph)
    if key.path[0] in ("need", "allocation", "publication")
    for parent in graph.get(key).parent_keys
    if parent.path[0] == "marts"
}
print("ASKED" + json.dumps({"jobs": jobs, "marts": sorted(read)}))
"""


def asked(home: Path, **settings: object) -> dict:
    done = warm.python(ASK, ["graph"], env=surroundings(home, **settings), cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("ASKED")]
    return json.loads(line.removeprefix("ASKED"))


@pytest.mark.parametrize("is_set", [False, True])
def test_postgres_is_a_job_of_its_own_and_only_where_one_is_set(tmp_path: Path, is_set: bool):
    found = asked(tmp_path, **({"postgres_url_file": tmp_path / "url"} if is_set else {}))
    assert "publication/postgres" not in found["jobs"]["yearly_proposal"]
    assert "publication/proposal" in found["jobs"]["yearly_proposal"]
    assert found["jobs"].get("serve_in_postgres") == (["publication/postgres"] if is_set else None)
    assert found["marts"] == sorted(MARTS)


def test_dashboards_read_published_tables_only():
    assert {table for each in DASHBOARDS for table in each.tables} <= set(CONTRACTS)
