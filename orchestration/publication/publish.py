"""Publish one candidate: write it hidden, audit what stands on disk, and only then give it its name.

Belongs here: the order of the steps of a proposal, and writing a version of either kind. Does not: the steps themselves
(``gate``, ``checks``, ``seal``, ``ledger``, ``pointer``), deciding (``decide``), choosing which municipalities go out.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from expectations.contracts import CONTRACTS
from orchestration.publication import ledger as ledgers
from orchestration.publication import manifest as manifests
from orchestration.publication import seal as sealing
from orchestration.publication.act import Act
from orchestration.publication.background import earlier_publications
from orchestration.publication.candidate import Candidate, Outcome, Reason
from orchestration.publication.canonical import canonical
from orchestration.publication.checks import (
    CONTRACT_RULE,
    TOTAL_RULE,
    in_canonical_form,
    run_checks,
    total_off_budget,
)
from orchestration.publication.cohorts import earlier_shares
from orchestration.publication.content import Content, describe, published_contracts, sha256_of_content
from orchestration.publication.disclosure_check import check_disclosure
from orchestration.publication.duckdb_file import NAME as DUCKDB_NAME
from orchestration.publication.files import lock, make_directory, remove_empty, remove_tree
from orchestration.publication.gate import GateVerdict, standing_against
from orchestration.publication.model_card import model_notes
from orchestration.publication.parquet import read_arrow, to_frame
from orchestration.publication.pointer import CURRENT, PROPOSED, discard_torn, pointed, swap
from orchestration.publication.quality import quality_report
from orchestration.publication.release import about, changes_between, release_notes
from orchestration.publication.verify import verify, verify_files
from orchestration.publication.waiving import WaiverLine

SEAL_RULE = "G-SEAL-001"
"""What is written, and the newest version that stands, are whole: every file, hash and ledger line."""


@dataclass(frozen=True, slots=True)
class Work:
    """A candidate on its way: its canonical tables, their content, where it goes and by which act."""

    candidate: Candidate
    tables: dict[str, pa.Table]
    content: Content
    content_sha256: str
    gate: GateVerdict
    root: Path
    act: Act = field(default_factory=Act)
    waivers: tuple[WaiverLine, ...] = ()

    @property
    def municipality(self) -> Path:
        return self.root / self.candidate.municipality_code

    @property
    def folder(self) -> Path:
        return self.municipality / str(self.candidate.funding_year)

    def outcome(
        self, status: Literal["published", "verified", "refused"], target: Path | None, reasons: tuple[Reason, ...] = ()
    ) -> Outcome:
        return Outcome(
            status=status,
            municipality_code=self.candidate.municipality_code,
            funding_year=self.candidate.funding_year,
            publication_id=target.name if target else None,
            path=target,
            reasons=reasons,
            content_sha256=self.content_sha256,
        )


def publish(
    candidate: Candidate,
    *,
    root: Path,
    gate: GateVerdict,
    actor: str,
    now: datetime,
    waivers: tuple[WaiverLine, ...] = (),
) -> Outcome:
    """Publish ``candidate`` as the next proposal under ``root``, or say why not.

    The gate is asked again here, for exactly this content, and the money identities are checked on what has been read
    back from disk. Equal content verifies the newest proposal and writes nothing; different content takes the next
    ``YEAR.0.n``. A refusal leaves everything as it was. ``actor`` and ``now`` (with time zone) go to the ledger only.
    ``waivers`` are printed beside failing warnings; a proposal goes out without them.

    Raises OSError where the disk fails: nothing is published then, or a re-run completes what was begun; and
    PointerError, LayoutError or ValueError (broken ledger) where the published tree itself needs a person.
    """
    if now.tzinfo is None:
        raise ValueError("now has no time zone")
    code, year = candidate.municipality_code, candidate.funding_year
    if (gate.municipality_code, gate.funding_year) != (code, year):
        raise ValueError(
            f"the verdict is of {gate.municipality_code}/{gate.funding_year}, the candidate of {code}/{year}"
        )
    tables, contract = in_canonical_form(candidate.tables, municipality_code=code, funding_year=year)
    if contract.failing_count:
        return Outcome("refused", code, year, None, None, (contract,), None)
    content = describe(tables, contracts=published_contracts(), policy_sha256=candidate.policy_sha256)
    work = Work(candidate, tables, content, sha256_of_content(content), gate, root, waivers=waivers)
    against = standing_against(gate, candidate.tables["rule_result"], content_sha256=work.content_sha256)
    if against:
        return work.outcome("refused", None, against)
    if not (root / sealing.LAYOUT_NAME).exists():
        make_directory(root)
    with lock(root):
        sealing.prepare(root, work.folder)
        discard_torn(work.folder)
        return _publish_locked(work, actor=actor, now=now)


def _publish_locked(work: Work, *, actor: str, now: datetime) -> Outcome:
    newest = newest_proposal(work.folder)
    if newest is not None:
        recovered = _recover(work, newest, actor=actor, now=now)
        problems = verify(newest)
        if problems:
            return work.outcome("refused", None, (Reason(SEAL_RULE, len(problems), "; ".join(problems[:3])),))
        sealing.close(newest)
        if pointed(work.folder, pointer=PROPOSED) != newest.name:
            swap(work.folder, pointer=PROPOSED, publication_id=newest.name)
        if manifests.load(newest)["content_sha256"] == work.content_sha256:
            off, where = total_off_budget(work.candidate.tables["fct_allocation"], budget_ore=work.candidate.budget_ore)
            if off:  # the budget is no part of the content: the same lines may miss another one
                return work.outcome("refused", None, (Reason(TOTAL_RULE, off, where),))
            return work.outcome("published" if recovered else "verified", newest)
    number = int(newest.name.rpartition(".")[2]) + 1 if newest else 1
    publication_id = f"{work.candidate.funding_year}.0.{number}"
    staged = sealing.stage(work.folder, publication_id=publication_id)
    try:
        against = write_and_audit(work, staged, parent=newest)
        if against:
            return work.outcome("refused", None, against)
        target = work.folder / sealing.VERSIONS / publication_id
        sealing.seal(staged, target)
    finally:
        remove_tree(staged.parent)
        remove_empty(work.folder, up_to=work.root)
    record(work.municipality, target, actor=actor, now=now)
    swap(work.folder, pointer=PROPOSED, publication_id=publication_id)
    return work.outcome("published", target)


def newest_proposal(folder: Path) -> Path | None:
    """The version ``YEAR.0.n`` with the largest n in the year's ``folder``; None where there is none."""
    name = re.compile(re.escape(folder.name) + r"\.0\.([1-9][0-9]*)")
    versions = folder / sealing.VERSIONS
    found = [(int(match[1]), path) for path in versions.glob("*") if (match := name.fullmatch(path.name))]
    return max(found)[1] if found else None


