"""The step after publication: what is sealed is served from PostgreSQL. It exists only where the settings name one.

A job of its own: a database that does not answer must not make a publication look as if it had failed.
"""

import dagster as dg

from orchestration.names import DATA_TEAM, PUBLICATION
from orchestration.partitions import funding_years
from orchestration.settings import settings

SERVED = dg.AssetKey(["publication", "postgres"])


@dg.asset(
    key=SERVED,
    partitions_def=funding_years,
    group_name=PUBLICATION,
    owners=[DATA_TEAM],
    kinds={"python", "postgres"},
    deps=[dg.AssetKey(["publication", "proposal"])],
    automation_condition=dg.AutomationCondition.eager(),
    description="The sealed versions of the year in PostgreSQL, a schema each, compared cell by cell with their manifests; "
    "the views of schema `published` switch in one transaction. What is refused keeps what was served before.",
)
def postgres(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Send the year's versions. Fails where the database cannot be used, or every version was refused."""
    from orchestration.publication.postgres.connection import connected, read_url
    from orchestration.publication.postgres.sink import publish

    found = settings()
    with connected(read_url(found.postgres_url_file)) as connection:
        sent = publish(
            connection,
            root=found.published,
            language=found.postgres_language,
            funding_year=int(context.partition_key),
        )
    refused = [one for one in sent if one.status == "refused"]
    if sent and len(refused) == len(sent):
        raise dg.Failure(f"PostgreSQL serves none of {len(sent)} versions; first: {'; '.join(refused[0].problems[:3])}")
    states = [one.status for one in sent]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(sent),
            **{state: states.count(state) for state in ("loaded", "unchanged", "refused")},
            "refused_first": ", ".join(one.municipality_code for one in refused[:10]) or "none",
        }
    )


serve_in_postgres = dg.define_asset_job(
    name="serve_in_postgres",
    description="What is published of one funding year, into PostgreSQL.",
    selection=dg.AssetSelection.assets(SERVED),
    partitions_def=funding_years,
    executor_def=dg.in_process_executor,
)


@dg.definitions
def served() -> dg.Definitions:
    """The asset and its job, where a PostgreSQL is set."""
    if settings().postgres_url_file is None:
        return dg.Definitions()
    return dg.Definitions(assets=[postgres], jobs=[serve_in_postgres])
