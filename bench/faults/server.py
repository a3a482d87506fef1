"""A process that has imported the program once and hands out children that work: starting Python anew costs seconds.

``python -m bench.faults.server`` reads one job a line (JSON: ``do``, ``folder`` and what the work needs) and answers with
the child's process number. A child waits for a byte in ``folder/go``, so that a tracer can be attached first, works, and
says in ``folder/said.json`` what it would have told its user. Only the door and the publication are imported.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from bench.faults import work

SAID = "said.json"
GO = "go"


def child(job: dict[str, Any]) -> None:
    """Wait, work, say what came of it. An error is told as a user would meet it: its kind and its words."""
    folder = Path(job["folder"])
    with (folder / GO).open("rb") as gate:
        gate.read(1)
    try:
        said: dict[str, Any] = {"status": getattr(work, job["do"])(**job["with"])}
    except Exception as error:  # what the command would print
        said = {"status": "error", "kind": type(error).__name__, "words": str(error)}
    (folder / SAID).write_text(json.dumps(said), encoding="utf-8")


def serve() -> None:
    """Answer jobs until the input ends; a job that asks to ``wait`` is answered again when its child has ended."""
    for line in sys.stdin:
        job = json.loads(line)
        os.mkfifo(Path(job["folder"]) / GO)
        number = os.fork()
        if number == 0:
            try:
                child(job)
            finally:
                os._exit(0)
        print(number, flush=True)
        if job["wait"]:
            os.waitpid(number, 0)
            print("ended", flush=True)


if __name__ == "__main__":
    serve()
