"""What a municipality has decided: dated values with references, and the one value in force in a funding year.

Belongs here: the shape of policy files, inheritance, the policy of a year. Does not: reading YAML (``policy_text``),
looking up a day (``policy_years``), sharing money (``models_py.allocation``). Mapping files of deliveries
(``sources/``), waivers and roles are not policy values.

A policy folder holds ``municipality.yml`` (who) and value files (what): every other ``*.yml`` except ``roles.yml``.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator

from models_py.allocation.policy import (
    AllocationPolicy,
    BaseMode,
    BasePolicy,
    Rebase,
    StructuralFunction,
    StructuralPolicy,
)
from orchestration.resources.policy_text import PolicyDateError, PolicyError, PolicyText, read_policy_text
from orchestration.resources.policy_years import (
    INDEXED_DECIMALS,
    Entry,
    ResolvedValue,
    canonical,
    one_of,
    time_problems,
    value_in_force,
)

MUNICIPALITY_FILE = "municipality.yml"
NOT_VALUES = {MUNICIPALITY_FILE, "roles.yml"}
ALTERNATIVES = (("base.budget_sek", "base.budget_per_pupil_sek"), ("structural.share", "structural.pot_sek"))
"""Keys of which a year has exactly one. A folder that names one replaces the default's other."""


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
    series: dict[str, Series] | None = None


