"""What stands beside an index: how sure it is, why it is what it is, what other models would say, what was tried.

Belongs here: gathering it for one model, each part by itself: a part that the data cannot carry is left out with its
reason, and the index stands. Does not: any statistics, money.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pandas as pd

from models_py.errors import NeedError
from models_py.need.alternatives import build_alternatives
from models_py.need.atlas import factor_atlas
from models_py.need.atlas_public import public_atlas
from models_py.need.calibration_check import out_of_time
from models_py.need.card import Tried, model_card
from models_py.need.cells import CellCounts, counts_of_table, outcome_cells
from models_py.need.composition import predict_with_composition
from models_py.need.contributions import index_contributions
from models_py.need.fit import NeedFit
from models_py.need.from_prior import fit_from_prior
from models_py.need.missing import GIVEN, missing_sensitivity
from models_py.need.newly_arrived import fit_newly_arrived, newly_arrived_weights
from models_py.need.own_pupils import OwnModel, weights_of
from models_py.need.pooled import fit_pooled
from models_py.need.replicates import index_replicates
from models_py.need.settle import settle_beside
from models_py.need.uncertainty import index_intervals

T = TypeVar("T")

UNSURE = ("need_index_standard_error", "need_index_interval_lower", "need_index_interval_upper")


@dataclass(slots=True)
class Evidence:
    """Tables by name, without municipality and year; and what the record tells.

    Attributes
    ----------
    tables : ``unsure`` (school_unit_code and ``UNSURE``), ``contribution``, ``replicate``, ``unit_level``,
        ``factor_level``, ``factor``, ``factor_pair``, ``selection``, ``alternative``, ``calibration``, ``newly_arrived``;
        those that the data carry
    not_shown : part → why it is left out, as a code: the words of an error can hold counts, and records are published
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    not_shown: dict[str, str] = field(default_factory=dict)

    def attempt(self, part: str, compute: Callable[[], T]) -> T | None:
        """The part, or None with its reason kept."""
        try:
            return compute()
        except NeedError as error:
            self.not_shown[part] = error.reason
            return None


def evidence_of(
    model: OwnModel, *, funding_year: int, fit_id: str, frozen_until: int, seed: int, draws: int = 1000
) -> Evidence:
    """Everything that can be told of ``model``.

    ``seed`` draws schools and unknown background; ``draws`` replicates of the index; ``frozen_until``: the last funding
    year that uses these weights without a new decision. Never raises for what the data cannot carry.
    """
    found = Evidence()
    minimum = model.index_minimum_pupils
    _how_sure(found, model, minimum=minimum, seed=seed, draws=draws)
    parts = found.attempt(
        "contributions", lambda: index_contributions(model.fit, model.used_register, index_minimum_pupils=minimum)
    )
    if parts is not None and not model.policy.composition_effect:
        found.tables["contribution"] = parts.table.assign(municipal_pupil_count=parts.municipal_pupils)
        found.record["reference_pupil"] = {
            "share": parts.reference_share,
            "levels": parts.reference.astype(object).where(parts.reference.notna(), None).to_dict("records"),
            "withheld_unit_count": len(parts.withheld),
        }
    _atlas(found, model)
    alternatives = found.attempt("alternatives", lambda: build_alternatives_of(model))
    if alternatives is not None:
        found.tables["alternative"] = pd.concat(
            [
                pd.DataFrame(
                    {
                        "school_unit_code": index.index,
                        "model": label,
                        "is_in_use": label == model.fit.estimator,
                        "need_index": index.to_numpy(),
                    }
                )
                for label, index in alternatives.indices.items()
            ],
            ignore_index=True,
        )
    missing = found.attempt("missing background", lambda: _missing(model, seed=seed))
    checked = found.attempt("calibration", lambda: out_of_time(_own_counts(model), estimate=model.estimate_again))
    if checked is not None:
        found.tables["calibration"] = checked.tenths
    if isinstance(model.path, str):
        found.not_shown["selection"] = model.path
    else:
        found.tables["selection"] = model.path.table
        found.record["selected_factors"] = list(model.path.factors)
    if model.newly_register is not None and len(model.newly_register):
        weights = found.attempt("newly arrived", lambda: _newly_arrived(model))
        if weights is not None:
            found.tables["newly_arrived"] = weights
    found.record["card"] = model_card(
        model.fit,
        funding_year=funding_year,
        fit_id=fit_id,
        rung=model.choice.rung,
        reason=model.choice.reason,
        data_hashes={"outcome_counts": model.identity},
        frozen_until=frozen_until,
        out_of_time=checked,
        tried=Tried(selection=found.tables.get("selection"), alternatives=alternatives, card=None, missing=missing),
    )
    exact = {"contribution", "replicate", "newly_arrived"}  # they tie to the index, or make money
    found.tables = {name: table if name in exact else settle_beside(table) for name, table in found.tables.items()}
    found.record["weights_chosen"] = weights_of(model)
    found.record["not_shown"] = dict(sorted(found.not_shown.items()))
    return found


