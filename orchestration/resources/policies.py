"""What a municipality has decided: dated values with references, and the one value in force in a funding year.

Belongs here: inheritance, the policy of a year. Does not: the shape of the files (``policy_shape``), reading YAML
(``policy_text``), looking up a day (``policy_years``), sharing money (``models_py.allocation``). Mapping files of deliveries
(``sources/``), waivers and roles are not policy values.

A policy folder holds ``municipality.yml`` (who) and value files (what): every other ``*.yml`` except ``roles.yml``.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

from models_py.allocation.policy import (
    AllocationPolicy,
    BasePolicy,
    StructuralPolicy,
)
from models_py.errors import NeedError
from models_py.need.newly_arrived import refuse_both
from models_py.need.policy import NeedPolicy
from orchestration.resources.policy_shape import FILE_KEYS, KEYED, NEED_KEYS, IntakeMode, Municipality, PolicyValues
from orchestration.resources.policy_text import PolicyDateError, PolicyError, PolicyText, read_policy_text
from orchestration.resources.policy_years import (
    Entry,
    ResolvedValue,
    canonical,
    last_whole_year,
    one_of,
    time_problems,
    value_in_force,
)

MUNICIPALITY_FILE = "municipality.yml"
WEIGHTS_FOLDER = "weights"
"""Weights files of one municipality (in its folder) or for all (beside the folders)."""
NO_FILE = "none"
NOT_VALUES = {MUNICIPALITY_FILE, "roles.yml"}
ALTERNATIVES = (("base.budget_sek", "base.budget_per_pupil_sek"), ("structural.share", "structural.pot_sek"))
"""Keys of which a year has exactly one. A folder that names one replaces the default's other."""


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A municipality's policy over all years.

    Attributes
    ----------
    municipality_code, name, intake_mode : from ``municipality.yml``
    is_default : True when only the default policy stands behind it; then everything is a proposal
    parameters, series : key to entry, own before default
    weights : name to text of the weights files beside the policy, own before shared
    """

    municipality_code: str
    name: str
    intake_mode: IntakeMode
    is_default: bool
    parameters: Mapping[str, Entry]
    series: Mapping[str, Entry]
    weights: Mapping[str, str] = field(default_factory=dict)

    def resolve(self, funding_year: int) -> tuple[ResolvedValue, ...]:
        """The values that the funding year uses, by key.

        A funding year is a calendar year (Skolförordningen 14 kap. 1 §), so a value must be in force on 1 January and
        hold until 31 December. Raises PolicyDateError otherwise, with file and line.
        """
        mode = self._value("base.mode", funding_year)
        keys = ["structural.function", "index.minimum_pupils", "index.rebase", "index.count_lag_years", *NEED_KEYS]
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

    def need_at(self, funding_year: int) -> NeedPolicy:
        """The need model of one funding year as ``models_py`` takes it; errors as ``resolve``, and PolicyError where the
        values make no sense together or name a file that is not there."""
        resolved = {value.key: value for value in self.resolve(funding_year)}
        value = {key.removeprefix("need."): resolved[key].value for key in NEED_KEYS}
        texts = {key: self._file(resolved[f"need.{key}"]) for key in ("weights", "prior")}
        try:
            refuse_both(value["newly_arrived"], has_per_head_pot=self._pays_newly_arrived(funding_year))
            return NeedPolicy(
                estimator=value["estimator"],
                factors=tuple(value["factors"]),
                factor_rule=value["factor_rule"],
                newly_arrived=value["newly_arrived"],
                count_dates=value["count_dates"],
                weights=texts["weights"],
                prior=texts["prior"],
                composition_effect=float(value["composition_effect"]),
                delivered_index_direction=value["delivered_index_direction"],
            )
        except NeedError as error:
            raise PolicyError([f"{resolved['need.estimator'].where}: {error}"]) from None

    def _pays_newly_arrived(self, funding_year: int) -> bool:
        """Whether a component of the year pays per newly arrived head."""
        counted = [key for key in self.parameters if key.startswith("components.") and key.endswith(".measure")]
        return any(str(self._value(key, funding_year).value).startswith("newly_arrived") for key in counted)

    def _file(self, value: ResolvedValue) -> str | None:
        if value.value == NO_FILE:
            return None
        if value.value not in self.weights:
            known = ", ".join(sorted(self.weights)) or "none"
            raise PolicyError(
                [
                    f"{value.where}: {value.key}: there is no file {value.value} in weights/ of the policy"
                    f" or of the policies; known: {known}"
                ]
            )
        return self.weights[value.value]

    def holds_until(self, key: str, funding_year: int) -> int:
        """The last whole calendar year in which the value of ``key`` in force in ``funding_year`` holds."""
        return last_whole_year(self._value(key, funding_year).interval.valid_to)

    def status_for(self, funding_year: int) -> Literal["proposal", "decided"]:
        """'decided' when every value of the year is decided, and not by the default policy alone."""
        statuses = {resolved.interval.status for resolved in self.resolve(funding_year)}
        return "decided" if statuses == {"decided"} and not self.is_default else "proposal"

    def sha256_for(self, funding_year: int) -> str:
        """Hash of the values as resolved for the year: not of dates, decisions, waivers, roles or other years."""
        values = {
            value.key: {"unit": value.unit, "value": canonical(value.value)}
            | ({"sha256": _sha256(self._file(value))} if value.key in FILE_KEYS else {})
            for value in self.resolve(funding_year)
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
    weights = _weights(defaults.parent / WEIGHTS_FOLDER) | _weights(folder / WEIGHTS_FOLDER)
    return PolicyFile(who.municipality_code, who.name, who.intake_mode, is_default, parameters, series, weights)


def _weights(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.json"))}


def _sha256(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


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
    models = KEYED
    return sorted({name for model in models for name in model.model_fields})
