"""State grants of an invented municipality: a frame by need and pupils, what of it was used, and what it bought.

Belongs here: one grant per unit, year and purchase, from streams of its own, so that nothing else of a world moves. Does not
belong here: the municipality's own money, bytes. The frame follows 4 § of ordinance 2018:49, index times pupils.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.world.settings import WorldError
from models_py.world.simulate import World
from models_py.world.streams import Streams

GRANT, PURPOSE = "knowledge_grant", "equity"
PURCHASES = {"teacher_posts": 0.6, "other_posts": 0.4}
"""What the grant buys, and the share of it; a known truth."""


@dataclass(frozen=True, slots=True)
class GrantSettings:
    """Assumptions. ``sek_per_pupil``: mean grant; ``used_lower``..1: share of a grant that a unit uses, drawn evenly."""

    sek_per_pupil: float = 6900.0
    used_lower: float = 0.85

    def __post_init__(self) -> None:
        if not (self.sek_per_pupil > 0 and 0 <= self.used_lower <= 1):
            raise WorldError("grants: sek_per_pupil is above zero, used_lower lies in 0..1")


def unit_grants(world: World, settings: GrantSettings | None = None) -> pd.DataFrame:
    """municipality_code, funding_year, site, school_unit_code, is_independent, grant_code, purpose, bought, granted_sek and
    used_sek (whole kronor); ordered by key. The count date of October belongs to the year after.

    The same world and settings give the same table, to the last bit.
    """
    chosen = settings or GrantSettings()
    streams = Streams(world.settings.seed)
    own = world.school_units[["school_unit_code", "is_independent"]]
    units = world.truth.unit_years.merge(own, on="school_unit_code", how="left", validate="many_to_one")
    site, year = units["site"].to_numpy(), units["count_year"].to_numpy()
    whole = chosen.sek_per_pupil * units["pupil_count"].to_numpy() * units["need_index"].to_numpy() / 100.0
    used = chosen.used_lower + (1.0 - chosen.used_lower) * streams.uniform("grant.used", site, year)
    parts = [
        units[["municipality_code", "site", "school_unit_code", "is_independent"]].assign(
            funding_year=year + 1, grant_code=GRANT, purpose=PURPOSE, bought=bought,
            granted_sek=np.round(share * whole).astype(np.int64), used_sek=np.floor(np.round(share * whole) * used).astype(np.int64),
        )
        for bought, share in PURCHASES.items()
    ]  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["municipality_code", "funding_year", "school_unit_code", "bought"], ignore_index=True)
