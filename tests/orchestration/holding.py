"""What other processes do in a home while a test looks: hold it, work in it. They start from the server of forks.

A plain fork of a process that holds libraries' threads can stop for ever.
"""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.synchronize import Event
from pathlib import Path

from orchestration.home import alone_in
from orchestration.settings import Settings

OTHERS = multiprocessing.get_context("forkserver")


def hold(home: Path, held: Event, until: Event) -> None:
    """Work in the home until told to stop."""
    with alone_in(Settings(home=home)):
        held.set()
        until.wait(60)


def work(home: Path, name: str, rounds: int) -> None:
    """Begin and end lines of a piece of work that takes its time."""
    for number in range(rounds):
        with alone_in(Settings(home=home), patience_s=60), (home / "work").open("a") as told:
            told.write(f"begin {name}{number}\n")
            told.flush()
            time.sleep(0.02)
            told.write(f"end {name}{number}\n")
