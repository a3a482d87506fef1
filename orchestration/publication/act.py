"""What a version is, beside its content: a proposal, or a decision with its approvals over the version that stood.

Belongs here: plain values of acts, who acts by which role, the rule ids of acts. Does not: judging them (``approve``,
``decide``), writing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from orchestration.publication.candidate import Reason
from orchestration.resources.governance import Right, Roles

ROLE_RULE = "G-ROLE-001"
"""Who proposes, approves, publishes or rolls back has the right to."""
Status = Literal["proposal", "decided"]
REVISION_TYPES = ("R1", "R2", "R3", "C")
"""R1 better source data, R2 routine recalculation, R3 improved method, C correction of an error."""
APPROVALS_NEEDED = 2


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: an operating-system user by a role, or in a demonstration the role itself."""

    name: str
    role: str
    is_demo: bool


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval as the ledger has it; ``line`` is its line there."""

    person: str
    role: str
    is_demo: bool
    line: int

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Act:
    """What makes a version: nothing more than a run (a proposal), or a decision.

    Attributes
    ----------
    revision_type : R1, R2, R3 or C; None for a proposal and for the first decided publication of a year
    proposal : the proposal whose content was decided
    """

    status: Status = "proposal"
    revision_type: str | None = None
    reason: str | None = None
    decision: str | None = None
    proposal: str | None = None
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class ActOutcome:
    """What became of an approval or a rollback: ``done``, ``standing`` (it was done before), or ``refused``."""

    status: Literal["done", "standing", "refused"]
    publication_id: str
    reasons: tuple[Reason, ...] = ()
    approvals: tuple[Approval, ...] = ()


def person_for(
    right: Right, *, roles: Roles | None, user: str, as_role: str | None, is_demo: bool
) -> tuple[Person | None, tuple[Reason, ...]]:
    """Who acts with ``right``, or why nobody does.

    A user acts by the roles file. In a home marked as a demonstration a role of that file may act by its own name
    (``as_role``), so that months can run without people; outside it that is refused.
    """
    if roles is None:
        return None, (Reason(ROLE_RULE, 1, f"there is no roles file, so nobody may {right}; write roles.yml"),)
    if as_role is not None:
        if not is_demo:
            return None, (
                Reason(ROLE_RULE, 1, "a role acts by its own name only in a demonstration; log in as a user"),
            )
        if as_role not in roles.named(right):
            known = ", ".join(roles.named(right)) or "none"
            return None, (Reason(ROLE_RULE, 1, f"role {as_role} may not {right}; roles that may: {known}"),)
        return Person(as_role, as_role, True), ()
    by = roles.roles_of(user, right)
    if not by:
        hint = "; in a demonstration name a role with --as" if is_demo else ""
        return None, (Reason(ROLE_RULE, 1, f"{user} may not {right} by roles.yml{hint}"),)
    return Person(user, by[0], False), ()
