"""``python -m bench.scale.graph HOME YEAR``: the yearly graph over a home whose rows are accepted and built, step by step.

Prints one JSON line: CPU and wall of every step. The door and dbt are measured apart, so their assets are left out. With
``--empty`` the bodies do nothing: what is left is the framework's own cost with the same imports and the same graph.
"""

import json
import logging
import resource
import sys
import time
from collections import defaultdict
from pathlib import Path

import dagster as dg

from orchestration.home import prepare
from orchestration.names import FACTORS, INGEST

_DRAWN = ("publication", "key_figures")


def used() -> float:
    """CPU seconds of this process and of the children that have ended."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


class Steps(logging.Handler):
    """CPU and wall of each step, from Dagster's own events."""

    def __init__(self) -> None:
        super().__init__(level=logging.DEBUG)
        self.cost: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def emit(self, record: logging.LogRecord) -> None:
        event = (getattr(record, "dagster_meta", None) or {}).get("dagster_event")
        if event is None or event.step_key is None:
            return
        sign = {"STEP_START": -1, "STEP_SUCCESS": 1, "STEP_FAILURE": 1}.get(event.event_type_value, 0)
        cost = self.cost[event.step_key]
        cost[0] += sign * used()
        cost[1] += sign * time.monotonic()


def run(home: Path, year: str, *, selection: dg.AssetSelection, policies: Path) -> dict[str, object]:
    """Run the yearly job's steps of ``selection`` with the default policy. Raises RuntimeError naming steps that failed."""
    from orchestration.definitions import defs

    steps = Steps()

    @dg.logger(description="Costs of steps.")
    def costs(_: dg.InitLoggerContext) -> logging.Logger:
        log = logging.Logger("bench.scale", level=logging.DEBUG)
        log.addHandler(steps)
        return log

    definitions = dg.Definitions.merge(defs(), dg.Definitions(loggers={"costs": costs}))
    assets = definitions.resolve_asset_graph()
    job = definitions.resolve_job_def("yearly_proposal")
    wanted = sorted(selection.resolve(assets) & set(job.asset_layer.executable_asset_keys))
    scope = {"policies": str(policies), "default_policy": True, "only": [], "decided_only": False}
    with dg.DagsterInstance.get() as instance:
        done = job.execute_in_process(
            instance=instance, partition_key=year, asset_selection=wanted, raise_on_error=False,
            run_config={"resources": {"scope": {"config": scope}}, "loggers": {"costs": {"config": {}}}},
        )  # fmt: skip
    failed = [f"{e.step_key}: {e.step_failure_data.error.message[-300:]}" for e in done.get_step_failure_events()]
    if failed:
        raise RuntimeError("; ".join(failed))
    return {"steps": dict(steps.cost)}


if __name__ == "__main__":
    from orchestration.settings import REPOSITORY, settings

    prepare(settings())
    kept = dg.AssetSelection.all() - dg.AssetSelection.groups(INGEST, FACTORS)
    told = run(settings().home, sys.argv[1], selection=kept, policies=REPOSITORY / "policies")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(told | {"cpu": used(), "peak_mb": peak}))
