"""Claims of the follow-up: cohorts and value-added, effect of the money, accuracy of the need model."""

from __future__ import annotations

from bench.claims import followup_accuracy, followup_effect, followup_progress

CLAIMS = (*followup_progress.CLAIMS, *followup_effect.CLAIMS, *followup_accuracy.CLAIMS)
