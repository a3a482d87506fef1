"""A prior laid over a municipality's own factors and levels: which terms there are, and what is known of each beforehand.

A level the prior knows keeps its weight though no own leaver has it. A level only own leavers have gets mean zero and
variance 1 beside the spread between municipalities. A factor only the municipality counts is left out unless asked for.
Here: the alignment. Not here: estimation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models_py.errors import NeedError
from models_py.need.cells import CellCounts
from models_py.need.design import Design, Factor, Term
from models_py.need.prior import Prior

UNKNOWN_VARIANCE = 1.0  # log-odds²: most weights of background lie within one log-odd of zero


@dataclass(frozen=True, slots=True, eq=False)
class PriorDesign:
    """``design`` with the prior's ``means`` (per term) and ``covariance`` (terms × terms, zero where the prior has none).

    ``unknown_terms``: own terms the prior says nothing of; ``left_out``: counted factors that are not in the model.
    """

    design: Design
    means: np.ndarray
    covariance: np.ndarray
    unknown_terms: tuple[Term, ...]
    left_out: tuple[str, ...]


def align_prior(
    prior: Prior, *, factors: Sequence[Factor], counts: CellCounts | None = None, extra_factors: Sequence[str] = ()
) -> PriorDesign:
    """Lay ``prior`` over ``factors``; ``counts`` (with these factors) says which further levels own leavers have.

    Without ``counts`` only the prior's own levels are terms; others are scored as missing, or as the baseline.
    Raises ``NeedError``: ``prior_factor_missing`` (the prior's other weights were estimated beside that factor),
    ``level_mismatch`` (a level of the prior that the factor does not have), ``unknown_factor`` (``extra_factors``).
    """
    baselines = {term.factor: term.level for term in prior.baselines}
    _require_same_coding(prior, factors, baselines)
    counted = [factor.name for factor in factors]
    if strange := sorted(set(extra_factors) - set(counted)):
        raise NeedError(f"factors {strange} are not counted; counted are {counted}", reason="unknown_factor")
    place = {term: position for position, term in enumerate(prior.terms)}
    kept = [
        factor
        for factor in factors
        if factor.name in baselines or (counts is not None and factor.name in extra_factors)
    ]
    terms: list[Term] = []
    dropped: list[Term] = []
    chosen: list[str] = []
    for factor in kept:
        seen = _seen(counts, factor)
        known = {term.level for term in prior.terms if term.factor == factor.name}
        fitted = [level for level in factor.levels if level in known | seen | {baselines.get(factor.name)}]
        chosen.append(baselines.get(factor.name, fitted[0]))
        terms += [Term(factor.name, level) for level in fitted if level != chosen[-1]]
        dropped += [Term(factor.name, level) for level in factor.levels if level not in fitted]
    source = np.array([place.get(term, -1) for term in terms])
    known_terms = source >= 0
    covariance = np.diag(np.where(known_terms, 0.0, UNKNOWN_VARIANCE))
    if prior.covariance is not None:
        covariance[np.ix_(known_terms, known_terms)] = prior.covariance[
            np.ix_(source[known_terms], source[known_terms])
        ]
    return PriorDesign(
        design=Design(tuple(kept), tuple(terms), tuple(chosen), tuple(dropped)),
        means=np.where(known_terms, prior.means[source], 0.0),
        covariance=covariance,
        unknown_terms=tuple(term for term, known in zip(terms, known_terms, strict=True) if not known),
        left_out=tuple(factor.name for factor in factors if factor not in kept),
    )


def _require_same_coding(prior: Prior, factors: Sequence[Factor], baselines: dict[str, str]) -> None:
    levels = {factor.name: factor.levels for factor in factors}
    if absent := sorted(set(baselines) - set(levels)):
        raise NeedError(
            f"prior {prior.label!r} has factors {absent[:3]} that are not counted here; its other weights hold only"
            " beside them: count them, or use a prior without them",
            reason="prior_factor_missing",
        )
    strange = [term.name for term in (*prior.baselines, *prior.terms) if term.level not in levels[term.factor]]
    if strange:
        raise NeedError(
            f"prior {prior.label!r} has {len(strange)} levels that are not among those counted here, first"
            f" {sorted(strange)[:3]}; map the levels to one coding",
            reason="level_mismatch",
        )


def _seen(counts: CellCounts | None, factor: Factor) -> set[str]:
    """Levels of the factor that leavers have."""
    if counts is None:
        return set()
    column = counts.factors.index(factor)
    present = np.unique(counts.levels[counts.cell, column])
    return {factor.levels[position] for position in present}
