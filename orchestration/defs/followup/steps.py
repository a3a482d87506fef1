"""What every step of the follow-up has in common: how its assets are described, written and told.

Belongs here: specs, writing tables and record, materializations. Does not: what a step computes (the modules beside).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import dagster as dg
import pandas as pd

from models_py.followed import Followed
from orchestration.followup.rows import followup_record, followup_rows
from orchestration.names import FOLLOWUP, PUPIL_LEVEL, STATISTICS_TEAM
from orchestration.resources.tables import Tables

OUTCOMES, REGISTER, UNITS = "fct_need_outcome_counts", "fct_need_register_counts", "dim_school_unit"
Picture = Callable[[pd.DataFrame], dg.MetadataValue]


def mart(name: str) -> dg.AssetKey:
    """Key of a table that dbt built."""
    return dg.AssetKey(["marts", name])


def specs(told: Mapping[str, str], *, deps: Sequence[dg.AssetKey]) -> list[dg.AssetSpec]:
    """A spec per table of a step; ``told``: table to what it says."""
    return [
        dg.AssetSpec(
            dg.AssetKey([FOLLOWUP, name]),
            deps=list(deps),
            owners=[STATISTICS_TEAM],
            kinds={"python", "numpy"},
            description=description,
        )
        for name, description in told.items()
    ]


def with_own_pupils(index: pd.DataFrame) -> list[str]:
    """Municipalities whose index rests on own pupils; ``index``: rows of ``fct_need_index``."""
    return sorted(set(index.loc[index["basis"] == PUPIL_LEVEL, "municipality_code"]))


def write_followup(
    found: Mapping[str, Followed],
    *,
    part: str,
    names: Sequence[str],
    tables: Tables,
    funding_year: int,
    pictures: Mapping[str, Picture] | None = None,
) -> Iterator[dg.MaterializeResult]:
    """Write the record of ``part`` and each table of ``names``, and tell of every one with its picture."""
    tables.write_record(part, funding_year, followup_record(found))
    charts = pictures or {}
    for name in names:
        rows = followup_rows(name, found, funding_year=funding_year)
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey([FOLLOWUP, name]),
            metadata={
                "dagster/row_count": tables.write(name, rows, funding_year),
                "refused": sum(each.refusal is not None for each in found.values()),
                **({"picture": charts[name](rows)} if name in charts else {}),
            },
        )
