"""What the door found, as rows of ``rule_result``: which deliveries concern a funding year, and whom.

Belongs here: from ledgers of the door to counts per rule and municipality. Does not: reading files, verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from expectations.rules import result_rows, rule, rules_of
from orchestration.names import OPEN_STATISTICS

NATIONAL = "0000"
ALWAYS = "all"
"""Period of a delivery that holds every year."""


def concerned(ledger: pd.DataFrame, *, start_years: Sequence[int]) -> pd.DataFrame:
    """The deliveries or findings whose period begins in one of ``start_years``, or covers every year, or is unknown.

    A count date 2026-10-15 and a school year 2026/27 both begin in 2026. A file whose period could not be read may be
    any year's, so it concerns every year.
    """
    started = ledger["period"].str.extract(r"^(\d{4})")[0]
    return ledger[started.isna() | started.isin([str(year) for year in start_years])]


def failing_by_rule(deliveries: pd.DataFrame, findings: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Rule → municipality → failing rows, ``0000`` for what concerns every municipality of a national source.

    Parameters
    ----------
    deliveries, findings : the door's two ledgers, already narrowed to what is concerned
    """
    latest = deliveries[deliveries["is_latest"]]
    refused = latest[latest["status"] == "refused"]
    told = (
        deliveries["header_rows"] + deliveries["blank_rows"] + deliveries["accepted_rows"] + deliveries["rejected_rows"]
    )
    unaccounted = deliveries[(deliveries["status"] == "accepted") & (told != deliveries["physical_rows"])]
    rejected = findings[
        findings["reason_code"].str.startswith("E-") & ~findings["delivery_id"].isin(refused["delivery_id"])
    ]
    doubled = findings[findings["reason_code"] == "D-DUPLICATE"]
    failing = {
        "D-FILE-001": refused.groupby("municipality_code").size(),
        "D-ROWS-001": unaccounted.groupby("municipality_code").size(),
        "D-REJECT-001": _counted(rejected, "critical"),
        "D-REJECT-002": _counted(rejected, "warning"),
        "D-DUP-001": _counted(doubled, "critical"),
        "D-DUP-002": _counted(doubled, "warning"),
    }
    return {rule_id: {str(code): int(count) for code, count in counts.items()} for rule_id, counts in failing.items()}


def door_results(
    failing: Mapping[str, Mapping[str, int]], *, basis_of: Mapping[str, str], funding_year: int
) -> pd.DataFrame:
    """Rows of ``rule_result`` of every rule with home ``door``. A national file concerns those that build on it."""
    municipalities = sorted(basis_of)
    rows = []
    for found in rules_of("door"):
        own = {code: count for code, count in failing[found.id].items() if code != NATIONAL}
        everywhere = failing[found.id].get(NATIONAL, 0)
        spread = {code: everywhere for code, basis in basis_of.items() if basis == OPEN_STATISTICS}
        counts = {code: own.get(code, 0) + spread.get(code, 0) for code in municipalities}
        rows.append(result_rows(counts, rule=rule(found.id), funding_year=funding_year, municipalities=municipalities))
    return pd.concat(rows, ignore_index=True)


def _counted(findings: pd.DataFrame, severity: str) -> pd.Series:
    return findings[findings["severity"] == severity].groupby("municipality_code")["row_count"].sum()
