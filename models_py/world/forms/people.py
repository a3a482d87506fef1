"""Who the people of the other forms are: children to come, pupils who have left, parents who study.

Belongs here: taking them from the households of a world, identities included. Does not: where they go (``placements``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from models_py.world.identities import assign_identities
from models_py.world.settings import WorldError
from models_py.world.simulate import World, simulate
from models_py.world.streams import Ints, Streams

YOUNGEST, SCHOOL_AGE = 1, 6
PUPIL, CHILD, PARENT = "pupil", "child", "parent"
FIRST_PARENT, LAST_PARENT = 1990, 1997
"""Birth years of the adults: reserved identity numbers begin in 1990."""
SHARE_STUDYING = np.array([0.04, 0.06, 0.12, 0.22])
"""Parents who study, by education level; of those who came within eight years ``SHARE_NEW`` do."""
SHARE_NEW = 0.45


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """``table``: one row per person: person (its number among them, a pupil's own for pupils), role, identity,
    is_coordination and the columns of ``World.pupils``; home_site: the school that the household belongs to. By person."""

    table: pd.DataFrame

    def rows(self, person: Ints) -> pd.DataFrame:
        """Rows of persons, in the order given."""
        return self.table.iloc[np.searchsorted(self.table["person"].to_numpy(), person)]


def count_dates_of_forms(world: World) -> tuple[date, ...]:
    """Count days of the forms up to the world's last October: two Octobers, and March and September of the last year."""
    last = world.settings.count_years[-1]
    return date(last - 1, 10, 15), date(last, 3, 15), date(last, 9, 15), date(last, 10, 15)


def people_of(world: World, identity: np.ndarray) -> People:
    """Pupils of the world with their ``identity``, the children who will begin in the coming years, and parents who study.

    The children are those who begin in a world that goes on for some years; parents share all but age with their child.
    Raises WorldError where the reserved identity numbers do not suffice, or two people would have the same.
    """
    pupils = _with_home(world).assign(person=world.pupils["number"], role=PUPIL)
    longer = _with_home(simulate(replace(world.settings, years=world.settings.years + SCHOOL_AGE - YOUNGEST)))
    begins_later = (longer["entry_year"] > world.settings.count_years[-1]) & (longer["entry_grade"] == 0)
    coming = longer[begins_later & ~longer["is_arrival"]]
    coming = coming.assign(person=len(pupils) + np.arange(len(coming)), role=CHILD)
    parents = _parents(world, pupils, first_number=len(pupils) + len(coming))
    streams = Streams(world.settings.seed)
    numbers = [identity]
    for group in (coming, parents):
        numbers.append(
            assign_identities(
                birth_year=group["birth_year"].to_numpy(), is_boy=group["boy"].to_numpy() == 1,
                is_coordination=group["is_arrival"].to_numpy(), streams=streams,
            )
        )  # fmt: skip
    table = pd.concat([pupils, coming, parents], ignore_index=True)
    table = table.assign(identity=np.concatenate(numbers), is_coordination=table["is_arrival"])
    if table["identity"].duplicated().any():
        raise WorldError("two people of the forms would share an identity number; make the municipality smaller")
    return People(table.sort_values("person", ignore_index=True))


def _parents(world: World, pupils: pd.DataFrame, *, first_number: int) -> pd.DataFrame:
    """Parents who study: of pupils enrolled in the last two autumns, young enough to have a reserved number."""
    streams = Streams(world.settings.seed)
    recent = world.enrollment[world.enrollment["count_year"] >= world.settings.count_years[-1] - 1]
    children = pupils[pupils["number"].isin(recent["pupil"]) & (pupils["birth_year"] >= LAST_PARENT + 16)]
    number = children["number"].to_numpy()
    immigrated, education = children["immigration_year"].to_numpy(), children["education"].to_numpy()
    is_new = (immigrated > 0) & (world.settings.count_years[-1] - immigrated <= 8)
    share = np.where(is_new, SHARE_NEW, SHARE_STUDYING[education])
    studies = streams.uniform("forms.parent", number) < share
    chosen = children[studies]
    born = streams.integer("forms.parent.born", FIRST_PARENT, LAST_PARENT, chosen["number"].to_numpy())
    mother = (streams.uniform("forms.parent.mother", chosen["number"].to_numpy()) < 0.62).astype(np.int64)
    return chosen.assign(person=first_number + np.arange(len(chosen)), role=PARENT, birth_year=born, boy=1 - mother)


def _with_home(world: World) -> pd.DataFrame:
    """Pupils of a world with the site where each was first enrolled."""
    first = world.enrollment.drop_duplicates("pupil").set_index("pupil")["site"]
    return world.pupils.assign(home_site=first.loc[world.pupils["number"]].to_numpy())
