"""The verb ``host``: places for municipalities that share a machine.

Reads arguments, calls, prints. Heavy imports stand in the verb, as in ``orchestration.cli``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_console import out, refuse
from orchestration.texts import say


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("host", help=say("help_host"))(host)


def host(
    municipalities: Annotated[list[str], typer.Argument(help=say("help_host_codes"))],
    data: Annotated[Path, typer.Option(help=say("help_host_data"))] = Path("/srv/likvard"),
    keys: Annotated[Path, typer.Option(help=say("help_host_keys"))] = Path("/etc/likvard"),
) -> None:
    """Make an account, a home and a key per municipality."""
    from orchestration.manifest import ensure_manifest
    from orchestration.operations.hosting import HostError, checked, ensure_account, make_place
    from orchestration.settings import REPOSITORY

    if os.geteuid() != 0:
        refuse(say("host_not_root"))
    os.umask(0o022)  # what dbt parsed is read by every account, and written by none
    ensure_manifest()
    try:
        for code in map(checked, municipalities):
            account = ensure_account(code)
            made = make_place(code, data=data, keys=keys, account=account, policies=REPOSITORY / "policies")
            out.print(say("host_made", code=code, account=made.account, folder=str(made.folder)))
    except HostError as error:
        refuse(str(error))
    out.print(say("host_next"))
