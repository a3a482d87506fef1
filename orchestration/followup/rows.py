"""Rows of follow-up tables under their contracts, and the record of what could not be made.

Belongs here: keys, order and emptiness of rows. Does not: any value.
"""

from __future__ import annotations

import pandas as pd

from expectations.contracts import FOLLOWING
from models_py.followed import Followed

_NUMBERS = ("int32", "int64", "float64")


def followup_rows(name: str, code: str, followed: Followed, *, funding_year: int) -> pd.DataFrame:
    """A table of one municipality with keys, in the contract's order; checked. No rows where it has none.

    A municipality's rows are the same whoever stands beside it: a column without a single value has the contract's kind of
    emptiness, so that it never decides the type of its neighbours'. Raises ContractError.
    """
    contract = FOLLOWING[name]
    table = followed.tables.get(name)
    if table is None or not len(table):
        return pd.DataFrame(columns=list(contract.names))
    rows = table.assign(municipality_code=code, funding_year=funding_year)
    words = [column.name for column in contract.columns if column.type not in _NUMBERS]
    silent = {word: None for word in words if word in rows and rows[word].isna().all()}
    return contract.arranged(rows.assign(**silent).infer_objects())


def followup_record(followed: Followed) -> dict[str, object]:
    """Why a municipality has no tables, and what of them could not be made."""
    return {"refusal": followed.refusal, "not_shown": followed.not_shown}
