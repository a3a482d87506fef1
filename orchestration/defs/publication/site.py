"""The step after publication that people read: pages for each publication of the year.

A job of its own: a page that cannot be made must not make a publication look as if it had failed.
"""

import dagster as dg

from orchestration.executor import in_the_home
from orchestration.names import DATA_TEAM, PUBLICATION, WRITES_HOME
from orchestration.partitions import funding_years
from orchestration.settings import settings

PAGES = dg.AssetKey(["publication", "site"])
MOST_LINKS = 12
"""Sites linked by name in the UI; a run over the country has hundreds."""


@dg.asset(
    key=PAGES,
    partitions_def=funding_years,
    group_name=PUBLICATION,
    owners=[DATA_TEAM],
    kinds={"python", "html"},
    deps=[dg.AssetKey(["publication", "proposal"])],
    automation_condition=dg.AutomationCondition.eager() if settings().environment == "production" else None,
    description="Pages in Swedish and English from the sealed tables alone: one per school unit, one decision per organiser "
    "(also as accessible PDF), the memo to the board. Pages whose figures stand are not made anew.",
)
def site(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Build the sites of the year's publications."""
    from orchestration.sites import build_sites

    built = build_sites(settings(), funding_year=int(context.partition_key))
    links = {
        f"open_{one.path.parent.name}": dg.MetadataValue.url((one.path / "index.html").as_uri())
        for one in built[:MOST_LINKS]
    }
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(one.pages for one in built),
            "sites": len(built),
            "made": sum(one.made for one in built),
            "kept": sum(one.kept for one in built),
            "pdfs": sum(one.pdfs_made + one.pdfs_kept for one in built),
            **links,
        }
    )


build_pages = dg.define_asset_job(
    name="build_pages",
    description="The pages that people read, of what is published of one funding year.",
    selection=dg.AssetSelection.assets(PAGES),
    executor_def=in_the_home,
    tags=WRITES_HOME,
)
