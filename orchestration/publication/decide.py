"""Make a decided version from an approved proposal: the same content under a name of its own, and ``current`` moves.

Belongs here: what a decision needs, and the order of its steps. Does not: writing a version (``publish``), approving
(``approve``), reading policies, roles and waivers (``orchestration.decisions``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from expectations.contracts import CONTRACTS
from models_py.disclosure import DisclosureRule
from orchestration.publication import ledger as ledgers
from orchestration.publication import manifest as manifests
from orchestration.publication import seal as sealing
from orchestration.publication.act import APPROVALS_NEEDED, REVISION_TYPES, ROLE_RULE, Act, Approval, Person
from orchestration.publication.approve import APPROVAL_RULE
from orchestration.publication.candidate import RESERVED, Candidate, Outcome, Reason
from orchestration.publication.catalogue import Catalogue
from orchestration.publication.checks import CONTRACT_RULE, in_canonical_form
from orchestration.publication.content import describe, published_contracts, sha256_of_content
from orchestration.publication.files import lock, remove_tree
from orchestration.publication.gate import judge, standing_against
from orchestration.publication.parquet import read_table
from orchestration.publication.pointer import CURRENT, discard_torn, swap
from orchestration.publication.publish import SEAL_RULE, Work, record, write_and_audit
from orchestration.publication.standing import (
    PROPOSAL_ID,
    approvals_of,
    current_by,
    next_decided,
    settle,
    version_of,
    year_of,
)
from orchestration.publication.verify import verify
from orchestration.publication.waiving import review, unwaived
from orchestration.resources.governance import Roles, Waiver

DECIDED_RULE, PARENT_RULE, ID_RULE = "G-DECIDED-001", "G-PARENT-001", "G-ID-001"
OPEN_STATISTICS = "open_statistics"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided: the kind of revision (None for the year's first), why, by which decision, and under which id.

    ``publication_id`` is an id asked for by name; None takes the next.
    """

    revision_type: str | None
    reason: str
    decision: str
    publication_id: str | None = None

    def __post_init__(self) -> None:
        if self.revision_type not in (None, *REVISION_TYPES):
            raise ValueError(f"revision_type {self.revision_type!r}: one of {', '.join(REVISION_TYPES)}")
        for name in ("reason", "decision"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name} is empty; a decided publication says why and by which decision")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a decision stands on beside the proposal.

    Attributes
    ----------
    undecided : why the policy of the year may not steer a decision, a line each; none where every value is decided
    required_rules : rules without whose result nothing is published
    texts : rules in words, by id and language
    catalogue : who publishes and where, as of the proposal; None where the policy names no address
    disclosure : the thresholds by which its tables are attacked once more
    """

    roles: Roles
    waivers: Sequence[Waiver]
    undecided: Sequence[str]
    required_rules: Collection[str]
    texts: Mapping[str, Mapping[str, str]]
    catalogue: Catalogue | None = None
    disclosure: DisclosureRule = field(default_factory=DisclosureRule)


def decide(
    root: Path,
    *,
    municipality_code: str,
    proposal_id: str,
    decision: Decision,
    ground: Ground,
    person: Person,
    actor: str,
    now: datetime,
) -> Outcome:
    """Publish the content of a proposal as the municipality's decided version, or say all that stands against it.

    Refused are: content that has changed or lacks its two approvals, a parent that has moved since they were given, a
    failing warning without waiver, values that nobody has decided, open statistics, other content under an id asked
    for. The same decision a second time verifies what stands. Raises LookupError for an unknown proposal, ValueError for
    a broken ledger or a time without zone, OSError where the disk fails: a re-run then completes what was begun.
    """
    if now.tzinfo is None:
        raise ValueError("now has no time zone")
    proposal, year = (
        version_of(root, municipality_code=municipality_code, publication_id=proposal_id),
        year_of(proposal_id),
    )
    if PROPOSAL_ID.fullmatch(proposal_id) is None:
        why = Reason(DECIDED_RULE, 1, f"{proposal_id} is no proposal; name the proposal that was approved")
        return Outcome("refused", municipality_code, year, None, None, (why,), None)
    folder = proposal.parents[1]
    with lock(root):
        sealing.prepare(root, folder)
        discard_torn(folder)
        finished = settle(folder, actor=actor, now=now)
        if problems := verify(proposal):
            why = Reason(SEAL_RULE, len(problems), "; ".join(problems[:3]))
            return Outcome("refused", municipality_code, year, None, None, (why,), None)
        work, against = _work(root, proposal, decision=decision, ground=ground, now=now)
        standing = current_by(ledgers.read(folder.parent / ledgers.NAME), funding_year=year)
        if standing is not None and _is_this(folder / sealing.VERSIONS / standing, proposal_id, decision, work):
            return _verified(work, folder / sealing.VERSIONS / standing, is_new=standing in finished)
        against += _against(work, folder, standing=standing, decision=decision, ground=ground, person=person)
        if against:
            return work.outcome("refused", None, against)
        return _publish(work, folder, standing=standing, decision=decision, actor=actor, now=now)


def candidate_of(
    version: Path, *, catalogue: Catalogue | None = None, disclosure: DisclosureRule | None = None
) -> Candidate:
    """The candidate that a sealed version was made from: its tables as they stand on disk, and what its run recorded.

    ``catalogue`` and ``disclosure`` come from the policy; without them there are no addresses, and the usual thresholds.
    """
    manifest = manifests.load(version)
    recorded: dict[str, Any] = manifest["recorded"]
    names = [name for name in manifest["content"]["tables"] if name in CONTRACTS]
    return Candidate(
        municipality_code=manifest["municipality_code"],
        funding_year=manifest["funding_year"],
        basis=recorded["basis"],
        tables={
            name: read_table(version / sealing.TABLES / f"{name}.parquet").drop(columns="publication_id")
            for name in names
        },
        policy_sha256=manifest["content"]["policy_sha256"],
        budget_ore=recorded["budget_ore"],
        recorded={key: value for key, value in recorded.items() if key not in RESERVED},
        is_demo=recorded["is_demo"],
        catalogue=catalogue,
        disclosure=disclosure or DisclosureRule(),
    )


def _work(
    root: Path, proposal: Path, *, decision: Decision, ground: Ground, now: datetime
) -> tuple[Work, tuple[Reason, ...]]:
    """The proposal's content on its way to a decided version, and what its content alone has against it."""
    candidate = candidate_of(proposal, catalogue=ground.catalogue, disclosure=ground.disclosure)
    promised = manifests.load(proposal)["content_sha256"]
    own = {"municipality_code": candidate.municipality_code, "funding_year": candidate.funding_year}
    tables, contract = in_canonical_form(candidate.tables, **own)
    complete = not contract.failing_count
    content = (
        describe(tables, contracts=published_contracts(), policy_sha256=candidate.policy_sha256) if complete else {}
    )
    sha256 = sha256_of_content(content)
    results = candidate.tables["rule_result"]
    gate = judge(
        results, **own, content_sha256=sha256, required_rules=ground.required_rules, texts=ground.texts
    )  # fmt: skip
    ledger = ledgers.read(root / candidate.municipality_code / ledgers.NAME)
    given = approvals_of(ledger, content_sha256=promised, funding_year=candidate.funding_year).counting
    act = Act(
        "decided",
        revision_type=decision.revision_type,
        reason=decision.reason,
        decision=decision.decision,
        proposal=proposal.name,
        approvals=_entitled(given, ground=ground, proposer=_proposer(ledger, proposal.name), is_demo=candidate.is_demo),
    )
    entitled = ground.roles.holders("waive") | (
        set(ground.roles.named("waive")) if candidate.is_demo else set()
    )  # fmt: skip
    waivers = review(ground.waivers, rule_results=results, day=now.date(), entitled=entitled)
    work = Work(candidate, tables, content, sha256, gate, root, act, waivers)
    if not complete:
        return work, (contract,)
    if sha256 != promised:
        words = f"{proposal.name} was written under another contract than this program's; run the year and approve anew"
        return work, (Reason(CONTRACT_RULE, 1, words),)
    return work, standing_against(gate, results, content_sha256=sha256)


