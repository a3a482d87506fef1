"""Worlds with results per subject, built once for all tests of the follow-up."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from models_py.world import World, WorldSettings, simulate
from models_py.world.subject_results import SubjectResults, draw_subject_results

CODES = ("9991", "9992", "9993")


@dataclass(frozen=True)
class Followed:
    """A world as the follow-up takes it in."""

    world: World
    drawn: SubjectResults
    results: pd.DataFrame
    enrollment: pd.DataFrame
    background: pd.DataFrame

    def truth(self, stage: str, *, years: range, units: pd.Series) -> pd.Series:
        """What units truly gave, mean over the result years, in the order of ``units``."""
        table = self.drawn.truth.value_added
        own = table[(table["stage"] == stage) & table["result_year"].isin(years)]
        site = self.world.school_units.set_index("school_unit_code")["site"]
        by_site = own.groupby("site")["given_value"].mean()
        return pd.Series(by_site.reindex(site.reindex(units).to_numpy()).to_numpy(), index=units.index)


def followed(settings: WorldSettings) -> Followed:
    """Simulate, and name columns as the follow-up does."""
    world = simulate(settings)
    drawn = draw_subject_results(world)
    units = world.school_units.set_index("school_unit_code")["municipality_code"]
    enrollment = world.enrollment.rename(columns={"pupil": "pupil_key"})
    enrollment["municipality_code"] = enrollment["school_unit_code"].map(units).astype(str)
    p = world.pupils
    known = ~p["is_education_missing"]
    background = {"pupil_key": p["number"], "boy": p["boy"], "welfare": p["welfare"], "split": p["split"]}
    background |= {f"education_{k}": ((p["education"] == k) & known).astype(int) for k in (1, 2, 3)}
    background |= {f"income_{k}": (p["income"] == k).astype(int) for k in (1, 2, 3, 4)}
    background |= {"education_missing": (~known).astype(int), "arrived": p["is_arrival"].astype(int)}
    background |= {"immigrated": (p["immigration_year"] > 0).astype(int)}
    return Followed(
        world, drawn, drawn.rows.rename(columns={"pupil": "pupil_key"}), enrollment, pd.DataFrame(background)
    )


@pytest.fixture(scope="session")
def schools() -> Followed:
    """Three municipalities of units F-9 whose schools differ."""
    return followed(WorldSettings(seed=3, years=7, municipality_codes=CODES))


@pytest.fixture(scope="session")
def alike() -> Followed:
    """The same, but every school gives the same."""
    return followed(
        WorldSettings(
            seed=3, years=7, municipality_codes=CODES, growth_sd=0.0, growth_year_sd=0.0, leniency_sd=0.0,
            quality_sd=0.0, quality_year_sd=0.0, peer_effect=0.0, effect_per_kkr=0.0,
        )
    )  # fmt: skip
