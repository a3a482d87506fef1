"""``python -m bench.scale.graph YEAR [own]``: the yearly graph over the home of the settings, whose rows are accepted and built.

Prints one JSON line: CPU, wall and peak memory of every step, and what became of the municipalities. The door and dbt are
measured apart, so their assets are left out. Policies are the default one of the settings' folder, or with ``own`` each municipality's.
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


def used() -> float:
    """CPU seconds of this process and of the children that have ended."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def peak_mb() -> float:
    """Largest memory of this process since ``forget_peak``, as the kernel counted it."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def forget_peak() -> None:
    """Let the peak be what is held now."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")


class Steps(logging.Handler):
    """CPU, wall and peak memory of each step, from Dagster's own events; one step runs at a time."""

    def __init__(self) -> None:
        super().__init__(level=logging.DEBUG)
        self.cost: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])

    def emit(self, record: logging.LogRecord) -> None:
        event = (getattr(record, "dagster_meta", None) or {}).get("dagster_event")
        if event is None or event.step_key is None:
            return
        sign = {"STEP_START": -1, "STEP_SUCCESS": 1, "STEP_FAILURE": 1}.get(event.event_type_value, 0)
        cost = self.cost[event.step_key]
        cost[0] += sign * used()
        cost[1] += sign * time.monotonic()
        if sign < 0:
            forget_peak()
        elif sign > 0:
            cost[2] = peak_mb()


def run(year: str, *, selection: dg.AssetSelection, policies: Path, default_policy: bool) -> dict[str, list[float]]:
    """Run the yearly job's steps of ``selection``: step → CPU s, wall s, peak MB. Raises RuntimeError naming steps that failed."""
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
    scope = {"policies": str(policies), "default_policy": default_policy, "only": [], "decided_only": False}
    with dg.DagsterInstance.get() as instance:
        done = job.execute_in_process(
            instance=instance, partition_key=year, asset_selection=wanted, raise_on_error=False,
            run_config={"resources": {"scope": {"config": scope}}, "loggers": {"costs": {"config": {}}}},
        )  # fmt: skip
    failed = [f"{e.step_key}: {e.step_failure_data.error.message[-300:]}" for e in done.get_step_failure_events()]
    if failed:
        raise RuntimeError("; ".join(failed))
    return dict(steps.cost)


if __name__ == "__main__":
    from orchestration.resources.tables import Tables
    from orchestration.settings import settings

    prepare(settings())
    steps = run(
        sys.argv[1],
        selection=dg.AssetSelection.all() - dg.AssetSelection.groups(INGEST, FACTORS),
        policies=settings().policies,
        default_policy="own" not in sys.argv[2:],
    )
    outcomes = Tables(root=str(settings().tables)).read_record("publication_outcome", int(sys.argv[1]))
    print(json.dumps({"steps": steps, "outcomes": [each["status"] for each in outcomes["municipalities"]]}))
