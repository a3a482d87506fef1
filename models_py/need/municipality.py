"""Need of whole municipalities: the window, the fit, the scores, the index and the record, in that order.

Belongs here: the order of the steps and what is refused with a reason. Does not: any estimator, any file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.aggregate import estimation_rows, fit_open_statistics, predict_from_shares
from models_py.need.evidence import UNSURE, evidence_of
from models_py.need.index import need_index
from models_py.need.own_pupils import OwnModel, own_model
from models_py.need.policy import NeedPolicy
from models_py.need.prior_making import frozen_from_fit
from models_py.need.prior_text import prior_to_json
from models_py.need.record import COEFFICIENT_COLUMNS, coefficient_table, fit_id, fit_record, inputs_sha256
from models_py.need.risk_cells import risk_cells
from models_py.need.scoring import UnitNeed
from models_py.need.window import result_years


@dataclass(frozen=True, slots=True, eq=False)
class MunicipalNeed:
    """Need of one municipality and funding year, or why there is none.

    Attributes
    ----------
    index : rows of ``fct_need_index``; empty when refused
    coefficients : rows of ``need_coefficient``; empty when refused
    record : the fit record, JSON-ready
    refusal : reason in words, or None
    tables : what stands beside the index, by the names of ``Evidence.tables``, with municipality_code and funding_year
    weights : text of a weights file of this fit, to be named by a policy that keeps them; None where there is none
    """

    municipality_code: str
    index: pd.DataFrame = field(default_factory=pd.DataFrame)
    coefficients: pd.DataFrame = field(default_factory=pd.DataFrame)
    record: Mapping[str, Any] = field(default_factory=dict)
    refusal: str | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    weights: str | None = None


def need_from_counts(
    outcome_counts: pd.DataFrame,
    *,
    register_counts: pd.DataFrame,
    dates: Sequence[date],
    municipality_code: str,
    funding_year: int,
    index_minimum_pupils: int,
    policy: NeedPolicy | None = None,
    frozen_until: int | None = None,
    seed: int = 0,
    draws: int = 1000,
    minimum_events: int = 350,
) -> MunicipalNeed:
    """Need from the municipality's own pupils, by the weights its policy and its results allow.

    Refused with a reason rather than fitted on too little. Arguments as ``own_model`` and ``evidence_of``.
    """
    try:
        model = own_model(
            outcome_counts,
            register_counts=register_counts,
            dates=dates,
            funding_year=funding_year,
            index_minimum_pupils=index_minimum_pupils,
            policy=policy or NeedPolicy(),
            minimum_events=minimum_events,
        )
        named = fit_id(model.fit, funding_year=funding_year, inputs_sha256=model.identity)
        scored = model.scored(model.used_register)
        index = _index(scored, municipality_code, funding_year, named, index_minimum_pupils)
    except NeedError as error:
        return MunicipalNeed(municipality_code, refusal=str(error))
    found = evidence_of(
        model,
        funding_year=funding_year,
        fit_id=named,
        frozen_until=frozen_until or funding_year,
        seed=seed,
        draws=draws,
    )
    index = _with_intervals(index, found.tables.pop("unsure", None))
    unfitted = [
        {"factor": u.factor, "level": u.level, "scored_as": u.scored_as, "pupils": u.pupils}
        for u in scored.unfitted_levels
    ]
    keys: dict[str, Any] = {"municipality_code": municipality_code, "funding_year": funding_year}
    return MunicipalNeed(
        municipality_code,
        index=index,
        coefficients=coefficient_table(
            model.fit, municipality_code=municipality_code, funding_year=funding_year, fit_id=named
        ),
        record=fit_record(
            model.fit, funding_year=funding_year, inputs_sha256=model.identity, policy={"unfitted_levels": unfitted}
        )
        | found.record,
        tables={name: table.assign(**keys) for name, table in found.tables.items()}
        | {"risk_cell": risk_cells(model.fit, model.used_register).assign(**keys)},
        weights=_weights_text(model, municipality_code=municipality_code, funding_year=funding_year),
    )


def _weights_text(model: OwnModel, *, municipality_code: str, funding_year: int) -> str | None:
    """The weights as a file that a policy can name to keep them frozen; those used from a file are one already."""
    if model.fit.estimator == "prior":
        return None
    label = f"{municipality_code} {funding_year}"
    return prior_to_json(frozen_from_fit(model.fit, label=label, source=f"own results, {model.choice.reason}"))


def need_from_shares(
    factors: pd.DataFrame,
    *,
    results: pd.DataFrame,
    dates: Mapping[str, Sequence[date]],
    funding_year: int,
    index_minimum_pupils: Mapping[str, int],
) -> list[MunicipalNeed]:
    """One model pooled over all units with results, applied to each municipality of ``dates``.

    Parameters
    ----------
    factors : rows of ``fct_school_factors`` with basis open_statistics, all count dates
    results : rows of ``fct_school_results`` with the same basis
    dates : municipality → its one or two count dates
    index_minimum_pupils : municipality → pupils below which a unit shares an index
    """
    ended = results[results["result_year"] <= funding_year - 1]
    with_counts = ended.loc[ended["not_eligible_count"].notna()]
    years = result_years(
        with_counts["result_year"].unique().tolist(),
        funding_year=funding_year,
        unit_count=with_counts["school_unit_code"].nunique(),
    )
    used = ended[ended["result_year"].isin(years)]
    try:
        if used.empty:
            raise NeedError("no results of a school year ended before the funding year", reason="no_results")
        fit = fit_open_statistics(factors, results=used)
    except NeedError as error:
        return [MunicipalNeed(code, refusal=str(error)) for code in sorted(dates)]
    rows = estimation_rows(factors, results=used)
    identity = inputs_sha256(
        rows.table[["municipality_code", "school_unit_code", "result_year", "leavers", "not_eligible", *rows.columns]]
    )
    named = fit_id(fit, funding_year=funding_year, inputs_sha256=identity)
    record = fit_record(fit, funding_year=funding_year, inputs_sha256=identity)
    # One coefficient table for all: the weights are the same everywhere.
    weights = coefficient_table(fit, municipality_code="", funding_year=funding_year, fit_id=named)
    every_date = sorted({day for days in dates.values() for day in days})
    scored = predict_from_shares(fit, factors[factors["count_date"].isin(every_date)]).table
    of_municipality = dict(tuple(scored.groupby("municipality_code")))
    needs = []
    for code in sorted(dates):
        own = of_municipality.get(code, scored.iloc[:0])
        try:
            own = own[own["count_date"].isin(list(dates[code]))]
            index = _index(UnitNeed(own), code, funding_year, named, index_minimum_pupils[code])
        except NeedError as error:
            needs.append(MunicipalNeed(code, refusal=str(error)))
            continue
        needs.append(
            MunicipalNeed(code, index, weights.assign(municipality_code=code)[list(COEFFICIENT_COLUMNS)], record)
        )
    return needs


def _index(scored: UnitNeed, code: str, funding_year: int, fit: str, index_minimum_pupils: int) -> pd.DataFrame:
    table = need_index(scored.table, index_minimum_pupils=index_minimum_pupils).table
    table = table.assign(municipality_code=code, funding_year=funding_year, fit_id=fit)
    return table.assign(**dict.fromkeys(UNSURE, np.nan))


def _with_intervals(index: pd.DataFrame, unsure: pd.DataFrame | None) -> pd.DataFrame:
    if unsure is None:
        return index
    return index.drop(columns=list(UNSURE)).merge(unsure, on="school_unit_code", how="left", validate="one_to_one")
