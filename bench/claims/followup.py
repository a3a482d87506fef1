"""Claims of the follow-up: effect of the money, accuracy of the need model."""

from __future__ import annotations

from bench.claims import followup_accuracy, followup_effect

CLAIMS = (*followup_effect.CLAIMS, *followup_accuracy.CLAIMS)
