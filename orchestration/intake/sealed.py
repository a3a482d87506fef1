"""Errors that leave the door say where and of what kind, and keep their words inside.

A library's own words may quote the cell it stumbled over, and an error that leaves a step is kept in the run's history
for everybody who opens it. Belongs here: that border. Does not: errors the door itself words, which hold no value.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from orchestration.intake.door import KeyMismatchError
from orchestration.intake.errors import ConservationError
from orchestration.intake.mapping import MappingError
from orchestration.intake.pseudonym import WeakKeyError

WORDED_HERE = (KeyMismatchError, WeakKeyError, MappingError, ConservationError)
"""Errors whose whole text is written in the door, without any value; they pass as they are."""

P, T = ParamSpec("P"), TypeVar("T")


class DoorFailedError(RuntimeError):
    """Something unforeseen happened while the restricted zone was read. Names the kind of error and the place in code."""


def sealed_errors(work: Callable[P, T]) -> Callable[P, T]:
    """Let `work` raise `DoorFailedError` in place of any error not worded here, with nothing of the first attached.

    A decorator and no context manager: inside a `with`, the first error would come along as the context of the second.
    """

    @functools.wraps(work)
    def sealed(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return work(*arguments, **named)
        except WORDED_HERE:
            raise
        except Exception as error:
            places = [f"{frame.name}, line {frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]]
            kind = type(error).__name__
        raise DoorFailedError(  # outside the handler, so that it has neither cause nor context
            f"{kind} in {' > '.join(places)}; its words are withheld, since they may quote a pupil file. "
            "Nothing was accepted that was not whole; mend the cause and run again"
        )

    return sealed
