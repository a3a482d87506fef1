"""A home with the follow-up tables of two invented municipalities, made as a run makes them, without a warehouse."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from bench.small_worlds import SmallWorld, small_world
from models_py.need import FACTORS
from orchestration.defs.followup.steps import write_followup
from orchestration.followup.accuracy import TABLES as ACCURACY
from orchestration.followup.accuracy import accuracy_of_year
from orchestration.followup.effect import TABLES as EFFECT
from orchestration.followup.effect import effect_of_year
from orchestration.followup.goals import TABLES as GOALS
from orchestration.followup.goals import goals_of_year
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.settings import REPOSITORY

YEAR, TOWN, PLAIN = 2027, "9999", "9998"
BASE = date(2017, 10, 15)
NO_UNITS = pd.DataFrame({"municipality_code": [], "school_unit_code": [], "predecessor_codes": []})


def drawn() -> SmallWorld:
    """Sixteen schools, nine cohorts from 2017 to 2025."""
    return small_world(5, schools=16, leavers=16 * 60 * 9, years=9)


def outcomes(world: SmallWorld) -> pd.DataFrame:
    """Rows as the mart ``fct_need_outcome_counts`` has them."""
    counts = world.leavers
    levels = counts.levels[counts.cell]
    table = pd.DataFrame(
        {
            factor.name: pd.Series(factor.levels, dtype=object).to_numpy()[levels[:, column]]
            for column, factor in enumerate(counts.factors)
        }
    )
    return table.assign(
        municipality_code=TOWN,
        school_unit_code=[counts.schools[place][1] for place in counts.school],
        result_year=[counts.years[place] for place in counts.year[counts.cell]],
        schooling_year=0,
        leaver_count=counts.trials,
        not_eligible_count=counts.sums,
        merit_count=counts.trials,
        merit_tenths_sum=2000 * counts.trials,
        merit_tenths_square_sum=2000**2 * counts.trials,
    )


def register(world: SmallWorld) -> pd.DataFrame:
    """Rows as ``fct_need_register_counts``: the same pupils on three count dates."""
    table = world.register_counts().assign(schooling_year=0)
    days = (BASE, date(2025, 10, 15), date(2026, 10, 15))
    return pd.concat([table.assign(count_date=day) for day in days], ignore_index=True)


def coefficients() -> pd.DataFrame:
    """The factors of the model in use, as ``need_coefficient`` names them."""
    factors = [factor.name for factor in FACTORS]
    return pd.DataFrame({"municipality_code": TOWN, "factor": factors})


def policies(root: Path, *, change: tuple[str, str] = ("", "")) -> Path:
    """The repository's policies, the design's years those of the drawn world; ``change``: text of it to replace."""
    folder = root / "policies"
    shutil.copytree(REPOSITORY / "policies" / "default", folder / "default")
    shutil.copytree(REPOSITORY / "policies" / "9999", folder / TOWN)
    design = folder / TOWN / "followup" / "effect.yml"
    text = design.read_text("utf-8").replace('  "2026": 0.08\n', "")
    design.write_text(text.replace(*change) if change[0] else text, "utf-8")
    return folder


def index(world: SmallWorld) -> pd.DataFrame:
    """Rows of ``fct_need_index``: half of the schools above 100."""
    codes = sorted({unit for _, unit in world.leavers.schools})
    return pd.DataFrame(
        {
            "municipality_code": TOWN,
            "school_unit_code": codes,
            "need_index": [80.0 if place % 2 else 120.0 for place in range(len(codes))],
        }
    )


def money() -> pd.DataFrame:
    """Rows of ``school_allocation``: one unit of the plans, the other's structural part is not shown."""
    return pd.DataFrame(
        {
            "municipality_code": TOWN,
            "school_unit_code": ["99990010", "99990003"],
            "structural_part_sek": [Decimal("1234000.00"), None],
        }
    )


def by_town(rows: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """Rows by municipality as the warehouse gives them: none for one that has none."""
    return defaultdict(lambda: rows.iloc[:0], tuple(rows.groupby("municipality_code")))


def followed(root: Path, folder: Path) -> dict[str, pd.DataFrame]:
    """Write every follow-up table below ``root`` and return them; a second municipality has no results."""
    world, tables = drawn(), Tables(root=str(root / "aggregate" / "tables"))
    rows, scope = by_town(outcomes(world)), Scope(policies=str(folder), default_policy=True)
    codes = [TOWN, PLAIN]
    accuracy = accuracy_of_year(
        rows,
        register=by_town(register(world)),
        coefficients=coefficients(),
        codes=codes,
        scope=scope,
        funding_year=YEAR,
    )
    effect = effect_of_year(
        rows,
        register=by_town(register(world)),
        units=NO_UNITS,
        codes=codes,
        scope=scope,
        published=root / "published",
        funding_year=YEAR,
    )
    goals = goals_of_year(
        rows,
        index=index(world),
        money_of=lambda year: money() if year == YEAR else pd.DataFrame(),
        codes=codes,
        policies=folder,
        funding_year=YEAR,
    )
    found = {}
    for part, names, each in (
        ("accuracy", ACCURACY, accuracy),
        ("effect", EFFECT, effect),
        ("goals", GOALS, goals),
    ):
        list(write_followup(each.items(), part=part, names=names, tables=tables, funding_year=YEAR))
        found |= {name: tables.read_or_empty(name, YEAR) for name in names}
    return found
