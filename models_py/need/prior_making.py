"""From a fit to a prior: one that may leave the house because it points at no municipality, or one's own, frozen.

Here: what is kept of a fit and when it may be. Not here: estimation, and the text form (``prior_text``).
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from models_py.errors import NeedError
from models_py.need.cells import CellCounts
from models_py.need.composition import CompositionFit
from models_py.need.design import Term
from models_py.need.fit import NeedFit
from models_py.need.prior import LARGEST_SHARE, POOLED, Kind, Prior


def prior_from_fit(
    fit: NeedFit,
    *,
    counts: CellCounts,
    kind: Kind,
    label: str,
    source: str,
    composition: CompositionFit | None = None,
) -> Prior:
    """A national or partner prior of a fit over several municipalities; ``counts``: what the fit was made from.

    Codes of municipalities and schools do not leave: only their numbers do. Raises ``NeedError``: ``bad_prior`` (other
    kind, link or outcome), ``counts_mismatch`` (other pupils than the fit's), ``dominating_municipality`` (one has more
    than half of the pupils), ``identifies_municipality`` (a code in label or source) and those of ``Prior``.
    """
    if kind not in POOLED:
        raise NeedError(f"kind {kind!r} is not made from several municipalities; use {POOLED}", reason="bad_prior")
    if fit.link != "logit" or fit.outcome != "not_eligible":
        raise NeedError(
            "only log-odds of not eligible are pooled; points and merit value stay at home", reason="bad_prior"
        )
    codes, pupils = _pupils_by_municipality(counts)
    if (fit.pupils, fit.events, fit.municipality_codes) != (counts.pupils, counts.total, codes):
        raise NeedError(
            f"the counts hold {counts.pupils} pupils in {len(codes)} municipalities, the fit {fit.pupils} in"
            f" {len(fit.municipality_codes)}; pass the counts that the fit was made from",
            reason="counts_mismatch",
        )
    _require_silent(f"{label} {source}", counts=counts, codes=codes)
    prior = Prior(
        kind=kind,
        label=label,
        source=source,
        municipalities=len(codes),
        composition_effect=None if composition is None else composition.effect,
        composition_standard_error=None if composition is None else composition.effect_standard_error,
        **_weights(fit),
    )
    if pupils.max() > LARGEST_SHARE * pupils.sum():
        raise NeedError(
            f"one of {len(codes)} municipalities has {pupils.max() / pupils.sum():.0%} of the pupils, more than"
            f" {LARGEST_SHARE:.0%}; the weights would be its own: pool more municipalities",
            reason="dominating_municipality",
        )
    return prior


def frozen_from_fit(fit: NeedFit, *, label: str, source: str) -> Prior:
    """A municipality's own weights, kept as they are with their intervals. It stays at home: it names its municipality.

    Raises ``NeedError`` (``bad_prior``) for merit value, which steers no money.
    """
    if fit.outcome != "not_eligible":
        raise NeedError("only weights for not eligible can be frozen and used for an index", reason="bad_prior")
    codes = fit.municipality_codes
    return Prior(
        kind="frozen", label=label, source=source, municipalities=len(codes), municipality_codes=codes, **_weights(fit)
    )


def _weights(fit: NeedFit) -> dict[str, Any]:
    return {
        "baselines": tuple(
            Term(factor.name, baseline)
            for factor, baseline in zip(fit.design.factors, fit.design.baselines, strict=True)
        ),
        "terms": fit.design.terms,
        "means": fit.coefficients,
        "covariance": (fit.covariance + fit.covariance.T) / 2,
        "intercept": fit.intercept,
        "result_years": fit.result_years,
        "schools": fit.fitted_schools + len(fit.dropped_schools),
        "pupils": fit.pupils,
        "events": fit.events,
        "link": fit.link,
        "degrees_of_freedom": fit.degrees_of_freedom if math.isfinite(fit.degrees_of_freedom) else None,
        "widening": fit.widening,
    }


def _pupils_by_municipality(counts: CellCounts) -> tuple[tuple[str, ...], np.ndarray]:
    codes, place = np.unique([municipality for municipality, _ in counts.schools], return_inverse=True)
    pupils = np.bincount(place.reshape(-1)[counts.school], weights=counts.trials, minlength=len(codes))
    return tuple(map(str, codes)), pupils


def _require_silent(text: str, *, counts: CellCounts, codes: tuple[str, ...]) -> None:
    """A code that is also one of the result years is read as the year."""
    years = {str(year) for year in counts.years}
    words = set(re.findall(r"\w+", text))
    named = words & (set(codes) | {school for _, school in counts.schools}) - years
    if named:
        raise NeedError(
            f"label or source holds {len(named)} codes of municipalities or schools; leave them out",
            reason="identifies_municipality",
        )