def _against(
    work: Work, folder: Path, *, standing: str | None, decision: Decision, ground: Ground, person: Person
) -> tuple[Reason, ...]:
    """Everything that stands against deciding, told at once."""
    reasons = []
    if person.is_demo and not work.candidate.is_demo:
        reasons.append(Reason(ROLE_RULE, 1, "a role acts by its own name only in a demonstration"))
    if ground.undecided:
        reasons.append(Reason(DECIDED_RULE, len(ground.undecided), "; ".join(ground.undecided[:3])))
    if work.candidate.basis == OPEN_STATISTICS:
        reasons.append(Reason(DECIDED_RULE, 1, "open statistics make proposals only"))
    ledger = ledgers.read(folder.parent / ledgers.NAME)
    counted = approvals_of(ledger, content_sha256=work.content_sha256, funding_year=work.candidate.funding_year)
    if len(work.act.approvals) < APPROVALS_NEEDED:
        told = ", ".join(f"{one.person} ({one.role})" for one in work.act.approvals) or "nobody"
        words = f"approved by {told}; {APPROVALS_NEEDED} different persons who may are needed"
        if counted.counting and len(counted.counting) > len(work.act.approvals):
            words += ", and the proposer is not one of them" if not ground.roles.proposer_may_approve else ""
        if counted.outdated:
            why = f"{counted.outdated} approvals were given over another version than {standing}; approve anew"
            reasons.append(Reason(PARENT_RULE, counted.outdated, why))
        reasons.append(Reason(APPROVAL_RULE, APPROVALS_NEEDED - len(work.act.approvals), words))
    reasons += unwaived(work.waivers)
    try:
        wanted = next_decided(folder, revision_type=decision.revision_type, current=standing)
    except ValueError as error:
        reasons.append(Reason(ID_RULE, 1, str(error)))
    else:
        reasons += _id_asked(folder, decision.publication_id, wanted=wanted)
    return tuple(reasons)


