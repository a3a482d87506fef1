"""Claims of the publication: never torn, never mixed, never past a failed rule, never a pupil told, the same bytes from the same input.

Belongs here: the group's claims in order. Does not: measurements (``publication_*``).
"""

from __future__ import annotations

from bench.claims import (
    publication_crash,
    publication_crowd,
    publication_disclosure,
    publication_gate,
    publication_mutation,
    publication_readers,
    publication_same,
    publication_superset,
)

CLAIMS = (
    *publication_crash.CLAIMS,
    *publication_crowd.CLAIMS,
    *publication_gate.CLAIMS,
    *publication_disclosure.CLAIMS,
    *publication_readers.CLAIMS,
    *publication_superset.CLAIMS,
    *publication_same.CLAIMS,
    *publication_mutation.CLAIMS,
)
