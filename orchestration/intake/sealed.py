"""Errors that leave the door say where and of what kind, and keep their words inside.

A library's own words may quote the cell it stumbled over, and an error that leaves a step is kept in the run's history
for everybody who opens it. Belongs here: that border. Does not: errors the door itself words, which hold no value.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.intake.door import KeyMismatchError
from orchestration.intake.errors import ConservationError
from orchestration.intake.mapping import MappingError
from orchestration.intake.pseudonym import WeakKeyError

WORDED_HERE = (KeyMismatchError, WeakKeyError, MappingError, ConservationError)
"""Errors whose whole text is written in the door, without any value; they pass as they are."""


class DoorFailedError(RuntimeError):
    """Something unforeseen happened while the restricted zone was read. Names the kind of error and the place in code."""


@contextmanager
def sealed_errors() -> Iterator[None]:
    """Raise `DoorFailedError` instead of any error not worded here, with nothing of the first one attached to it."""
    try:
        yield
    except WORDED_HERE:
        raise
    except Exception as error:
        places = [f"{frame.name}, line {frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]]
        kind = type(error).__name__
    else:
        return
    # Outside the handler: neither cause nor context of the new error leads back to the first.
    raise DoorFailedError(
        f"{kind} in {' > '.join(places)}; its words are withheld, since they may quote a pupil file. "
        "Nothing was accepted that was not whole; mend the cause and run again"
    )
