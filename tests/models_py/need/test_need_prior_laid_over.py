"""Making a prior and laying it over own factors: every field worked out by hand, and the refusals in full."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from models_py.errors import NeedError
from models_py.need import FACTORS, fit_pooled
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.composition import CompositionFit
from models_py.need.design import Factor, Term
from models_py.need.prior import Prior
from models_py.need.prior_design import align_prior
from models_py.need.prior_making import frozen_from_fit, prior_from_fit

EDUCATION, SEX = FACTORS[0], FACTORS[4]
LONG, UPPER, LOW = (
    Term("guardian_education", level) for level in ("post_secondary_long", "upper_secondary", "compulsory")
)
SHORT, BOY = Term("guardian_education", "post_secondary_short"), Term("sex", "boy")
PRIOR = Prior(
    kind="published", label="Education", source="made up", baselines=(LONG,), terms=(UPPER, LOW),
    means=np.array([0.6, 1.3]), covariance=np.array([[0.04, 0.01], [0.01, 0.09]]), intercept=-2.0,
)  # fmt: skip


def counts(
    *levels: tuple[int, int], schools: tuple[tuple[str, str], ...] | None = None, leavers: int = 1000
) -> CellCounts:
    """A school per pair of levels, a quarter of its leavers not eligible."""
    size = len(levels)
    missed = np.full(size, leavers // 4)
    return cell_counts(
        (EDUCATION, SEX),
        years=(2025,),
        schools=schools or tuple((f"{100 + s}", f"s{s}") for s in range(size)),
        levels=np.array(levels),
        year=np.zeros(size, dtype=int),
        school=np.arange(size),
        counts=(np.full(size, leavers), missed, missed),
    )


def test_own_levels_and_factors_beside_the_prior_s():
    own = counts((0, 0), (1, 1), (3, 1))
    found = align_prior(PRIOR, factors=own.factors, counts=own, extra_factors=["sex"])
    assert found.design.factors == (EDUCATION, SEX)
    assert found.design.terms == (SHORT, UPPER, LOW, BOY)
    assert found.design.baselines == ("post_secondary_long", "girl")
    assert found.design.dropped == (Term("guardian_education", "missing"), Term("sex", "missing"))
    assert found.means.tolist() == [0.0, 0.6, 1.3, 0.0]
    assert found.covariance.tolist() == [[1, 0, 0, 0], [0, 0.04, 0.01, 0], [0, 0.01, 0.09, 0], [0, 0, 0, 1]]
    assert (found.unknown_terms, found.left_out) == ((SHORT, BOY), ())


def test_without_covariance_the_known_terms_have_none_and_without_counts_no_extra_factor_stands():
    found = align_prior(replace(PRIOR, covariance=None), factors=(EDUCATION, SEX), extra_factors=["sex"])
    assert found.design.terms == (UPPER, LOW)
    assert found.covariance.tolist() == [[0, 0], [0, 0]]
    assert (found.unknown_terms, found.left_out) == ((), ("sex",))
    own = counts((1, 1), (2, 1))
    beside = align_prior(replace(PRIOR, covariance=None), factors=own.factors, counts=own)
    assert beside.covariance.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert beside.left_out == ("sex",)


def test_only_levels_that_rows_of_the_counts_hold_are_seen():
    own = counts((0, 0), (1, 1), (3, 1)).of_schools(np.array([True, False, True]))
    assert align_prior(PRIOR, factors=own.factors, counts=own).design.terms == (UPPER, LOW)


@pytest.mark.parametrize(
    ("factors", "extra", "reason", "words"),
    [
        ((SEX,), (), "prior_factor_missing",
         "prior 'Education' has factors ['guardian_education'] that are not counted here; its other weights hold only"
         " beside them: count them, or use a prior without them"),
        ((Factor("guardian_education", ("post_secondary_long", "x")),), (), "level_mismatch",
         "prior 'Education' has 2 levels that are not among those counted here, first"
         " ['guardian_education=compulsory', 'guardian_education=upper_secondary']; map the levels to one coding"),
        ((EDUCATION,), ("shoe_size", "age"), "unknown_factor",
         "factors ['age', 'shoe_size'] are not counted; counted are ['guardian_education']"),
    ],
)  # fmt: skip
def test_another_coding_is_refused_in_words(factors, extra, reason, words):
    with pytest.raises(NeedError) as told:
        align_prior(PRIOR, factors=factors, extra_factors=extra)
    assert (told.value.reason, str(told.value)) == (reason, words)


NATION = counts((0, 0), (1, 1), (2, 0), (3, 1))
FIT = replace(fit_pooled(NATION), dropped_schools=(("103", "gone"),), widening=1.5)
COMPOSITION = CompositionFit(0.3, 0.1, 0.31, 0.12, 0.25, 0.25, 400, 5)


def made(**changes: object) -> Prior:
    plain = {"fit": FIT, "counts": NATION, "kind": "national", "label": "Nation", "source": "made up"}
    return prior_from_fit(**plain | changes)


def test_a_prior_has_the_weights_and_the_numbers_of_its_fit_and_no_code():
    found = made(composition=COMPOSITION)
    assert (found.kind, found.label, found.source, found.link) == ("national", "Nation", "made up", "logit")
    assert (found.municipalities, found.schools, found.pupils, found.events) == (4, 5, 4000, 1000)
    assert (found.result_years, found.municipality_codes) == ((2025,), ())
    assert (found.degrees_of_freedom, found.widening) == (3.0, 1.5)
    assert (found.composition_effect, found.composition_standard_error) == (0.3, 0.1)
    assert found.baselines == (LONG, Term("sex", "girl"))
    assert dict(zip(found.terms, found.means, strict=True)) == dict(
        zip(FIT.design.terms, FIT.coefficients, strict=True)
    )
    assert found.intercept == pytest.approx(FIT.intercept, abs=1e-10)
    plain = made(kind="partners")
    assert (plain.kind, plain.composition_effect, plain.composition_standard_error) == ("partners", None, None)


def test_frozen_weights_have_the_codes_too_and_normal_intervals_have_no_degrees_of_freedom():
    found = frozen_from_fit(replace(FIT, degrees_of_freedom=math.inf), label="Own", source="own results")
    assert (found.kind, found.label, found.source) == ("frozen", "Own", "own results")
    assert (found.municipalities, found.municipality_codes) == (4, ("100", "101", "102", "103"))
    assert (found.degrees_of_freedom, found.widening, found.schools) == (None, 1.5, 5)


def test_a_covariance_that_is_askew_is_made_symmetric():
    order = sorted(range(len(FIT.design.terms)), key=lambda i: (FIT.design.terms[i].factor, FIT.design.terms[i].level))
    askew = np.eye(len(order)) + np.triu(np.arange(len(order)) * 2e-6, 1)
    found = frozen_from_fit(replace(FIT, covariance=askew), label="Own", source="own results").covariance
    np.testing.assert_allclose(found, ((askew + askew.T) / 2)[np.ix_(order, order)], atol=1e-10)


OTHER = "pass the counts that the fit was made from"
HEAVY = counts((0, 0), (1, 1), (2, 0), (3, 1), schools=(("100", "a"), ("100", "b"), ("100", "c"), ("101", "d")))
EVEN = counts((0, 0), (1, 1), (2, 0), (3, 1), schools=(("100", "a"), ("100", "b"), ("101", "c"), ("102", "d")))


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"kind": "frozen"}, "bad_prior",
         "kind 'frozen' is not made from several municipalities; use ('national', 'partners')"),
        ({"fit": replace(FIT, link="identity")}, "bad_prior",
         "only log-odds of not eligible are pooled; points and merit value stay at home"),
        ({"fit": replace(FIT, outcome="merit_value")}, "bad_prior",
         "only log-odds of not eligible are pooled; points and merit value stay at home"),
        ({"fit": replace(FIT, pupils=3999)}, "counts_mismatch",
         f"the counts hold 4000 pupils in 4 municipalities, the fit 3999 in 4; {OTHER}"),
        ({"fit": replace(FIT, events=999)}, "counts_mismatch",
         f"the counts hold 4000 pupils in 4 municipalities, the fit 4000 in 4; {OTHER}"),
        ({"fit": replace(FIT, municipality_codes=("100",))}, "counts_mismatch",
         f"the counts hold 4000 pupils in 4 municipalities, the fit 4000 in 1; {OTHER}"),
        ({"label": "Pool of 100 and s3"}, "identifies_municipality",
         "label or source holds 2 codes of municipalities or schools; leave them out"),
        ({"source": "s3"}, "identifies_municipality",
         "label or source holds 1 codes of municipalities or schools; leave them out"),
        ({"counts": HEAVY, "fit": replace(FIT, municipality_codes=("100", "101"))}, "too_few_municipalities",
         "prior 'Nation' rests on 2 municipalities; 3 are needed so that none can be told from it"),
    ],
)  # fmt: skip
def test_what_may_not_leave_the_house_is_refused_in_words(changes, reason, words):
    with pytest.raises(NeedError) as told:
        made(**changes)
    assert (told.value.reason, str(told.value)) == (reason, words)


def test_half_of_the_pupils_may_be_one_municipality_s_and_not_one_more():
    codes = {"municipality_codes": ("100", "101", "102")}
    assert made(counts=EVEN, fit=replace(FIT, **codes)).municipalities == 3
    trials = EVEN.trials.copy()
    trials[0] += 1
    more = replace(EVEN, trials=trials)
    with pytest.raises(NeedError, match=r"^one of 3 municipalities has 50% of the pupils, more than 50%; the weights"):
        made(counts=more, fit=replace(FIT, pupils=4001, **codes))


def test_a_code_that_is_also_a_result_year_is_read_as_the_year():
    year = counts((0, 0), (1, 1), (2, 0), (3, 1), schools=(("100", "a"), ("101", "b"), ("102", "c"), ("103", "2025")))
    assert made(counts=year, source="leavers of 2025").source == "leavers of 2025"


def test_merit_value_is_never_frozen():
    with pytest.raises(NeedError, match=r"^only weights for not eligible can be frozen and used for an index$") as told:
        frozen_from_fit(replace(FIT, outcome="merit_value"), label="Own", source="own")
    assert told.value.reason == "bad_prior"