def _id_asked(folder: Path, asked: str | None, *, wanted: str) -> list[Reason]:
    if asked is None or asked == wanted:
        return []
    if (folder / sealing.VERSIONS / asked).is_dir():
        return [Reason(ID_RULE, 1, f"{asked} stands with another content or decision; make a revision, {wanted}")]
    return [Reason(ID_RULE, 1, f"the next id is {wanted}, not {asked}")]


def _publish(
    work: Work, folder: Path, *, standing: str | None, decision: Decision, actor: str, now: datetime
) -> Outcome:
    publication_id = next_decided(folder, revision_type=decision.revision_type, current=standing)
    target = folder / sealing.VERSIONS / publication_id
    staged = sealing.stage(folder, publication_id=publication_id)
    try:
        against = write_and_audit(work, staged, parent=folder / sealing.VERSIONS / standing if standing else None)
        if against:
            return work.outcome("refused", None, against)
        sealing.seal(staged, target)
    finally:
        remove_tree(staged.parent)
    record(work.municipality, target, actor=actor, now=now)
    swap(folder, pointer=CURRENT, publication_id=publication_id)
    return work.outcome("published", target)


def _is_this(version: Path, proposal_id: str, decision: Decision, work: Work) -> bool:
    """Whether the version in force is this very decision, made before."""
    manifest = manifests.load(version)
    made = [manifest[name] for name in ("content_sha256", "revision_type", "reason", "decision")]
    asked = [work.content_sha256, decision.revision_type, decision.reason, decision.decision]
    same_id = decision.publication_id in (None, version.name)
    return made == asked and manifest["recorded"].get("proposal") == proposal_id and same_id


def _verified(work: Work, version: Path, *, is_new: bool) -> Outcome:
    if problems := verify(version):
        return work.outcome("refused", None, (Reason(SEAL_RULE, len(problems), "; ".join(problems[:3])),))
    return work.outcome("published" if is_new else "verified", version)


def _entitled(
    given: Sequence[Approval], *, ground: Ground, proposer: str | None, is_demo: bool
) -> tuple[Approval, ...]:
    """Approvals by those who may approve today; the proposer's own only where the roles file lets it count, a role's own
    only in a demonstration."""
    holders, named = ground.roles.holders("approve"), set(ground.roles.named("approve")) if is_demo else set()
    return tuple(
        one
        for one in given
        if one.person in (named if one.is_demo else holders)
        and (ground.roles.proposer_may_approve or one.person != proposer)
    )


def _proposer(ledger: ledgers.Ledger, proposal_id: str) -> str | None:
    entry = ledger.find(proposal_id)
    return None if entry is None else str(entry["actor"])
