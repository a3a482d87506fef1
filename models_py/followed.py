"""What a follow-up made of one municipality: its tables, or why it has none.

Belongs here: that one shape, which every part of the follow-up gives. Does not: any figure, files.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """``tables`` by name, without municipality and funding year; ``refusal``: why there are none, else None; ``not_shown``:
    a part that could not be made → why, in words or as a code."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    refusal: str | None = None
    not_shown: dict[str, str] = field(default_factory=dict)
