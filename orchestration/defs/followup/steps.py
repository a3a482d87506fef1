"""What every step of the follow-up has in common: how its assets are described, written and told.

Belongs here: specs, writing tables and record, materializations. Does not: what a step computes (the modules beside).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg
import pandas as pd

from expectations.contracts import FOLLOWING
from models_py.followed import Followed
from orchestration.followup.rows import followup_record, followup_rows
from orchestration.names import FOLLOWUP, PUPIL_LEVEL, STATISTICS_TEAM
from orchestration.resources.tables import Tables

OUTCOMES, REGISTER, UNITS = "fct_need_outcome_counts", "fct_need_register_counts", "dim_school_unit"


@dataclass(frozen=True, slots=True)
class Picture:
    """How a table is drawn (``draw``: its rows → metadata), and which of its rows that takes (``shown``; all of them)."""

    draw: Callable[[pd.DataFrame], dg.MetadataValue]
    shown: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows


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
    found: Iterable[tuple[str, Followed]],
    *,
    part: str,
    names: Sequence[str],
    tables: Tables,
    funding_year: int,
    pictures: Mapping[str, Picture] | None = None,
) -> Iterator[dg.MaterializeResult]:
    """Write each municipality's tables of ``names`` as it comes, then the record of ``part``; tell of every table.

    Only what a picture shows is kept from one municipality to the next: a nation's rows are never in memory at once.
    """
    charts = pictures or {}
    record: dict[str, dict[str, object]] = {}
    counts: Counter[str] = Counter()
    written: dict[str, list[str]] = {name: [] for name in names}
    shown: dict[str, list[pd.DataFrame]] = {name: [] for name in charts}
    for code, followed in found:
        record[code] = followup_record(followed)
        for name in names:
            rows = followup_rows(name, code, followed, funding_year=funding_year)
            if not len(rows):
                continue
            counts[name] += tables.write_municipality(name, code, rows, funding_year)
            written[name].append(code)
            if name in charts:
                shown[name].append(charts[name].shown(rows))
    for name in names:
        tables.keep_only(name, written[name], funding_year)
    tables.write_record(part, funding_year, record)
    for name in names:
        picture = {"picture": charts[name].draw(_together(name, shown[name]))} if name in charts else {}
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey([FOLLOWUP, name]),
            metadata={
                "dagster/row_count": counts[name],
                "refused": sum(told["refusal"] is not None for told in record.values()),
                **picture,
            },
        )


def _together(name: str, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of the municipalities that have any, one after the other."""
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(FOLLOWING[name].names))
