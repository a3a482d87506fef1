"""What all deliveries of one world share: identities, dates, and how a table becomes bytes.

Does not belong here: the columns of any one delivery.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.world.identities import assign_identities
from models_py.world.settings import TEN_YEARS_FROM
from models_py.world.simulate import World
from models_py.world.streams import Bools, Ints, Streams

Texts = np.ndarray[tuple[int], np.dtype[np.str_]]

_TERM_START = "-08-17"


@dataclass(frozen=True, slots=True)
class Context:
    """One world and what its exports have in common. `identity[n]` is the twelve-digit number of pupil n."""

    world: World
    streams: Streams
    identity: Texts
    is_coordination: Bools

    def municipality(self, table: pd.DataFrame, code: str) -> pd.DataFrame:
        """The rows of `table` (with a column `site`) whose unit lies in the municipality."""
        units = self.world.school_units
        return table[table["site"].isin(units.loc[units["municipality_code"] == code, "site"])]


def build_context(world: World) -> Context:
    """Give every pupil an identity. Newly arrived have coordination numbers. Raises WorldError when they run out."""
    streams = Streams(world.settings.seed)
    pupils = world.pupils
    coordination = pupils["is_arrival"].to_numpy()
    identity = assign_identities(
        birth_year=pupils["birth_year"].to_numpy(), is_boy=pupils["boy"].to_numpy() == 1,
        is_coordination=coordination, streams=streams,
    )  # fmt: skip
    return Context(world, streams, identity, coordination)


def with_dash(identity: Texts) -> Texts:
    """YYYYMMDD-NNNN, as some systems print it."""
    return np.array([f"{i[:8]}-{i[8:]}" for i in identity.tolist()], dtype=np.str_)


def yes_no(flag: Bools) -> Texts:
    """J or N."""
    return np.where(flag, "J", "N")


def grade_text(grade: Ints, count_year: int) -> Texts:
    """What the system prints for grades 0 (the youngest) to 9 in a school year: F and 1..9, from July 2028 years 1..10."""
    if count_year >= TEN_YEARS_FROM:
        return (grade + 1).astype(str)
    return np.where(grade == 0, "F", grade.astype(str))


def term_start(year: Ints) -> Texts:
    """The first day of the autumn term, ISO."""
    return np.char.add(year.astype(str), _TERM_START)


def to_csv(columns: dict[str, Texts], *, encoding: str) -> bytes:
    """Semicolon-separated text with Windows line ends. Text that `encoding` cannot hold is an error, never a `?`."""
    for name, values in columns.items():
        if any(mark in value for value in {*values.tolist(), name} for mark in (";", '"', "\n")):
            raise ValueError(f"column {name}: a separator, quote or line end in a value")
    lines = [";".join(columns)]
    lines += map(";".join, zip(*(c.tolist() for c in columns.values()), strict=True))
    return ("\r\n".join(lines) + "\r\n").encode(encoding)
