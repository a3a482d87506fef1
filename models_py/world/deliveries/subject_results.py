"""Results per subject of a school year (`resultat_2025-26.csv`, CP1252, decimal comma): tests, judgements, grades.

Does not belong here: final grades of grade 9 with eligibility and merit value (``results``), how results come about.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from models_py.world.deliveries.context import Context, Texts, build_context, grade_text, to_csv
from models_py.world.deliveries.files import Delivery
from models_py.world.simulate import World
from models_py.world.subject_results import draw_subject_results
from models_py.world.subject_settings import ALL_SUBJECTS, GRADE_POINTS

_LETTERS = np.array(["F", "E", "D", "C", "B", "A"])
_NAMES = {"swedish": "svenska", "english": "engelska", "mathematics": "matematik"}
_YES_NO = {
    ("reading_check", "swedish"): "Bedömningsstöd läsning",
    ("all_subjects_passed", ALL_SUBJECTS): "Godkänd i alla ämnen",
}
_YES_NO |= {("teacher_judgement", subject): f"Omdöme {name}" for subject, name in _NAMES.items()}
_GRADED = {("national_test", subject): f"Nationellt prov {name}" for subject, name in _NAMES.items()}
_GRADED |= {("grade", subject): f"Betyg {name}" for subject, name in _NAMES.items()}


def deliver_subject_results(world: World) -> tuple[Delivery, ...]:
    """A file per municipality and school year that ended by the last count date, oldest first.

    The same world gives the same bytes. Raises WorldError when the reserved identity numbers do not suffice.
    """
    context, rows = build_context(world), draw_subject_results(world).rows
    files = []
    for code in world.settings.municipality_codes:
        own = context.municipality(rows, code)
        for year in world.settings.count_years[1:]:
            ended = f"{year - 1}/{year % 100:02d}"
            content = _file(context, own[own["result_year"] == year], ended)
            files.append(Delivery("subject_results", f"resultat_{ended.replace('/', '-')}.csv", ended, content, code))
    return tuple(files)


def _file(context: Context, rows: pd.DataFrame, school_year: str) -> bytes:
    """Seventeen columns, one row per pupil, ordered by unit and identity. Empty = not assessed, or not in that grade."""
    pupils = rows.drop_duplicates("pupil").sort_values("pupil")
    pupil = pupils["pupil"].to_numpy()
    identity = context.identity[pupil]
    columns: dict[str, Texts] = {
        "Personnummer": identity,
        "Skolenhetskod": pupils["school_unit_code"].to_numpy(dtype=np.str_),
        "Läsår": np.full(len(pupil), school_year),
        "Årskurs": grade_text(pupils["grade"].to_numpy(), int(school_year[:4])),
    }
    graded, parts = rows["grade"] > 3, (rows["measure"] == "national_test") & (rows["grade"] == 3)
    for (measure, subject), name in _YES_NO.items():
        columns[name] = _cells(rows, pupil, measure, subject, lambda v: np.where(v > 0, "J", "N"))
    for subject in ("swedish", "mathematics"):
        name = f"Andel godkända delprov {_NAMES[subject]}"
        columns[name] = _cells(rows[parts], pupil, "national_test", subject, _decimal)
    for (measure, subject), name in _GRADED.items():
        columns[name] = _cells(rows[graded], pupil, measure, subject, _letter)
    order = np.lexsort((identity, columns["Skolenhetskod"]))
    return to_csv({name: values[order] for name, values in columns.items()}, encoding="cp1252")


def _cells(
    rows: pd.DataFrame, pupil: np.ndarray, measure: str, subject: str, write: Callable[[np.ndarray], Texts]
) -> Texts:
    """One text per pupil; empty where the pupil has no such result."""
    own = rows[(rows["measure"] == measure) & (rows["subject"] == subject) & rows["value"].notna()]
    cells = np.full(len(pupil), "", dtype="U8")
    cells[np.searchsorted(pupil, own["pupil"].to_numpy())] = write(own["value"].to_numpy())
    return cells


def _letter(points: np.ndarray) -> Texts:
    return np.asarray(_LETTERS[np.searchsorted(np.array(GRADE_POINTS), points)])


def _decimal(share: np.ndarray) -> Texts:
    return np.char.replace(np.round(share, 4).astype(str), ".", ",")
