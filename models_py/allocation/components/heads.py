"""Amounts per delivered count: newly arrived, mother tongue, premises kronor, any head.

Belongs here: per-head claims with steps and several counts a year. Does not: who counts as newly arrived (the delivery
says; School Act 3 kap. 12 a §).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models_py.allocation.components.parameters import Measure, SekByName, SekPerPupil, WeightByName
from models_py.allocation.facts import Facts
from models_py.allocation.lines import Claim, Claims, counted


@dataclass(frozen=True, slots=True, kw_only=True)
class PerHead:
    """Heads × kronor.

    ``measure`` names the delivered count. With ``step_amounts_sek`` (such as year_1 .. year_4 since arrival) each step is
    a measure of its own, ``<measure>_<step>``. With ``counts`` (such as spring 0.5, autumn 0.5) each count date is one
    more part of the name, ``<measure>_<step>_<count>``, and the heads are the weighted sum.
    """

    measure: Measure
    amount_sek: SekPerPupil | None = None
    step_amounts_sek: SekByName | None = None
    counts: WeightByName | None = None

    def problems(self) -> Iterator[str]:
        if (self.amount_sek is None) == (self.step_amounts_sek is None):
            yield "amount_sek: takes exactly one of amount_sek and step_amounts_sek"
        if self.counts is not None and sum(map(Fraction, self.counts.values())) != 1:
            yield "counts: the weights of the counts must add up to 1"


def per_head(facts: Facts, parameters: PerHead, *, key: str) -> Claims:
    """A line per step; a unit without heads has none."""
    steps = parameters.step_amounts_sek or {"": parameters.amount_sek or Decimal(0)}
    claims: dict[str, tuple[Claim, ...]] = dict.fromkeys(facts.pupils, ())
    for step, amount in steps.items():
        heads = dict.fromkeys(facts.pupils, Fraction(0))
        for count, weight in (parameters.counts or {"": Decimal(1)}).items():
            name = "_".join(part for part in (parameters.measure, step, count) if part)
            for unit, value in facts.measure(name, asked_by=key).items():
                heads[unit] += Fraction(weight) * value
        for unit, number in heads.items():
            if number:
                claims[unit] += (Claim(step or "heads", counted(number), parameters.measure, Fraction(amount)),)
    return claims
