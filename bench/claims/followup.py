"""Claims of the follow-up: cohorts and value-added, effect of the money, accuracy of the need model, key figures."""

from __future__ import annotations

from bench.claims import followup_accounts, followup_accuracy, followup_effect, followup_progress

CLAIMS = (
    *followup_progress.CLAIMS, *followup_effect.CLAIMS, *followup_accuracy.CLAIMS, *followup_accounts.CLAIMS,
)  # fmt: skip
