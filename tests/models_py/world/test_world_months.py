"""Months between two counts: who moves when, and that October's own counts and files are not disturbed."""

from itertools import pairwise

import pytest

from models_py.world import WorldError, WorldSettings, deliver, deliver_month, simulate
from models_py.world.months import month_roll

SETTINGS = WorldSettings(seed=4, years=3, municipality_codes=("9991",), units_per_municipality=(6, 6))


@pytest.fixture(scope="module")
def world():
    return simulate(SETTINGS)


def test_october_is_the_count_itself(world):
    roll = month_roll(world, year=2018, month=10)
    own = world.enrollment[world.enrollment["count_year"] == 2018].sort_values("pupil")
    assert (
        roll.sort_values("pupil")[["pupil", "site", "grade"]].to_numpy().tolist()
        == own[["pupil", "site", "grade"]].to_numpy().tolist()
    )


def test_months_lead_from_one_count_to_the_next_and_differ(world):
    rolls = [month_roll(world, year=2018, month=month).set_index("pupil") for month in range(1, 10)]
    assert all(roll.index.is_unique for roll in rolls)
    sites = [roll["site"].to_dict() for roll in rolls]
    moved = [sum(b.get(pupil, -1) != site for pupil, site in a.items()) for a, b in pairwise(sites)]
    assert sum(count > 0 for count in moved) >= 3
    june, july = rolls[5]["grade"], rolls[6]["grade"]
    assert set(june) == set(july) == set(range(10))
    both = june.index.intersection(july.index)
    assert (july[both] == june[both] + 1).all()
    assert not set(june[june == 9].index) & set(july.index)


def test_a_pupil_is_the_same_person_in_a_month_as_in_october(world):
    def identities(content: bytes) -> set[str]:
        return {line.split(";")[0].replace("-", "") for line in content.decode("cp1252").splitlines()[1:]}

    october = next(file for file in deliver(world) if file.file_name == "elever_2017-10-15.csv")
    (march,) = deliver_month(world, year=2018, month=3)
    assert (march.source, march.file_name, march.period) == ("enrollment", "elever_2018-03-15.csv", "2018-03-15")
    both = identities(october.content) & identities(march.content)
    assert len(both) > 0.9 * len(identities(october.content))


def test_a_month_outside_the_world_is_refused(world):
    with pytest.raises(WorldError, match="does not lie between"):
        month_roll(world, year=2020, month=3)
