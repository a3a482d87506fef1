"""The pupils that one month is paid by: which delivered count, and whose pupils.

Belongs here: choosing a count among those delivered, residents against others. Does not: counting rows of a register
(the warehouse), money. The home municipality pays wherever the unit lies (School Act 10 kap. 34 and 37 §§).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd

from models_py.errors import PaymentError
from models_py.payment.calendar import SUMMER, MonthDays
from models_py.payment.terms import GRADES

Basis = Literal["counted", "provisional", "carried_forward"]
COLUMNS = (
    "municipality_code", "count_date", "school_unit_code", "grade", "home_municipality_code", "pupil_count",
    "august_pupil_count",
)  # fmt: skip
Heads = Mapping[str, Mapping[str, int]]
"""school_unit_code to grade to pupils."""


@dataclass(frozen=True, slots=True, eq=False)
class MonthCount:
    """The pupils of one month.

    Attributes
    ----------
    basis : counted (the month's own count), provisional (the autumn's register, or a half-year's count not yet taken), or
        carried_forward (the latest count before, since the month's own has not come)
    residents : pupils whose home the municipality is, wherever they go
    visitors : home municipality to pupils from elsewhere at units that report to us: theirs to pay for
    """

    count_date: date
    basis: Basis
    residents: Heads
    visitors: Mapping[str, Heads]


def month_count(
    counts: pd.DataFrame, *, municipality_code: str, days: MonthDays, groups: Collection[str] | None = GRADES
) -> MonthCount:
    """The pupils of a month, of what has been delivered.

    ``counts`` has ``COLUMNS``: one row per count date, unit, grade and home municipality. ``august_pupil_count``
    are September's pupils where they were on 31 August: July and August are entitled by these. ``groups``: grades that there
    are; None where a school form is priced by groups of its own, which its prices know.
    Raises PaymentError where no count on or before the month's is there, and for unknown grades.
    """
    own = counts[counts["municipality_code"] == municipality_code]
    known = sorted(set(own["count_date"]))
    basis: Basis = "counted"
    if days.count_date in known:
        chosen = days.count_date
    elif days.provisional_date is not None and days.provisional_date in known:
        chosen, basis = days.provisional_date, "provisional"
    else:
        earlier = [day for day in known if day <= (days.provisional_date or days.count_date)]
        if not earlier:
            raise PaymentError(
                f"{municipality_code} {days.year}-{days.month:02d}: no count on or before {days.count_date} is delivered; deliver one"
            )
        chosen, basis = earlier[-1], "carried_forward"
    column = "august_pupil_count" if days.month in SUMMER and basis == "counted" else "pupil_count"
    rows = own[own["count_date"] == chosen]
    strange = [] if groups is None else sorted(set(rows["grade"]) - set(groups))
    if strange:
        raise PaymentError(f"{municipality_code} {chosen}: grades {', '.join(map(str, strange[:5]))} are not F to 9")
    residents: dict[str, dict[str, int]] = {}
    visitors: dict[str, dict[str, dict[str, int]]] = {}
    cells = zip(rows["school_unit_code"], rows["grade"], rows["home_municipality_code"], rows[column], strict=True)
    for unit, grade, home, count in sorted(cells):
        if not count:
            continue
        units = residents if home == municipality_code else visitors.setdefault(home, {})
        cell = units.setdefault(unit, {})
        cell[grade] = cell.get(grade, 0) + int(count)
    return MonthCount(chosen, basis, residents, visitors)
