"""The doctor's report as a table in the terminal.

Belongs here: layout. Does not: words of findings (``orchestration.texts``), looking (``orchestration.operations``).
"""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestration.operations.alerts import SEVERITY_WORDS
from orchestration.operations.doctor import Report
from orchestration.texts import say, share

STYLES = {"critical": "bold red", "warning": "yellow", "info": "dim"}


def doctor_view(report: Report) -> RenderableType:
    """One row per finding, the gravest first, with what to do; or that all is well."""
    looked = Text(say("doctor_looked", versions=report.versions, free=share(report.disk_free_share)))
    if not report.findings:
        return Group(Text(say("doctor_well"), style="green"), looked)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column(say("doctor_severity"), no_wrap=True)
    table.add_column(say("doctor_id"), no_wrap=True)
    table.add_column(say("doctor_where"), overflow="fold")
    table.add_column(say("doctor_what"), overflow="fold", ratio=2)
    for finding in report.findings:
        table.add_row(
            Text(say(SEVERITY_WORDS[finding.severity]), style=STYLES[finding.severity]),
            finding.code,
            Text(finding.where),
            Text.assemble(finding.what, "\n", ("→ " + finding.to_do, "dim")),
        )
    return Group(table, looked)
