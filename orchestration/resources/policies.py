"""What a municipality has decided: dated values with references, and the one value in force in a funding year.

Belongs here: inheritance, the policy of a year. Does not: the shape of the files (``policy_shape``), reading YAML
(``policy_text``), looking up a day (``policy_years``), sharing money (``models_py.allocation``). Mapping files of deliveries
(``sources/``), waivers and roles are not policy values.

A policy folder holds ``municipality.yml`` (who) and value files (what): every other ``*.yml`` except ``roles.yml``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal

from models_py.allocation.formula import Budget
from models_py.allocation.need_parts import NeedPartsPolicy
from models_py.allocation.policy import AllocationPolicy, BasePolicy, StructuralPolicy
from models_py.disclosure import DisclosureRule
from models_py.errors import AllocationError, FormsError, NeedError
from models_py.need.newly_arrived import refuse_both
from models_py.need.policy import NeedPolicy
from orchestration.resources.formula_years import (
    Shape,
    components_of,
    inherited,
    replaced_keys,
    stages_of,
    values_of_year,
)
from orchestration.resources.policy_reading import entries_of, json_schemas, municipality_of
from orchestration.resources.policy_shape import FILE_KEYS, NEED_KEYS, IntakeMode, Municipality, PublicationPlace
from orchestration.resources.policy_terms import TERMS, accounts_of, overheads_of, under
from orchestration.resources.policy_text import PolicyDateError, PolicyError
from orchestration.resources.policy_years import (
    Entry,
    ResolvedValue,
    canonical,
    last_whole_year,
    one_of,
    time_problems,
    touches_year,
    value_in_force,
)
from orchestration.school_forms import named_on, school_forms

__all__ = ["PolicyFile", "json_schemas", "load_policy"]

WEIGHTS_FOLDER = "weights"
"""Weights files of one municipality (in its folder) or for all (beside the folders)."""
NO_FILE = "none"
THRESHOLD = "disclosure.threshold"
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
    shapes : ``components.code`` and ``guarantees.code`` in order; named : the same with those left out by kind none
    publication : where the municipality's versions are served, None where it does not say
    """

    municipality_code: str
    name: str
    intake_mode: IntakeMode
    is_default: bool
    parameters: Mapping[str, Entry]
    series: Mapping[str, Entry]
    weights: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    publication: PublicationPlace | None = None

    def resolve(self, funding_year: int, *, known_on: date | None = None) -> tuple[ResolvedValue, ...]:
        """The values that the funding year uses, by key.

        A funding year is a calendar year (Skolförordningen 14 kap. 1 §), so a value must be in force on 1 January and
        hold until 31 December. Raises PolicyDateError otherwise, with file and line.

        ``known_on`` replays the year as it was known on that day: only values decided on or before it count, those that
        have since been superseded or corrected among them; a proposal was never decided and does not count.
        """

        def find(key: str) -> ResolvedValue:
            return self._value(key, funding_year, known_on)

        keys = ["base.mode", "index.minimum_pupils", "index.rebase", "index.count_lag_years", THRESHOLD, *NEED_KEYS]
        if self._short_form("structural_part", "structural.share", "structural.pot_sek", "structural.function"):
            pot = one_of(ALTERNATIVES[1], self.parameters, year=funding_year, known_on=known_on)
            keys += ["structural.function", pot]
        is_price_list = find("base.mode").value == "price_list"
        if not is_price_list:
            keys.append(one_of(ALTERNATIVES[0], self.parameters, year=funding_year, known_on=known_on))
        if self._short_form("base_part", "base.grade_weights", "base.grade_prices_sek"):
            keys.append("base.grade_prices_sek" if is_price_list else "base.grade_weights")
        keys += [  # of use in years that have the component, a budget by lines, or a promise against last year
            key
            for key, entry in self.parameters.items()
            if key.startswith((*TERMS, "baseline."))
            and (key.startswith("overheads.") or touches_year(entry, year=funding_year, known_on=known_on))
        ]
        keys += [key for key in self.parameters if key.startswith("disclosure.") and key != THRESHOLD]
        formula = values_of_year(self.shapes, self.parameters, year=funding_year, series=self.series, known_on=known_on)
        return tuple(sorted([*(find(key) for key in keys), *formula], key=lambda value: value.key))

    def _short_form(self, code: str, *keys: str) -> bool:
        """Whether a part is said in its short form: not as a component, and by a key of it or by nothing at all."""
        if f"components.{code}" in self.named:
            return False
        return not self.shapes or any(key in self.parameters for key in keys)

    def at(self, funding_year: int, *, known_on: date | None = None) -> AllocationPolicy:
        """The policy of one funding year as ``models_py`` takes it; errors as ``resolve``, and PolicyError for values
        that make no sense together."""
        return self.of_values(self.resolve(funding_year, known_on=known_on), funding_year=funding_year)

    def of_values(self, values: Iterable[ResolvedValue], *, funding_year: int) -> AllocationPolicy:
        """The policy that these values make, of one year or of two years mixed; ``funding_year`` is named in errors.

        Raises PolicyError for values that make no sense together.
        """
        resolved = _of_the_day({each.key: each for each in values}, funding_year)
        value = {key: each.value for key, each in resolved.items()}
        grades = next((key for key in ("base.grade_weights", "base.grade_prices_sek") if key in value), None)
        money = (value["base.mode"], value.get("base.budget_sek"), value.get("base.budget_per_pupil_sek"))
        try:
            return AllocationPolicy(
                base=None
                if grades is None
                else BasePolicy(
                    *money,
                    grade_weights=value.get("base.grade_weights"),
                    grade_prices_sek=value.get("base.grade_prices_sek"),
                ),
                structural=None
                if "structural.function" not in value
                else StructuralPolicy(
                    share=value.get("structural.share"),
                    pot_sek=value.get("structural.pot_sek"),
                    function=value["structural.function"],
                ),
                index_minimum_pupils=value["index.minimum_pupils"],
                rebase=value["index.rebase"],
                count_lag_years=value["index.count_lag_years"],
                budget=Budget(*money) if grades is None else None,
                components=components_of(self.shapes, resolved),
                guarantees=stages_of(self.shapes, resolved),
                cost_types=under("cost_types.", value),
                cost_types_sek=under("cost_types_sek.", value),
                overheads=overheads_of(under("overheads.", value)),
                accounts=accounts_of(under("accounts.", value)),
                base_key="" if grades is None else f"{resolved[grades].where}: {grades}",
            )
        except AllocationError as error:
            named = next((r for r in resolved.values() if str(error).startswith((f"{r.key}:", f"{r.key}."))), None)
            place = f"policy of {self.municipality_code} for {funding_year}" if named is None else named.where
            raise PolicyError([f"{place}: {error}"]) from None

    def descriptions(self) -> dict[str, str]:
        """What the policy says of its components and guarantees, by code."""
        return {shape.code: shape.description for shape in self.shapes.values()}

    def undecided_values(self, funding_year: int) -> tuple[str, ...]:
        """``folder/file:line: key: status`` of every value of the year that has no decision behind it, by key."""
        return tuple(
            f"{each.where}: {each.key}: {each.interval.status}"
            for each in self.resolve(funding_year)
            if each.interval.status != "decided"
        )

    def refuse_undecided(self, funding_year: int) -> None:
        """Raise PolicyError naming every value of the year that has no decision behind it: for a decided run."""
        problems = [
            f"{told}; a decided run needs status decided, 'decided' and 'decided_by'"
            for told in self.undecided_values(funding_year)
        ]
        if problems:
            raise PolicyError(problems)

    def need_parts_at(self, funding_year: int) -> NeedPartsPolicy:
        """What must not follow from published money, the settled widths where the policy says nothing."""
        values = [each for each in self.resolve(funding_year) if each.key.startswith("disclosure.")]
        names = {each.key.removeprefix("disclosure."): each.value for each in values}
        try:
            return NeedPartsPolicy(smallest_count=names.pop("threshold"), **names)
        except AllocationError as error:
            raise PolicyError([f"{values[0].where}: {error}"]) from None

    def place_of(self, error: str, funding_year: int) -> str:
        """``folder/file:line: key`` of the value that an error is about: the one that it names, else the one that says how
        need becomes money, else the budget's."""
        values = {each.key: each for each in self.resolve(funding_year)}
        named = [key for key in values if key in error]
        structural = [key for key in values if key.startswith(("structural.", "components.structural"))]
        key = (sorted(named, key=len)[-1:] or structural or ["base.mode"])[0]
        return f"{values[key].where}: {key}"

    def need_at(self, funding_year: int) -> NeedPolicy:
        """The need model of one funding year as ``models_py`` takes it; errors as ``resolve``, and PolicyError where the
        values make no sense together or name a file that is not there."""
        resolved = {value.key: value for value in self.resolve(funding_year)}
        value = {key.removeprefix("need."): resolved[key].value for key in NEED_KEYS}
        texts = {key: self._file(resolved[f"need.{key}"]) for key in ("weights", "prior")}
        try:
            refuse_both(value["newly_arrived"], has_per_head_pot=_pays_newly_arrived(resolved))
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
                on_drift=value["on_drift"],
            )
        except NeedError as error:
            raise PolicyError([f"{resolved['need.estimator'].where}: {error}"]) from None

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

    def disclosure_at(self, funding_year: int) -> DisclosureRule:
        """The thresholds of one funding year's publications; errors as ``resolve``."""
        return DisclosureRule(threshold=self._value(THRESHOLD, funding_year).value)

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
        if self.shapes:  # the order of components is the order of work, and decides money too
            values["formula"] = {"kinds": [[key, shape.kind] for key, shape in self.shapes.items()]}
        text = json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def _value(self, key: str, year: int, known_on: date | None = None) -> ResolvedValue:
        if key not in self.parameters:
            raise PolicyDateError([f"policy of {self.municipality_code}: {key}: is not given; add it to a value file"])
        return value_in_force(key, self.parameters[key], year=year, series=self.series, known_on=known_on)


