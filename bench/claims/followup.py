"""Claims of the follow-up: cohorts and value-added."""

from __future__ import annotations

from bench.claims import followup_progress

CLAIMS = (*followup_progress.CLAIMS,)
