"""One municipality's published year as arrays: pupils, need, what follows need and what does not.

Belongs here: from published tables to ``ScoredUnits`` and öre. Does not: scenarios, layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from models_py.allocation.scored_units import ScoredUnits, scored_units
from models_py.errors import LikvardError
from orchestration.report.published import Published, publications
from orchestration.texts import say

NEED_LINES = ("need", "posts")
NEED_COUNTS = ("need_weighted_pupils", "index_points", "expected_not_eligible", "score_points", "posts")
"""Lines that follow need, by their code or by what they count."""


class ComparisonError(LikvardError):
    """Something that cannot be compared; the message says what and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class PublishedYear:
    """The paid units of one publication, ascending by code.

    Attributes
    ----------
    units : pupils and need
    structural_ore, base_ore : (J,) int64, what follows need and the rest; together what is paid
    names : school_unit_code to name
    left_out : paid units whose index is withheld; they and their kronor are not compared
    """

    publication: Published
    units: ScoredUnits
    structural_ore: np.ndarray
    base_ore: np.ndarray
    names: dict[str, str]
    left_out: tuple[str, ...] = ()

    @property
    def total_ore(self) -> np.ndarray:
        """(J,) int64."""
        return self.structural_ore + self.base_ore

    @property
    def budget_ore(self) -> int:
        """What is paid to all units."""
        return int(self.total_ore.sum())

    @property
    def structural_share(self) -> float:
        """Part of the budget that follows need, 0..1."""
        return float(self.structural_ore.sum()) / self.budget_ore


def published_year(root: Path, *, funding_year: int, municipality_code: str | None) -> PublishedYear:
    """The newest publication of the municipality and year; without a code, of the only one published.

    Raises ComparisonError when there is none, or more than one to choose from; AllocationError for a paid unit without
    an index.
    """
    found = publications(root, funding_year=funding_year)
    if municipality_code is not None:
        found = [each for each in found if each.municipality_code == municipality_code]
    if not found:
        raise ComparisonError(say("no_publication", year=str(funding_year), folder=str(root)))
    if len(found) > 1:
        raise ComparisonError(say("comparison_which", count=len(found), year=str(funding_year)))
    publication = found[0]
    wide = publication.table("school_allocation")
    wide = wide[(wide["payment_status"] == "paid") & (wide["pupil_count"] > 0)].sort_values("school_unit_code")
    reasons = wide.get(
        "index_withheld_because", pd.Series(None, index=wide.index, dtype=object)
    )  # older ones have none
    withheld = wide["need_index"].isna() & reasons.notna()
    left_out = tuple(wide.loc[withheld, "school_unit_code"].astype(str))
    wide = wide[~withheld]
    units = scored_units(wide[["school_unit_code", "pupil_count", "need_index"]])
    lines = publication.table("fct_allocation")
    follows = lines["line_code"].isin(NEED_LINES) | lines["count_unit"].isin(NEED_COUNTS)
    by_need = lines[follows].groupby("school_unit_code")["amount_ore"].sum()
    structural = np.array([int(by_need.get(code, 0)) for code in units.school_unit_code], dtype=np.int64)
    totals = pd.Series(wide["total_sek"].tolist(), index=wide["school_unit_code"].astype(str).tolist())
    total = np.array([int(Decimal(str(totals[code])) * 100) for code in units.school_unit_code], dtype=np.int64)
    names = dict(zip(wide["school_unit_code"].astype(str), wide["school_unit_name"].astype(str), strict=True))
    return PublishedYear(publication, units, structural, total - structural, names, left_out)
