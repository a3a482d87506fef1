"""Which weights a municipality can stand on: the best rung its own results and a prior can carry, and why.

Rungs, best first: a prior with covariance, or own frozen weights; published weights; own results; open statistics
(school-level shares, proposals only). Here: the choice, in words for the record, and running it. Not here: estimation,
and the model on open statistics (``aggregate``), which this module only names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from models_py.errors import NeedError
from models_py.need.cells import CellCounts
from models_py.need.choice import SMALL_SCHOOL_LEAVERS, choose_estimator, median_leavers
from models_py.need.design import Factor
from models_py.need.disclosure import in_words
from models_py.need.fit import Estimator, NeedFit
from models_py.need.from_prior import PUBLISHED_TAU, fit_from_prior
from models_py.need.posterior import TauPosterior
from models_py.need.prior import Prior
from models_py.need.toward_prior import fit_toward_prior

Wanted = Estimator | Literal["auto"]
Rung = Literal["frozen_weights", "prior", "published_weights", "own_results", "open_statistics"]
OwnFit = Callable[[CellCounts], NeedFit]

OWN: tuple[Estimator, ...] = ("within_school", "between_within", "points")
POINTS_FACTORS = 5  # more points per characteristic than this nobody adds up by hand


@dataclass(frozen=True, slots=True)
class Choice:
    """``estimator`` None: refused, ``refusal`` is the code, and ``rung`` the next one to try. ``reason``: for the record."""

    rung: Rung
    estimator: Estimator | None
    reason: str
    refusal: str = ""


def choose(
    counts: CellCounts | None,
    *,
    prior: Prior | None = None,
    wanted: Wanted = "auto",
    minimum_events: int = 350,
    minimum_cohorts: int = 3,
) -> Choice:
    """The rung for these outcome counts (None: no results of its own). Never fits anything.

    ``auto`` prefers a prior to own results at every size: drawn towards it, the weights become own ones where the
    results can carry that. A wish is met where the results allow it and refused otherwise, never replaced in silence.
    ``pooled`` weights are for comparison only and are refused. Raises ``NeedError`` (``bad_setting``) for an unknown wish.
    """
    if wanted not in ("auto", *get_args(Estimator)):
        raise NeedError(f"estimator {wanted!r} is unknown; use auto or {get_args(Estimator)}", reason="bad_setting")
    events = 0 if counts is None else counts.total
    mixed = counts is not None and 0 < events < counts.pupils
    if wanted in ("auto", "prior", "prior_weighted") and prior is not None:
        return _with_prior(prior, wanted=wanted, events=events, mixed=mixed)
    following: Rung = "open_statistics" if prior is None else _rung_of(prior)
    if wanted in ("prior", "prior_weighted"):
        return Choice(
            "own_results" if events >= minimum_events else "open_statistics",
            None,
            f"The estimator {wanted} needs national, partner, published or frozen weights; none are given.",
            "no_prior",
        )
    if wanted == "pooled":
        return Choice(
            "own_results" if events >= minimum_events else following,
            None,
            "Pooled weights mix school quality into background; they are shown for comparison and carry no money.",
            "comparison_only",
        )
    if counts is None or not mixed or events < minimum_events:
        return Choice(
            following,
            None,
            f"{in_words(events)} leavers are not eligible; own weights need {minimum_events}, below that they are noise."
            f" Next: {_WORDS[following]}, or more years.",
            "too_few_events",
        )
    return _own(counts, wanted=wanted, minimum_cohorts=minimum_cohorts, following=following)


def fit_by_choice(
    choice: Choice,
    counts: CellCounts | None,
    *,
    prior: Prior | None = None,
    factors: Sequence[Factor],
    own: Mapping[Estimator, OwnFit],
) -> tuple[NeedFit, TauPosterior | None]:
    """Run a choice. ``own``: how own results are fitted, by estimator; ``factors``: those counted, for a prior alone.

    Raises ``NeedError`` with the choice's refusal, ``bad_setting`` (no function for the estimator, or no prior or counts
    although the choice needs them) and those of the fit.
    """
    if choice.estimator is None:
        raise NeedError(choice.reason, reason=choice.refusal)
    if choice.estimator == "prior" and prior is not None:
        return fit_from_prior(prior, factors=factors, counts=counts), None
    if counts is None:
        raise NeedError(f"the estimator {choice.estimator} needs outcome counts", reason="bad_setting")
    if choice.estimator == "prior_weighted" and prior is not None:
        return fit_toward_prior(counts, prior=prior)
    if choice.estimator not in own:
        raise NeedError(f"no function is given for the estimator {choice.estimator}", reason="bad_setting")
    return own[choice.estimator](counts), None


_WORDS: dict[Rung, str] = {
    "frozen_weights": "the frozen weights",
    "prior": "the prior given",
    "published_weights": "the published weights given",
    "own_results": "own results",
    "open_statistics": "national weights, or the model on open statistics (proposals only)",
}


def _rung_of(prior: Prior) -> Rung:
    if prior.kind == "frozen":
        return "frozen_weights"
    return "published_weights" if prior.covariance is None else "prior"


def _with_prior(prior: Prior, *, wanted: Wanted, events: int, mixed: bool) -> Choice:
    rung = _rung_of(prior)
    if wanted == "prior" or (wanted == "auto" and prior.kind == "frozen"):
        why = "as decided earlier" if prior.kind == "frozen" else "as they are, because that was asked for"
        return Choice(rung, "prior", f"The weights of {prior.label!r} are used {why}.")
    refusal = ""
    if prior.kind == "frozen":
        refusal, why = "frozen_prior", "holds own weights; drawn towards them, own results would count twice"
    elif prior.link != "logit":
        refusal, why = "wrong_link", "holds points, not log-odds; own results cannot be drawn towards them"
    if refusal and wanted == "prior_weighted":
        return Choice(rung, None, f"{prior.label!r} {why}; use it as it is.", refusal)
    if refusal:
        return Choice(rung, "prior", f"The weights of {prior.label!r} are used as they are: it {why}.")
    if not mixed:
        told = "None of the own leavers is known as not eligible" if events == 0 else "All own leavers are not eligible"
        if wanted == "prior_weighted":
            return Choice(
                rung, None, f"{told}: nothing can draw the weights away from {prior.label!r}.", "no_own_events"
            )
        return Choice(rung, "prior", f"{told}; the weights of {prior.label!r} are used as they are.")
    spread = (
        f"assumed to differ by {PUBLISHED_TAU} log-odds between municipalities"
        if prior.covariance is None
        else "with how much municipalities differ judged by the results"
    )
    return Choice(
        rung,
        "prior_weighted",
        f"{in_words(events)} own events, drawn towards the weights of {prior.label!r}, {spread}.",
    )


def _own(counts: CellCounts, *, wanted: Wanted, minimum_cohorts: int, following: Rung) -> Choice:
    if wanted == "points":
        cohorts, factors = len(counts.years), len(counts.factors)
        if cohorts < minimum_cohorts:
            told = f"Points need {minimum_cohorts} cohorts; there are {cohorts}."
            return Choice(following, None, f"{told} Next: {_WORDS[following]}, or more years.", "too_few_cohorts")
        if factors > POINTS_FACTORS:
            told = f"Points are for at most {POINTS_FACTORS} factors; {factors} are counted. Choose fewer."
            return Choice("own_results", None, told, "too_many_factors")
        return Choice(
            "own_results", "points", f"{counts.total} own events in {cohorts} cohorts carry points, as asked for."
        )
    median = median_leavers(counts)
    estimator: Estimator = choose_estimator(counts) if wanted == "auto" else wanted
    size = f"the median school has {median:g} leavers"
    side = "under" if median < SMALL_SCHOOL_LEAVERS else "at least"
    why = "as asked for" if wanted != "auto" else f"{side} {SMALL_SCHOOL_LEAVERS}"
    return Choice("own_results", estimator, f"{counts.total} own events carry own weights; {size}: {estimator}, {why}.")
