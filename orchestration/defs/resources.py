"""Binds resources to settings."""

import os

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.manifest import PROJECT, QUIET, executable
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings


@dg.definitions
def resources() -> dg.Definitions:
    """Every resource, bound to the settings of this process."""
    found = settings()
    # dbt reads its places from the environment of the process that starts it.
    os.environ.update(
        QUIET | {"LIKVARD_HOME": str(found.home), "DBT_LOG_PATH": str(found.home / "pseudonymised" / "dbt" / "logs")}
    )
    return dg.Definitions(
        resources={
            "dbt": DbtCliResource(project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=executable()),
            "scope": Scope(policies=str(found.policies)),
            "tables": Tables(root=str(found.tables)),
            "warehouse": Warehouse(path=str(found.warehouse)),
        }
    )
