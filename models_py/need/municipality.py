"""Need of whole municipalities: the window, the fit, the scores, the index and the record, in that order.

Belongs here: the order of the steps and what is refused with a reason. Does not: any estimator, any file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from models_py.errors import NeedError
from models_py.need.aggregate import estimation_rows, fit_open_statistics, predict_from_shares
from models_py.need.cells import count_outcomes, outcome_cells
from models_py.need.index import need_index
from models_py.need.record import COEFFICIENT_COLUMNS, coefficient_table, fit_id, fit_record, inputs_sha256
from models_py.need.scoring import UnitNeed, predict_from_counts
from models_py.need.window import result_years
from models_py.need.within import fit_within_school

INDEX_KEYS = ("municipality_code", "funding_year")


@dataclass(frozen=True, slots=True, eq=False)
class MunicipalNeed:
    """Need of one municipality and funding year, or why there is none.

    Attributes
    ----------
    index : rows of ``fct_need_index``; empty when refused
    coefficients : rows of ``need_coefficient``; empty when refused
    record : the fit record, JSON-ready
    refusal : reason in words, or None
    """

    municipality_code: str
    index: pd.DataFrame = field(default_factory=pd.DataFrame)
    coefficients: pd.DataFrame = field(default_factory=pd.DataFrame)
    record: Mapping[str, Any] = field(default_factory=dict)
    refusal: str | None = None


def need_from_counts(
    outcome_counts: pd.DataFrame,
    *,
    register_counts: pd.DataFrame,
    municipality_code: str,
    funding_year: int,
    index_minimum_pupils: int,
    minimum_events: int = 350,
) -> MunicipalNeed:
    """Own within-school weights on own pupils. Refused with a reason rather than fitted on too little.

    Parameters
    ----------
    outcome_counts : school × year × cell counts of the municipality, all result years
    register_counts : school × cell counts of its pupils at one or two count dates
    """
    try:
        units = outcome_counts["school_unit_code"].nunique()
        years = result_years(
            outcome_counts["result_year"].unique().tolist(), funding_year=funding_year, unit_count=units
        )
        cells = outcome_cells(outcome_counts[outcome_counts["result_year"].isin(years)])
        fit = fit_within_school(count_outcomes(cells), minimum_events=minimum_events)
        identity = inputs_sha256(cells)
        named = fit_id(fit, funding_year=funding_year, inputs_sha256=identity)
        scored = predict_from_counts(fit, register_counts)
        index = _index(scored, municipality_code, funding_year, named, index_minimum_pupils)
    except NeedError as error:
        return MunicipalNeed(municipality_code, refusal=str(error))
    unfitted = [
        {"factor": u.factor, "level": u.level, "scored_as": u.scored_as, "pupils": u.pupils}
        for u in scored.unfitted_levels
    ]
    return MunicipalNeed(
        municipality_code,
        index=index,
        coefficients=coefficient_table(
            fit, municipality_code=municipality_code, funding_year=funding_year, fit_id=named
        ),
        record=fit_record(fit, funding_year=funding_year, inputs_sha256=identity, policy={"unfitted_levels": unfitted}),
    )


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
    return table.assign(municipality_code=code, funding_year=funding_year, fit_id=fit)
