"""Weights of background known beforehand: fitted on a nation or on partners, published, or a municipality's own, frozen.

Here: the value, what makes it sound, and what keeps it from pointing at a municipality. Not here: its text form
(``prior_text``), how one is made from a fit (``prior_making``), and how it is used (``from_prior``, ``toward_prior``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from models_py.errors import NeedError
from models_py.need.design import Term
from models_py.need.fit import Link
from models_py.need.settle import settle, settle_one

Kind = Literal["national", "partners", "published", "frozen"]
"""``national``, ``partners``: fitted on several municipalities. ``published``: coefficients from print, often without
covariance. ``frozen``: a municipality's own weights, kept until they are estimated anew."""

POOLED: tuple[Kind, ...] = ("national", "partners")
MINIMUM_MUNICIPALITIES = 3
MINIMUM_EVENTS = 1000
LARGEST_SHARE = 0.5  # of the pupils behind a pooled prior, in any one municipality


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Coefficients with their covariance and where they come from. Terms and baselines are kept in order of name, numbers
    to ten decimals, so equal content has one form.

    Attributes
    ----------
    baselines : one level per factor, coefficient zero
    terms : the other levels; ``means`` per term, log-odds (shares if ``link`` is identity)
    covariance : terms × terms, or None where a publication gave none
    intercept : used only where there are no own events to set it by
    municipalities, schools, pupils, events, result_years : what the weights rest on; None or empty only if ``published``
    municipality_codes : of a ``frozen`` prior; empty otherwise
    degrees_of_freedom, widening : of 95 % intervals, as in ``NeedFit``; None: normal
    composition_effect, composition_standard_error : what a cohort's mean log-odds adds to each of its pupils, or None

    Raises ``NeedError``: ``bad_prior`` (a value out of place), ``duplicate_term``, ``bad_covariance`` (shape, asymmetric,
    not positive semidefinite), ``too_few_municipalities``, ``too_few_events``, ``identifies_municipality``.
    """

    kind: Kind
    label: str
    source: str
    baselines: tuple[Term, ...]
    terms: tuple[Term, ...]
    means: np.ndarray
    covariance: np.ndarray | None
    intercept: float
    result_years: tuple[int, ...] = ()
    municipalities: int | None = None
    schools: int | None = None
    pupils: int | None = None
    events: int | None = None
    municipality_codes: tuple[str, ...] = ()
    link: Link = "logit"
    degrees_of_freedom: float | None = None
    widening: float = 1.0
    composition_effect: float | None = None
    composition_standard_error: float | None = None

    def __post_init__(self) -> None:
        _check_words(self)
        order = sorted(range(len(self.terms)), key=lambda i: (self.terms[i].factor, self.terms[i].level))
        means = np.array(self.means)
        if means.shape != (len(order),) or not np.isfinite(means).all():
            raise _bad(self, f"{len(order)} terms need as many finite means")
        _set(self, "terms", tuple(self.terms[i] for i in order))
        _set(self, "baselines", tuple(sorted(self.baselines, key=lambda term: (term.factor, term.level))))
        _set(self, "means", _kept(means[order]))
        if self.covariance is not None:
            covariance = np.array(self.covariance)
            _check_covariance(self, covariance)
            _set(self, "covariance", _kept(covariance[np.ix_(order, order)]))
        _check_numbers(self)
        _set(self, "intercept", settle_one(self.intercept))
        for name in ("composition_effect", "composition_standard_error"):
            if getattr(self, name) is not None:
                _set(self, name, settle_one(getattr(self, name)))
        _check_origin(self)


def _set(prior: Prior, name: str, value: object) -> None:
    object.__setattr__(prior, name, value)  # the value is frozen; this only puts it in its one form


def _kept(values: np.ndarray) -> np.ndarray:
    kept = settle(values)
    kept.setflags(write=False)
    return kept


def _bad(prior: Prior, what: str) -> NeedError:
    return NeedError(f"prior {prior.label!r}: {what}", reason="bad_prior")


def _check_words(prior: Prior) -> None:
    if prior.kind not in get_args(Kind) or prior.link not in get_args(Link):
        raise _bad(prior, f"kind {prior.kind!r} or link {prior.link!r} is unknown")
    if not prior.label.strip() or not prior.source.strip():
        raise _bad(prior, "label and source must say what it is and where it comes from")
    factors = [term.factor for term in prior.baselines]
    twice = sorted({term.name for term in prior.terms if prior.terms.count(term) > 1})
    if twice or len(set(factors)) < len(factors):
        named = twice or sorted({factor for factor in factors if factors.count(factor) > 1})
        raise NeedError(
            f"prior {prior.label!r}: {len(named)} terms or baselines occur twice, first {named[:3]}; give each once",
            reason="duplicate_term",
        )
    if not prior.terms:
        raise _bad(prior, "it has no terms")
    if lost := sorted({term.factor for term in prior.terms} - set(factors)):
        raise _bad(prior, f"factors {lost[:3]} have no baseline")
    if both := sorted(term.name for term in prior.terms if term in prior.baselines):
        raise _bad(prior, f"{both[:3]} are baselines and terms at once")


def _check_covariance(prior: Prior, covariance: np.ndarray) -> None:
    def refuse(what: str) -> NeedError:
        return NeedError(f"prior {prior.label!r}: the covariance {what}", reason="bad_covariance")

    size = len(prior.terms)
    if covariance.shape != (size, size) or not np.isfinite(covariance).all():
        raise refuse(f"must be {size} × {size} finite numbers")
    if not np.array_equal(covariance, covariance.T):
        raise refuse("is not symmetric")
    eigenvalues = np.linalg.eigvalsh(covariance)
    # Ten decimals per entry can move an eigenvalue by the size of the matrix times that.
    if eigenvalues[0] < -size * 1e-10 - 1e-12 * abs(eigenvalues[-1]):
        raise refuse("is not positive semidefinite")


def _check_numbers(prior: Prior) -> None:
    if not math.isfinite(prior.intercept):
        raise _bad(prior, "the intercept is not a finite number")
    if list(prior.result_years) != sorted(set(prior.result_years)):
        raise _bad(prior, "result years must ascend")
    counts = (prior.municipalities, prior.schools, prior.pupils, prior.events)
    if any(count is not None and count < 0 for count in counts):
        raise _bad(prior, "a count is negative")
    if prior.degrees_of_freedom is not None and not 0 < prior.degrees_of_freedom < math.inf:
        raise _bad(prior, "degrees of freedom must be above zero and finite, or left out")
    if not 1.0 <= prior.widening < math.inf:
        raise _bad(prior, "widening must be 1 or more")
    effect, error = prior.composition_effect, prior.composition_standard_error
    if (effect is None) != (error is None):
        raise _bad(prior, "a composition effect needs its standard error, and the other way round")
    if effect is not None and error is not None and not (math.isfinite(effect) and 0 < error < math.inf):
        raise _bad(prior, "the composition effect or its standard error is not a usable number")


def _check_origin(prior: Prior) -> None:
    if prior.municipality_codes and prior.kind != "frozen":
        raise NeedError(
            f"prior {prior.label!r}: only frozen own weights may name their municipality; leave the codes out",
            reason="identifies_municipality",
        )
    if prior.kind == "published":
        return
    if prior.covariance is None or not prior.result_years:
        raise _bad(prior, f"kind {prior.kind} needs covariance and result years")
    if prior.municipalities is None or prior.schools is None or prior.pupils is None or prior.events is None:
        raise _bad(prior, f"kind {prior.kind} needs the numbers of municipalities, schools, pupils and events")
    if prior.kind == "frozen":
        return
    if prior.link != "logit":
        raise _bad(prior, "pooled weights are log-odds")
    if prior.municipalities < MINIMUM_MUNICIPALITIES:
        raise NeedError(
            f"prior {prior.label!r} rests on {prior.municipalities} municipalities; {MINIMUM_MUNICIPALITIES} are needed"
            " so that none can be told from it",
            reason="too_few_municipalities",
        )
    if prior.events < MINIMUM_EVENTS:
        raise NeedError(
            f"prior {prior.label!r} rests on {prior.events} leavers not eligible; {MINIMUM_EVENTS} are needed:"
            " pool more municipalities or years",
            reason="too_few_events",
        )
