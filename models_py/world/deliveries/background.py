"""Background on a count date, as ordered from the statistics office (`bakgrund_2026-10-15.csv`, UTF-8 with BOM).

Does not belong here: which unit a pupil attends; the two files meet by identity.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_py.world.deliveries.context import Context, Texts, to_csv, yes_no

_EDUCATION = np.array(["Eftergymnasial lång", "Eftergymnasial kort", "Gymnasial", "Förgymnasial"])


def background_file(context: Context, *, municipality_code: str, count_year: int) -> bytes:
    """Nine columns, one row per pupil, ordered by identity. Empty = unknown; empty immigration year = born here."""
    world = context.world
    enrolled = world.enrollment[world.enrollment["count_year"] == count_year]
    pupil = context.municipality(enrolled, municipality_code)["pupil"].to_numpy()
    pupil = pupil[np.argsort(context.identity[pupil])]
    columns: dict[str, Texts] = {"Personnummer": context.identity[pupil]}
    return to_csv(columns | background_columns(context, world.pupils.iloc[pupil]), encoding="utf-8-sig")


def background_columns(context: Context, people: pd.DataFrame) -> dict[str, Texts]:
    """Eight columns of background, one row per row of ``people`` (columns of ``World.pupils``)."""
    number, streams = people["number"].to_numpy(), context.streams
    immigrated = people["immigration_year"].to_numpy()
    many = people["siblings_3"].to_numpy() == 1
    siblings = np.where(many, streams.integer("delivery.siblings.many", 3, 5, number),
                        streams.integer("delivery.siblings.few", 0, 2, number))  # fmt: skip
    education = _EDUCATION[people["education"].to_numpy()]
    return {
        "Vårdnadshavares utbildningsnivå": np.where(people["is_education_missing"].to_numpy(), "", education),
        "Invandringsår": np.where(immigrated == 0, "", immigrated.astype(str)),
        "Inkomstkvintil": (5 - people["income"].to_numpy()).astype(str),
        "Ekonomiskt bistånd": yes_no(people["welfare"].to_numpy() == 1),
        "Kön": np.where(people["boy"].to_numpy() == 1, "P", "F"),
        "Bor med båda vårdnadshavarna": yes_no(people["split"].to_numpy() == 0),
        "Antal syskon": siblings.astype(str),
        "Områdestyp": (5 - people["area"].to_numpy()).astype(str),
    }
