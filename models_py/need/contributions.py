"""Why a unit's index is what it is: exactly additive parts per factor, in index points and kronor.

Each pupil's distance in expected share from a reference pupil is divided over the factors by their part of the distance
in score (secant weights: exact for any link, not only to first order). The parts then go the index's own way: count
dates, small-unit groups, municipal mean. Belongs here: parts, the reference, what is withheld. Does not: words, pages.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.design import MISSING
from models_py.need.disclosure import SHOWN_FROM
from models_py.need.fit import NeedFit
from models_py.need.index_frame import IndexFrame, index_frame
from models_py.need.link import expected, expected_slope
from models_py.need.register import RegisterCells, register_cells, require_share
from models_py.need.scoring import predict_from_counts

NEAR = 1e-8  # scores this close have a secant that equals the tangent to the last bit
DECIMALS = 8  # index points
COLUMNS = ("school_unit_code", "pupil_count", "factor", "index_contribution")


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """Parts of every index that may be shown.

    Attributes
    ----------
    table : ``COLUMNS``, unit × factor, index points; a unit's parts sum to its index - 100 within 1e-9
    withheld : unit → reason: 'under_minimum_pupils', 'follows_from_the_others' (the parts of all pupils sum to zero, so
        what is left out could be worked out), 'no_composition'
    reference : factor, level, pupil_share: the profile of the reference pupil, the municipality's average; null where
        fewer than ``SHOWN_FROM`` pupils stand behind a level, or would follow from the others
    reference_share : expected share of the reference pupil, 0..1
    municipal_pupils : all pupils of the municipality at the latest count date
    """

    table: pd.DataFrame
    withheld: tuple[tuple[str, str], ...]
    reference: pd.DataFrame
    reference_share: float
    municipal_pupils: int


def index_contributions(
    fit: NeedFit,
    register_counts: pd.DataFrame,
    *,
    minimum_pupils: int = 20,
    index_minimum_pupils: int = 20,
    groups: Mapping[str, Sequence[str]] | None = None,
    maximum_count_dates: int = 2,
) -> Contributions:
    """Divide every unit's index over the factors.

    Units with fewer than ``minimum_pupils`` are withheld: parts could tell what a few pupils have at home. Members of a
    small-unit group have the group's parts. Other arguments and errors as ``index_intervals``.
    """
    require_share(fit)
    unit_need = predict_from_counts(fit, register_counts).table
    frame = index_frame(
        unit_need,
        index_minimum_pupils=index_minimum_pupils,
        groups=groups,
        maximum_count_dates=maximum_count_dates,
    )
    register = register_cells(fit.design, register_counts)
    parts, reference_share = unit_parts(
        fit, register=register, frame=frame, need_share=unit_need["need_share"].to_numpy()
    )
    reasons = _withheld(frame, minimum_pupils)
    given = np.array([unit not in reasons for unit in frame.units])
    names = [factor.name for factor in fit.design.factors]
    table = pd.DataFrame(
        {
            "school_unit_code": np.repeat(np.array(frame.units, dtype=object)[given], len(names)),
            "pupil_count": np.repeat(frame.pupils[given], len(names)),
            "factor": np.tile(np.array(names, dtype=object), int(given.sum())),
            "index_contribution": parts[given].reshape(-1),
        },
        columns=list(COLUMNS),
    )
    pupils = int(frame.pupils.sum())
    return Contributions(
        table, tuple(sorted(reasons.items())), _reference(fit, register, frame, pupils), reference_share, pupils
    )


def unit_parts(
    fit: NeedFit, *, register: RegisterCells, frame: IndexFrame, need_share: np.ndarray
) -> tuple[np.ndarray, float]:
    """Units × factors, index points, of every unit of the frame; and the reference pupil's expected share.

    ``need_share``: per row of ``register.units``, as scored and rounded; what rounding took is spread over the factors.
    """
    x = fit.design.matrix(register.levels)
    average = frame.municipal_mean(frame.used_shares(frame.spread(register.units, register.parts @ x)))
    reference_score = fit.intercept + average @ fit.coefficients
    reference_share = float(expected(np.array([reference_score]), fit.link)[0])
    score = fit.intercept + x @ fit.coefficients
    share, distance = expected(score, fit.link), score - reference_score
    near = np.abs(distance) < NEAR
    secant = np.where(near, expected_slope(share, fit.link), (share - reference_share) / np.where(near, 1.0, distance))
    of_terms = secant[:, None] * fit.coefficients[None, :] * (x - average[None, :])
    names = [factor.name for factor in fit.design.factors]
    to_factor = np.array([[term.factor == name for name in names] for term in fit.design.terms], dtype=float)
    parts = register.parts @ (of_terms @ to_factor)
    parts += ((need_share - reference_share - parts.sum(axis=1)) / len(names))[:, None]
    used = frame.used_shares(frame.spread(register.units, parts))
    shares = frame.used_shares(frame.spread(register.units, need_share[:, None]))
    points = 100.0 * (used - frame.municipal_mean(used)[None, :]) / frame.municipal_mean(shares)
    return tied(points, index=frame.index(shares)[:, 0]), reference_share


def tied(points: np.ndarray, *, index: np.ndarray) -> np.ndarray:
    """Parts rounded to ``DECIMALS``, so that every processor has the same; the largest part of a unit takes what rounding
    leaves, so that the parts of a unit sum to its index - 100."""
    rounded = np.round(points, DECIMALS) + 0.0
    for unit, largest in enumerate(np.argmax(np.abs(rounded), axis=1)):
        others = math.fsum(np.delete(rounded[unit], largest).tolist())
        rounded[unit, largest] = index[unit] - 100.0 - others
    return rounded


def contributions_in_kronor(table: pd.DataFrame, *, pot_ore: int) -> pd.DataFrame:
    """``table`` with contribution_sek_per_pupil and contribution_sek, for a pot shared linearly by the index.

    A unit gets pot / all pupils × pupils × index / 100, so its parts sum to its structural part less the same pot shared
    flat per pupil, before whole kronor are made of it. ``table``: ``COLUMNS`` and municipal_pupil_count (all pupils at the
    latest count date); ``pot_ore``: öre, the whole structural part. Raises ``NeedError`` (``bad_setting``).
    """
    if pot_ore < 0:
        raise NeedError(f"the pot is {pot_ore} öre; it must be zero or more", reason="bad_setting")
    flat_sek = pot_ore / 100 / table["municipal_pupil_count"]
    per_pupil = flat_sek * table["index_contribution"] / 100
    return table.assign(contribution_sek_per_pupil=per_pupil, contribution_sek=per_pupil * table["pupil_count"])


def _withheld(frame: IndexFrame, minimum: int) -> dict[str, str]:
    reasons = dict.fromkeys(
        (frame.units[place] for place in np.flatnonzero(frame.rule == "municipal_mean")), "no_composition"
    )
    small = [place for place, count in enumerate(frame.pupils) if count < minimum]
    reasons |= dict.fromkeys((frame.units[place] for place in small), "under_minimum_pupils")
    # A unit without composition has no parts (they are zero), so it hides nobody.
    alone = frame.together < minimum
    hidden = int(frame.pupils[alone].sum())
    others = sorted((int(frame.pupils[place]), unit) for place, unit in enumerate(frame.units) if unit not in reasons)
    for count, unit in others:
        if not 0 < hidden < minimum:
            break
        reasons[unit] = "follows_from_the_others"
        hidden += count
    return reasons


def _reference(fit: NeedFit, register: RegisterCells, frame: IndexFrame, pupils: int) -> pd.DataFrame:
    rows: list[tuple[str, str, float]] = []
    for position, factor in enumerate(fit.design.factors):
        has = (register.levels[:, position][:, None] == np.arange(len(factor.levels))[None, :]).astype(float)
        share = frame.municipal_mean(frame.used_shares(frame.spread(register.units, register.parts @ has)))
        # That nobody lacks a value says nothing about anybody's background.
        nobody_missing = (np.array(factor.levels) == MISSING) & (share == 0)
        few = (share * pupils < SHOWN_FROM) & ~nobody_missing
        shown = np.flatnonzero(~few & ~nobody_missing)
        if few.any() and share[few].sum() * pupils < SHOWN_FROM and len(shown):
            few[shown[np.argmin(share[shown])]] = True
        rows += [
            (factor.name, level, np.nan if hide else float(value))
            for level, value, hide in zip(factor.levels, share, few, strict=True)
        ]
    return pd.DataFrame(rows, columns=["factor", "level", "pupil_share"])
