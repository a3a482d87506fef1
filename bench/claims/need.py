"""Claims of the need model: estimators, small municipalities, factors, uncertainty, cost, and what a proposal carries."""

from __future__ import annotations

from bench.claims import (
    need_estimators,
    need_proposal,
    need_selection,
    need_small,
    need_speed,
    need_uncertainty,
)

CLAIMS = (
    *need_estimators.CLAIMS,
    *need_small.CLAIMS,
    *need_selection.CLAIMS,
    *need_uncertainty.CLAIMS,
    *need_speed.CLAIMS,
    *need_proposal.CLAIMS,
)
