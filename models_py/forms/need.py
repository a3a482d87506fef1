"""The need index of a school form: 100 is the average child, student or adult of the form in the municipality.

Belongs here: one function per source of need, from counted background to a value per unit, and the index of the values. Does
not: how dates and small units are put together (``models_py.need.index``), estimating weights, money.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd

from models_py.errors import FormsError
from models_py.forms.policy import FormNeedPolicy
from models_py.need.fit import NeedFit
from models_py.need.index import need_index
from models_py.need.scoring import UNIT_KEYS, predicted_share, unit_means
from models_py.need.settle import settle_shares
from models_py.need.tables import canonical_counts, require_columns

COLUMNS = (
    "school_unit_code", "pupil_count", "need_index", "index_rule", "index_group_code", "is_under_index_minimum",
    "count_date_count",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class FormIndex:
    """``table``: ``COLUMNS``, one row per unit with people on the later count day, pupil-weighted mean of need_index 100.

    ``without_merit``: students of national programmes whose merit value nobody delivered; they count at their unit's mean.
    """

    table: pd.DataFrame
    without_merit: int = 0


def form_index(
    background: pd.DataFrame, *, policy: FormNeedPolicy, fit: NeedFit | None, index_minimum_pupils: int
) -> FormIndex | None:
    """Index of one form and municipality over its one or two count days; None where the form has none.

    Parameters
    ----------
    background : ``UNIT_KEYS``, the columns that the source reads, pupil_count; people alike in all of them are one row
    fit : weights of the compulsory model; needed by the source need_model only
    index_minimum_pupils : smaller units share an index before money is computed

    Raises FormsError for a need_model without weights or children whose background nobody delivered, and for students without
    any merit value; NeedError as ``models_py.need.index``.
    """
    if policy.source == "none":
        return None
    without = 0
    if policy.source == "need_model":
        units, values = _by_model(background, fit)
    elif policy.source == "merit":
        units, values, without = _by_merit(background, policy)
    else:
        units, values = _by_points(background, policy)
    largest = values.max() if len(values) else 0.0
    if not largest > 0:
        raise FormsError("every unit has the value 0, so nothing tells them apart; give a level points", reason="need")
    shares = settle_shares(values / largest)
    table = need_index(
        units.assign(basis="pupil_level", need_share=shares, need_share_lower=np.nan, need_share_upper=np.nan),
        index_minimum_pupils=index_minimum_pupils,
    ).table
    return FormIndex(table[list(COLUMNS)].reset_index(drop=True), without)


def _by_model(background: pd.DataFrame, fit: NeedFit | None) -> tuple[pd.DataFrame, np.ndarray]:
    """Expected share not eligible when the children are fifteen, by their own background today."""
    if fit is None:
        raise FormsError(
            "the source need_model needs weights of the compulsory model, and there are none for this municipality and year; "
            "let form_need.source be shares, or none",
            reason="need",
        )
    units, means, _ = unit_means(fit.design.factors, background, value=partial(predicted_share, fit))
    return units, means


def _by_points(background: pd.DataFrame, policy: FormNeedPolicy) -> tuple[pd.DataFrame, np.ndarray]:
    """at_zero + Σ over factors of (share of each level × its points): a decided weighting of simple shares."""
    counts = canonical_counts(
        background, keys=[*UNIT_KEYS, *policy.points], counts=["pupil_count"], what="background of the form"
    )
    per_person = np.full(len(counts), float(policy.at_zero))
    for factor, points in policy.points.items():
        worth = {level: float(value) for level, value in points.items()}
        per_person += counts[factor].map(worth).fillna(0.0).to_numpy(dtype=float)
    return _means(counts, per_person)


def _by_merit(background: pd.DataFrame, policy: FormNeedPolicy) -> tuple[pd.DataFrame, np.ndarray, int]:
    """Value of the unit's mean merit value at admission; students of introductory programmes have the value decided for them.

    By the unit's mean and not student by student: what a unit's money tells is then a mean that is public anyway.
    """
    require_columns(background, [*UNIT_KEYS, "programme", "pupil_count"], what="background of the form")
    rows = background.assign(
        introductory=background["programme"].isin(policy.introductory_programmes),
        n=background["pupil_count"].astype("int64"),
    )
    merit, n, is_national = rows["admission_merit_value"].astype(float), rows["n"], ~rows["introductory"]
    rows = rows.assign(
        national=n.where(is_national, 0),
        known=n.where(is_national & merit.notna(), 0),
        half_points=((merit.fillna(0.0) * 2).round().astype("int64") * n).where(is_national & merit.notna(), 0),
    )
    units = rows.groupby(list(UNIT_KEYS), sort=True)[["n", "national", "known", "half_points"]].sum().reset_index()
    known, national = units["known"].to_numpy(dtype=float), units["national"].to_numpy(dtype=float)
    if not known.sum():
        raise FormsError(
            "no student of a national programme has a merit value at admission; deliver them", reason="merit"
        )
    over_all = units["half_points"].sum() / (2 * known.sum())
    mean = np.where(known > 0, units["half_points"] / (2 * np.maximum(known, 1)), over_all)
    value = value_of_merit(mean, policy)
    apart = float(policy.introductory_value or Decimal(0))
    total = units["n"].to_numpy(dtype=float)
    values = (national * value + (total - national) * apart) / total
    table = units[list(UNIT_KEYS)].assign(pupil_count=units["n"].astype("int64"))
    return table, values, int(national.sum() - known.sum())


def value_of_merit(mean: np.ndarray, policy: FormNeedPolicy) -> np.ndarray:
    """What mean merit values (points 0..340) are worth under the decided steps or curve; a curve is level beyond its ends."""
    knots = sorted((float(start), float(value)) for start, value in policy.merit_values.items())
    starts, values = np.array([start for start, _ in knots]), np.array([value for _, value in knots])
    if policy.merit_rule == "curve":
        return np.interp(mean, starts, values)
    return values[np.maximum(np.searchsorted(starts, mean, side="right") - 1, 0)]


def _means(counts: pd.DataFrame, per_person: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    weighted = counts.assign(value=per_person * counts["pupil_count"].to_numpy(dtype=float))
    units = weighted.groupby(list(UNIT_KEYS), sort=True)[["pupil_count", "value"]].sum().reset_index()
    table = units[list(UNIT_KEYS)].assign(pupil_count=units["pupil_count"].astype("int64"))
    return table, units["value"].to_numpy(dtype=float) / units["pupil_count"].to_numpy(dtype=float)
