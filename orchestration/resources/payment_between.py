"""``inter_municipal`` of ``payments.yml``: what is claimed of other municipalities and paid to them, year by year.

Belongs here: the shape of the section, and its values as ``models_py.payment`` takes them. Does not: the rest of the file
(``payment_policy``).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from models_py.payment import InterMunicipal
from models_py.payment.twelfths import MICRO
from orchestration.resources.shape_types import Amount, Grade, Strict, Text
from orchestration.school_forms import AGE_NAMED_ON, named_on

ORE_PER_SEK = 100
Municipality = Annotated[str, Field(pattern=r"^[0-9]{4}$")]


class Agreement(Strict):
    """Kronor per pupil and year that were agreed with one municipality, for its pupils here or ours there."""

    municipality: Municipality
    pupils: Literal["theirs_here", "ours_there"]
    decided_by: Text
    per_pupil_sek: dict[Grade, Amount]


class Between(Strict):
    """What holds between the municipality and others: see ``models_py.payment.inter_municipal.InterMunicipal``."""

    decided_by: Text
    claims: Literal["own_rates", "agreed_only", "none"] = "none"
    payments: Literal["own_rates", "agreed_only"] = "own_rates"
    agreements: list[Agreement] = []

    @model_validator(mode="after")
    def _each_once(self) -> Between:
        named = [(one.municipality, one.pupils) for one in self.agreements]
        if twice := sorted({" ".join(one) for one in named if named.count(one) > 1}):
            raise ValueError(f"agreements has {', '.join(twice)} more than once")
        return self


def between_of(told: Between | None, *, municipality_code: str) -> InterMunicipal:
    """The section as values; without one nothing is claimed, and others' units are paid by own rates."""
    if told is None:
        return InterMunicipal(municipality_code)
    rates: dict[str, dict[str, dict[str, int]]] = {"theirs_here": {}, "ours_there": {}}
    for one in told.agreements:
        rates[one.pupils][one.municipality] = {
            str(grade): int(sek * ORE_PER_SEK * MICRO)
            for grade, sek in sorted(named_on(one.per_pupil_sek, unit="sek", day=AGE_NAMED_ON).items())
        }
    return InterMunicipal(municipality_code, told.claims, told.payments, rates["theirs_here"], rates["ours_there"])
