"""All files of one world, in the order a municipality would send them.

Does not belong here: the columns of a file.
"""

from __future__ import annotations

from dataclasses import dataclass

from models_py.world.deliveries.background import background_file
from models_py.world.deliveries.context import build_context
from models_py.world.deliveries.pupils import pupil_file
from models_py.world.deliveries.register import register_file
from models_py.world.deliveries.results import result_file
from models_py.world.simulate import World

MUNICIPALITY_NAMES = {"9999": "Exempelkommun"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file. `period` is the count date (ISO), the school year ('2025/26') of results, or the day the books were closed."""

    source: str  # as the mapping files name it
    file_name: str
    period: str
    content: bytes
    municipality_code: str


def deliver(world: World) -> tuple[Delivery, ...]:
    """Every file the world's municipalities would have sent by the last count date, oldest first.

    Per count date: register of units, pupils, background; per school year that ended by then: final grades.
    The same world gives the same bytes. Raises WorldError when the reserved identity numbers do not suffice.
    """
    context = build_context(world)
    years = world.settings.count_years
    files: list[Delivery] = []
    for code in world.settings.municipality_codes:
        name = MUNICIPALITY_NAMES.get(code, f"Exempelkommun {code}")
        for year in years:
            date = f"{year}-10-15"
            if year > years[0]:  # the school year that began on the previous count date ended in June
                ended = f"{year - 1}/{year % 100:02d}"
                content = result_file(context, municipality_code=code, result_year=year)
                files.append(Delivery("results", f"betyg_ak9_{ended.replace('/', '-')}.csv", ended, content, code))
            content = register_file(context, municipality_code=code, municipality_name=name, count_year=year)
            files.append(Delivery("school_register", f"skolenheter_{date}.csv", date, content, code))
            content = pupil_file(context, municipality_code=code, count_year=year)
            files.append(Delivery("enrollment", f"elever_{date}.csv", date, content, code))
            content = background_file(context, municipality_code=code, count_year=year)
            files.append(Delivery("background", f"bakgrund_{date}.csv", date, content, code))
    return tuple(files)
