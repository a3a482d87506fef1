"""What suppressed shares leave open, in kronor.

Belongs here: a unit's structural part at the ends of its index, all else equal. Does not: intervals of the weights.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pandas as pd

from models_py.allocation.rounding import as_decimal, half_even

ENDS = ("lower", "upper")


def structural_ends(need: pd.DataFrame, *, pot_ore: int) -> pd.DataFrame:
    """The structural part at both ends of each unit's index, for a linear claim on a re-based index.

    With a pupil-weighted mean of 100 a unit gets pot / all pupils × pupils × index / 100; the ends of the index are
    already re-based, so the others' shares of the pot have moved with them.

    Parameters
    ----------
    need : school_unit_code, pupil_count, need_index_lower, need_index_upper (empty where nothing bounds them)
    pot_ore : öre, the whole structural part

    Returns
    -------
    school_unit_code, structural_part_lower_sek, structural_part_upper_sek (Decimal with two places, or None)
    """
    pupils = int(need["pupil_count"].sum())
    columns = {"school_unit_code": need["school_unit_code"].tolist()}
    for end in ENDS:
        columns[f"structural_part_{end}_sek"] = [
            None if pd.isna(index) else _sek(Fraction(pot_ore, pupils) * int(count) * Fraction(float(index)) / 100)
            for count, index in zip(need["pupil_count"], need[f"need_index_{end}"], strict=True)
        ]
    return pd.DataFrame(columns).astype({f"structural_part_{end}_sek": object for end in ENDS})


def _sek(amount_ore: Fraction) -> Decimal:
    return as_decimal(half_even(amount_ore, decimals=0), decimals=2)
