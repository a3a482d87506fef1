"""What every module of the command stands on: two consoles, a refusal, and working alone in the home.

Belongs here: consoles, exit codes, refusing, holding the home. Does not: words (``texts``), verbs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console

from orchestration.settings import Settings
from orchestration.texts import say

out = Console(highlight=False, soft_wrap=True, markup=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)

UNEXPECTED, USAGE = 1, 2


def refuse(text: str) -> NoReturn:
    """Say why, and end with the exit code of wrong use."""
    errors.print(text)
    raise typer.Exit(USAGE)


@contextmanager
def alone(found: Settings) -> Iterator[None]:
    """Hold the home while an act works in it; where another run does, say so and end the command."""
    from orchestration.home import HomeInUseError, alone_in

    try:
        with alone_in(found):
            yield
    except HomeInUseError as error:
        errors.print(say("another_run", home=str(error)))
        raise typer.Exit(UNEXPECTED) from None
