"""The part of the atlas that anyone may read: figures of the whole municipality, none resting on fewer than ten pupils.

A figure is withheld where fewer than ten pupils have what it tells of, or fewer than ten lack it; and where it would
follow from what stands beside it. Shares stand without the counts behind them and with three decimals, since a share, a
count and a total tell the rest. Figures on the spread over units need ten units, or units where every count is ten or
more: a few units and their spread could be solved for each unit. Units' own figures are not here at all.
Here: what is withheld and why. Not here: any new figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.need.atlas import FactorAtlas
from models_py.need.atlas_levels import PROTECTED_BELOW

SPREAD_FROM_UNITS = 10
PUBLISHED_DECIMALS = 3

FEW_PUPILS = "fewer_than_ten_pupils"
FEW_PUPILS_BESIDE = "would_reveal_fewer_than_ten_pupils"
FEW_UNITS = "few_units_with_small_counts"
FEW_OUTCOMES = "fewer_than_ten_outcomes"

SPREAD = ("share_sd", "chance_sd", "systematic_sd", "dissimilarity", "chance_dissimilarity")
ENDS = ("lowest", "highest")
LEVEL_COLUMNS = (
    "factor",
    "level",
    "level_share",
    "share_withheld_because",
    "unit_count",
    *SPREAD,
    "spread_withheld_because",
    "outcome_unit_count",
    "outcome_correlation",
    "correlation_withheld_because",
    "stable_unit_count",
    "stability_correlation",
    "mean_absolute_change",
    "stability_withheld_because",
    "lowest_share",
    "lowest_withheld_because",
    "highest_share",
    "highest_withheld_because",
    "not_eligible_share",
    "outcome_withheld_because",
)
FACTOR_COLUMNS = (
    "factor",
    "missing_share",
    "is_missing_flagged",
    "flagged_unit_count",
    "missing_withheld_because",
    "degrees_of_freedom",
    "gvif",
    "gvif_root",
    "is_collinear",
    "collinearity_withheld_because",
)
ASSOCIATION_COLUMNS = ("factor", "other_factor", "degrees_of_freedom", "cramers_v", "withheld_because")


@dataclass(frozen=True, slots=True, eq=False)
class PublicAtlas:
    """Of the municipality at its latest count date; ``*_withheld_because`` says why a figure beside it is null, and is
    null itself where the figure stands, or where there is nothing to tell.

    ``levels``: ``LEVEL_COLUMNS``; ``factors``: ``FACTOR_COLUMNS``; ``associations``: ``ASSOCIATION_COLUMNS``.
    """

    municipality_code: str
    levels: pd.DataFrame
    factors: pd.DataFrame
    associations: pd.DataFrame


def public_atlas(atlas: FactorAtlas) -> PublicAtlas:
    """Withhold what rests on, or gives away, fewer than ten pupils."""
    return PublicAtlas(
        atlas.municipality_code, _levels(atlas.levels), _factors(atlas.factors), _associations(atlas.associations)
    )


def withheld(counts: np.ndarray, *, complements: np.ndarray) -> np.ndarray:
    """Why each of the parts of one whole is withheld (object, None where it stands).

    A part is withheld below ten, or where fewer than ten are outside it. If the parts withheld are together fewer than
    ten, what is left of the whole would give them away, so the smallest of the others are withheld with them.
    """
    hidden = (counts < PROTECTED_BELOW) | (complements < PROTECTED_BELOW)
    because = _reason(hidden, FEW_PUPILS)
    for place in np.argsort(counts, kind="stable"):
        if hidden.any() and not hidden[place] and counts[hidden].sum() < PROTECTED_BELOW:
            hidden[place] = True
            because[place] = FEW_PUPILS_BESIDE
    return because


def _levels(levels: pd.DataFrame) -> pd.DataFrame:
    pupils, known = levels["pupil_count"].to_numpy(), levels["known_count"].to_numpy()
    events, leavers = levels["not_eligible_count"].to_numpy(), levels["leaver_count"].to_numpy()
    share, outcome = np.full(len(levels), None, dtype=object), np.full(len(levels), None, dtype=object)
    for places in levels.groupby("factor", sort=False).indices.values():
        share[places] = withheld(pupils[places], complements=(known - pupils)[places])
        hidden = pd.notna(withheld(events[places], complements=(leavers - events)[places]))
        outcome[places] = _reason(hidden, FEW_OUTCOMES)
    few_units = (levels["unit_count"] < SPREAD_FROM_UNITS) & (levels["protected_unit_count"] > 0)
    spread = _reason(few_units, FEW_UNITS, before=share)
    because = {"share_withheld_because": share, "spread_withheld_because": spread, "outcome_withheld_because": outcome}
    # Results and the earlier count date have small counts of their own: always ten units.
    for name, units in (("correlation", "outcome_unit_count"), ("stability", "stable_unit_count")):
        because[f"{name}_withheld_because"] = _reason(levels[units] < SPREAD_FROM_UNITS, FEW_UNITS, before=spread)
    for end in ENDS:
        have, of = levels[f"{end}_pupil_count"], levels[f"{end}_known_count"]
        few = (have < PROTECTED_BELOW) | (of - have < PROTECTED_BELOW)
        because[f"{end}_withheld_because"] = _reason(few, FEW_PUPILS, before=spread)
    table = levels.assign(**{name: pd.array(why, dtype="str") for name, why in because.items()})
    _blank(table, ["level_share"], "share_withheld_because")
    _blank(table, list(SPREAD), "spread_withheld_because")
    _blank(table, ["outcome_correlation"], "correlation_withheld_because")
    _blank(table, ["stability_correlation", "mean_absolute_change"], "stability_withheld_because")
    _blank(table, ["not_eligible_share"], "outcome_withheld_because")
    for end in ENDS:
        _blank(table, [f"{end}_share"], f"{end}_withheld_because")
    return _published(table, LEVEL_COLUMNS)


def _factors(factors: pd.DataFrame) -> pd.DataFrame:
    missing, pupils = factors["missing_count"], factors["pupil_count"]
    few = (missing < PROTECTED_BELOW) | (pupils - missing < PROTECTED_BELOW)
    few_complete = factors["complete_pupil_count"] < PROTECTED_BELOW
    table = factors.assign(
        missing_withheld_because=pd.array(_reason(few, FEW_PUPILS), dtype="str"),
        collinearity_withheld_because=pd.array(_reason(few_complete, FEW_PUPILS), dtype="str"),
        is_missing_flagged=factors["is_missing_flagged"].astype("boolean"),
        flagged_unit_count=factors["flagged_unit_count"].astype("Int64"),
        is_collinear=factors["is_collinear"].astype("boolean"),
    )
    _blank(table, ["missing_share", "is_missing_flagged", "flagged_unit_count"], "missing_withheld_because")
    _blank(table, ["gvif", "gvif_root", "is_collinear"], "collinearity_withheld_because")
    return _published(table, FACTOR_COLUMNS)


def _associations(associations: pd.DataFrame) -> pd.DataFrame:
    # With one degree of freedom and known margins the figure gives the table itself.
    few = (associations["pupil_count"] < PROTECTED_BELOW) | (
        (associations["degrees_of_freedom"] == 1) & (associations["smallest_cell_count"] < PROTECTED_BELOW)
    )
    table = associations.assign(withheld_because=pd.array(_reason(few, FEW_PUPILS), dtype="str"))
    _blank(table, ["cramers_v"], "withheld_because")
    return _published(table, ASSOCIATION_COLUMNS)


def _reason(where: pd.Series | np.ndarray, why: str, *, before: np.ndarray | None = None) -> np.ndarray:
    """``why`` where true, else None; a reason ``before`` it goes first."""
    found = np.full(len(where), None, dtype=object) if before is None else before.copy()
    found[np.asarray(where, dtype=bool) & pd.isna(found)] = why
    return found


def _blank(table: pd.DataFrame, columns: list[str], because: str) -> None:
    """Null in a table of our own making."""
    for name in columns:
        table[name] = table[name].mask(table[because].notna())


def _published(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    floats = table.select_dtypes("float").columns
    rounded = table.assign(**{name: table[name].round(PUBLISHED_DECIMALS) for name in floats})
    return rounded[list(columns)].reset_index(drop=True)
