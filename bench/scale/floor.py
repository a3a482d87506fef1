"""``python -m bench.scale.floor YEAR MODULES``: the yearly graph with empty bodies, after the imports of a real run.

Every asset and check stands in the graph with its key, its dependencies and its partitions, and says at once that it is
done. ``MODULES`` is a file with the names of the modules that a real run had imported when it ended.
"""

import contextlib
import importlib
import sys
import warnings
from graphlib import TopologicalSorter
from pathlib import Path

import dagster as dg

from orchestration.home import prepare
from orchestration.partitions import funding_years
from orchestration.settings import settings


def emptied(assets: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The same assets and checks, whose body does nothing."""
    name = assets.node_def.name
    partitions = assets.partitions_def
    specs = [spec.replace_attributes(deps=[*spec.deps], partitions_def=partitions) for spec in assets.specs]
    if not specs:
        return emptied_check(assets)
    before = {spec.key: {dep.asset_key for dep in spec.deps} for spec in specs}
    order = [key for key in TopologicalSorter(before).static_order() if key in before]

    @dg.multi_asset(name=name, specs=specs, check_specs=list(assets.check_specs), partitions_def=partitions)
    def body(context: dg.AssetExecutionContext):
        for key in order:
            yield dg.MaterializeResult(asset_key=key)
        for spec in assets.check_specs:
            yield dg.AssetCheckResult(asset_key=spec.asset_key, check_name=spec.name, passed=True)

    return body


def emptied_check(assets: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """Checks of their own, which pass at once."""
    specs = list(assets.check_specs)

    @dg.multi_asset_check(name=assets.node_def.name, specs=specs)
    def body(context: dg.AssetCheckExecutionContext):
        for spec in specs:
            yield dg.AssetCheckResult(asset_key=spec.asset_key, check_name=spec.name, passed=True)

    return body


def run_empty(year: str) -> int:
    """Run the job of the empty graph with its history kept. Returns the number of steps; RuntimeError when one fails."""
    from orchestration.definitions import defs

    real = defs()
    job_keys = real.resolve_job_def("yearly_proposal").asset_layer.executable_asset_keys
    graph = dg.Definitions(
        assets=[emptied(item) for item in real.assets if isinstance(item, dg.AssetsDefinition)],
        asset_checks=[emptied_check(item) for item in real.asset_checks or ()],
        jobs=[
            dg.define_asset_job(
                "yearly_proposal",
                selection=dg.AssetSelection.assets(*sorted(job_keys)),
                partitions_def=funding_years,
                executor_def=dg.in_process_executor,
            )
        ],
    )
    with dg.DagsterInstance.get() as instance:
        job = graph.resolve_job_def("yearly_proposal")
        done = job.execute_in_process(instance=instance, partition_key=year, raise_on_error=False)
    if not done.success:
        raise RuntimeError([event.message for event in done.get_step_failure_events()])
    return len(job.nodes)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    prepare(settings())
    for module in Path(sys.argv[2]).read_text().split():
        with contextlib.suppress(ImportError):  # a module made while a run went on, of that run alone
            importlib.import_module(module)
    print(run_empty(sys.argv[1]), "steps")
