"""Probe of ``payments/``: sealed runs, the ledger of payments, and the links that the finance system reads by.

Belongs here: findings of what is unsound. Does not: judging (``orchestration.payments.soundness``), repairing.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.operations.finding import Finding
from orchestration.operations.probes_published import is_held, place
from orchestration.payments.soundness import unsound
from orchestration.settings import Settings


def payment_findings(found: Settings) -> Iterator[Finding]:
    """Damaged runs, a broken ledger, links that lead astray, folders left open, and what a crash left."""
    is_at_work = is_held(found.payments)
    for one in unsound(found.payments):
        if one.kind == "unfinished" and is_at_work:
            continue  # somebody prepares or releases: a run stands before its ledger line and its link
        yield Finding(f"payment_{one.kind}", place(found, one.path), {"problem": one.problem})
