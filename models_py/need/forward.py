"""Forward selection of whole factors by what they tell about pupils the fit has not seen.

The differences between two models are taken fold by fold before their standard error: schools differ far more than
models do, and the textbook rule, which compares with the spread between folds, stops far too early (one-standard-error
rule: Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 7.10; paired here).
Here: the path and its two rules. Not here: what a factor does to the index or the money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models_py.errors import NeedError
from models_py.need.cells import CellCounts
from models_py.need.fold_logit import FoldFit, fit_folds, varying_factors
from models_py.need.folds import Folds, Validation

CORE = ("guardian_education", "immigration")
"""Never left out: parents' education and time since immigration, the two that Skolverket's SALSA rests on beside sex."""


@dataclass(frozen=True, slots=True, eq=False)
class ForwardPath:
    """Factors in the order they entered, and what each step left unexplained. Step 0 has years only.

    Attributes
    ----------
    factors : the factor of step 1, 2, …
    deviances : steps × folds, -2 log-likelihood of the held-out leavers; step 0 first
    pupils : leavers held out, per fold
    core_steps : the first so many steps are the core
    """

    validation: Validation
    factors: tuple[str, ...]
    deviances: np.ndarray
    pupils: np.ndarray
    core_steps: int

    @property
    def minimum(self) -> int:
        """The step with the least deviance over all folds; the first of equals."""
        return int(np.argmin(self.deviances.sum(axis=1)))

    @property
    def paired_difference(self) -> np.ndarray:
        """Per step: mean over folds of the deviance per leaver above that of the minimum."""
        return self._differences().mean(axis=1)

    @property
    def paired_standard_error(self) -> np.ndarray:
        """Per step: standard error of ``paired_difference`` over folds."""
        return self._differences().std(axis=1, ddof=1) / np.sqrt(len(self.pupils))

    @property
    def within_one_se(self) -> np.ndarray:
        """Bool per step: no worse than the minimum by more than one paired standard error."""
        return self.paired_difference <= self.paired_standard_error

    @property
    def one_se(self) -> int:
        """The smallest step within one paired standard error of the minimum."""
        return int(np.argmax(self.within_one_se))

    def _differences(self) -> np.ndarray:
        return (self.deviances - self.deviances[self.minimum]) / self.pupils


def forward_path(
    counts: CellCounts,
    *,
    folds: Folds,
    core: Sequence[str] = CORE,
    max_factors: int = 8,
    ridge: float = 0.05,
) -> ForwardPath:
    """Add, step by step, the factor that leaves the least held-out deviance; the core first; at most ``max_factors``.

    All dummies of a factor enter together; a factor with one level among the leavers never does. Equal deviances go to
    the factor that stands first in ``counts.factors``. ``ridge``: per dummy, log-odds⁻².
    Raises ``NeedError``: ``unknown_factor`` (core not counted), ``no_varying_factor``, ``bad_setting``,
    ``no_convergence``.
    """
    names = [factor.name for factor in counts.factors]
    if unknown := [name for name in core if name not in names]:
        raise NeedError(f"core factors {unknown} are not counted; counted are {names}", reason="unknown_factor")
    left = list(varying_factors(counts))
    if not left:
        raise NeedError("no factor varies among the leavers; nothing can be chosen", reason="no_varying_factor")
    core_steps = sum(names[position] in core for position in left)
    if max_factors < max(1, core_steps):
        raise NeedError(
            f"max_factors is {max_factors}, fewer than the core of {max(1, core_steps)}", reason="bad_setting"
        )
    chosen: list[int] = []
    last = fit_folds(counts, folds=folds, columns=chosen, ridge=ridge)
    deviances = [last.deviances]
    while left and len(chosen) < max_factors:
        first = [position for position in left if names[position] in core] or left
        tried: list[tuple[float, int, FoldFit]] = []
        for position in first:
            fit = fit_folds(counts, folds=folds, columns=[*chosen, position], ridge=ridge, start=last.slopes)
            tried.append((float(fit.deviances.sum()), position, fit))
        _, best, last = min(tried, key=lambda one: one[:2])
        chosen.append(best)
        left.remove(best)
        deviances.append(last.deviances)
    return ForwardPath(
        folds.validation, tuple(names[position] for position in chosen), np.array(deviances), folds.pupils, core_steps
    )


def along(counts: CellCounts, *, folds: Folds, path: ForwardPath, ridge: float = 0.05) -> ForwardPath:
    """The same factors in the same order, judged by other folds. Arguments and errors as ``forward_path``."""
    names = [factor.name for factor in counts.factors]
    columns = [names.index(name) for name in path.factors]
    last = fit_folds(counts, folds=folds, columns=[], ridge=ridge)
    deviances = [last.deviances]
    for count in range(1, len(columns) + 1):
        last = fit_folds(counts, folds=folds, columns=columns[:count], ridge=ridge, start=last.slopes)
        deviances.append(last.deviances)
    return ForwardPath(folds.validation, path.factors, np.array(deviances), folds.pupils, path.core_steps)
