"""Acts on the small candidates: proposing, approving and deciding in one line each, with a file in DuckDB's place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from candidates import NOW, REQUIRED, TEXTS, YEAR, candidate, verdict

from orchestration.publication import files
from orchestration.publication.act import ActOutcome, Person
from orchestration.publication.approve import approve, rollback
from orchestration.publication.candidate import Candidate, Outcome
from orchestration.publication.decide import Decision, Ground, decide
from orchestration.publication.parquet import read_arrow
from orchestration.publication.publish import publish
from orchestration.resources.governance import Role, Roles, Waiver, WaiverScope

ROLES = Roles(
    proposer_may_approve=False,
    official=Role(users=["annika", "ove"], may=["propose", "publish", "approve"]),
    controller=Role(users=["cecilia", "cesar"], may=["approve", "waive"]),
    board=Role(users=["berit"], may=["approve"]),
)
OVE = Person("ove", "official", False)
CECILIA, BERIT = Person("cecilia", "controller", False), Person("berit", "board", False)
WAIVER = Waiver(
    rule_id="Q-COUNT-004",
    scope=WaiverScope(failing_count_at_most=2),
    reason="Two units were merged in the summer.",
    name="cecilia",
    expires=date(2027, 12, 31),
)
FIRST = Decision(None, "The year's first.", "KS 2027/114 § 12")
REVISED = Decision("R1", "Late grades came in.", "KS 2027/114 § 40")
CORRECTED = Decision("C", "Two units had each other's pupils.", "KS 2027/114 § 51")


def cheap_duckdb(path: Path, *, tables: Path, contracts: Any, about: Mapping[str, str]) -> dict[str, int]:
    """A file in the place of the DuckDB file, which has its own tests."""
    files.write_new(path, b"stands for the DuckDB file")
    return {c.table: read_arrow(tables / f"{c.table}.parquet").num_rows for c in contracts}


def propose(root: Path, seed: int = 0, *, of: Candidate | None = None, actor: str = "annika") -> str:
    """A proposal of the small candidate; returns its id."""
    whole = of or candidate(units=1, seed=seed)
    done = publish(whole, root=root, gate=verdict(whole), actor=actor, now=NOW)
    assert done.publication_id is not None, done.reasons
    return done.publication_id


def ground(**changes: Any) -> Ground:
    given: dict[str, Any] = {
        "roles": ROLES, "waivers": (WAIVER,), "undecided": (), "required_rules": REQUIRED, "texts": TEXTS,
    }  # fmt: skip
    return Ground(**(given | changes))


def agree(root: Path, proposal_id: str, *persons: Person, now: datetime = NOW) -> list[ActOutcome]:
    """Approvals, by Cecilia and Berit where nobody is named."""
    return [
        approve(root, municipality_code="9999", publication_id=proposal_id, person=person, actor=person.name, now=now)
        for person in persons or (CECILIA, BERIT)
    ]


def settle_on(
    root: Path, proposal_id: str, decision: Decision = FIRST, *, person: Person = OVE, **changes: Any
) -> Outcome:
    """Publish as decided."""
    now = changes.pop("now", NOW)
    return decide(
        root,
        municipality_code="9999",
        proposal_id=proposal_id,
        decision=decision,
        ground=ground(**changes),
        person=person,
        actor=person.name,
        now=now,
    )


def decided(root: Path, seed: int = 0, decision: Decision = FIRST) -> str:
    """Propose, approve twice and publish; returns the decided id."""
    proposal_id = propose(root, seed)
    agree(root, proposal_id)
    done = settle_on(root, proposal_id, decision)
    assert done.publication_id is not None, done.reasons
    return done.publication_id


def back_to(root: Path, publication_id: str) -> ActOutcome:
    return rollback(
        root,
        municipality_code="9999",
        publication_id=publication_id,
        person=OVE,
        reason="The revision was wrong.",
        actor="ove",
        now=NOW,
    )


def current(root: Path) -> str | None:
    """What ``current`` names, as a reader sees it."""
    link = root / "9999" / str(YEAR) / "current"
    return link.readlink().name if link.is_symlink() else None
