"""Types that every section of a policy file is made of: numbers, names, and a value with its decision.

Belongs here: exact numbers, ``Interval`` and ``Dated``. Does not: sections and keys (``policy_shape``, ``formula_shape``).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from orchestration.resources.policy_years import INDEXED_DECIMALS


def _exactly(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


exactly = BeforeValidator(_exactly)
"""Whole numbers become Decimal, so that a weight of 1 is as exact as one of 1.0."""
Positive = Annotated[Decimal, exactly, Field(gt=0), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]
Amount = Annotated[Decimal, exactly, Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})]
Share = Annotated[
    Decimal,
    exactly,
    Field(ge=0, lt=1),
    WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": 1}),
]
Kronor = Annotated[int, Field(ge=0)]
Grade = Literal["F", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]
"""Names that grades have or get; the names of one day are used together (``StageCalendar.by_age``)."""
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]
V = TypeVar("V")
U = TypeVar("U")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """A short name of a generic model in the JSON Schema: ``Dated_weight_by_grade``."""
        words = [word for param in params[::-1] if get_origin(param) is Literal for word in get_args(param)]
        return "_".join([cls.__name__, *words, *_by(params[0])])


def _by(value: Any) -> list[str]:
    """What a mapping is keyed by, for a model's name."""
    if get_origin(value) is not dict:
        return []
    return ["by_grade" if get_args(value)[0] is Grade else "by_name"]


class Interval(Strict, Generic[V, U]):
    """One value from one day to another, both included, and the decision behind it."""

    valid_from: date
    valid_to: date
    value: V
    unit: U
    mode: Literal["hold", "index"]  # hold: unchanged until valid_to; index: times the factor of a series in each year
    index: Text | None = None
    decided: date | None = None
    decided_by: Text | None = None
    status: Literal["proposal", "decided", "superseded", "corrected"]  # the last two are history and never in force
    legal_basis: Text

    @model_validator(mode="after")
    def _is_complete(self) -> Interval[V, U]:
        if self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        if (self.mode == "index") != (self.index is not None):
            raise ValueError("mode index needs the name of a series in 'index', and mode hold has none")
        if self.mode == "index" and self.unit not in INDEXED_DECIMALS:
            raise ValueError(f"a value in {self.unit} cannot follow a series; only {', '.join(INDEXED_DECIMALS)} can")
        if self.status != "proposal" and (self.decided is None or self.decided_by is None):
            raise ValueError(f"status {self.status} needs 'decided' and 'decided_by': the day and the decision")
        return self


class Dated(Strict, Generic[V, U]):
    """A parameter: what it is, and its values over time."""

    description: Text
    values: Annotated[list[Interval[V, U]], Field(min_length=1)]
