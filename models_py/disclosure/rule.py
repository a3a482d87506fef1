"""What the rule itself withholds: few, nearly all, and sums that one or two contributors make.

Belongs here: one cell at a time. Does not: cells withheld to protect others (``protect``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models_py.disclosure.cells import Tables
from models_py.errors import DisclosureError


@dataclass(frozen=True, slots=True)
class DisclosureRule:
    """The thresholds of a publication.

    Attributes
    ----------
    threshold : persons from which a count is published, and from which the rest of its whole is; also the width that
        an attacker's interval for a withheld count must have. Skolverket withholds background below 10
    dominance_contributors, dominance_share : a sum of which so many contributors make more than so large a share is
        withheld, the (n, k) rule. It asks of sums of amounts; persons in a count weigh the same
    """

    threshold: int = 10
    dominance_contributors: int = 2
    dominance_share: float = 0.90

    def __post_init__(self) -> None:
        if self.threshold < 1 or self.dominance_contributors < 1 or not 0 < self.dominance_share <= 1:
            raise DisclosureError(
                f"threshold {self.threshold} and dominance ({self.dominance_contributors}, {self.dominance_share}): "
                "at least 1, at least 1 and a share above 0 and up to 1 are needed",
                reason="bad_rule",
            )


def primary_cells(tables: Tables, *, rule: DisclosureRule) -> np.ndarray:
    """n bool: cells that may not be told by themselves.

    A count under the threshold, nought among them; a count that leaves fewer than the threshold of its whole, so that a
    hundred per cent is told of nobody; a dominated sum; and what the caller says.
    """
    few = tables.values < rule.threshold
    nearly_all = (tables.whole >= 0) & (tables.whole - tables.values < rule.threshold)
    dominated = tables.largest > rule.dominance_share  # NaN is never larger
    return tables.must_hide | (tables.may_hide & (few | nearly_all | dominated))