def _how_sure(found: Evidence, model: OwnModel, *, minimum: int, seed: int, draws: int) -> None:
    if model.policy.composition_effect:
        found.not_shown["intervals"] = "composition_effect_decided"
        return
    intervals = found.attempt(
        "intervals", lambda: index_intervals(model.fit, model.used_register, index_minimum_pupils=minimum)
    )
    if intervals is not None:
        named = dict(zip(("index_standard_error", "interval_lower", "interval_upper"), UNSURE, strict=True))
        found.tables["unsure"] = intervals.table.rename(columns=named)[["school_unit_code", *UNSURE]]
    drawn = found.attempt(
        "replicates",
        lambda: index_replicates(model.fit, model.used_register, seed=seed, draws=draws, index_minimum_pupils=minimum),
    )
    if drawn is not None:
        found.tables["replicate"] = pd.DataFrame(
            {
                "school_unit_code": [unit for unit in drawn.units for _ in range(len(drawn.index))],
                "draw": list(range(1, len(drawn.index) + 1)) * len(drawn.units),
                "need_index": drawn.index.T.reshape(-1),
            }
        )
        found.record["replicates"] = {
            "draws": len(drawn.index),
            "source": drawn.source,
            "seed": drawn.seed,
            "degrees_of_freedom": drawn.degrees_of_freedom if drawn.degrees_of_freedom < 1e12 else None,
        }


def _atlas(found: Evidence, model: OwnModel) -> None:
    atlas = found.attempt(
        "atlas", lambda: factor_atlas(model.register, counts=model.candidates, factors=model.policy.chosen_factors)
    )
    if atlas is not None:
        public = public_atlas(atlas)
        found.tables |= {
            "unit_level": atlas.unit_levels,
            "factor_level": public.levels,
            "factor": public.factors,
            "factor_pair": public.associations,
        }


def build_alternatives_of(model: OwnModel) -> Any:
    """The index under every model that could reasonably have been chosen, the one in use first."""
    counts = _own_counts(model)
    estimators: dict[str, Callable[[CellCounts], NeedFit]] = {model.fit.estimator: lambda _: model.fit}
    for name, fitted in model.own.items():
        estimators.setdefault(name, fitted)
    estimators["pooled"] = fit_pooled
    if model.prior is not None and "prior" not in estimators:
        prior = model.prior
        estimators["prior"] = lambda own: fit_from_prior(prior, factors=own.factors, counts=own)
    effect = None if model.prior is None else model.prior.composition_effect
    return build_alternatives(
        counts,
        model.register,
        estimators=estimators,
        with_composition=None
        if effect is None
        else lambda fit, register: predict_with_composition(fit, register, effect=effect),
        index_minimum_pupils=model.index_minimum_pupils,
    )


def _own_counts(model: OwnModel) -> CellCounts:
    if model.counts is None:
        raise NeedError("there are no own results", reason="no_results")
    return model.counts


def _missing(model: OwnModel, *, seed: int) -> Any:
    factors = _own_counts(model).factors
    own = {factor.name for factor in factors}
    return missing_sensitivity(
        model.outcomes,
        model.used_register,
        estimate=model.estimate_again,
        seed=seed,
        given=[name for name in GIVEN if name in own],  # a policy need not name every factor
        factors=factors,
        index_minimum_pupils=model.index_minimum_pupils,
    )


def _newly_arrived(model: OwnModel) -> pd.DataFrame:
    """Heads and their weights at the latest count date, for a pot per head."""
    assert model.newly_register is not None  # the caller has looked
    assert model.newly_outcomes is not None  # both are taken apart together
    factors = model.fit.design.factors
    counts = None
    if len(model.newly_outcomes):
        counts = counts_of_table(outcome_cells(model.newly_outcomes, factors=factors), factors=factors)
    fitted = fit_newly_arrived(counts, others=model.fit)
    latest = model.newly_register[model.newly_register["count_date"] == max(model.newly_register["count_date"])]
    return newly_arrived_weights(fitted, latest, others=model.fit)
