"""Rows of follow-up tables under their contracts.

Belongs here: keys, order and emptiness of rows. Does not: any value.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from expectations.contracts import FOLLOWING


def followup_rows(name: str, found: Mapping[str, pd.DataFrame], *, funding_year: int) -> pd.DataFrame:
    """Tables of municipalities as one, with keys, in the contract's order; checked. Raises ContractError."""
    contract = FOLLOWING[name]
    parts = [
        table.assign(municipality_code=code, funding_year=funding_year)
        for code, table in sorted(found.items())
        if len(table)
    ]
    if not parts:
        return pd.DataFrame(columns=list(contract.names))
    # By records: a part without a single value in a column must not decide its type.
    records = [row for part in parts for row in part.to_dict("records")]
    return contract.arranged(pd.DataFrame(records, columns=list(contract.names)))
