"""Claims of the publication: what is withheld stays withheld."""

from __future__ import annotations

from bench.claims import publication_disclosure

CLAIMS = (*publication_disclosure.CLAIMS,)
