"""One run of a funding year: the job in this process, with its history kept, and what came of it as plain values.

Belongs here: starting the job, reading its outcome, the exit code. Does not: printing (``orchestration.cli``).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.settings import Settings

ALL_PUBLISHED, UNEXPECTED, USAGE, SOME_REFUSED, NONE_PUBLISHED = 0, 1, 2, 3, 4
"""Exit codes: all published, unexpected error, wrong use, some refused, none published."""

_BLOCKED = ("DagsterAssetCheckFailedError", "DagsterDbtCliRuntimeError")
"""Errors by which a fault of the whole input stops a run."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that stopped the run, and why."""

    step: str
    error: str
    blocks_input: bool


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What came of a run.

    Attributes
    ----------
    municipalities : one row per municipality, as the publication step recorded it
    failures : steps that failed; empty when the run went through
    """

    run_id: str
    funding_year: int
    municipalities: tuple[dict[str, Any], ...]
    failures: tuple[Failure, ...]

    @property
    def exit_code(self) -> int:
        """0 all published, 3 some refused, 4 none published, 1 unexpected error."""
        if self.failures:
            return NONE_PUBLISHED if all(f.blocks_input for f in self.failures) else UNEXPECTED
        refused = [m for m in self.municipalities if m["status"] == "refused"]
        if len(refused) == len(self.municipalities):
            return NONE_PUBLISHED
        return SOME_REFUSED if refused else ALL_PUBLISHED


def run_year(
    found: Settings,
    *,
    funding_year: int,
    default_policy: bool = False,
    only: Sequence[str] = (),
    decided_only: bool = False,
    logger: Any = None,
    stop_logger: Callable[[], None] = lambda: None,
) -> RunOutcome:
    """Run ``yearly_proposal`` for one funding year in this process; the home must be prepared and held.

    ``logger`` is a Dagster logger that shows progress; without one the run is silent.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Specifying a partitions_def on an AssetCheckSpec")
        warnings.filterwarnings("ignore", message="The `__fields__` attribute is deprecated")
        import dagster as dg

        from orchestration.definitions import defs

        definitions = defs()
        if logger is not None:
            definitions = dg.Definitions.merge(definitions, dg.Definitions(loggers={"terminal": logger}))
        job = definitions.resolve_job_def("yearly_proposal")
        config: dict[str, Any] = {
            "resources": {
                "scope": {
                    "config": {
                        "policies": str(found.policies),
                        "default_policy": default_policy,
                        "only": list(only),
                        "decided_only": decided_only,
                    }
                }
            },
            "loggers": {"terminal": {"config": {}}} if logger is not None else {},
        }
        try:
            with dg.DagsterInstance.get() as instance:
                result = job.execute_in_process(
                    instance=instance,
                    run_config=config,
                    partition_key=str(funding_year),
                    raise_on_error=False,
                    tags={"likvard/policy": "default" if default_policy else "own"},
                )
        finally:
            stop_logger()
    failures = tuple(_failure(event) for event in result.get_step_failure_events()) if not result.success else ()
    return RunOutcome(
        run_id=result.run_id,
        funding_year=funding_year,
        municipalities=() if failures else tuple(_outcomes(found, funding_year)),
        failures=failures,
    )


def take_in(
    found: Settings, *, logger: Any = None, stop_logger: Callable[[], None] = lambda: None
) -> tuple[Failure, ...]:
    """Run ``monthly_intake`` in this process: new deliveries through the door, and the counts of months built of them.

    The home must be prepared and held. Returns the steps that failed. ``logger`` as in ``run_year``.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Specifying a partitions_def on an AssetCheckSpec")
        warnings.filterwarnings("ignore", message="The `__fields__` attribute is deprecated")
        import dagster as dg

        from orchestration.definitions import defs

        definitions = defs()
        if logger is not None:
            definitions = dg.Definitions.merge(definitions, dg.Definitions(loggers={"terminal": logger}))
        job = definitions.resolve_job_def("monthly_intake")
        config = {
            "resources": {"scope": {"config": {"policies": str(found.policies)}}},
            "loggers": {"terminal": {"config": {}}} if logger is not None else {},
        }
        try:
            with dg.DagsterInstance.get() as instance:
                result = job.execute_in_process(instance=instance, run_config=config, raise_on_error=False)
        finally:
            stop_logger()
    return tuple(_failure(event) for event in result.get_step_failure_events()) if not result.success else ()


def _outcomes(found: Settings, funding_year: int) -> list[dict[str, Any]]:
    from orchestration.resources.tables import Tables

    return Tables(root=str(found.tables)).read_record("publication_outcome", funding_year)["municipalities"]


def _failure(event: Any) -> Failure:
    error = event.step_failure_data.error
    chain, kinds = error, []
    while chain is not None:
        kinds.append(chain.cls_name)
        innermost, chain = chain, chain.cause
    message = innermost.message.strip().split(": ", 1)[-1] if innermost.cls_name else innermost.message.strip()
    return Failure(step=event.step_key, error=message, blocks_input=any(kind in _BLOCKED for kind in kinds))
