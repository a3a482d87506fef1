"""Published versions: gated, sealed, traceable. Plain Python; nothing here knows Dagster.

Belongs here: the gate, hashes of content, the sealed folder of a version, pointers, the ledger, verification.
Does not: making the tables, deciding rules of plausibility (``expectations.rules``), showing a run.

The way of one publication is told in ``publish``; each other module is one idea it uses.
"""
