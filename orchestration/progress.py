"""Progress in the terminal: a line per step, with its time and its rows.

Belongs here: turning Dagster's events into lines a person reads.
Does not: what happened in a step (its metadata say that), the result table (``orchestration.cli``).
"""

import logging
import time
from collections.abc import Callable

import dagster as dg
from rich.console import Console
from rich.status import Status

from orchestration.texts import number, say

_ROWS = ("rows", "school_units", "dagster/row_count")


class StepLines(logging.Handler):
    """Prints ``✓ step  time  rows`` when a step ends, and what it is doing while it works."""

    def __init__(self, console: Console) -> None:
        super().__init__(level=logging.DEBUG)
        self._console = console
        self._status: Status | None = None
        self._started: dict[str, float] = {}
        self._rows: dict[str, int] = {}
        self._tables: dict[str, int] = {}
        self._checks: dict[str, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Read one log record; only step events say anything."""
        event = (getattr(record, "dagster_meta", None) or {}).get("dagster_event")
        if event is None or event.step_key is None:
            return
        kind, step = event.event_type_value, event.step_key
        if kind == "STEP_START":
            self._started[step] = time.monotonic()
            self._rows[step] = self._tables[step] = self._checks[step] = 0
            self._show(say("step_running", step=_title(step)))
        elif kind == "ASSET_MATERIALIZATION":
            self._rows[step] += _row_count(event)
            self._tables[step] += 1
        elif kind in {"STEP_SUCCESS", "STEP_FAILURE"}:
            self._line(step, failed=kind == "STEP_FAILURE")
        elif kind == "ASSET_CHECK_EVALUATION":
            self._count_check(step, event)

    def close(self) -> None:
        """Stop the spinner."""
        if self._status:
            self._status.stop()
            self._status = None
        super().close()

    def _show(self, text: str) -> None:
        if self._status is None:
            self._status = self._console.status(text)
            self._status.start()
        else:
            self._status.update(text)

    def _count_check(self, step: str, event: dg.DagsterEvent) -> None:
        self._checks[step] += 1
        evaluation = event.asset_check_evaluation_data
        if not evaluation.passed:
            sign = "[red]✗[/]" if evaluation.severity == dg.AssetCheckSeverity.ERROR else "[yellow]![/]"
            self._console.print(f"    {sign} {evaluation.check_name}", highlight=False)

    def _line(self, step: str, *, failed: bool) -> None:
        seconds = time.monotonic() - self._started.get(step, time.monotonic())
        rows = self._rows.get(step, 0)
        if not (rows or self._tables.get(step) or failed):
            return  # a step of checks alone speaks only of what does not hold
        sign = "[red]✗[/]" if failed else "[green]✓[/]"
        tables, checks = self._tables.get(step, 0), self._checks.get(step, 0)
        counted = say("rows", rows=rows) if rows else say("tables_and_checks", tables=tables, checks=checks)
        self._console.print(
            f"  {sign} {_title(step):<32}{number(seconds, decimals=1):>7} s   {counted}", highlight=False
        )


def _row_count(event: dg.DagsterEvent) -> int:
    metadata = event.step_materialization_data.materialization.metadata
    for name in _ROWS:
        value = getattr(metadata.get(name), "value", None)
        if isinstance(value, int):
            return value
    return 0


def _title(step: str) -> str:
    return step.replace("__", " / ")


def progress_logger(console: Console) -> tuple[dg.LoggerDefinition, Callable[[], None]]:
    """A Dagster logger that prints steps to ``console``, and a function that stops it."""
    handler = StepLines(console)

    @dg.logger(description="Steps, times and rows in the terminal.")
    def terminal(_: dg.InitLoggerContext) -> logging.Logger:
        log = logging.Logger("likvard.progress", level=logging.DEBUG)
        log.addHandler(handler)
        return log

    return terminal, handler.close
