"""The yearly quality report: a page in Swedish and one in English for each municipality with goals, from the follow-up's tables."""

from pathlib import Path

import dagster as dg

from models_py.errors import LikvardError
from orchestration.followup.quality_report import write_reports
from orchestration.followup.quality_work import READ
from orchestration.names import FOLLOWUP, STATISTICS_TEAM
from orchestration.partitions import funding_years
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.settings import settings


@dg.asset(
    key=[FOLLOWUP, "quality_work"],
    partitions_def=funding_years,
    group_name=FOLLOWUP,
    deps=[dg.AssetKey([FOLLOWUP, name]) for name in READ],
    owners=[STATISTICS_TEAM],
    kinds={"python"},
    description="The material for the systematic quality work, written from tables: goals, plans and money, cohorts, what of a "
    "krona arrives, what is known of the model and of the effect.",
)
def quality_work(context: dg.AssetExecutionContext, tables: Tables, scope: Scope) -> dg.MaterializeResult:
    """Write the pages of every municipality that has goals."""
    year = int(context.partition_key)
    written: list[Path] = []
    for code in sorted(tables.read_record("goals", year)):
        try:
            written += write_reports(
                tables, code, policies=Path(scope.policies), home=settings().home, funding_year=year
            )
        except LikvardError as error:  # one municipality's file must not stop its neighbours
            context.log.warning(f"{code}: no quality report: {error}")
    links = {f"open_{path.stem}": dg.MetadataValue.url(path.as_uri()) for path in written[:2]}
    return dg.MaterializeResult(metadata={"dagster/row_count": len(written), **links})
