"""The marts that key figures are made of, from a world whose truth is known, without a warehouse."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from models_py.world import WorldSettings, simulate
from models_py.world.costs import SPLIT, CostSettings, UnitCosts, unit_costs
from models_py.world.grants import unit_grants
from orchestration.followup.key_figures import KeyFigureInputs

NO_REGISTER = pd.DataFrame({"municipality_code": [], "count_date": [], "school_unit_code": [], "pupil_count": []})
TOWN, YEAR, OWN, FOREIGN = "9999", 2026, "2120000000", "5560000000"
SETTINGS = WorldSettings(
    seed=11,
    years=8,
    municipality_codes=(TOWN,),
    units_per_municipality=(14, 14),
    rural_share=0.1,
    independent_share=0.2,
)


@cache
def world():
    return simulate(SETTINGS)


@cache
def truth(pass_through: float = 0.8) -> UnitCosts:
    return unit_costs(world(), CostSettings(pass_through=pass_through))


def marts(costs: UnitCosts) -> dict[str, pd.DataFrame]:
    """As dbt gives them; costs and staff of own units alone."""
    table = costs.table.rename(columns={"funding_year": "accounts_year"})
    units = world().school_units
    independent = set(units.loc[units["is_independent"], "school_unit_code"])
    keys = ["municipality_code", "accounts_year", "school_unit_code"]
    own = table[~table["school_unit_code"].isin(independent)]
    parts = [(table, "allocation", "allocated_sek"), *((own, name, f"{name}_sek") for name in SPLIT)]
    ledger = [rows[keys].assign(cost_item=item, amount_ore=100 * rows[name]) for rows, item, name in parts]
    grants = unit_grants(world())
    of = grants["is_independent"].astype(bool)
    enrolled = world().enrollment
    counts = (
        enrolled.groupby(["count_year", "school_unit_code", "grade"], observed=True)
        .size()
        .reset_index(name="pupil_count")
    )
    enrollment = counts.assign(
        municipality_code=TOWN, school_unit_code=counts["school_unit_code"].astype(str),
        count_date=[date(year, 10, 15) for year in counts["count_year"]],
        grade=np.where(counts["grade"] == 0, "F", counts["grade"].astype(str)),
    )  # fmt: skip
    factors = enrollment.groupby(["municipality_code", "count_date", "school_unit_code"], as_index=False)[
        "pupil_count"
    ].sum()
    return {
        "costs": pd.concat(ledger, ignore_index=True),
        "staff": own[keys].assign(teacher_posts=own["teacher_count"], certified_posts=own["certified_teacher_count"]),
        "grants": grants.assign(
            accounts_year=grants["funding_year"], organiser_code=np.where(of, FOREIGN, OWN),
            school_unit_code=grants["school_unit_code"].mask(of.to_numpy(), "all"),
            granted_ore=100 * grants["granted_sek"], used_ore=100 * grants["used_sek"],
        ),
        "factors": factors, "enrollment": enrollment,
        "units": units.assign(
            organiser_code=np.where(units["is_independent"], FOREIGN, OWN),
            predecessor_codes=units["predecessor_code"].replace("", None),
        ),
    }  # fmt: skip


def inputs(**changes) -> KeyFigureInputs:
    """What the step reads; ``changes``: fields of it."""
    given = {"marts": marts(truth()), "register": defaultdict(lambda: NO_REGISTER), "kept": {}, "fits": {}}
    return KeyFigureInputs(**(given | changes))
