"""After the tables: lists of conflicting enrollments for the units concerned. What is a conflict is dbt's."""

from collections import Counter

import dagster as dg

from orchestration.intake.conflicts import write_conflict_lists
from orchestration.intake.sealed import sealed_errors
from orchestration.names import DATA_TEAM, FACTORS
from orchestration.settings import settings


@dg.asset(
    key=["restricted", "conflict_lists"],
    group_name=FACTORS,
    deps=[dg.AssetKey(["intermediate", "int_enrollment__conflicts"])],
    owners=[DATA_TEAM],
    kinds={"python", "csv"},
    description="A list per school unit of enrollments in conflict, by row number and pseudonym, in the restricted zone. "
    "The counts are in fct_enrollment_conflicts.",
)
def conflict_lists() -> dg.MaterializeResult:
    """Write the lists and say for how many units."""
    found = settings()
    lists = sealed_errors(write_conflict_lists)(found.home, warehouse=found.warehouse)
    per_date = Counter(path.parent.name for path in lists)
    return dg.MaterializeResult(metadata={"lists": len(lists), **{f"units {day}": n for day, n in per_date.items()}})
