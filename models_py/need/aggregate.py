"""The open-statistics need model: one binomial GLM over all units, pupils as weights.

For proposals only. A slope between schools is not a pupil's risk: it mixes composition, school quality, peers and money
already at work, so the spread of the index can be 20 % off even with hundreds of units. It is never fitted on one
municipality. Here: fit and scores. Not here: reading shares (``shares``), folds (``validation``).

Terms. Foreign background and parents without post-secondary education. On the 612 units of 2020/21 girls' share helps
ranking very little (within municipalities .625 against .619 on units left out), but its slope is six times a pupil's
own and a small unit's chance sex ratio would move its index by up to 100 points: it is offered (``shares.GIRLS``), not
used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from models_py.errors import NeedError
from models_py.need.design import MISSING
from models_py.need.logit import jackknife_of_blocks, recalibrate, row_blocks
from models_py.need.scoring import UnfittedLevel, UnitNeed
from models_py.need.settle import settle, settle_one, settle_shares
from models_py.need.shares import FACTOR_KEYS, FOREIGN_BACKGROUND, WITHOUT_POST_SECONDARY, ShareTerm, share_matrix
from models_py.need.tables import require_columns, require_unique, starts_of

TERMS: tuple[ShareTerm, ...] = (FOREIGN_BACKGROUND, WITHOUT_POST_SECONDARY)
RESULT_KEYS = ("municipality_code", "result_year", "school_unit_code")
Outcome = Literal["used", "lower", "upper"]


@dataclass(frozen=True, slots=True, eq=False)
class AggregateFit:
    """Coefficients, log-odds per share 0..1, aligned with ``columns`` (terms, then ``<term>_missing`` indicators).

    ``covariance``: model covariance × Pearson dispersion where each unit has one year, else the one-step jackknife
    over units (``covariance_rule`` says which). ``intercept`` is recalibrated over all years: no year is singled out.
    ``left_out``: result rows without say in the fit, by reason; their units are still predicted.
    """

    terms: tuple[ShareTerm, ...]
    columns: tuple[str, ...]
    intercept: float
    coefficients: np.ndarray
    covariance: np.ndarray
    covariance_rule: Literal["pearson_dispersion", "unit_jackknife"]
    dispersion: float
    degrees_of_freedom: int
    pooled_means: tuple[tuple[str, float], ...]
    year_effects: tuple[tuple[int, float], ...]
    outcome: Outcome
    units: int
    municipalities: int
    pupils: int
    events: float
    left_out: tuple[tuple[str, int], ...]

    @property
    def result_years(self) -> tuple[int, ...]:
        return tuple(year for year, _ in self.year_effects)

    @property
    def standard_errors(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))

    @property
    def intervals(self) -> np.ndarray:
        """Columns × 2: lower and upper 95 % limits."""
        reach = stats.t.ppf(0.975, self.degrees_of_freedom) * self.standard_errors
        return np.column_stack([self.coefficients - reach, self.coefficients + reach])


@dataclass(frozen=True, slots=True, eq=False)
class EstimationRows:
    """Result rows with the factors of the same school year, in key order, with model columns; and what was left out."""

    table: pd.DataFrame
    columns: tuple[str, ...]
    pooled_means: dict[str, float]
    left_out: tuple[tuple[str, int], ...]


def estimation_rows(
    factors: pd.DataFrame, *, results: pd.DataFrame, terms: Sequence[ShareTerm] = TERMS, outcome: Outcome = "used"
) -> EstimationRows:
    """Join results of June y to the factors of 15 October y-1, and keep the rows with a count and grade-9 pupils.

    ``outcome``: the published count, or the lower or upper end of suppressed ones (``not_eligible_count_lower``, …).
    Columns added: ``leavers``, ``not_eligible`` (a count, may be a fraction) and the model columns.
    """
    count_column = "not_eligible_count" if outcome == "used" else f"not_eligible_count_{outcome}"
    require_columns(results, RESULT_KEYS, what="school results")
    require_unique(results, RESULT_KEYS, what="school results")
    shares = share_matrix(factors, terms)
    names = [term.name for term in terms]
    indicators = [f"{name}_missing" for name in names]
    scored = factors[list(FACTOR_KEYS)].reset_index(drop=True)
    scored = scored.assign(result_year=pd.to_datetime(scored["count_date"]).dt.year + 1)
    require_unique(scored, RESULT_KEYS, what="school factors of one school year")
    scored[names] = shares.value
    scored[indicators] = shares.missing.astype(float)
    scored["has_composition"] = shares.has_composition
    joined = results.merge(
        scored.drop(columns="count_date"),
        on=list(RESULT_KEYS),
        how="left",
        validate="one_to_one",
        suffixes=("_raw", ""),
    )
    joined["leavers"] = pd.to_numeric(joined["grade_9_pupil_count"]).astype(float)
    joined["not_eligible"] = pd.to_numeric(joined[count_column]).astype(float)
    reasons = [
        ("no_result", joined["not_eligible"].isna()),
        ("no_grade_9_pupils", ~(joined["leavers"] > 0)),
        ("no_factors_in_the_same_school_year", joined["has_composition"].isna()),
        ("no_composition", joined["has_composition"].eq(False)),
    ]
    usable = pd.Series(True, index=joined.index)
    left_out = []
    for reason, applies in reasons:
        left_out.append((reason, int((usable & applies).sum())))
        usable &= ~applies
    table = joined[usable].sort_values(list(RESULT_KEYS), kind="stable").reset_index(drop=True)
    beyond = (table["not_eligible"] < 0) | (table["not_eligible"] > table["leavers"])
    if beyond.any():
        units = table.loc[beyond, "school_unit_code"].iloc[:3].tolist()
        raise NeedError(
            f"school results: {int(beyond.sum())} rows have more not eligible than grade-9 pupils, or less than none,"
            f" first units {units}; correct the counts",
            reason="events_exceed_leavers",
        )
    kept_indicators = [name for name in indicators if (table[name] > 0).any()]
    return EstimationRows(table, (*names, *kept_indicators), dict(shares.pooled_means), tuple(left_out))


def fit_open_statistics(
    factors: pd.DataFrame,
    *,
    results: pd.DataFrame,
    terms: Sequence[ShareTerm] = TERMS,
    outcome: Outcome = "used",
    minimum_units: int = 100,
) -> AggregateFit:
    """Fit the share not eligible on school-level shares, grade-9 pupils as weights, overdispersion by Pearson's X².

    ``factors``: rows of ``fct_school_factors``, all units and the count dates of the result years. ``results``: rows of
    ``fct_school_results``. Years have their own level where there are several. Weights are ``var_weights``: as
    ``freq_weights`` the pupils would count as independent units and the dispersion would be far too small.
    Raises ``NeedError``: ``too_few_units``, ``one_municipality``, ``not_identified`` and those of the input.
    """
    rows = estimation_rows(factors, results=results, terms=terms, outcome=outcome)
    table = rows.table
    units = table.drop_duplicates(["municipality_code", "school_unit_code"])
    municipalities = table["municipality_code"].nunique()
    if len(units) < minimum_units:
        raise NeedError(
            f"{len(units)} units have results and shares; the model needs {minimum_units}: pool more units or years",
            reason="too_few_units",
        )
    if municipalities < 2:
        raise NeedError("all units lie in one municipality; pool a region or the nation", reason="one_municipality")
    # Unit order, so that the years of one unit are neighbours for the jackknife.
    table = table.sort_values(["municipality_code", "school_unit_code", "result_year"], kind="stable")
    years = sorted({int(year) for year in table["result_year"]})
    leavers, events = table["leavers"].to_numpy(), table["not_eligible"].to_numpy()
    year_dummies = table["result_year"].to_numpy()[:, None] == np.array(years[1:])[None, :]
    score_columns = table[list(rows.columns)].to_numpy()
    x = np.hstack([np.ones((len(table), 1)), score_columns, year_dummies])
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise NeedError(
            f"the columns {list(rows.columns)} cannot be told apart on these units; leave a term out",
            reason="not_identified",
        )
    solved = GLM(events / leavers, x, family=Binomial(), var_weights=leavers).fit(scale="X2")
    covariance, degrees_of_freedom = np.asarray(solved.cov_params()), int(solved.df_resid)
    repeated = len(units) < len(table)
    if repeated:
        mean = expit(x @ solved.params)
        blocks = row_blocks(
            x,
            weights=leavers * mean * (1.0 - mean),
            residuals=events - leavers * mean,
            starts=starts_of(table["municipality_code"], table["school_unit_code"]),
            penalty=np.zeros(x.shape[1]),
        )
        covariance = jackknife_of_blocks(blocks)
        degrees_of_freedom = len(units) - 1
    width = len(rows.columns)
    coefficients = settle(np.asarray(solved.params)[1 : 1 + width])
    covariance = settle(covariance[1 : 1 + width, 1 : 1 + width])
    for array in (coefficients, covariance):
        array.setflags(write=False)
    return AggregateFit(
        terms=tuple(terms),
        columns=rows.columns,
        intercept=settle_one(recalibrate(score_columns @ coefficients, trials=leavers, total=events.sum())),
        coefficients=coefficients,
        covariance=covariance,
        covariance_rule="unit_jackknife" if repeated else "pearson_dispersion",
        dispersion=float(solved.scale),
        degrees_of_freedom=degrees_of_freedom,
        pooled_means=tuple(sorted(rows.pooled_means.items())),
        year_effects=((years[0], 0.0), *zip(years[1:], settle(solved.params[1 + width :]).tolist(), strict=True)),
        outcome=outcome,
        units=len(units),
        municipalities=int(municipalities),
        pupils=int(leavers.sum()),
        events=float(events.sum()),
        left_out=rows.left_out,
    )


def predict_from_shares(fit: AggregateFit, factors: pd.DataFrame) -> UnitNeed:
    """Need of every unit in ``factors``, with both ends where a share is suppressed within bounds.

    ``need_share_lower`` takes the end of every suppressed share that lowers need, ``_upper`` the one that raises it.
    A unit with no share at all has null need (the index gives it the municipal mean); one with a missing level and no
    bound has a value but no ends.
    """
    shares = share_matrix(factors, fit.terms, pooled_means=dict(fit.pooled_means))
    width = len(fit.terms)
    slopes = fit.coefficients[:width]
    base = np.full(len(factors), fit.intercept)
    pupils = pd.to_numeric(factors["pupil_count"]).to_numpy(dtype=np.int64)
    known = shares.has_composition
    unfitted = []
    for position, term in enumerate(fit.terms):
        name, missing = f"{term.name}_missing", shares.missing[:, position]
        if name in fit.columns:
            base += missing * fit.coefficients[fit.columns.index(name)]
        elif count := int(pupils[missing & known].sum()):
            unfitted.append(UnfittedLevel(term.name, MISSING, "municipal mean", count))
    ends = np.stack([shares.lower * slopes, shares.upper * slopes])
    table = factors[list(FACTOR_KEYS)].reset_index(drop=True)
    table["basis"] = "open_statistics"
    table["pupil_count"] = pupils
    table["need_share"] = np.where(known, expit(base + shares.value @ slopes), np.nan)
    # Exact shares have equal ends; the used value is held between them against rounding in the last bit.
    table["need_share_lower"] = np.minimum(expit(base + ends.min(axis=0).sum(axis=1)), table["need_share"])
    table["need_share_upper"] = np.maximum(expit(base + ends.max(axis=0).sum(axis=1)), table["need_share"])
    for name in ("need_share", "need_share_lower", "need_share_upper"):
        table[name] = settle_shares(table[name].to_numpy())
    return UnitNeed(table.sort_values(list(FACTOR_KEYS), kind="stable").reset_index(drop=True), tuple(unfitted))
