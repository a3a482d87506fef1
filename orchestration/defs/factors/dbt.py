"""The one dbt step: accepted rows → staging → intermediate → marts, all years at once; the year is a column."""

import contextlib
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from orchestration.defs.factors.translator import LikvardTranslator
from orchestration.manifest import ensure_manifest
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings


@dbt_assets(manifest=ensure_manifest(), dagster_dbt_translator=LikvardTranslator(), name="dbt_build")
def dbt_models(context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: Warehouse):
    """Build and test every model. Unit tests run in CI, not here; a contract or key that breaks stops the run."""
    folder = Path(settings().home, "pseudonymised", "dbt")
    target = (
        folder / "target"
    )  # one writer at a time, so one folder; what dbt parsed last time is read again from there
    target.mkdir(parents=True, exist_ok=True)
    # dbt's own lines go to a file; the terminal shows one line per step, and an error carries dbt's words anyway.
    with (folder / "last_build.log").open("w") as log, contextlib.redirect_stdout(log):
        invocation = dbt.cli(["build", "--exclude-resource-type", "unit_test"], context=context, target_path=target)
        yield from invocation.stream()
