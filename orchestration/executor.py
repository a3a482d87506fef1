"""How Dagster runs a job that writes in the home: in one process, and alone in the home from its first step to its last.

Belongs here: the executor. Does not: the lock itself (``orchestration.home``), which jobs use it (``defs``).

The queue lets one such run start at a time; this holds also where a person starts `likvard run` beside it, where the queue's
settings were changed, and where runs are containers on a shared folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.in_process import InProcessExecutor  # what dg.in_process_executor makes

from orchestration.home import alone_in
from orchestration.settings import settings

PATIENCE_S = 3600.0
"""How long a run waits for another one before it fails; a year of a municipality takes minutes."""


class AloneInHome(InProcessExecutor):
    """The executor of one process, with the home's lock held around all steps."""

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        """Wait for the home, run the steps, let go. Raises HomeInUseError when the wait was too long."""
        with alone_in(settings(), patience_s=PATIENCE_S):
            yield from super().execute(plan_context, execution_plan)


@dg.executor(name="in_the_home", config_schema={})
def in_the_home(_: dg.InitExecutorContext) -> AloneInHome:
    """Runs the steps of a job in one process, alone in the home."""
    return AloneInHome(retries=RetryMode.DISABLED)
