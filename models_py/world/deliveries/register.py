"""The register of school units on a count date (`skolenheter_2026-10-15.csv`, UTF-8 with BOM).

Organisers and their numbers are invented. Their third digit is 9, so none can be a natural person's, and they pass the
check-digit rule. Does not belong here: pupils.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_py.world.deliveries.context import Context, grade_text, to_csv
from models_py.world.identities import check_digit

_FIRST_UNIT_YEAR = 1998  # start date printed for units that are older than the world


def _organisation_number(nine: int) -> str:
    return f"{nine}{int(check_digit(np.array([nine]))[0])}"


def organiser_number(*, municipality_code: str, site: int | None = None) -> str:
    """The invented number of the organiser: of an independent unit's at ``site``, or the municipality's."""
    if site is None:
        return _organisation_number(212_990_000 + int(municipality_code) % 10_000)
    return _organisation_number(999_000_000 + int(site) + 1)


def register_file(context: Context, *, municipality_code: str, municipality_name: str, count_year: int) -> bytes:
    """Eleven columns, one row per unit code that has existed by the count date; ceased units stay, with an end date."""
    units = context.world.school_units
    units = units[(units["municipality_code"] == municipality_code) & (units["first_year"] <= count_year)]
    rows: list[tuple[str, ...]] = []
    for unit in units.to_dict("records"):
        ceased = 0 < unit["last_year"] < count_year
        if unit["is_independent"]:
            organiser = f"{unit['school_unit_name']} ekonomisk förening"
            number = organiser_number(municipality_code=municipality_code, site=unit["site"])
        else:
            organiser, number = municipality_name, organiser_number(municipality_code=municipality_code)
        grades = grade_text(np.arange(unit["first_grade"], unit["last_grade"] + 1), count_year).tolist()
        rows.append((
            unit["school_unit_code"], unit["school_unit_name"], organiser, number,
            "Enskild" if unit["is_independent"] else "Kommunal", municipality_code, ",".join(grades),
            "Upphörd" if ceased else "Aktiv", f"{unit['first_year'] or _FIRST_UNIT_YEAR}-07-01",
            f"{unit['last_year'] + 1}-06-30" if ceased else "", unit["predecessor_code"],
        ))  # fmt: skip
    names = ("Skolenhetskod", "Skolenhetens namn", "Huvudman", "Organisationsnummer", "Huvudmannatyp", "Lägeskommun",
             "Årskurser", "Status", "Startdatum", "Slutdatum", "Föregångare")  # fmt: skip
    table = pd.DataFrame(rows, columns=list(names))
    return to_csv({name: table[name].to_numpy(dtype=np.str_) for name in names}, encoding="utf-8-sig")
