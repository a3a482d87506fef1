"""The shape of policy files: sections, keys, units, and the decision behind each value.

Belongs here: pydantic models, which are also the JSON Schema for editors. Does not: reading files, inheritance, or the
policy of a year (``policies``). A policy folder holds ``municipality.yml`` (who) and value files (what).
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from models_py.allocation.cost_types import COST_TYPES
from models_py.allocation.organiser_terms import OverheadMethod
from models_py.allocation.policy import BaseMode, Rebase, StructuralFunction
from models_py.forms.policy import MeritRule
from models_py.forms.reference import NeedSource
from models_py.need.policy import CountDates, FactorRule, IndexDirection, NewlyArrived, OnDrift, WantedEstimator
from orchestration.resources.formula_shape import AnyComponent, AnyGuarantee, NumberText, Part
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
)

FactorName = Literal[
    "guardian_education", "immigration", "household_income", "area_type",
    "sex", "econ_assistance", "household", "siblings",
]  # fmt: skip


class Base(Strict):
    """How the base part is set."""

    mode: Dated[BaseMode, Literal["choice"]] | None = None
    budget_sek: Dated[Kronor, Literal["sek"]] | None = None
    budget_per_pupil_sek: Dated[Amount, Literal["sek_per_pupil"]] | None = None
    grade_weights: Dated[dict[Grade, Positive], Literal["weight"]] | None = None
    grade_prices_sek: Dated[dict[Grade, Positive], Literal["sek_per_pupil"]] | None = None


class Structural(Strict):
    """How much follows need, and how."""

    share: Dated[Share, Literal["share"]] | None = None
    pot_sek: Dated[Kronor, Literal["sek"]] | None = None
    function: Dated[StructuralFunction, Literal["choice"]] | None = None


class Index(Strict):
    """How the need index is prepared before it meets money."""

    minimum_pupils: Dated[Annotated[int, Field(ge=1)], Literal["pupils"]] | None = None
    rebase: Dated[Rebase, Literal["choice"]] | None = None
    count_lag_years: Dated[Annotated[int, Field(ge=0, le=5)], Literal["years"]] | None = None


WeightsFile = Annotated[str, Field(pattern=r"^(none|[a-z0-9][a-z0-9_-]*\.json)$")]


class Need(Strict):
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
    on_drift: Dated[OnDrift, Literal["choice"]] | None = None


class Disclosure(Strict):
    """From how many pupils counts of background are published, never fewer than ten; what money must not tell of them."""

    threshold: Dated[Annotated[int, Field(ge=10)], Literal["pupils"]] | None = None
    narrowest_width: Dated[Positive, Literal["pupils"]] | None = None
    ordinary_change: Dated[Amount, Literal["index"]] | None = None


NEED_KEYS = tuple(f"need.{name}" for name in Need.model_fields)
FILE_KEYS = ("need.weights", "need.prior")
"""Keys whose value names a file: its content, not its name, is what was decided."""


CostType = Literal["teaching", "learning_tools", "pupil_health", "meals", "premises"]
assert get_args(CostType) == COST_TYPES


class AnnualAccounts(Strict):
    """Lines of the annual accounts that the year's money is met with; a reconciliation moves no money."""

    # cost type, administration, vat or central deduction → line
    lines: Dated[dict[Name, Text], Literal["account"]] | None = None
    stated_sek: Dated[dict[Text, Kronor], Literal["sek"]] | None = None  # line → kronor; given, never indexed


class Overheads(Strict):
    """Administration and VAT of independent organisers, added when need and base are decided."""

    method: Dated[OverheadMethod, Literal["choice"]] | None = None
    administration_share: Dated[Share, Literal["share"]] | None = None
    vat_share: Dated[Share, Literal["share"]] | None = None


BaselineSource = Literal["delivered", "decided", "proposed"]
"""facts.yml; last year's decided publication; that or, without one, last year's newest proposal."""
UnclearPredecessors = Literal["refuse", "no_baseline"]


class Baseline(Strict):
    """What last year's money is read from, and what is done with units whose past is not exact."""

    source: Dated[BaselineSource, Literal["choice"]] | None = None
    unclear_predecessors: Dated[UnclearPredecessors, Literal["choice"]] | None = None


class Fees(Strict):
    """Fees that organisers of a form take; they lower an independent organiser's grant (Skolförordningen 14 kap. 3 §)."""

    per_group_sek: Dated[dict[Name, Amount], Literal["sek_per_unit"]] | None = None


class FormNeed(Strict):
    """Where the need index of a school form comes from; see ``models_py.forms.policy.FormNeedPolicy``."""

    source: Dated[NeedSource, Literal["choice"]] | None = None
    at_zero: Dated[Amount, Literal["number"]] | None = None
    points: Dated[dict[Name, dict[Name, Amount]], Literal["points"]] | None = None
    merit_rule: Dated[MeritRule, Literal["choice"]] | None = None
    merit_values: Dated[dict[NumberText, Amount], Literal["curve"]] | None = None
    introductory_programmes: Dated[list[Name], Literal["programmes"]] | None = None
    introductory_value: Dated[Amount, Literal["number"]] | None = None


class Series(Strict):
    """Factors per calendar year, 1 in the year whose prices the indexed values are stated in."""

    description: Text
    source: Text
    values: dict[Annotated[str, Field(pattern=r"^[0-9]{4}$")], Positive]


class PolicyValues(Strict):
    """One value file of a policy folder."""

    base: Base | None = None
    structural: Structural | None = None
    index: Index | None = None
    need: Need | None = None
    disclosure: Disclosure | None = None
    baseline: Baseline | None = None
    components: dict[Name, AnyComponent] | None = None  # type: ignore[valid-type]
    guarantees: dict[Name, AnyGuarantee] | None = None  # type: ignore[valid-type]
    cost_types: dict[Name, Dated[dict[CostType, Part], Literal["part"]]] | None = None
    cost_types_sek: dict[Name, Dated[dict[CostType, Amount], Literal["sek_per_pupil"]]] | None = None
    overheads: Overheads | None = None
    accounts: AnnualAccounts | None = None
    fees: Fees | None = None
    form_need: FormNeed | None = None
    series: dict[str, Series] | None = None


IntakeMode = Literal["pupil_level", "delivered_index", "school_aggregate"]
"""What need is computed from: own pupils, an index that the municipality has ordered, or Skolverket's open statistics."""


class PublicationPlace(Strict):
    """Where the sealed versions are served, and who answers for them: what an open data catalogue has to say."""

    base_iri: Annotated[str, Field(pattern=r"^https?://[^\s<>\"{}|\\^`]+[^\s<>\"{}|\\^`/?#]$")]
    contact_email: Annotated[str, Field(pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+$")]
    license_iri: Annotated[str, Field(pattern=r"^https?://[^\s<>\"{}|\\^`]+$")] | None = None


class Municipality(Strict):
    """``municipality.yml``: whose policy this is."""

    municipality_code: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    name: Text
    intake_mode: IntakeMode
    extends: Literal["default"] | None = None
    description: Text | None = None
    publication: PublicationPlace | None = None