def write_and_audit(work: Work, staged: Path, *, parent: Path | None) -> tuple[Reason, ...]:
    """Write the version into ``staged`` and return what stands against it, judged on what is read back."""
    candidate, publication_id = work.candidate, staged.name
    dim_publication = CONTRACTS["dim_publication"]
    tables = work.tables | {
        dim_publication.table: canonical(
            _dim_publication(work, publication_id, parent=parent.name if parent else None), dim_publication
        )
    }
    sealing.write_tables(staged, tables, publication_id=publication_id)
    frames = {name: to_frame(read_arrow(staged / sealing.TABLES / f"{name}.parquet")) for name in work.tables}
    earlier = earlier_publications(work.municipality, count_date=frames["dim_year"]["count_date"].iloc[0])
    disclosed, disclosure = check_disclosure(
        frames, rule=candidate.disclosure, earlier=earlier, earlier_shares=earlier_shares(work.municipality)
    )
    own = (
        Reason(CONTRACT_RULE, 0),
        *run_checks(frames, budget_ore=candidate.budget_ore, threshold=candidate.disclosure.threshold),
        disclosed,
    )  # publish() asked the first
    against = standing_against(work.gate, frames["rule_result"], content_sha256=work.content_sha256)
    against += tuple(reason for reason in own if reason.failing_count)
    if against:
        return against
    notes = release_notes(
        candidate,
        publication_id=publication_id,
        content_sha256=work.content_sha256,
        tables=frames,
        gate=work.gate,
        own=own,
        disclosure=disclosure,
        changes=_changes(parent, frames["school_allocation"]),
        act=work.act,
        waivers=work.waivers,
    )
    words = about(publication_id, is_demo=candidate.is_demo, decision=work.act.decision)
    rows = sealing.write_companions(
        staged,
        notes=notes,
        model=model_notes(candidate, publication_id=publication_id, about=words, tables=frames),
        quality=quality_report(
            frames["rule_result"],
            own=own,
            publication_id=publication_id,
            municipality_code=candidate.municipality_code,
            about=words,
            waivers=work.waivers,
        ),
        about=words,
        publication_id=publication_id,
        municipality_code=candidate.municipality_code,
        funding_year=candidate.funding_year,
        catalogue=candidate.catalogue,
    )
    manifest = manifests.build(
        candidate,
        publication_id=publication_id,
        parent=parent.name if parent else None,
        content=work.content,
        files=sealing.list_files(staged),
        gate=work.gate,
        own=own,
        act=work.act,
        waivers=work.waivers,
        disclosure=disclosure,
    )
    sealing.write_manifest(staged, manifests.to_bytes(manifest))
    problems = verify_files(staged)
    problems += [f"{DUCKDB_NAME}: {name} lacks rows" for name in tables if rows.get(name) != tables[name].num_rows]
    return (Reason(SEAL_RULE, len(problems), "; ".join(problems[:3])),) if problems else ()


