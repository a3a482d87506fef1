"""Background factors, their levels, and the dummy coding a fit keeps for ever.

Here: which levels exist, which are fitted, and how a level nobody could be fitted on is scored. Not here: estimation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import NeedError

MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Factor:
    """One background factor. ``levels``: reference first, ``missing`` (an own level, never an imputed value) last."""

    name: str
    levels: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.levels) < 2 or len(set(self.levels)) != len(self.levels):
            raise NeedError(f"factor {self.name}: two or more different levels are needed", reason="bad_factor")


FACTORS: tuple[Factor, ...] = (
    Factor(
        "guardian_education", ("post_secondary_long", "post_secondary_short", "upper_secondary", "compulsory", MISSING)
    ),
    Factor("immigration", ("born_in_sweden", "years_9_or_more", "years_4_to_8", "years_0_to_3", MISSING)),
    Factor("household_income", ("quintile_5", "quintile_4", "quintile_3", "quintile_2", "quintile_1", MISSING)),
    Factor("area_type", ("area_5", "area_4", "area_3", "area_2", "area_1", MISSING)),
    Factor("sex", ("girl", "boy", MISSING)),
    Factor("econ_assistance", ("no", "yes", MISSING)),
    Factor("household", ("with_both", "not_with_both", MISSING)),
    Factor("siblings", ("siblings_0_to_2", "siblings_3_or_more", MISSING)),
)


@dataclass(frozen=True, slots=True)
class Term:
    """One dummy: a level of a factor against that factor's baseline."""

    factor: str
    level: str

    @property
    def name(self) -> str:
        return f"{self.factor}={self.level}"


@dataclass(frozen=True, slots=True)
class Design:
    """The coding of one fit.

    ``baselines``: one level per factor, effect zero (the reference, or the first fitted level where nobody has the
    reference). ``dropped``: levels without outcome rows; they are scored as ``missing`` if that is fitted, else as the
    baseline, and counted where they occur.
    """

    factors: tuple[Factor, ...]
    terms: tuple[Term, ...]
    baselines: tuple[str, ...]
    dropped: tuple[Term, ...]

    def scored_as(self, factor: Factor, level: str) -> str:
        """The level whose coefficient a pupil with ``level`` gets."""
        baseline = self.baselines[self.factors.index(factor)]
        fitted = {term.level for term in self.terms if term.factor == factor.name} | {baseline}
        if level in fitted:
            return level
        return MISSING if MISSING in fitted else baseline

    def matrix(self, codes: np.ndarray) -> np.ndarray:
        """Dummies, float64, rows × terms, from level codes (rows × factors, see ``level_codes``)."""
        column = {(term.factor, term.level): position for position, term in enumerate(self.terms)}
        matrix = np.zeros((len(codes), len(self.terms)))
        for position, factor in enumerate(self.factors):
            lookup = np.array([column.get((factor.name, self.scored_as(factor, level)), -1) for level in factor.levels])
            target = lookup[codes[:, position]]
            rows = np.flatnonzero(target >= 0)
            matrix[rows, target[rows]] = 1.0
        return matrix


def level_codes(table: pd.DataFrame, factors: Sequence[Factor]) -> np.ndarray:
    """Levels as positions in ``Factor.levels``, int, rows × factors.

    Raises ``NeedError`` (``unknown_level``) naming factor, levels and rows: an unknown level is a fault in the
    delivery or in the mapping, and must never be scored silently as the reference.
    """
    codes = np.empty((len(table), len(factors)), dtype=np.int64)
    for position, factor in enumerate(factors):
        codes[:, position] = pd.Index(factor.levels).get_indexer(pd.Index(table[factor.name].astype(object)))
        unknown = codes[:, position] < 0
        if unknown.any():
            found = sorted({str(level) for level in table[factor.name].to_numpy(dtype=object)[unknown]})[:3]
            raise NeedError(
                f"factor {factor.name}: {int(unknown.sum())} rows have an unknown level, first {found};"
                f" known are {list(factor.levels)}; map the values before the fit",
                reason="unknown_level",
            )
    return codes


def build_design(codes: np.ndarray, leavers: np.ndarray, factors: Sequence[Factor]) -> Design:
    """The coding that ``leavers`` (per row of ``codes``) can support.

    A level without leavers is dropped and recorded. A factor with one level left tells nothing and has no term.
    Raises ``NeedError`` (``no_varying_factor``) if no term is left.
    """
    terms: list[Term] = []
    dropped: list[Term] = []
    baselines: list[str] = []
    for position, factor in enumerate(factors):
        counts = np.bincount(codes[:, position], weights=leavers, minlength=len(factor.levels))
        fitted = [level for level, count in zip(factor.levels, counts, strict=True) if count > 0]
        dropped += [Term(factor.name, level) for level in factor.levels if level not in fitted]
        baselines.append(fitted[0])
        terms += [Term(factor.name, level) for level in fitted[1:]]
    if not terms:
        raise NeedError("no factor varies among the leavers; nothing can be estimated", reason="no_varying_factor")
    return Design(tuple(factors), tuple(terms), tuple(baselines), tuple(dropped))
