"""Apache Superset, a BI tool that others wrote, reads a publication: through the DuckDB file and through PostgreSQL.

Belongs here: a server of it for one measurement, what it is asked over its own interface, what its page draws.
Does not: figures (``bench.claims.publication_superset``). It runs in an environment of its own, ``make superset``.
"""
