"""Unit codes through reorganisations, from ``dim_school_unit``.

Belongs here: which one unit goes on after a code has ended. Does not: following chains (``models_py.followup.current_codes``).
"""

from __future__ import annotations

import pandas as pd


def successors_of(units: pd.DataFrame) -> dict[str, str]:
    """Old code to the one code that took over; a unit that was split goes on as itself."""
    named = units[units["predecessor_codes"].notna()]
    heirs: dict[str, set[str]] = {}
    for new, codes in zip(named["school_unit_code"], named["predecessor_codes"], strict=True):
        for old in str(codes).split(","):
            heirs.setdefault(old.strip(), set()).add(str(new))
    return {old: new for old, found in sorted(heirs.items()) if len(found) == 1 for new in found if new != old}
