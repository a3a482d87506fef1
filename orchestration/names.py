"""Names of the UI: groups, owners, kinds. One place, so that a reader meets the same word everywhere."""

INGEST, FACTORS, NEED, ALLOCATION, PUBLICATION = "ingest", "factors", "need", "allocation", "publication"
FORECAST, FOLLOWUP = "forecast", "followup"
PAYMENT = "payment"
FORMS = "forms"

DATA_TEAM = "team:data"
STATISTICS_TEAM = "team:statistics"
FINANCE_TEAM = "team:finance"

OPEN_STATISTICS, PUPIL_LEVEL, DELIVERED_INDEX = "open_statistics", "pupil_level", "delivered_index"

WRITES_HOME = {"likvard/home": "writes"}
"""Tag of the jobs of which one works at a time in a home; the queue's settings under ``deploy/`` name it."""
