"""Final grades of a school year (`betyg_ak9_2025-26.csv`, CP1252, decimal comma).

Does not belong here: results of other grades.
"""

from __future__ import annotations

import numpy as np

from models_py.world.deliveries.context import Context, Texts, grade_text, to_csv, yes_no


def result_file(context: Context, *, municipality_code: str, result_year: int) -> bytes:
    """Six columns, one row per leaver of grade 9, ordered by unit and identity."""
    world = context.world
    year = world.outcomes[(world.outcomes["result_year"] == result_year) & (world.outcomes["grade"] == 9)]
    rows = context.municipality(year, municipality_code).pivot(index="pupil", columns="outcome", values="value")
    pupil = rows.index.to_numpy()
    enrolled = world.enrollment[world.enrollment["count_year"] == result_year - 1].set_index("pupil")
    identity = context.identity[pupil]
    columns: dict[str, Texts] = {
        "Personnummer": identity,
        "Skolenhetskod": enrolled["school_unit_code"].loc[pupil].to_numpy(dtype=np.str_),
        "Läsår": np.full(len(pupil), f"{result_year - 1}/{result_year % 100:02d}"),
        "Årskurs": grade_text(np.full(len(pupil), 9), result_year - 1),
        "Behörig yrkesprogram": yes_no(rows["not_eligible"].to_numpy() == 0),
        "Meritvärde": np.char.replace(rows["merit_value"].to_numpy().astype(str), ".", ","),
    }
    order = np.lexsort((identity, columns["Skolenhetskod"]))
    return to_csv({name: values[order] for name, values in columns.items()}, encoding="cp1252")
