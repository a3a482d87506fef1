"""Approving a proposal and rolling back a decided version: two acts that write one ledger line each.

Belongs here: whether the act may be done, and its line. Does not: making a decided version (``decide``), who holds which
role (``resources.governance``).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.publication import ledger as ledgers
from orchestration.publication import manifest as manifests
from orchestration.publication.act import ActOutcome, Person
from orchestration.publication.candidate import Reason
from orchestration.publication.files import lock
from orchestration.publication.pointer import CURRENT, discard_torn, swap
from orchestration.publication.publish import SEAL_RULE
from orchestration.publication.standing import (
    DECIDED_ID,
    PROPOSAL_ID,
    approvals_of,
    current_by,
    settle,
    version_of,
    year_of,
)
from orchestration.publication.verify import verify

APPROVAL_RULE = "G-APPROVE-001"
"""Two different persons who may have approved exactly this content over what stands."""


def approve(
    root: Path, *, municipality_code: str, publication_id: str, person: Person, actor: str, now: datetime
) -> ActOutcome:
    """Record that ``person`` approves the content of a proposal, over the decided version that stands now.

    The line is bound to the content's hash: other content has no approval. The same person a second time changes
    nothing. Raises LookupError for an unknown publication, ValueError for a broken ledger or a time without zone.
    """
    version, year = _asked(root, municipality_code, publication_id, now)
    if PROPOSAL_ID.fullmatch(publication_id) is None:
        why = Reason(APPROVAL_RULE, 1, f"{publication_id} is decided already; a proposal is approved")
        return ActOutcome("refused", publication_id, (why,))
    with lock(root):
        settle(version.parents[1], actor=actor, now=now)
        if problems := verify(version):
            return _damaged(publication_id, problems)
        path = root / municipality_code / ledgers.NAME
        manifest = manifests.load(version)
        content = manifest["content_sha256"]
        given = approvals_of(ledgers.read(path), content_sha256=content, funding_year=year).counting
        if person.name in {approval.person for approval in given}:
            return ActOutcome("standing", publication_id, approvals=given)
        ledger = ledgers.read(path)
        line = _act_line("approved", version, person=person, actor=actor, now=now) | {
            "content_sha256": content,
            "manifest_sha256": hashlib.sha256((version / manifests.NAME).read_bytes()).hexdigest(),
            "over": current_by(ledger, funding_year=year),
        }
        ledgers.append(path, line, after=ledger)
        given = approvals_of(ledgers.read(path), content_sha256=content, funding_year=year).counting
    return ActOutcome("done", publication_id, approvals=given)


def rollback(
    root: Path, *, municipality_code: str, publication_id: str, person: Person, reason: str, actor: str, now: datetime
) -> ActOutcome:
    """Let ``current`` name an older decided version again. Nothing is deleted; the ledger says who, when and why.

    Raises as ``approve``.
    """
    version, year = _asked(root, municipality_code, publication_id, now)
    if DECIDED_ID.fullmatch(publication_id) is None:
        why = Reason(SEAL_RULE, 1, f"{publication_id} is a proposal; current names decided versions only")
        return ActOutcome("refused", publication_id, (why,))
    with lock(root):
        folder = version.parents[1]
        discard_torn(folder)
        finished = settle(folder, actor=actor, now=now)
        if problems := verify(version):
            return _damaged(publication_id, problems)
        path = root / municipality_code / ledgers.NAME
        ledger = ledgers.read(path)
        standing = current_by(ledger, funding_year=year)
        if standing == publication_id:
            return ActOutcome("done" if publication_id in finished else "standing", publication_id)
        line = _act_line("rollback", version, person=person, actor=actor, now=now) | {
            "from": standing,
            "reason": reason,
            "pointer": CURRENT,
            "content_sha256": manifests.load(version)["content_sha256"],
        }
        ledgers.append(path, line, after=ledger)
        swap(folder, pointer=CURRENT, publication_id=publication_id)
    return ActOutcome("done", publication_id)


def _asked(root: Path, municipality_code: str, publication_id: str, now: datetime) -> tuple[Path, int]:
    if now.tzinfo is None:
        raise ValueError("now has no time zone")
    version = version_of(root, municipality_code=municipality_code, publication_id=publication_id)
    return version, year_of(publication_id)


def _act_line(event: str, version: Path, *, person: Person, actor: str, now: datetime) -> dict[str, Any]:
    """What the ledger says of every person's act: what, when, who by which role, on which version."""
    return {
        "event": event,
        "time": now.isoformat(timespec="seconds"),
        "actor": person.name,
        "user": actor,
        "role": person.role,
        "is_demo": person.is_demo,
        "publication_id": version.name,
        "funding_year": year_of(version.name),
    }


def _damaged(publication_id: str, problems: list[str]) -> ActOutcome:
    return ActOutcome("refused", publication_id, (Reason(SEAL_RULE, len(problems), "; ".join(problems[:3])),))
