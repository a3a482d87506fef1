"""A policy file's content against its model: every fault in words, with file and line.

Belongs here: pydantic's faults said alike for all files. Does not: reading the text (``policy_text``), the models.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from orchestration.resources.policy_text import Place, PolicyError, PolicyText

M = TypeVar("M", bound=BaseModel)


def checked(model: type[M], text: PolicyText, *, place_of: Callable[[Place], Place] = lambda place: place) -> M:
    """The file's content as ``model``. Raises PolicyError with every fault: file, line, key and what is wrong with it.

    ``place_of`` turns pydantic's place of a fault into the place in the file where the two differ.
    """
    try:
        return model.model_validate(text.content)
    except ValidationError as error:
        problems = []
        for fault in error.errors(include_url=False, include_input=False, include_context=False):
            place = place_of(fault["loc"])
            told = fault["msg"].removeprefix("Value error, ")
            if fault["type"] == "missing":
                told = "is missing"
            elif fault["type"] == "extra_forbidden":
                near = difflib.get_close_matches(str(place[-1]), sorted(set(_keys(model.model_json_schema()))), n=1)
                told = "unknown key" + (f"; did you mean {near[0]}?" if near else "")
            where = f"{text.at(place)}: " + (f"{'.'.join(map(str, place))}: " if place else "")
            problems.append(where + told)
        raise PolicyError(problems) from error


def _keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        yield from properties if isinstance(properties, Mapping) else ()
        for part in schema.values():
            yield from _keys(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _keys(part)
