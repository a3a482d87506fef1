"""The pupil register of one month (`elever_2027-03-15.csv`), in the format of October's.

Does not belong here: who moves when (`models_py.world.months`).
"""

from __future__ import annotations

import numpy as np

from models_py.world.deliveries.context import build_context
from models_py.world.deliveries.files import Delivery
from models_py.world.deliveries.pupils import register_bytes
from models_py.world.months import month_roll
from models_py.world.simulate import World

COUNT_DAY = 15


def deliver_month(world: World, *, year: int, month: int) -> tuple[Delivery, ...]:
    """The register of each municipality on the 15th of a month. Raises WorldError for a month that the world has not."""
    context = build_context(world)
    roll = month_roll(world, year=year, month=month)
    day = f"{year}-{month:02d}-{COUNT_DAY}"
    files = []
    for code in world.settings.municipality_codes:
        rows = context.municipality(roll, code)
        begun = rows["begun_month"].to_numpy()
        first = np.array([f"{year}-{m:02d}-01" if m else "" for m in begun.tolist()], dtype=np.str_)
        count_year = year if month >= 7 else year - 1
        content = register_bytes(context, rows, municipality_code=code, count_year=count_year, valid_from=first)
        files.append(Delivery("enrollment", f"elever_{day}.csv", day, content, code))
    return tuple(files)