def _of_the_day(resolved: Mapping[str, ResolvedValue], funding_year: int) -> dict[str, ResolvedValue]:
    """Values under the names that grades have on the later count date: what was decided for F holds for year 1 of 2028."""
    lag = resolved["index.count_lag_years"].value if "index.count_lag_years" in resolved else 0
    day = school_forms()["compulsory_school"].count_dates(funding_year - lag)[0]
    try:
        return {
            key: replace(each, value=named_on(each.value, unit=each.unit, day=day)) for key, each in resolved.items()
        }
    except FormsError as error:
        raise PolicyError([f"policy for {funding_year}: {error}"]) from None


def _pays_newly_arrived(resolved: Mapping[str, ResolvedValue]) -> bool:
    """Whether a component of the year counts newly arrived heads."""
    measures = (v.value for k, v in resolved.items() if k.startswith("components.") and k.endswith(".measure"))
    return any(str(measure).startswith("newly_arrived") for measure in measures)


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
        who = municipality_of(folder, municipality_code)
    own, shapes = entries_of(folder)
    inherited_entries, default_shapes = entries_of(defaults) if who.extends else ({}, {})
    replaced = {key for group in ALTERNATIVES if own.keys() & set(group) for key in group}
    replaced |= replaced_keys(own, shapes, default_shapes)
    void = tuple(key for key in replaced if key.endswith("."))
    entries = {
        key: entry for key, entry in inherited_entries.items() if key not in replaced and not key.startswith(void)
    } | own
    series = {key.removeprefix("series."): entry for key, entry in entries.items() if key.startswith("series.")}
    parameters = {key: entry for key, entry in entries.items() if not key.startswith("series.")}
    problems = [problem for key, entry in sorted(parameters.items()) for problem in time_problems(key, entry, series)]
    if problems:
        raise PolicyError(problems)
    weights = _weights(defaults.parent / WEIGHTS_FOLDER) | _weights(folder / WEIGHTS_FOLDER)
    return PolicyFile(
        municipality_code=who.municipality_code,
        name=who.name,
        intake_mode=who.intake_mode,
        is_default=is_default,
        parameters=parameters,
        series=series,
        weights=weights,
        shapes=inherited(shapes, default_shapes),
        named=frozenset(shapes.keys() | default_shapes.keys()),
        publication=who.publication,
    )


def _weights(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.json"))}


def _sha256(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()
