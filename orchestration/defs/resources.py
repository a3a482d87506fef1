"""Binds resources to settings."""

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import dagster as dg
from dagster_dbt import DbtCliResource
from dagster_dbt.compat import DBT_PYTHON_VERSION

from orchestration.manifest import PROJECT, QUIET, program
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings

if TYPE_CHECKING:
    from packaging.version import Version


class Dbt(DbtCliResource):
    """dbt as a program. dagster-dbt's own handle on the adapter is left out.

    That handle serves row counts and columns fetched while dbt runs, which no asset asks for, and costs as much as a
    tenth of a run: dbt's macros are parsed a second time in this process. Nor is dbt started once more to be asked for
    its version: it stands in this environment.
    """

    @cached_property
    def _cli_version(self) -> "Version":  # type: ignore[override]
        assert DBT_PYTHON_VERSION is not None  # dbt-core is one of this project's own dependencies
        return DBT_PYTHON_VERSION

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
