"""Claims of the door: reading, governance and privacy, each group in a module of its own."""

from __future__ import annotations

from bench.claims import door_governance, door_privacy, door_reader

CLAIMS = (*door_reader.CLAIMS, *door_governance.CLAIMS, *door_privacy.CLAIMS)
