"""Background on a count date, as ordered from the statistics office (`bakgrund_2026-10-15.csv`, UTF-8 with BOM).

Does not belong here: which unit a pupil attends; the two files meet by identity.
"""

from __future__ import annotations

import numpy as np

from models_py.world.deliveries.context import Context, Texts, to_csv, yes_no

_EDUCATION = np.array(["Eftergymnasial lång", "Eftergymnasial kort", "Gymnasial", "Förgymnasial"])


def background_file(context: Context, *, municipality_code: str, count_year: int) -> bytes:
    """Nine columns, one row per pupil, ordered by identity. Empty = unknown; empty immigration year = born here."""
    world, streams = context.world, context.streams
    enrolled = world.enrollment[world.enrollment["count_year"] == count_year]
    pupil = context.municipality(enrolled, municipality_code)["pupil"].to_numpy()
    pupil = pupil[np.argsort(context.identity[pupil])]
    p = world.pupils.iloc[pupil]
    immigrated = p["immigration_year"].to_numpy()
    many = p["siblings_3"].to_numpy() == 1
    siblings = np.where(many, streams.integer("delivery.siblings.many", 3, 5, pupil),
                        streams.integer("delivery.siblings.few", 0, 2, pupil))  # fmt: skip
    education = _EDUCATION[p["education"].to_numpy()]
    columns: dict[str, Texts] = {
        "Personnummer": context.identity[pupil],
        "Vårdnadshavares utbildningsnivå": np.where(p["is_education_missing"].to_numpy(), "", education),
        "Invandringsår": np.where(immigrated == 0, "", immigrated.astype(str)),
        "Inkomstkvintil": (5 - p["income"].to_numpy()).astype(str),
        "Ekonomiskt bistånd": yes_no(p["welfare"].to_numpy() == 1),
        "Kön": np.where(p["boy"].to_numpy() == 1, "P", "F"),
        "Bor med båda vårdnadshavarna": yes_no(p["split"].to_numpy() == 0),
        "Antal syskon": siblings.astype(str),
        "Områdestyp": (5 - p["area"].to_numpy()).astype(str),
    }
    return to_csv(columns, encoding="utf-8-sig")
