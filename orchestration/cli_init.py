"""The verb ``init``: a policy folder to begin with.

Reads arguments, calls, prints. Heavy imports stand in the verb, as in ``orchestration.cli``.
"""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli_console import out, refuse
from orchestration.settings import settings
from orchestration.texts import say


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("init", help=say("help_init"))(init)


def init(
    municipality: Annotated[str, typer.Argument(help=say("help_init_code"))],
    name: Annotated[str | None, typer.Option(help=say("help_init_name"))] = None,
) -> None:
    """Write a policy folder and say what to do next."""
    from models_py.errors import LikvardError
    from orchestration.resources.policy_text import PolicyError
    from orchestration.scaffold import write_scaffold

    found = settings()
    try:
        made = write_scaffold(found.policies, municipality_code=municipality, name=name)
    except (LikvardError, PolicyError) as error:
        refuse(str(error))
    out.print(say("init_written", path=str(made.folder), files=len(made.files)))
    out.print(say("init_next"))
    inbox = found.restricted / "inbox" / municipality
    out.print(say("init_step_policy", path=str(made.folder / "model.yml")))
    out.print(say("init_step_sources"))
    out.print(say("init_step_key"))
    out.print(say("init_step_inbox", inbox=str(inbox)))
    out.print(say("init_step_run", code=municipality))
