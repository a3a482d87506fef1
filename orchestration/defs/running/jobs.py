"""Jobs: what is run as a whole, by a person or on a date."""

import dagster as dg

from orchestration.partitions import funding_years

yearly_proposal = dg.define_asset_job(
    name="yearly_proposal",
    description="One funding year, from deliveries to sealed proposals: ingest, factors, need, allocation, publication.",
    selection=dg.AssetSelection.all()
    - dg.AssetSelection.kind("postgres")
    - dg.AssetSelection.kind("html"),  # jobs of their own
    partitions_def=funding_years,
    executor_def=dg.in_process_executor,
)
