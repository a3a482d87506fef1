"""What the door found, as rows of ``rule_result``: which deliveries concern a funding year, and whom.

Belongs here: from ledgers of the door to counts per rule and municipality. Does not: reading files, verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from expectations.rules import RESULT_COLUMNS, result_rows, rules_of
from orchestration.names import OPEN_STATISTICS

NATIONAL = "0000"
ALWAYS = "all"
"""Period of a delivery that holds every year."""

MONTHLY = ("enrollment", "protected_counts")
"""Sources that are delivered for the year (15 October) and for months."""
YEARLY_COUNT = "-10-15"

FOLLOWED = ("subject_results", "unit_costs", "unit_staff", "state_grants")
"""Sources that only the follow-up reads: no krona rests on them, so what is wrong with them is told and stops nothing."""

ROWS_REJECTED = "D-REJECT-002"
"""The rule that counts what went back to its sender without stopping anything; pages tell it."""


def concerned(ledger: pd.DataFrame, *, start_years: Sequence[int]) -> pd.DataFrame:
    """The deliveries or findings whose period begins in one of ``start_years``, or covers every year, or is unknown.

    A count date 2026-10-15 and a school year 2026/27 both begin in 2026. A file whose period could not be read may be
    any year's, so it concerns every year. Registers of other days than October's are what months are paid by: no year is
    decided by them, so they stop none.
    """
    period = ledger["period"]
    started = period.str.extract(r"^(\d{4})")[0]
    is_dated = period.str.fullmatch(r"\d{4}-\d{2}-\d{2}").fillna(False).astype(bool)
    is_month = ledger["source"].isin(MONTHLY) & is_dated & ~period.str.endswith(YEARLY_COUNT).fillna(False).astype(bool)
    return ledger[(started.isna() | started.isin([str(year) for year in start_years])) & ~is_month]


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
    named = ["source", "municipality_code", "row_count"]
    followed = pd.concat([rows[named] for rows in (refused.assign(row_count=1), rejected, doubled)], ignore_index=True)
    refused, rejected, doubled = (rows[~rows["source"].isin(FOLLOWED)] for rows in (refused, rejected, doubled))
    failing = {
        "D-FILE-001": refused.groupby("municipality_code").size(),
        "D-ROWS-001": unaccounted.groupby("municipality_code").size(),
        "D-REJECT-001": _counted(rejected, "critical"),
        ROWS_REJECTED: _counted(rejected, "warning"),
        "D-DUP-001": _counted(doubled, "critical"),
        "D-DUP-002": _counted(doubled, "warning"),
        "D-FOLLOW-001": followed[followed["source"].isin(FOLLOWED)].groupby("municipality_code")["row_count"].sum(),
    }
    return {rule_id: {str(code): int(count) for code, count in counts.items()} for rule_id, counts in failing.items()}


def door_results(
    deliveries: pd.DataFrame,
    findings: pd.DataFrame,
    *,
    basis_of: Mapping[str, str],
    years_of: Mapping[str, Sequence[int]],
    funding_year: int,
) -> pd.DataFrame:
    """Rows of ``rule_result`` of every rule with home ``door``, for the municipalities of ``basis_of``.

    A municipality's own files concern it alone. A fault in a national file concerns those that build on national files:
    the municipality of the row, or everybody where the whole file is refused.

    Parameters
    ----------
    deliveries, findings : the door's two ledgers
    years_of : municipality → years in which the deliveries begin that its funding year builds on
    """
    national = set(deliveries.loc[deliveries["municipality_code"] == NATIONAL, "delivery_id"])
    groups: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for code in sorted(basis_of):
        groups.setdefault((basis_of[code], tuple(years_of[code])), []).append(code)
    rows = []
    for (basis, years), codes in groups.items():
        near = [concerned(ledger, start_years=years) for ledger in (deliveries, findings)]
        own = failing_by_rule(*(ledger[~ledger["delivery_id"].isin(national)] for ledger in near))
        shared = failing_by_rule(*(ledger[ledger["delivery_id"].isin(national)] for ledger in near))
        for found in rules_of("door"):
            counts = dict(own[found.id])
            if basis == OPEN_STATISTICS:
                everybody = shared[found.id].get(NATIONAL, 0)
                counts = {code: counts.get(code, 0) + shared[found.id].get(code, 0) + everybody for code in codes}
            rows.append(result_rows(counts, rule=found, funding_year=funding_year, municipalities=codes))
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(RESULT_COLUMNS))


def _counted(findings: pd.DataFrame, severity: str) -> pd.Series:
    return findings[findings["severity"] == severity].groupby("municipality_code")["row_count"].sum()
