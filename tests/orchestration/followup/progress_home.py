"""The example municipality as the warehouse has it, and a home with its follow-up, without a run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from models_py.followed import Followed
from models_py.world import DEMO, simulate
from models_py.world.recovery import true_levels
from models_py.world.subject_results import draw_subject_results
from orchestration.defs.followup.steps import write_followup
from orchestration.followup.progress import TABLES, progress_of_year
from orchestration.followup.rows import followup_rows
from orchestration.resources.tables import Tables

CODE, YEAR = "9999", 2027
LARGE, SMALL, OLD, RENAMED = "99990001", "99990027", "99990005", "99990032"
"""A unit F-9, one of two pupils a year, and a code that another took over."""


@cache
def found() -> dict[str, pd.DataFrame]:
    """What ``read_followed`` reads: results, enrollment, merit and units."""
    world = simulate(DEMO)
    drawn = draw_subject_results(world).rows
    results = drawn[drawn["value"].notna() & (drawn["result_year"] < YEAR)].rename(columns={"pupil": "pupil_key"})
    results = results.drop(columns="site").assign(municipality_code=CODE)
    o = world.outcomes[world.outcomes["result_year"] < YEAR]
    enrolled = world.enrollment
    unit = enrolled.assign(result_year=enrolled["count_year"] + 1).set_index(["pupil", "result_year"])[
        "school_unit_code"
    ]

    def of_nine(outcome: str) -> pd.DataFrame:
        rows = o[o["outcome"] == outcome]
        at = pd.MultiIndex.from_frame(rows[["pupil", "result_year"]])
        return rows.assign(school_unit_code=unit.reindex(at).astype(str).to_numpy())

    eligible = of_nine("not_eligible").rename(columns={"pupil": "pupil_key"})
    eligible = eligible.assign(
        value=1 - eligible["value"], measure="eligible_vocational", subject="all_subjects", municipality_code=CODE
    )
    text = {name: results[name].astype(str) for name in ("school_unit_code", "measure", "subject")}
    results = pd.concat([results.assign(**text), eligible[results.columns]], ignore_index=True)
    levels = true_levels(world, pupil=enrolled["pupil"], calendar_year=enrolled["count_year"]).astype(str)
    enrollment = enrolled.drop(columns=["site", "start_year"]).rename(columns={"pupil": "pupil_key"})
    enrollment = enrollment.assign(municipality_code=CODE, school_unit_code=enrolled["school_unit_code"].astype(str))
    merit = of_nine("merit_value").assign(square=lambda t: t["value"] ** 2)
    merit = merit.groupby(["school_unit_code", "result_year"], as_index=False).agg(
        pupil_count=("value", "size"), value_sum=("value", "sum"), square_sum=("square", "sum")
    )
    units = world.school_units.assign(predecessor_codes=lambda t: t["predecessor_code"].replace("", None))
    return {
        "results": results, "enrollment": pd.concat([enrollment, levels], axis=1),
        "merit": merit.assign(municipality_code=CODE),
        "units": units[["municipality_code", "school_unit_code", "predecessor_codes"]],
    }  # fmt: skip


@cache
def made() -> dict[str, Followed]:
    """What the step makes of it."""
    return dict(progress_of_year(lambda _: found(), codes=[CODE], funding_year=YEAR))


@cache
def followed() -> dict[str, pd.DataFrame]:
    """The tables under their contracts."""
    return {name: followup_rows(name, CODE, made()[CODE], funding_year=YEAR) for name in TABLES}


def kept(root: Path) -> None:
    """Write them below ``root`` as a run does."""
    tables = Tables(root=str(root / "aggregate" / "tables"))
    list(write_followup(made().items(), part="progress", names=TABLES, tables=tables, funding_year=YEAR))
