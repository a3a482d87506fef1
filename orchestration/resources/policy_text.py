"""Read YAML exactly and remember where everything stands.

Belongs here: text to plain values (decimals, never floats) with a line per key and item. Does not: what the keys mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

Place = tuple[str | int, ...]
"""Keys and positions from the top of a file to a value: ``("base", "mode", "values", 0)``."""


class PolicyError(ValueError):
    """A policy cannot be used. Each problem is one line: ``folder/file:line: key: what, what to do``."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class PolicyDateError(PolicyError, LookupError):
    """A policy has no single value for the day that is asked for."""


@dataclass(frozen=True, slots=True)
class PolicyText:
    """One YAML file: its plain content and the line (1-based) of each place in it."""

    name: str
    content: dict[str, Any]
    lines: Mapping[Place, int]

    def at(self, place: Place) -> str:
        """``folder/file:line`` of ``place``, or of the nearest thing above it that stands in the file."""
        while place not in self.lines:
            place = place[:-1]
        return f"{self.name}:{self.lines[place]}"


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where PyYAML was built with it: the same nodes ten times as fast."""


def read_policy_text(path: Path, *, name: str | None = None) -> PolicyText:
    """Content and lines of one UTF-8 YAML file whose top is a mapping; ``name`` is what errors call it, folder/file else.

    Numbers with a point become ``Decimal``, whole numbers ``int``, ``YYYY-MM-DD`` ``date``; mapping keys are text.
    Raises PolicyError for broken YAML, a key given twice, a number with a leading zero (quote codes), other tags.
    """
    name = name or f"{path.parent.name}/{path.name}"
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=LOADER)
    except UnicodeDecodeError as error:
        raise PolicyError([f"{name}:1: is not UTF-8 text"]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PolicyError([f"{name}:{line}: is not YAML: {error.problem}"]) from error
    except yaml.YAMLError as error:
        raise PolicyError([f"{name}:1: is not YAML"]) from error
    if not isinstance(node, yaml.MappingNode):
        raise PolicyError([f"{name}:1: must be a mapping of keys to values"])
    lines: dict[Place, int] = {(): 1}
    return PolicyText(name=name, content=_plain(node, (), lines, name), lines=lines)


def _plain(node: yaml.Node, place: Place, lines: dict[Place, int], name: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line, key = key_node.start_mark.line + 1, str(key_node.value)
            if key in result:
                first = lines[(*place, key)]
                raise PolicyError([f"{name}:{line}: {key}: is given twice; the first is on line {first}"])
            lines[(*place, key)] = line
            result[key] = _plain(value_node, (*place, key), lines, name)
        return result
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            lines[(*place, position)] = item.start_mark.line + 1
        return [_plain(item, (*place, position), lines, name) for position, item in enumerate(node.value)]
    return _scalar(node, name)


def _scalar(node: yaml.Node, name: str) -> Any:
    text, kind = str(node.value), node.tag.rpartition(":")[2]
    where = f"{name}:{node.start_mark.line + 1}"
    if kind == "str":
        return text
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("true", "yes", "on")
    if kind == "int" and re.fullmatch(r"[+-]?(0|[1-9][0-9_]*)", text):
        return int(text)
    if kind == "float" and re.fullmatch(r"[+-]?[0-9][0-9_]*\.[0-9]+", text):
        return Decimal(text.replace("_", ""))
    if kind == "timestamp" and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise PolicyError([f"{where}: {text} is not a day of the calendar"]) from error
    raise PolicyError([f"{where}: {text!r} is neither plain text, number nor date; write codes and times in quotes"])
