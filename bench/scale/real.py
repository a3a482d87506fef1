"""``python -m bench.scale.real YEAR MODULES``: ``likvard run YEAR`` in this process, and what of it was disclosure control.

Writes the names of the modules that the run had imported into the file ``MODULES`` for the graph with empty bodies
(``bench.scale.floor``), and prints the CPU seconds of disclosure control as the last line.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestration import cli, proposals
from orchestration.publication import publish

CONTROLS = ((proposals, "protected_tables"), (publish, "check_disclosure"))
"""Where a publication decides what it withholds, and where it attacks the result."""


def timed(function: Callable[..., Any], seconds: list[float]) -> Callable[..., Any]:
    """The function, whose CPU seconds are kept."""

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        started = time.process_time()
        try:
            return function(*arguments, **named)
        finally:
            seconds.append(time.process_time() - started)

    return call


def main() -> None:
    """Entry. Exits as the command does."""
    year, modules = sys.argv[1:]
    seconds: list[float] = []
    for module, name in CONTROLS:
        setattr(module, name, timed(getattr(module, name), seconds))
    sys.argv = ["likvard", "run", year]
    try:
        cli.main()
    finally:
        known = [name for name, each in sys.modules.items() if getattr(each, "__spec__", None)]
        Path(modules).write_text(
            "\n".join(sorted(name for name in known if not name.startswith(("bench", "__main__"))))
        )
        print(json.dumps({"disclosure": sum(seconds), "calls": len(seconds)}))


if __name__ == "__main__":
    main()
