"""The pupil register on a count date: who is enrolled where (`elever_2026-10-15.csv`, CP1252).

Does not belong here: background, which comes from the statistics office in a file of its own.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_py.world.background import immigration_level
from models_py.world.deliveries.context import (
    Context,
    Texts,
    grade_text,
    term_start,
    to_csv,
    with_dash,
    yes_no,
)
from models_py.world.forms.placements import SHARE_LEISURE
from models_py.world.settings import TEN_YEARS_FROM

_LANGUAGES = np.array(["Arabiska", "Somaliska", "Engelska", "Bosniska", "Persiska", "Polska", "Finska", "Ukrainska"])
_SHARE_OTHER_LANGUAGE = 0.08  # of those born in Sweden
_SHARE_ASYLUM = 0.30  # of the newly arrived, during their first two count dates


def pupil_file(context: Context, *, municipality_code: str, count_year: int) -> bytes:
    """Thirteen columns, one row per pupil, ordered by unit, grade and identity as a vendor's export is.

    Files of even years print the identity with a dash, files of odd years without.
    """
    enrolled = context.world.enrollment[context.world.enrollment["count_year"] == count_year]
    rows = context.municipality(enrolled, municipality_code)
    return register_bytes(context, rows, municipality_code=municipality_code, count_year=count_year)


def register_bytes(
    context: Context, rows: pd.DataFrame, *, municipality_code: str, count_year: int, valid_from: Texts | None = None
) -> bytes:
    """The file of ``rows`` (pupil, school_unit_code, grade, start_year), as the system prints it in ``count_year``.

    ``valid_from``: first day of each row's enrollment (ISO) where it is known better than by ``start_year``, empty elsewhere.
    """
    world, streams = context.world, context.streams
    pupil, grade = rows["pupil"].to_numpy(), rows["grade"].to_numpy()
    p = world.pupils.iloc[pupil]  # a pupil's number is the position in the table
    arrival, entry = p["is_arrival"].to_numpy(), p["entry_year"].to_numpy()
    immigrated = p["immigration_year"].to_numpy()

    # The newly arrived begin on any day of their first calendar year here; everybody else with the autumn term.
    days = streams.integer("delivery.start", 8, 280, pupil)
    any_day = ((entry - 1970).astype("datetime64[Y]").astype("datetime64[D]") + days).astype(str)
    start_year = rows["start_year"].to_numpy()
    begun = np.where(arrival & (start_year == entry), any_day, term_start(start_year))
    if valid_from is not None:
        begun = np.where(valid_from == "", begun, valid_from)
    entered = np.where(arrival, any_day, term_start(np.maximum(p["birth_year"].to_numpy() + 6, immigrated)))

    level = immigration_level(immigrated, count_year)
    is_sva = streams.uniform("delivery.sva", pupil) < np.array([0.01, 0.25, 0.60, 0.97])[level]
    other = (immigrated > 0) | (streams.uniform("delivery.language", pupil) < _SHARE_OTHER_LANGUAGE)
    language = _LANGUAGES[streams.integer("delivery.language.which", 0, len(_LANGUAGES) - 1, pupil)]
    asylum = arrival & (count_year - entry < 2) & (streams.uniform("delivery.asylum", pupil) < _SHARE_ASYLUM)
    leisure = streams.uniform("delivery.leisure", pupil) < SHARE_LEISURE[grade]

    identity = context.identity[pupil]
    columns: dict[str, Texts] = {
        "Personnummer": with_dash(identity) if count_year % 2 == 0 else identity,
        "Skolenhetskod": rows["school_unit_code"].to_numpy(dtype=np.str_),
        "Skolform": np.where((grade == 0) & (count_year < TEN_YEARS_FROM), "FKLASS", "GR"),
        "Årskurs": grade_text(grade, count_year),
        "Startdatum": begun,
        "Slutdatum": np.full(len(rows), ""),
        "Hemkommun": np.full(len(rows), municipality_code),
        "Svenska som andraspråk": yes_no(is_sva),
        "Modersmål": np.where(other, language, ""),
        "Började i svensk skola": entered,
        "Asylsökande": yes_no(asylum),
        "Fritidshem": yes_no(leisure),
        "Id-typ": np.where(context.is_coordination[pupil], "samordning", "pnr"),
    }
    order = np.lexsort((identity, grade, columns["Skolenhetskod"]))
    return to_csv({name: values[order] for name, values in columns.items()}, encoding="cp1252")
