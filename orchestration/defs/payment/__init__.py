"""The payment step: what a month is due, and the run that pays it once two persons have released it."""
