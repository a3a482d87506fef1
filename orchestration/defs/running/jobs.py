"""Jobs: what is run as a whole, by a person or on a date."""

import dagster as dg

from orchestration.executor import in_the_home
from orchestration.names import PAYMENT, WRITES_HOME
from orchestration.partitions import funding_years
from orchestration.paying import COUNTS_MART, FORM_MARTS

yearly_proposal = dg.define_asset_job(
    name="yearly_proposal",
    description="One funding year, from deliveries to sealed proposals: ingest, factors, need, allocation, publication.",
    selection=dg.AssetSelection.all()
    - dg.AssetSelection.kind("postgres")
    - dg.AssetSelection.kind("html")
    - dg.AssetSelection.groups(PAYMENT),  # jobs of their own
    partitions_def=funding_years,
    executor_def=in_the_home,
    tags=WRITES_HOME,
)

_COUNTS = (
    dg.AssetSelection.assets(*(dg.AssetKey(["marts", name]) for name in (COUNTS_MART, *FORM_MARTS)))
    .upstream()
    .required_multi_asset_neighbors()
)

monthly_intake = dg.define_asset_job(
    name="monthly_intake",
    description="New deliveries through the door, and the counts of every month and school form built of them.",
    selection=_COUNTS,
    executor_def=in_the_home,
    tags=WRITES_HOME,
)
monthly_payment_run = dg.define_asset_job(
    name="monthly_payment_run",
    description="One month, from deliveries to prepared runs: ingest, the month's pupils, what is due, the run. Nothing is paid.",
    selection=_COUNTS | dg.AssetSelection.groups(PAYMENT),
    executor_def=in_the_home,
    tags=WRITES_HOME,
)
