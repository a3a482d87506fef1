"""Payment runs: sealed, approved by two, released once, handed to the finance system; the ledger never forgets.

Belongs here: runs as records and the order of their steps. Does not: what is due (``models_py.payment``), Dagster, the
terminal. The writing is that of publications: staged, verified, renamed, a ledger with a chain of hashes.
"""
