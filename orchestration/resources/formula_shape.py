"""The shape of ``components:`` and ``guarantees:`` in policy files, made from the kinds that the engine has.

Belongs here: a pydantic model per kind, parameter by parameter, each dated. Does not: the kinds themselves
(``models_py.allocation``), resolving a year (``formula_years``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import Field, WithJsonSchema, create_model

from models_py.allocation.components import COMPONENT_KINDS
from models_py.allocation.components.parameters import is_by_grade, parameter_types, unit_of
from models_py.allocation.formula import Sharing
from models_py.allocation.stages import STAGE_KINDS
from orchestration.resources.shape_types import (
    Amount,
    Dated,
    Grade,
    Kronor,
    Name,
    Positive,
    Share,
    Strict,
    Text,
    exactly,
)

Signed = Annotated[Decimal, exactly, WithJsonSchema({"type": "number"})]
Part = Annotated[Decimal, exactly, Field(ge=0, le=1), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})]
NumberText = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")]
SCALARS: Mapping[str, Any] = {
    "sek": Kronor,
    "sek_per_unit": Amount,
    "sek_per_pupil": Amount,
    "sek_per_point": Amount,
    "share": Share,
    "part": Part,
    "change": Signed,
    "number": Amount,
    "index": Amount,
    "km": Amount,
    "pupils": Annotated[int, Field(ge=1)],
    "decimals": Annotated[int, Field(ge=0, le=6)],
    "measure": Name,
    "component": Name,
}
"""Unit of a parameter to the type of its value in a file."""
MAPPINGS: Mapping[str, Any] = {
    "weight": dict[Name, Amount],
    "sek_per_unit": dict[Name, Amount],
    "grades": dict[Name, list[Grade]],
    "curve": dict[NumberText, Amount],
}
NO_COMPONENT = "none"
"""Kind of a component or guarantee that the default policy has and this policy has not."""
MONEY = ("pot_sek", "share", "money")
"""Parameters of which a component has one; naming one replaces an inherited other."""


def needed_parameters(kind: type) -> tuple[str, ...]:
    """Parameters that a kind cannot do without."""
    return tuple(each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING)


def parameter_names(section: str, kind: str) -> tuple[str, ...]:
    """Parameters that a kind of a section may have."""
    return tuple(_types(section, kind))


def _types(section: str, kind: str) -> dict[str, Any]:
    if section == "guarantees":
        return parameter_types(STAGE_KINDS[kind])
    own = COMPONENT_KINDS[kind]
    return parameter_types(own.parameters) | (parameter_types(Sharing) if own.shareable else {})


def _value_type(annotation: Any) -> Any:
    choices = [part for part in (annotation, *get_args(annotation)) if get_origin(part) is Literal]
    if choices:
        return choices[0]
    unit = unit_of(annotation)
    if is_by_grade(annotation):
        return dict[Grade, Positive]
    if unit == "components":
        return list[Name]
    plain = get_args(annotation)[0] if get_origin(annotation) in (Union, UnionType) else annotation
    is_mapping = get_origin(get_args(plain)[0] if get_origin(plain) is Annotated else plain) is not None
    return MAPPINGS[unit] if is_mapping else SCALARS[unit]


def _kind_model(section: str, kind: str) -> Any:
    parameters = {
        name: (Dated[_value_type(annotation), Literal[unit_of(annotation)]] | None, None)  # type: ignore[valid-type]
        for name, annotation in _types(section, kind).items()
    }
    own = COMPONENT_KINDS[kind].parameters if section == "components" else STAGE_KINDS[kind]
    title = f"{kind}_{'component' if section == 'components' else 'guarantee'}"
    return create_model(
        title,
        __base__=Strict,
        __doc__=(own.__doc__ or "").strip(),
        kind=(Literal[kind], ...),
        description=(Text, ...),
        parameters=(create_model(f"{title}_parameters", __base__=Strict, **parameters), ...),  # type: ignore[call-overload]
    )


class Without(Strict):
    """Leaves out a component or guarantee of the default policy."""

    kind: Literal["none"]
    description: Text


def _union(section: str, kinds: Mapping[str, Any]) -> Any:
    models = tuple(_kind_model(section, kind) for kind in kinds)
    return Annotated[Union[(*models, Without)], Field(discriminator="kind")]


AnyComponent = _union("components", COMPONENT_KINDS)
AnyGuarantee = _union("guarantees", STAGE_KINDS)
