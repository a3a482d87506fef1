"""Need of one municipality from its own pupils: the weights its policy and its results allow, the scores, the index.

Belongs here: the order of the steps, and what is refused with a reason. Does not: any estimator, what is told beside the
index (``evidence``), any file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from models_py.errors import NeedError
from models_py.need.between_within import fit_between_within
from models_py.need.cells import CellCounts, counts_of_table, outcome_cells
from models_py.need.composition import predict_with_composition
from models_py.need.fit import Estimator, NeedFit
from models_py.need.index import need_index
from models_py.need.ladder import Choice, OwnFit, choose, fit_by_choice
from models_py.need.newly_arrived import split_newly_arrived
from models_py.need.path_index import within_school_index
from models_py.need.points import fit_points
from models_py.need.policy import STATUTORY_CORE, NeedPolicy
from models_py.need.posterior import TauPosterior
from models_py.need.prior import Prior
from models_py.need.prior_text import prior_from_json
from models_py.need.record import inputs_sha256
from models_py.need.scoring import UnitNeed, predict_from_counts
from models_py.need.selection import SelectionPath, select_factors
from models_py.need.window import result_years
from models_py.need.within import fit_within_school


@dataclass(frozen=True, slots=True, eq=False)
class OwnModel:
    """The model of one municipality and funding year, and what it was made from.

    Attributes
    ----------
    counts : outcome counts by the factors of the model, of the pooled result years; None without any results
    candidates : the same by all named factors
    register : pupils counted in the index, all count dates at hand, the last one or two in ``dates``
    newly_outcomes, newly_register : the newly arrived where they are kept out of the index, else None
    identity : SHA-256 of the outcome counts the model was given
    path : of the selection of factors, or the code of why there is none
    """

    policy: NeedPolicy
    counts: CellCounts | None
    candidates: CellCounts | None
    outcomes: pd.DataFrame
    register: pd.DataFrame
    dates: tuple[date, ...]
    newly_outcomes: pd.DataFrame | None
    newly_register: pd.DataFrame | None
    identity: str
    prior: Prior | None
    choice: Choice
    fit: NeedFit
    tau: TauPosterior | None
    path: SelectionPath | str
    index_minimum_pupils: int
    own: Mapping[Estimator, OwnFit]

    @property
    def used_register(self) -> pd.DataFrame:
        """Register counts at the dates of the index."""
        return self.register[self.register["count_date"].isin(list(self.dates))]

    def scored(self, register: pd.DataFrame, fit: NeedFit | None = None) -> UnitNeed:
        """Need of units as the index uses it: with the decided effect of composition."""
        if self.policy.composition_effect:
            return predict_with_composition(fit or self.fit, register, effect=self.policy.composition_effect)
        return predict_from_counts(fit or self.fit, register)

    def index(self) -> pd.DataFrame:
        """Table of ``NeedIndex``."""
        scored = self.scored(self.used_register).table
        return need_index(scored, index_minimum_pupils=self.index_minimum_pupils).table

    def estimate_again(self, counts: CellCounts) -> NeedFit:
        """The same kind of fit on other counts (fewer cohorts, drawn background), to be judged and not to be used: however
        few events there are."""
        again = own_fits(minimum_events=1)
        return fit_by_choice(self.choice, counts, prior=self.prior, factors=counts.factors, own=again)[0]


def own_model(
    outcome_counts: pd.DataFrame,
    *,
    register_counts: pd.DataFrame,
    dates: Sequence[date],
    funding_year: int,
    index_minimum_pupils: int,
    policy: NeedPolicy,
    minimum_events: int = 350,
) -> OwnModel:
    """Choose and fit the model that the policy asks for and the results carry.

    Parameters
    ----------
    outcome_counts : school × year × cell counts of the municipality with schooling_year, all result years; may be empty
    register_counts : school × cell counts of its pupils with schooling_year, at ``dates`` and perhaps earlier ones
    dates : the one or two count dates of the index

    Raises ``NeedError`` with the reason where no rung of the ladder holds, and those of the input.
    """
    kept = list(dates)[:1] if policy.count_dates == "latest" else list(dates)
    outcomes, newly_outcomes = _apart(outcome_counts, policy)
    register, newly_register = _apart(register_counts, policy)
    factors = policy.chosen_factors
    years = result_years(
        outcomes["result_year"].unique().tolist(),
        funding_year=funding_year,
        unit_count=outcomes["school_unit_code"].nunique(),
    )
    outcomes = outcomes[outcomes["result_year"].isin(years)]
    if newly_outcomes is not None:
        newly_outcomes = newly_outcomes[newly_outcomes["result_year"].isin(years)]
    cells = outcome_cells(outcomes, factors=factors) if len(outcomes) else None
    candidates = None if cells is None else counts_of_table(cells, factors=factors)
    own = own_fits(minimum_events=minimum_events)
    text = policy.weights or policy.prior
    prior = None if text is None else prior_from_json(text)
    wanted = "prior" if policy.weights is not None else policy.estimator
    path = _path(
        candidates,
        register[register["count_date"].isin(kept)],
        minimum_events,
        index_minimum_pupils=index_minimum_pupils,
    )
    counts = candidates
    if candidates is not None and policy.factor_rule == "selected":
        if isinstance(path, str):
            raise NeedError(
                f"need.factor_rule is selected, but factors cannot be chosen: {path}; name them in need.factors",
                reason="no_selection",
            )
        counts = candidates.of_factors(sorted({*path.factors, *STATUTORY_CORE}))
    choice = choose(counts, prior=prior, wanted=wanted, minimum_events=minimum_events)
    used = factors if counts is None else counts.factors
    fit, tau = fit_by_choice(choice, counts, prior=prior, factors=used, own=own)
    return OwnModel(
        policy=policy,
        counts=counts,
        candidates=candidates,
        outcomes=outcomes,
        register=register,
        dates=tuple(kept),
        newly_outcomes=newly_outcomes,
        newly_register=newly_register,
        identity=inputs_sha256(*([] if cells is None else [cells])),
        prior=prior,
        choice=choice,
        fit=fit,
        tau=tau,
        path=path,
        index_minimum_pupils=index_minimum_pupils,
        own=own,
    )


def own_fits(*, minimum_events: int) -> dict[Estimator, OwnFit]:
    """How own results are fitted, by estimator."""
    return {
        "within_school": lambda counts: fit_within_school(counts, minimum_events=minimum_events),
        "between_within": lambda counts: fit_between_within(counts, minimum_events=minimum_events),
        "points": lambda counts: fit_points(counts, minimum_events=minimum_events),
    }


def _apart(counts: pd.DataFrame, policy: NeedPolicy) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """All pupils, or the others and the newly arrived apart where these are paid per head."""
    if policy.newly_arrived == "in_index":
        return counts, None
    return split_newly_arrived(counts)


def _path(
    candidates: CellCounts | None, register: pd.DataFrame, minimum_events: int, *, index_minimum_pupils: int
) -> SelectionPath | str:
    """The path of factors, or the code of why there is none; it steers nothing unless the policy lets it choose."""
    if candidates is None or candidates.total < minimum_events:
        return "too_few_events"
    try:
        return select_factors(
            candidates,
            index_of=within_school_index(
                candidates,
                register_counts=register,
                minimum_events=minimum_events,
                index_minimum_pupils=index_minimum_pupils,
            ),
        )
    except NeedError as error:
        return error.reason


def weights_of(model: OwnModel) -> dict[str, Any]:
    """What the record tells of the choice of weights, JSON-ready."""
    found: dict[str, Any] = {
        "rung": model.choice.rung,
        "estimator": model.fit.estimator,
        "reason": model.choice.reason,
        "interval_rule": model.fit.interval_rule,
    }
    if model.tau is not None:
        found["municipal_spread"] = {
            "mean_log_odds": model.tau.mean,
            "grid_log_odds": list(model.tau.taus),
            "weights": [round(float(weight), 6) for weight in model.tau.weights],
        }
    return found
