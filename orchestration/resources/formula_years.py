"""The formula of one funding year from a policy's dated parameters.

Belongs here: which components and guarantees a year has, their values, and the engine's objects made of them. Does not:
the shape of the files (``formula_shape``), reading and inheriting them (``policies``).

A component is part of a year's formula when a parameter of it has a value in that year; then every parameter that it
cannot do without must hold the whole year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from models_py.allocation.components import COMPONENT_KINDS
from models_py.allocation.formula import Component, Sharing, Stage
from models_py.allocation.stages import STAGE_KINDS
from orchestration.resources.formula_shape import MONEY, NO_COMPONENT, needed_parameters
from orchestration.resources.policy_text import PolicyDateError
from orchestration.resources.policy_years import Entry, ResolvedValue, one_of, touches_year, value_in_force

SECTIONS = ("components", "guarantees")
SHARING = {each.name for each in fields(Sharing)}


@dataclass(frozen=True, slots=True)
class Shape:
    """A component or guarantee as a file names it: kind, and where it stands."""

    section: str
    code: str
    kind: str
    description: str
    entry: Entry

    @property
    def key(self) -> str:
        return f"{self.section}.{self.code}"

    def told(self) -> str:
        """What errors call it: file, line and key."""
        return f"{self.entry.at()}: {self.key}"

    def needed(self) -> tuple[str, ...]:
        own = STAGE_KINDS[self.kind] if self.section == "guarantees" else COMPONENT_KINDS[self.kind].parameters
        return needed_parameters(own)


def inherited(own: Mapping[str, Shape], default: Mapping[str, Shape]) -> dict[str, Shape]:
    """Shapes in force: the default's that are not named, then the policy's own, each in file order; without 'none'."""
    kept = {key: shape for key, shape in default.items() if key not in own} | dict(own)
    return {key: shape for key, shape in kept.items() if shape.kind != NO_COMPONENT}


def replaced_keys(own: Mapping[str, Entry], shapes: Mapping[str, Shape], default: Mapping[str, Shape]) -> set[str]:
    """Prefixes and keys of inherited parameters that the policy's own make void."""
    void: set[str] = set()
    for key, shape in shapes.items():
        if key in default and default[key].kind != shape.kind:
            void.add(f"{key}.")
        if any(f"{key}.{name}" in own for name in MONEY):
            void |= {f"{key}.{name}" for name in MONEY}
    return void


def values_of_year(
    shapes: Mapping[str, Shape],
    parameters: Mapping[str, Entry],
    *,
    year: int,
    series: Mapping[str, Entry],
    known_on: date | None,
) -> list[ResolvedValue]:
    """Values of every component and guarantee that the year has. Raises PolicyDateError with file and line."""
    values = []
    for shape in shapes.values():
        own = _own(shape, parameters)
        touching = [name for name, entry in own.items() if touches_year(entry, year=year, known_on=known_on)]
        if not touching:
            continue
        one_of(tuple(f"{shape.key}.{name}" for name in MONEY), parameters, year=year, known_on=known_on)
        absent = [name for name in shape.needed() if name not in touching]
        if absent:
            raise PolicyDateError(
                [
                    f"{shape.told()}: {shape.kind} needs {', '.join(absent)} in {year}; give it a value, or end the others"
                ]
            )
        values += [
            value_in_force(f"{shape.key}.{name}", own[name], year=year, series=series, known_on=known_on)
            for name in touching
        ]
    return values


def components_of(shapes: Mapping[str, Shape], values: Mapping[str, ResolvedValue]) -> tuple[Component, ...]:
    """The engine's components, in order, with the places that errors name."""
    made = []
    for shape in shapes.values():
        own = _values(shape, values)
        if shape.section == "components" and own:
            made.append(
                Component(
                    code=shape.code,
                    kind=shape.kind,
                    parameters=COMPONENT_KINDS[shape.kind].parameters(
                        **{name: value for name, value in own.items() if name not in SHARING}
                    ),
                    sharing=Sharing(**{name: value for name, value in own.items() if name in SHARING}),
                    key=shape.told(),
                )
            )
    return tuple(made)


def stages_of(shapes: Mapping[str, Shape], values: Mapping[str, ResolvedValue]) -> tuple[Stage, ...]:
    """The engine's guarantees, in order."""
    made = []
    for shape in shapes.values():
        own = _values(shape, values)
        if shape.section == "guarantees" and own:
            made.append(Stage(shape.code, shape.kind, STAGE_KINDS[shape.kind](**own), key=shape.told()))
    return tuple(made)


def _own(shape: Shape, parameters: Mapping[str, Entry]) -> dict[str, Entry]:
    prefix = f"{shape.key}."
    return {key.removeprefix(prefix): entry for key, entry in parameters.items() if key.startswith(prefix)}


def _values(shape: Shape, values: Mapping[str, ResolvedValue]) -> dict[str, Any]:
    prefix = f"{shape.key}."
    return {k.removeprefix(prefix): _plain(v.value) for k, v in values.items() if k.startswith(prefix)}


def _plain(value: Any) -> Any:
    """Lists of a file as the tuples that frozen values hold."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
