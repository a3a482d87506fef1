"""What follows need: claims on a structural part from a unit's index or share.

Belongs here: one kind per claim function, with the index bounded and rounded first where the policy says so. Does not:
the functions themselves (``claim_functions``, ``pupil_threshold``), how a pot meets the claims (``rules``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from models_py.allocation.claim_functions import (
    ClaimFunction,
    CostBased,
    Linear,
    MarginalRates,
    Power,
    PricePerPoint,
    StepTable,
    Threshold,
)
from models_py.allocation.components.parameters import (
    Curve,
    Decimals,
    Index,
    Measure,
    Number,
    Sek,
    SekPerPoint,
    Share,
    knots,
)
from models_py.allocation.facts import Facts
from models_py.allocation.lines import Claim, Claims, counted
from models_py.allocation.pupil_threshold import pupil_threshold_claims
from models_py.allocation.rounding import half_even
from models_py.errors import AllocationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The measure that is read, by default the kind's own, and its preparation: into a range, then to decimals."""

    measure: Measure | None = None
    lowest: Index | None = None
    highest: Index | None = None
    decimals: Decimals | None = None

    def problems(self) -> Iterator[str]:
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            yield f"lowest: {self.lowest} is above highest {self.highest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralLinear(Need):
    """Pupils × index / 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralThreshold(Need):
    """Pupils × max(0, index − threshold_index) / 100."""

    threshold_index: Index


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralPower(Need):
    """Pupils × (index / 100) to the power ``exponent``; above 1 convex."""

    exponent: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralSteps(Need):
    """Pupils × the value of the step that the index stands on; ``steps``: index from which it holds to value."""

    steps: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralBrackets(Need):
    """Pupils × (at_zero + rate × what lies in each bracket); ``brackets``: value from which a rate holds to the rate.

    Kinks and never steps, as in a grant that rises faster above a share.
    """

    brackets: Curve
    at_zero: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralPricePerPoint(Need):
    """Pupils × index points above from_index × kronor per point."""

    sek_per_point: SekPerPoint
    from_index: Index | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralCostBased(Need):
    """Expected non-eligible pupils × what the support of one costs."""

    sek_per_expected_pupil: Sek


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralPupilThreshold:
    """Score above the mean of the pupils at highest risk, less a deduction per pupil of the unit."""

    target_share: Share
    deduction_per_pupil: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts(Need):
    """Posts instead of kronor: pupils × index × correction / (pupils_per_post × 100), at a price per post."""

    pupils_per_post: Number
    correction: Number
    sek_per_post: Sek

    def problems(self) -> Iterator[str]:
        if not self.pupils_per_post:
            yield "pupils_per_post: is zero"


def structural(facts: Facts, parameters: Need, *, key: str) -> Claims:
    """One line ``need`` per unit, in the count that the kind is told by."""
    function, unit_name, ore = _function(parameters)
    values = _prepared(facts, parameters, default=function.reads, key=key)
    claims = {}
    for unit, pupils in facts.pupil_count.items():
        per_pupil = function.per_pupil(values[unit])
        claims[unit] = (Claim("need", counted(pupils * per_pupil / ore), unit_name, ore),)
    return claims


def structural_stepped(facts: Facts, parameters: StructuralSteps, *, key: str) -> Claims:
    """Pupils × the value of the step, on a line named by where the step begins: one line, one rate for all units."""
    function = StepTable(knots(parameters.steps))
    starts = sorted(((Fraction(start), start) for start in parameters.steps), reverse=True)
    values = _prepared(facts, parameters, default="need_index", key=key)
    claims = {}
    for unit, pupils in facts.pupil_count.items():
        name = next(text for start, text in starts if values[unit] >= Fraction(float(start)))
        value = function.per_pupil(values[unit])
        claims[unit] = (Claim(f"step_{name.replace('.', '_')}", counted(pupils), "pupils", value),)
    return claims


def structural_pupil_threshold(facts: Facts, parameters: StructuralPupilThreshold, *, key: str) -> Claims:
    """Net score points per unit; a unit at zero is paid zero and listed."""
    if facts.risk_cells is None:
        raise AllocationError(
            f"{key} reads pupils by predicted share, and only means of school units are delivered; "
            "a mean hides whom the threshold is about"
        )
    cells = facts.risk_cells[facts.risk_cells["school_unit_code"].astype(str).isin(list(facts.pupils))]
    net = pupil_threshold_claims(
        cells, target_share=parameters.target_share, deduction_per_pupil=parameters.deduction_per_pupil
    ).claims
    without = sorted(facts.pupils.keys() - net.keys())
    if without:
        raise AllocationError(f"{key}: no pupils by predicted share for school units {', '.join(without[:5])}")
    return {unit: (Claim("need", counted(net[unit]), "score_points", Fraction(1)),) for unit in facts.pupils}


def posts(facts: Facts, parameters: Posts, *, key: str) -> Claims:
    """One line in posts, to five decimals, at the price of a post."""
    values = _prepared(facts, parameters, default="need_index", key=key)
    scale = Fraction(parameters.correction) / (Fraction(parameters.pupils_per_post) * 100)
    return {
        unit: (
            Claim(
                "posts",
                Fraction(half_even(pupils * values[unit] * scale, decimals=5), 10**5),
                "posts",
                Fraction(parameters.sek_per_post),
            ),
        )
        for unit, pupils in facts.pupil_count.items()
    }


def _function(parameters: Need) -> tuple[ClaimFunction, str, Fraction]:
    """The function, what its count is called, and kronor per count (1 where claims are only relative)."""
    if isinstance(parameters, StructuralThreshold):
        return Threshold(parameters.threshold_index), "need_weighted_pupils", Fraction(1)
    if isinstance(parameters, StructuralPower):
        return Power(parameters.exponent), "need_weighted_pupils", Fraction(1)
    if isinstance(parameters, StructuralBrackets):
        return MarginalRates(knots(parameters.brackets), parameters.at_zero or 0), "need_weighted_pupils", Fraction(1)
    if isinstance(parameters, StructuralPricePerPoint):
        price = Fraction(parameters.sek_per_point)
        return PricePerPoint(price, parameters.from_index or 0), "index_points", price or Fraction(1)
    if isinstance(parameters, StructuralCostBased):
        price = Fraction(parameters.sek_per_expected_pupil)
        return CostBased(price), "expected_not_eligible", price or Fraction(1)
    return Linear(), "need_weighted_pupils", Fraction(1)


def _prepared(facts: Facts, parameters: Need, *, default: str, key: str) -> dict[str, Fraction]:
    values = facts.measure(parameters.measure or default, asked_by=key)
    if parameters.lowest is not None:
        values = {unit: max(value, Fraction(parameters.lowest)) for unit, value in values.items()}
    if parameters.highest is not None:
        values = {unit: min(value, Fraction(parameters.highest)) for unit, value in values.items()}
    decimals = parameters.decimals
    if decimals is not None:
        values = {unit: Fraction(half_even(v, decimals=decimals), 10**decimals) for unit, v in values.items()}
    return values
