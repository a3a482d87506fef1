"""What makes a prior sound: every border from both sides, every refusal in full, and the one form it is kept in."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models_py.errors import NeedError
from models_py.need.design import Term
from models_py.need.prior import Prior

BOY, AWAY = Term("sex", "boy"), Term("household", "not_with_both")
GIRL, BOTH = Term("sex", "girl"), Term("household", "with_both")
NAN = math.nan
REST = {"result_years": (2025,), "municipalities": 3, "schools": 9, "pupils": 4000, "events": 1000}
NATIONAL = {"kind": "national"} | REST
FROZEN = {"kind": "frozen", "municipality_codes": ("9999",)} | REST


def prior(**changes: object) -> Prior:
    values = {
        "kind": "published",
        "label": "Two",
        "source": "made up",
        "baselines": (GIRL, BOTH),
        "terms": (BOY, AWAY),
        "means": [0.25, 0.55],
        "covariance": [[0.04, 0.01], [0.01, 0.09]],
        "intercept": -2.0,
    }
    return Prior(**values | changes)


NUMBERS = "needs the numbers of municipalities, schools, pupils and events"
SCARCE = "so that none can be told from it"


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"kind": "guess"}, "bad_prior", ": kind 'guess' or link 'logit' is unknown"),
        ({"link": "probit"}, "bad_prior", ": kind 'published' or link 'probit' is unknown"),
        ({"source": "\t"}, "bad_prior", ": label and source must say what it is and where it comes from"),
        ({"terms": (BOY, BOY)}, "duplicate_term",
         ": 1 terms or baselines occur twice, first ['sex=boy']; give each once"),
        ({"baselines": (GIRL, BOTH, BOY)}, "duplicate_term",
         ": 1 terms or baselines occur twice, first ['sex']; give each once"),
        ({"baselines": (GIRL, BOTH, GIRL)}, "duplicate_term",
         ": 1 terms or baselines occur twice, first ['sex']; give each once"),
        ({"terms": (), "means": [], "covariance": None}, "bad_prior", ": it has no terms"),
        ({"baselines": (GIRL,)}, "bad_prior", ": factors ['household'] have no baseline"),
        ({"baselines": (BOY, AWAY)}, "bad_prior",
         ": ['household=not_with_both', 'sex=boy'] are baselines and terms at once"),
        ({"means": [0.1]}, "bad_prior", ": 2 terms need as many finite means"),
        ({"means": [0.1, NAN]}, "bad_prior", ": 2 terms need as many finite means"),
        ({"covariance": np.eye(3)}, "bad_covariance", ": the covariance must be 2 × 2 finite numbers"),
        ({"covariance": np.full((2, 2), math.inf)}, "bad_covariance", ": the covariance must be 2 × 2 finite numbers"),
        ({"covariance": [[1, 0.1], [0.2, 1]]}, "bad_covariance", ": the covariance is not symmetric"),
        ({"covariance": np.diag([1.0, -3e-10])}, "bad_covariance", ": the covariance is not positive semidefinite"),
        ({"covariance": -np.eye(2)}, "bad_covariance", ": the covariance is not positive semidefinite"),
        ({"intercept": math.inf}, "bad_prior", ": the intercept is not a finite number"),
        ({"result_years": (2025, 2025)}, "bad_prior", ": result years must ascend"),
        ({"schools": -1}, "bad_prior", ": a count is negative"),
        ({"municipalities": -1}, "bad_prior", ": a count is negative"),
        ({"pupils": -1}, "bad_prior", ": a count is negative"),
        ({"degrees_of_freedom": 0.0}, "bad_prior", ": degrees of freedom must be above zero and finite, or left out"),
        ({"degrees_of_freedom": math.inf}, "bad_prior",
         ": degrees of freedom must be above zero and finite, or left out"),
        ({"widening": 0.999}, "bad_prior", ": widening must be 1 or more"),
        ({"widening": math.inf}, "bad_prior", ": widening must be 1 or more"),
        ({"composition_effect": 0.1}, "bad_prior",
         ": a composition effect needs its standard error, and the other way round"),
        ({"composition_standard_error": 0.1}, "bad_prior",
         ": a composition effect needs its standard error, and the other way round"),
        ({"composition_effect": 0.1, "composition_standard_error": 0.0}, "bad_prior",
         ": the composition effect or its standard error is not a usable number"),
        ({"composition_effect": 0.1, "composition_standard_error": math.inf}, "bad_prior",
         ": the composition effect or its standard error is not a usable number"),
        ({"composition_effect": NAN, "composition_standard_error": 0.1}, "bad_prior",
         ": the composition effect or its standard error is not a usable number"),
        (NATIONAL | {"municipality_codes": ("9999",)}, "identifies_municipality",
         ": only frozen own weights may name their municipality; leave the codes out"),
        ({"municipality_codes": ("9999",)}, "identifies_municipality",
         ": only frozen own weights may name their municipality; leave the codes out"),
        (NATIONAL | {"covariance": None}, "bad_prior", ": kind national needs covariance and result years"),
        (FROZEN | {"result_years": ()}, "bad_prior", ": kind frozen needs covariance and result years"),
        *((FROZEN | {name: None}, "bad_prior", f": kind frozen {NUMBERS}")
          for name in ("municipalities", "schools", "pupils", "events")),
        (NATIONAL | {"link": "identity"}, "bad_prior", ": pooled weights are log-odds"),
        (NATIONAL | {"municipalities": 2}, "too_few_municipalities",
         f" rests on 2 municipalities; 3 are needed {SCARCE}"),
        (NATIONAL | {"kind": "partners", "events": 999}, "too_few_events",
         " rests on 999 leavers not eligible; 1000 are needed: pool more municipalities or years"),
    ],
)  # fmt: skip
def test_what_is_not_sound_is_refused_in_words(changes, reason, words):
    with pytest.raises(NeedError) as told:
        prior(**changes)
    assert (told.value.reason, str(told.value)) == (reason, f"prior 'Two'{words}")


@pytest.mark.parametrize(
    "changes",
    [
        {}, NATIONAL, {**NATIONAL, "kind": "partners"}, FROZEN, {"covariance": None}, {"widening": 1.0},
        FROZEN | {"link": "identity"}, FROZEN | {"events": 0, "municipalities": 0, "schools": 0, "pupils": 0},
        {"events": 0}, {"degrees_of_freedom": 0.1}, {"result_years": (2024, 2025)}, {"link": "identity"},
        {"covariance": np.zeros((2, 2))}, {"covariance": np.diag([1.0, -2e-10])},
        {"covariance": np.diag([1e6, -1e-6])},
        {"composition_effect": -0.1, "composition_standard_error": 1e-3},
        {"composition_effect": 0.0, "composition_standard_error": 1e-3},
    ],
)  # fmt: skip
def test_what_is_just_sound_is_taken(changes):
    found = prior(**changes)
    assert all(getattr(found, name) == value for name, value in changes.items() if name != "covariance")


def test_content_is_kept_in_order_of_name_to_ten_decimals_and_cannot_be_changed():
    school = Term("sex", "a")
    given = prior(
        terms=(BOY, AWAY, school),
        means=[0.12345678914, 1, 2],
        covariance=np.array([[9, 2, 3], [2, 8, 1], [3, 1, 7]]) + 1e-12,
        intercept=-2.00000000004,
        composition_effect=0.30000000004,
        composition_standard_error=0.1,
    )
    assert given.terms == (AWAY, school, BOY)
    assert given.baselines == (BOTH, GIRL)
    assert given.means.tolist() == [1.0, 2.0, 0.1234567891]
    assert given.means.dtype == float
    assert given.covariance.tolist() == [[8.0, 1.0, 2.0], [1.0, 7.0, 3.0], [2.0, 3.0, 9.0]]
    assert (given.intercept, given.composition_effect, given.composition_standard_error) == (-2.0, 0.3, 0.1)
    assert not given.means.flags.writeable
    assert not given.covariance.flags.writeable


def test_what_is_left_out_is_plain():
    found = prior()
    assert (found.result_years, found.municipality_codes, found.link, found.widening) == ((), (), "logit", 1.0)
    assert (found.municipalities, found.schools, found.pupils, found.events) == (None,) * 4
    assert (found.degrees_of_freedom, found.composition_effect, found.composition_standard_error) == (None,) * 3
