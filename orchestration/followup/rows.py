"""Rows of follow-up tables under their contracts, and the record of what could not be made.

Belongs here: keys, order and emptiness of rows. Does not: any value.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from expectations.contracts import FOLLOWING
from models_py.followed import Followed


def followup_rows(name: str, found: Mapping[str, Followed], *, funding_year: int) -> pd.DataFrame:
    """A table of all municipalities as one, with keys, in the contract's order; checked. Raises ContractError."""
    contract = FOLLOWING[name]
    parts = [
        each.tables[name].assign(municipality_code=code, funding_year=funding_year)
        for code, each in sorted(found.items())
        if name in each.tables and len(each.tables[name])
    ]
    if not parts:
        return pd.DataFrame(columns=list(contract.names))
    # As objects: a part without a single value in a column must not decide its type.
    whole = pd.concat([part.astype(object) for part in parts], ignore_index=True) if len(parts) > 1 else parts[0]
    return contract.arranged(whole.infer_objects())


def followup_record(found: Mapping[str, Followed]) -> dict[str, dict[str, object]]:
    """Municipality → why it has no tables, and what of them could not be made."""
    return {code: {"refusal": each.refusal, "not_shown": each.not_shown} for code, each in found.items()}
