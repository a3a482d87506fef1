"""The one dbt step: accepted rows → staging → intermediate → marts, all years at once; the year is a column."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from orchestration import built
from orchestration.built import Told
from orchestration.defs.factors.translator import LikvardTranslator
from orchestration.manifest import ensure_manifest
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings

UNCHANGED = "unchanged since the last build: dbt would make the same"


@dbt_assets(manifest=ensure_manifest(), dagster_dbt_translator=LikvardTranslator(), name="dbt_build")
def dbt_models(context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: Warehouse):
    """Build and test every model, unless nothing that dbt reads has changed since it last did.

    Unit tests run in CI, not here; a contract or key that breaks stops the run.
    """
    found = settings()
    read = built.read_by_dbt(found)
    assets, checks = context.selected_asset_keys, context.selected_asset_check_keys
    before = built.standing(found, read=read)
    if before is not None and covered(before, assets=assets, checks=checks):
        context.log.info(UNCHANGED)
        yield from again(before, assets=assets, checks=checks)
        return
    folder = Path(found.home, "pseudonymised", "dbt")
    target = (
        folder / "target"
    )  # one writer at a time, so one folder; what dbt parsed last time is read again from there
    target.mkdir(parents=True, exist_ok=True)
    built.forget(found)
    told: list[Told] = []
    # dbt's own lines go to a file; the terminal shows one line per step, and an error carries dbt's words anyway.
    with (folder / "last_build.log").open("w") as log, contextlib.redirect_stdout(log):
        invocation = dbt.cli(["build", "--exclude-resource-type", "unit_test"], context=context, target_path=target)
        for event in invocation.stream():
            told += noted(event, assets=assets)
            yield event
    if assets == dbt_models.keys:
        built.keep(found, read=read, told=told)


def noted(event: Any, *, assets: set[dg.AssetKey]) -> list[Told]:
    """What is kept of an event of dbt: that a node stands, or what a test found; nothing of observations."""
    match event:
        case dg.Output():
            (asset,) = (key for key in assets if key.to_python_identifier() == event.output_name)
            return [Told(tuple(asset.path))]
        case dg.AssetCheckResult():
            assert event.asset_key is not None
            return [Told(tuple(event.asset_key.path), event.check_name, event.passed, event.severity.name)]
        case _:
            return []


def covered(told: Sequence[Told], *, assets: set[dg.AssetKey], checks: set[dg.AssetCheckKey]) -> bool:
    """Whether the build told of every selected node and test."""
    nodes = {dg.AssetKey(list(each.asset)) for each in told if each.check is None}
    tests = {dg.AssetCheckKey(dg.AssetKey(list(each.asset)), each.check) for each in told if each.check is not None}
    return assets <= nodes and checks <= tests


def again(told: Sequence[Told], *, assets: set[dg.AssetKey], checks: set[dg.AssetCheckKey]) -> Iterator[Any]:
    """What dbt told of the selected nodes and tests, in its order."""
    for each in told:
        asset = dg.AssetKey(list(each.asset))
        if each.check is None:
            if asset in assets:
                yield dg.MaterializeResult(asset_key=asset, metadata={"build": UNCHANGED})
        elif dg.AssetCheckKey(asset, each.check) in checks:
            yield dg.AssetCheckResult(
                asset_key=asset, check_name=each.check, passed=each.passed,
                severity=dg.AssetCheckSeverity[each.severity], metadata={"build": UNCHANGED},
            )  # fmt: skip
