"""Binds resources to settings."""

import os
from collections.abc import Sequence

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.manifest import PROJECT, QUIET, program
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings


class Dbt(DbtCliResource):
    """dbt as a program. dagster-dbt's own handle on the adapter is left out.

    That handle serves row counts and columns fetched while dbt runs, which no asset asks for, and costs as much as a
    tenth of a run: dbt's macros are parsed a second time in this process.
    """

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        return None


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
            "dbt": Dbt(project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=program()),
            "scope": Scope(policies=str(found.policies)),
            "tables": Tables(root=str(found.tables)),
            "warehouse": Warehouse(path=str(found.warehouse)),
        }
    )
