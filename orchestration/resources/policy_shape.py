"""The shape of policy files: sections, keys, units, and the decision behind each value.

Belongs here: pydantic models, which are also the JSON Schema for editors. Does not: reading files, inheritance, or the
policy of a year (``policies``). A policy folder holds ``municipality.yml`` (who) and value files (what).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from models_py.allocation.policy import BaseMode, Rebase, StructuralFunction
from models_py.need.policy import CountDates, FactorRule, IndexDirection, NewlyArrived, WantedEstimator
from orchestration.resources.policy_years import INDEXED_DECIMALS


def _exact(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


Positive = Annotated[
    Decimal, BeforeValidator(_exact), Field(gt=0), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})
]
Amount = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})]
Share = Annotated[
    Decimal,
    BeforeValidator(_exact),
    Field(ge=0, lt=1),
    WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": 1}),
]
Kronor = Annotated[int, Field(ge=0)]
Grade = Literal["F", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
Text = Annotated[str, Field(min_length=1)]
FactorName = Literal[
    "guardian_education", "immigration", "household_income", "area_type",
    "sex", "econ_assistance", "household", "siblings",
]  # fmt: skip
V = TypeVar("V")
U = TypeVar("U")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """A short name of a generic model in the JSON Schema: ``Dated_weight_by_grade``."""
        words = [word for param in params[::-1] if get_origin(param) is Literal for word in get_args(param)]
        return "_".join([cls.__name__, *words, *(["by_grade"] if get_origin(params[0]) is dict else [])])


class Interval(_Strict, Generic[V, U]):
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


class Dated(_Strict, Generic[V, U]):
    """A parameter: what it is, and its values over time."""

    description: Text
    values: Annotated[list[Interval[V, U]], Field(min_length=1)]


class Base(_Strict):
    """How the base part is set."""

    mode: Dated[BaseMode, Literal["choice"]] | None = None
    budget_sek: Dated[Kronor, Literal["sek"]] | None = None
    budget_per_pupil_sek: Dated[Amount, Literal["sek_per_pupil"]] | None = None
    grade_weights: Dated[dict[Grade, Positive], Literal["weight"]] | None = None
    grade_prices_sek: Dated[dict[Grade, Positive], Literal["sek_per_pupil"]] | None = None


class Structural(_Strict):
    """How much follows need, and how."""

    share: Dated[Share, Literal["share"]] | None = None
    pot_sek: Dated[Kronor, Literal["sek"]] | None = None
    function: Dated[StructuralFunction, Literal["choice"]] | None = None


class Index(_Strict):
    """How the need index is prepared before it meets money."""

    minimum_pupils: Dated[Annotated[int, Field(ge=1)], Literal["pupils"]] | None = None
    rebase: Dated[Rebase, Literal["choice"]] | None = None
    count_lag_years: Dated[Annotated[int, Field(ge=0, le=5)], Literal["years"]] | None = None


WeightsFile = Annotated[str, Field(pattern=r"^(none|[a-z0-9][a-z0-9_-]*\.json)$")]


class Need(_Strict):
    """How need is estimated and turned into an index."""

    estimator: Dated[WantedEstimator, Literal["choice"]] | None = None
    factors: Dated[Annotated[list[FactorName], Field(min_length=1)], Literal["factors"]] | None = None
    factor_rule: Dated[FactorRule, Literal["choice"]] | None = None
    newly_arrived: Dated[NewlyArrived, Literal["choice"]] | None = None
    count_dates: Dated[CountDates, Literal["choice"]] | None = None
    weights: Dated[WeightsFile, Literal["file"]] | None = None  # none: estimated for the year
    prior: Dated[WeightsFile, Literal["file"]] | None = None
    composition_effect: Dated[Share, Literal["log_odds"]] | None = None
    delivered_index_direction: Dated[IndexDirection, Literal["choice"]] | None = None


NEED_KEYS = tuple(f"need.{name}" for name in Need.model_fields)
FILE_KEYS = ("need.weights", "need.prior")
"""Keys whose value names a file: its content, not its name, is what was decided."""


class Series(_Strict):
    """Factors per calendar year, 1 in the year whose prices the indexed values are stated in."""

    description: Text
    source: Text
    values: dict[Annotated[str, Field(pattern=r"^[0-9]{4}$")], Positive]


class PolicyValues(_Strict):
    """One value file of a policy folder."""

    base: Base | None = None
    structural: Structural | None = None
    index: Index | None = None
    need: Need | None = None
    series: dict[str, Series] | None = None


IntakeMode = Literal["pupil_level", "delivered_index", "school_aggregate"]
"""What need is computed from: own pupils, an index that the municipality has ordered, or Skolverket's open statistics."""


class Municipality(_Strict):
    """``municipality.yml``: whose policy this is."""

    municipality_code: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    name: Text
    intake_mode: IntakeMode
    extends: Literal["default"] | None = None
    description: Text | None = None


KEYED: tuple[type[BaseModel], ...] = (
    PolicyValues,
    Base,
    Structural,
    Index,
    Need,
    Series,
    Municipality,
    Dated,
    Interval,
)
"""Models whose keys a policy file may hold; an unknown key is answered with the nearest of them."""
