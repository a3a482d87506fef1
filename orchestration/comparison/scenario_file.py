"""Sets of scenarios as YAML: what a board wants compared.

Belongs here: the shape of ``scenarios.yml``, reading it with file and line, one ``Scenario`` per share and rule.
Does not: computing them (``scenarios``).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from models_py.allocation.claim_functions import ClaimFunction, Linear, Power, Threshold, claims
from models_py.allocation.scenario_settings import GivenClaims, Rule, Scenario
from models_py.allocation.scored_units import ScoredUnits
from models_py.errors import AllocationError
from orchestration.resources.checked_text import checked
from orchestration.resources.policy_text import read_policy_text
from orchestration.resources.shape_types import Amount, Kronor, Name, Positive, Share, Strict, Text

SCENARIO_FILE = "scenarios.yml"
BUILT_IN = Path(__file__).with_name("scenario_set.yml")


class Block(Strict):
    """One way to turn need into claims, at several structural shares and by several rules."""

    description: Text
    function: Literal["linear", "threshold", "power"]
    threshold_index: Amount | None = None
    exponent: Positive | None = None
    structural_shares: Annotated[list[Share], Field(min_length=1)] | None = None
    pot_sek: Kronor | None = None
    rules: Annotated[list[Rule], Field(min_length=1)] = ["proportional"]
    floor_per_pupil_sek: Amount | None = None
    cap_per_pupil_sek: Amount | None = None
    largest_loss_share: Share | None = None
    largest_gain_share: Amount | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Block:
        if (self.function == "threshold") != (self.threshold_index is not None):
            raise ValueError("threshold_index goes with function threshold, and only with it")
        if (self.function == "power") != (self.exponent is not None):
            raise ValueError("exponent goes with function power, and only with it")
        if (self.structural_shares is None) == (self.pot_sek is None):
            raise ValueError("takes exactly one of structural_shares and pot_sek")
        for name, given in (("structural_shares", self.structural_shares or []), ("rules", self.rules)):
            if len(set(given)) != len(given):
                raise ValueError(f"{name} holds a value twice")
        return self

    def claim(self) -> ClaimFunction:
        """The claim function of ``models_py``."""
        if self.threshold_index is not None:
            return Threshold(self.threshold_index)
        return Linear() if self.exponent is None else Power(self.exponent)


class ScenarioSet(Strict):
    """``scenarios.yml``."""

    enough_share: Annotated[Share, Field(gt=0)]
    compare_with: Literal["published", "flat"]
    scenarios: Annotated[dict[Name, Block], Field(min_length=1)]


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """One scenario, and the block and rule it comes from."""

    block: str
    rule: Rule
    scenario: Scenario


def read_scenario_set(path: Path) -> ScenarioSet:
    """A checked set. Raises PolicyError with file and line for unknown keys, missing ones and values out of range."""
    return checked(ScenarioSet, read_policy_text(path))


def scenario_file_of(policies: Path, *, municipality_code: str) -> Path:
    """The municipality's own set, or the built-in one."""
    own = policies / municipality_code / SCENARIO_FILE
    return own if own.is_file() else BUILT_IN


def planned_scenarios(chosen: ScenarioSet, *, units: ScoredUnits, budget_ore: int) -> list[Planned]:
    """One scenario per block, rule and share, in the order of the file.

    Rules that compare claims with kronor get the block's claims scaled so that they add up to ``enough_share`` of the
    budget. Raises AllocationError for a block by which no school unit claims anything.
    """
    planned = []
    for name, block in chosen.scenarios.items():
        enough = _claims_in_ore(name, block, chosen.enough_share, units, budget_ore)
        for rule in block.rules:
            for share in block.structural_shares or [None]:
                scenario = Scenario(
                    name=f"{name}, {rule}, {_size(share, block.pot_sek)}",
                    claim=block.claim() if rule == "proportional" else enough,
                    structural_share=share,
                    pot_ore=None if block.pot_sek is None else block.pot_sek * 100,
                    rule=rule,
                    floor_per_pupil_ore=_ore(block.floor_per_pupil_sek),
                    cap_per_pupil_ore=_ore(block.cap_per_pupil_sek),
                    largest_loss_share=block.largest_loss_share,
                    largest_gain_share=block.largest_gain_share,
                )
                planned.append(Planned(name, rule, scenario))
    return planned


def _claims_in_ore(name: str, block: Block, enough: Decimal, units: ScoredUnits, budget_ore: int) -> GivenClaims:
    by_unit = claims(block.claim(), units=units)
    claimed = sum(by_unit.values(), Fraction(0))
    if not claimed:
        raise AllocationError(f"scenarios.{name}: by this function no school unit claims anything; lower the threshold")
    scale = Fraction(enough) * budget_ore / claimed
    return GivenClaims({unit: value * scale for unit, value in by_unit.items()}, in_ore=True)


def _ore(sek: Decimal | None) -> Decimal | None:
    return None if sek is None else sek * 100


def _size(share: Decimal | None, pot_sek: int | None) -> str:
    return f"{pot_sek} kr" if share is None else f"{(share * 100).normalize():f} %"
