"""What every module of the command prints with: two consoles, and a refusal.

Belongs here: consoles, exit codes, refusing. Does not: words (``texts``), verbs.
"""

from __future__ import annotations

from typing import NoReturn

import typer
from rich.console import Console

out = Console(highlight=False, soft_wrap=True, markup=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)

UNEXPECTED, USAGE = 1, 2


def refuse(text: str) -> NoReturn:
    """Say why, and end with the exit code of wrong use."""
    errors.print(text)
    raise typer.Exit(USAGE)
