"""What has been decided about the need model, resolved for one funding year.

Belongs here: frozen values and the conditions under which they make sense together. Does not: dates, decisions and files
(``orchestration.resources.policies`` resolves them into these). Policy keys named in errors are those of the policy
files: ``need.estimator`` and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models_py.errors import NeedError
from models_py.need.design import FACTORS, Factor

WantedEstimator = Literal["auto", "within_school", "between_within", "points", "prior"]
FactorRule = Literal["named", "selected"]
NewlyArrived = Literal["in_index", "per_head"]
CountDates = Literal["mean_of_two", "latest"]
OnDrift = Literal["advise", "re_estimate", "keep_frozen"]
IndexDirection = Literal["higher_is_needier", "lower_is_needier"]

STATUTORY_CORE = ("guardian_education", "immigration")
"""What the law names first: parents' education and time since immigration stand in every model."""


@dataclass(frozen=True, slots=True)
class NeedPolicy:
    """Everything decided that the need index of one funding year depends on.

    Attributes
    ----------
    estimator : 'auto' takes the best that the data carry; the others are taken or refused
    factors : factors of the model (rule 'named'), or those it may choose among ('selected')
    newly_arrived : 'in_index': one model for all; 'per_head': out of index and fit, scored by themselves for a pot per head
    count_dates : what the need share is taken from; 'mean_of_two' is steadier, 'latest' quicker
    weights : text of a file of frozen weights, or None to estimate
    prior : text of a file of national or partners' weights that own data are drawn towards, or None
    delivered_index_direction : which end of an index that was delivered means more need; read only where one is used
    on_drift : what frozen weights meet when last year's follow-up found that factors had moved: 'advise' says so and keeps
        them, 're_estimate' estimates for the year, 'keep_frozen' keeps them by decision
    composition_effect : log-odds per log-odds of the schoolmates' mean that is added for concentration; 0 is none
    """

    estimator: WantedEstimator = "auto"
    factors: tuple[str, ...] = tuple(factor.name for factor in FACTORS)
    factor_rule: FactorRule = "named"
    newly_arrived: NewlyArrived = "in_index"
    count_dates: CountDates = "mean_of_two"
    weights: str | None = None
    prior: str | None = None
    composition_effect: float = 0.0
    delivered_index_direction: IndexDirection = "higher_is_needier"
    on_drift: OnDrift = "advise"

    def __post_init__(self) -> None:
        known = [factor.name for factor in FACTORS]
        if unknown := [name for name in self.factors if name not in known]:
            raise NeedError(f"need.factors: {unknown} are not known; known are {known}", reason="bad_policy")
        if len(set(self.factors)) != len(self.factors):
            raise NeedError("need.factors: a factor is named twice; name each once", reason="bad_policy")
        if absent := [name for name in STATUTORY_CORE if name not in self.factors]:
            raise NeedError(f"need.factors: {absent} may not be left out of the model", reason="bad_policy")
        if not 0 <= self.composition_effect <= 1:
            raise NeedError(
                f"need.composition_effect: {self.composition_effect} is outside 0..1 (0 is none)", reason="bad_policy"
            )
        if self.weights is not None and self.estimator not in ("auto", "prior"):
            raise NeedError(
                "need.weights names a file, so nothing is estimated; need.estimator must be auto or prior",
                reason="bad_policy",
            )
        if self.estimator == "prior" and self.weights is None and self.prior is None:
            raise NeedError(
                "need.estimator is prior, but need.prior and need.weights name no file", reason="bad_policy"
            )

        if self.on_drift == "re_estimate" and self.estimator == "prior" and self.prior is None:
            raise NeedError(
                "need.on_drift is re_estimate, but need.estimator is prior and need.prior names no file; there would be "
                "nothing to estimate with: set need.estimator to auto or need.on_drift to advise",
                reason="bad_policy",
            )

    @property
    def chosen_factors(self) -> tuple[Factor, ...]:
        """The named factors, in the order every table has them."""
        return tuple(factor for factor in FACTORS if factor.name in self.factors)
