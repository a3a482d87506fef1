"""What if another reasonable model had been chosen: the index under each, and the money that would lie elsewhere.

Belongs here: building the alternatives from estimators that are handed in, and comparing indices pair by pair. Does not:
any estimator, decisions, pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.cells import CellCounts
from models_py.need.fit import NeedFit
from models_py.need.index import need_index
from models_py.need.scoring import UnitNeed, predict_from_counts
from models_py.need.settle import settle_beside
from models_py.need.tables import require_columns, require_unique, whole_counts

Estimate = Callable[[CellCounts], NeedFit]
LATEST_DATE, THREE_DATES, WITH_COMPOSITION = "latest_count_date", "mean_of_three_count_dates", "with_composition_effect"
CHANGE_SHOWN_FROM = 0.01
"""A unit whose total differs by more than this share between two models is named."""

PAIR_COLUMNS = ("model_a", "model_b", "misplaced_pot_share", "index_difference_rms", "units_changed_count")
CHANGE_COLUMNS = ("school_unit_code", "change_share", "model_a", "model_b", "total_a_sek", "total_b_sek")


@dataclass(frozen=True, slots=True, eq=False)
class Alternatives:
    """Indices by model label, the first the one in use: Series of index points by school_unit_code, ordered by unit.

    ``refused``: label → why that model could not be fitted here.
    """

    indices: Mapping[str, pd.Series]
    refused: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class SensitivityCard:
    """How much the choice of model matters.

    Attributes
    ----------
    units : school_unit_code, pupil_count, and an index column per model label
    pairs : ``PAIR_COLUMNS``. misplaced_pot_share: ½ Σ |a/Σa - b/Σb| of the pot, 0..1; index_difference_rms:
        pupil-weighted, index points; units_changed_count: units whose total kronor differ by more than 1 %
    changes : ``CHANGE_COLUMNS``, the units that do so between any two models, the largest change of each and its pair,
        largest first. change_share: difference of the totals by the larger of them, -1..1, from a to b
    """

    units: pd.DataFrame
    pairs: pd.DataFrame
    changes: pd.DataFrame


def build_alternatives(
    counts: CellCounts,
    register_counts: pd.DataFrame,
    *,
    estimators: Mapping[str, Estimate],
    with_composition: Callable[[NeedFit, pd.DataFrame], UnitNeed] | None = None,
    index_minimum_pupils: int = 20,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> Alternatives:
    """Fit every estimator on the same counts and build its index on the same pupils.

    Parameters
    ----------
    register_counts : as ``predict_from_counts``; one municipality, the two latest count dates are used, a third if given
    estimators : label → fit; the first is the model in use, and must not refuse
    with_composition : need with the composition effect under the model in use, if such an effect is given

    The model in use is also shown on the latest count date alone, on three dates, and with the composition effect, where
    there are such data. Raises ``NeedError``: ``no_estimator``, and whatever the model in use raises.
    """
    if not estimators:
        raise NeedError("no estimator is given; hand in the model in use at least", reason="no_estimator")
    dates = sorted(set(register_counts["count_date"]))

    def index_of(need: Callable[[pd.DataFrame], UnitNeed], last: int) -> pd.Series:
        register = register_counts[register_counts["count_date"].isin(dates[-last:])]
        table = need_index(
            need(register).table,
            index_minimum_pupils=index_minimum_pupils,
            groups=groups,
            maximum_count_dates=max(last, 2),
        ).table
        return table.set_index("school_unit_code")["need_index"]

    def scored_by(fit: NeedFit) -> Callable[[pd.DataFrame], UnitNeed]:
        return lambda register: predict_from_counts(fit, register)

    in_use, *others = estimators
    fit_in_use = estimators[in_use](counts)
    indices = {in_use: index_of(scored_by(fit_in_use), 2)}
    refused = []
    for label in others:
        try:
            indices[label] = index_of(scored_by(estimators[label](counts)), 2)
        except NeedError as error:
            refused.append((label, str(error)))
    if len(dates) >= 2:
        indices[LATEST_DATE] = index_of(scored_by(fit_in_use), 1)
    if len(dates) >= 3:
        indices[THREE_DATES] = index_of(scored_by(fit_in_use), 3)
    if with_composition is not None:
        chosen = with_composition
        indices[WITH_COMPOSITION] = index_of(lambda register: chosen(fit_in_use, register), 2)
    return Alternatives(indices, tuple(refused))


def sensitivity_card(indices: Mapping[str, pd.Series], *, units: pd.DataFrame, pot_ore: int) -> SensitivityCard:
    """Compare models by index and by money, for a pot shared linearly by the index.

    Parameters
    ----------
    indices : label → index points by school_unit_code; every label the same units
    units : school_unit_code, pupil_count, base_part_ore (what the unit has beside the pot, öre)
    pot_ore : öre, the whole structural part

    Raises ``NeedError``: ``units_differ``, ``bad_index``, ``bad_setting`` and those of the input.
    """
    require_columns(units, ["school_unit_code", "pupil_count", "base_part_ore"], what="units")
    require_unique(units, ["school_unit_code"], what="units")
    if pot_ore < 0 or not indices:
        raise NeedError(f"{len(indices)} models and a pot of {pot_ore} öre: nothing to compare", reason="bad_setting")
    ordered = units.sort_values("school_unit_code", kind="stable")
    codes = [str(code) for code in ordered["school_unit_code"]]
    pupils = whole_counts(ordered["pupil_count"], what="units").astype(float)
    base = whole_counts(ordered["base_part_ore"], what="units").astype(float)
    values = {label: _aligned(label, index, codes) for label, index in indices.items()}
    parts = {label: pupils * value / (pupils * value).sum() for label, value in values.items()}
    totals = {label: base + pot_ore * part for label, part in parts.items()}
    table = pd.DataFrame({"school_unit_code": codes, "pupil_count": pupils.astype(np.int64)} | values)
    pairs, largest = [], pd.DataFrame(columns=list(CHANGE_COLUMNS))
    changed = []
    for a, b in combinations(values, 2):
        difference = totals[b] - totals[a]
        larger = np.maximum(totals[a], totals[b])
        # A unit without any money in either model has not changed.
        share = np.divide(difference, larger, out=np.zeros_like(larger), where=larger > 0)
        pairs.append(
            (
                a,
                b,
                0.5 * float(np.abs(parts[a] - parts[b]).sum()),
                float(np.sqrt(np.average((values[a] - values[b]) ** 2, weights=pupils))),
                int((np.abs(share) > CHANGE_SHOWN_FROM).sum()),
            )
        )
        changed += list(
            zip(codes, share, [a] * len(codes), [b] * len(codes), totals[a] / 100, totals[b] / 100, strict=True)
        )
    if changed:
        largest = pd.DataFrame(changed, columns=list(CHANGE_COLUMNS))
        largest = largest[largest["change_share"].abs() > CHANGE_SHOWN_FROM]
        largest = largest.assign(size=largest["change_share"].abs().round(12))
        largest = largest.sort_values(["size", "school_unit_code"], ascending=[False, True], kind="stable")
        largest = largest.drop_duplicates("school_unit_code").drop(columns="size").reset_index(drop=True)
    return SensitivityCard(
        table, settle_beside(pd.DataFrame(pairs, columns=list(PAIR_COLUMNS))), settle_beside(largest)
    )


def _aligned(label: str, index: pd.Series, codes: list[str]) -> np.ndarray:
    own = pd.Series(index.to_numpy(dtype=float), index=[str(code) for code in index.index])
    if sorted(own.index) != codes:
        apart = sorted(set(own.index) ^ set(codes))
        raise NeedError(
            f"model {label}: {len(apart)} units differ from the others, first {apart[:3]}; compare the same units",
            reason="units_differ",
        )
    values = own.loc[codes].to_numpy()
    if not (np.isfinite(values).all() and (values >= 0).all() and (values > 0).any()):
        raise NeedError(f"model {label}: the index must be zero or more and not all zero", reason="bad_index")
    return values