def _dim_publication(work: Work, publication_id: str, *, parent: str | None) -> pd.DataFrame:
    candidate, wide = work.candidate, work.candidate.tables["school_allocation"]
    return pd.DataFrame(
        {
            "municipality_code": [candidate.municipality_code],
            "publication_id": [publication_id],
            "funding_year": [candidate.funding_year],
            "publication_status": [work.act.status],
            "revision_type": [work.act.revision_type],
            "decision": [work.act.decision],
            "parent_publication_id": [parent],
            "is_demo": [candidate.is_demo],
            "basis": [candidate.basis],
            "policy_sha256": [candidate.policy_sha256],
            "content_sha256": [work.content_sha256],
            "school_unit_count": [len(wide)],
            "paid_unit_count": [int((wide["payment_status"] == "paid").sum())],
            "pupil_count": [int(wide["pupil_count"].sum())],
            "amount_ore": [work.content["tables"]["fct_allocation"]["control_total_ore"]],
        }
    )


def _changes(parent: Path | None, wide: pd.DataFrame) -> Any:
    if parent is None:
        return None
    before = to_frame(read_arrow(parent / sealing.TABLES / "school_allocation.parquet"))
    return changes_between(parent.name, before, wide)


def _recover(work: Work, newest: Path, *, actor: str, now: datetime) -> bool:
    """Complete the newest version where a crash came between its rename and its ledger line.

    It was audited before the rename, so whole files are enough; a damaged one gets no line, and ``verify`` tells.
    """
    if ledgers.read(work.municipality / ledgers.NAME).find(newest.name) is not None or verify_files(newest):
        return False
    record(work.municipality, newest, actor=actor, now=now, recovered=True)
    return True


def record(municipality: Path, target: Path, *, actor: str, now: datetime, recovered: bool = False) -> None:
    """One line in the ``municipality``'s ledger for a version that stands, from its own manifest."""
    path = municipality / ledgers.NAME
    manifest = manifests.load(target)
    recorded = manifest["recorded"]
    entry = {
        "event": "published",
        "time": now.isoformat(timespec="seconds"),
        "actor": actor,
        "publication_id": target.name,
        "funding_year": manifest["funding_year"],
        "parent": manifest["parent"],
        "revision_type": manifest["revision_type"],
        "reason": manifest["reason"],
        "decision": manifest["decision"],
        "proposal": recorded.get("proposal"),
        "approvals": recorded.get("approvals", []),
        "waivers": [line["rule_id"] for line in recorded.get("waivers", []) if line["state"] == "in_force"],
        "pointer": CURRENT if recorded.get("proposal") else PROPOSED,
        "content_sha256": manifest["content_sha256"],
        "manifest_sha256": hashlib.sha256((target / manifests.NAME).read_bytes()).hexdigest(),
        "gate": {"open": True, **recorded["gate"]},
        "code": recorded.get("code"),
        "lock_sha256": recorded.get("lock_sha256"),
        "recovered": recovered,
    }
    ledgers.append(path, entry, after=ledgers.read(path))