class Municipality(_Strict):
    """``municipality.yml``: whose policy this is."""

    municipality_code: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    name: Text
    intake_mode: Literal["pupil_level", "school_aggregate"]
    extends: Literal["default"] | None = None
    description: Text | None = None


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A municipality's policy over all years.

    Attributes
    ----------
    municipality_code, name, intake_mode : from ``municipality.yml``
    is_default : True when only the default policy stands behind it; then everything is a proposal
    parameters, series : key to entry, own before default
    """

    municipality_code: str
    name: str
    intake_mode: Literal["pupil_level", "school_aggregate"]
    is_default: bool
    parameters: Mapping[str, Entry]
    series: Mapping[str, Entry]

    def resolve(self, funding_year: int) -> tuple[ResolvedValue, ...]:
        """The values that the funding year uses, by key.

        A funding year is a calendar year (Skolförordningen 14 kap. 1 §), so a value must be in force on 1 January and
        hold until 31 December. Raises PolicyDateError otherwise, with file and line.
        """
        mode = self._value("base.mode", funding_year)
        keys = ["structural.function", "index.minimum_pupils", "index.rebase", "index.count_lag_years"]
        keys.append(one_of(ALTERNATIVES[1], self.parameters, year=funding_year))
        if mode.value == "price_list":
            keys.append("base.grade_prices_sek")
        else:
            keys += ["base.grade_weights", one_of(ALTERNATIVES[0], self.parameters, year=funding_year)]
        return tuple(sorted([mode, *(self._value(key, funding_year) for key in keys)], key=lambda value: value.key))

    def at(self, funding_year: int) -> AllocationPolicy:
        """The policy of one funding year as ``models_py`` takes it; errors as ``resolve``."""
        value = {resolved.key: resolved.value for resolved in self.resolve(funding_year)}
        return AllocationPolicy(
            base=BasePolicy(
                mode=value["base.mode"],
                budget_sek=value.get("base.budget_sek"),
                budget_per_pupil_sek=value.get("base.budget_per_pupil_sek"),
                grade_weights=value.get("base.grade_weights"),
                grade_prices_sek=value.get("base.grade_prices_sek"),
            ),
            structural=StructuralPolicy(
                share=value.get("structural.share"),
                pot_sek=value.get("structural.pot_sek"),
                function=value["structural.function"],
            ),
            index_minimum_pupils=value["index.minimum_pupils"],
            rebase=value["index.rebase"],
            count_lag_years=value["index.count_lag_years"],
        )

    def status_for(self, funding_year: int) -> Literal["proposal", "decided"]:
        """'decided' when every value of the year is decided, and not by the default policy alone."""
        statuses = {resolved.interval.status for resolved in self.resolve(funding_year)}
        return "decided" if statuses == {"decided"} and not self.is_default else "proposal"

    def sha256_for(self, funding_year: int) -> str:
        """Hash of the values as resolved for the year: not of dates, decisions, waivers, roles or other years."""
        values = {
            value.key: {"unit": value.unit, "value": canonical(value.value)} for value in self.resolve(funding_year)
        }
        text = json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def _value(self, key: str, year: int) -> ResolvedValue:
        if key not in self.parameters:
            raise PolicyDateError([f"policy of {self.municipality_code}: {key}: is not given; add it to a value file"])
        return value_in_force(key, self.parameters[key], year=year, series=self.series)


def load_policy(folder: Path, *, municipality_code: str, defaults: Path) -> PolicyFile:
    """Read and check a policy folder; ``folder == defaults`` gives a municipality without decisions of its own.

    Raises PolicyError listing every problem with file and line: unknown or missing keys, wrong units and values, gaps,
    overlaps, decided values without decision, unknown series, another municipality's folder.
    """
    if not folder.is_dir():
        raise PolicyError([f"no policy folder {folder.name}; write one, or run with the default policy for a proposal"])
    is_default = folder == defaults
    if is_default:
        who = Municipality(municipality_code=municipality_code, name=municipality_code, intake_mode="school_aggregate")
    else:
        who = _municipality(folder, municipality_code)
    own = _entries(folder)
    inherited = _entries(defaults) if who.extends else {}
    replaced = {key for group in ALTERNATIVES if own.keys() & set(group) for key in group}
    entries = {key: entry for key, entry in inherited.items() if key not in replaced} | own
    series = {key.removeprefix("series."): entry for key, entry in entries.items() if key.startswith("series.")}
    parameters = {key: entry for key, entry in entries.items() if not key.startswith("series.")}
    problems = [problem for key, entry in sorted(parameters.items()) for problem in time_problems(key, entry, series)]
    if problems:
        raise PolicyError(problems)
    return PolicyFile(who.municipality_code, who.name, who.intake_mode, is_default, parameters, series)


def json_schemas() -> dict[str, str]:
    """JSON Schema for editors, by file name in ``policies/``; the committed files equal these texts."""
    return {"policy.schema.json": _schema_text(PolicyValues), "municipality.schema.json": _schema_text(Municipality)}


def _schema_text(model: type[BaseModel]) -> str:
    schema = model.model_json_schema()
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    for name, definition in schema.get(
        "$defs", {}
    ).items():  # generic models get unreadable names; their titles are short
        text = text.replace(f'"{name}"', f'"{definition["title"]}"').replace(f'/{name}"', f'/{definition["title"]}"')
    return text


def _municipality(folder: Path, code: str) -> Municipality:
    path = folder / MUNICIPALITY_FILE
    if not path.is_file():
        raise PolicyError([f"{folder.name}/{MUNICIPALITY_FILE}:1: is missing; it says whose policy this is"])
    text = read_policy_text(path)
    who = _checked(Municipality, text)
    if who.municipality_code != code:
        raise PolicyError([f"{text.at(('municipality_code',))}: municipality_code: is not {code}, which was asked for"])
    return who


def _entries(folder: Path) -> dict[str, Entry]:
    """Parameters as ``section.key`` and series as ``series.name``, from all value files of one folder."""
    entries: dict[str, Entry] = {}
    problems = [
        f"{folder.name}/{path.name}:1: is not read; name it {path.stem}.yml" for path in sorted(folder.glob("*.yaml"))
    ]
    for path in sorted(folder.glob("*.yml")):
        if path.name in NOT_VALUES:
            continue
        try:
            text = read_policy_text(path)
            values = _checked(PolicyValues, text)
        except PolicyError as error:
            problems += error.problems
            continue
        for section, content in values:
            for name, item in content.items() if isinstance(content, dict) else content or ():
                key, entry = f"{section}.{name}", Entry(item, text, (section, name))
                if item is None:
                    continue
                if key in entries:
                    problems.append(f"{entry.at()}: {key}: is given twice; the first is at {entries[key].at()}")
                entries.setdefault(key, entry)
    if problems:
        raise PolicyError(problems)
    return entries


M = TypeVar("M", bound=BaseModel)


def _checked(model: type[M], text: PolicyText) -> M:
    try:
        return model.model_validate(text.content)
    except ValidationError as error:
        problems = []
        for fault in error.errors(include_url=False, include_input=False, include_context=False):
            place = fault["loc"]
            told = fault["msg"].removeprefix("Value error, ")
            if fault["type"] == "extra_forbidden":
                near = difflib.get_close_matches(str(place[-1]), _all_keys(), n=1)
                told = "unknown key" + (f"; did you mean {near[0]}?" if near else "")
            elif fault["type"] == "missing":
                told = "is missing"
            problems.append(f"{text.at(place)}: {'.'.join(map(str, place))}: {told}")
        raise PolicyError(problems) from error


def _all_keys() -> list[str]:
    models = (PolicyValues, Base, Structural, Index, Series, Municipality, Dated, Interval)
    return sorted({name for model in models for name in model.model_fields})
