"""Who may do what with a publication, and which failing warnings have been accepted: two files of a policy folder.

Belongs here: the shape and the reading of ``roles.yml`` and ``waivers/<year>.yml``, with file and line. Does not: policy
values (``policies``), judging an act or a warning by them (``orchestration.publication``).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from expectations.rules import all_rules
from orchestration.resources.checked_text import checked
from orchestration.resources.policy_text import PolicyError, read_policy_text
from orchestration.resources.shape_types import Strict

ROLES_FILE, WAIVERS_FOLDER = "roles.yml", "waivers"
Right = Literal["propose", "approve", "waive", "publish"]
RoleName = Literal["official", "controller", "board"]
ROLE_NAMES: tuple[RoleName, ...] = ("official", "controller", "board")
User = Annotated[str, Field(pattern=r"^[^\s:/,]{1,64}$")]
RuleId = Annotated[str, Field(pattern=r"^[A-Z]+-[A-Z]+-[0-9]{3}$")]


class Role(Strict):
    """One role: the operating-system users who hold it, and what they may do."""

    users: list[User]
    may: Annotated[list[Right], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_once(self) -> Role:
        for name, values in (("users", self.users), ("may", self.may)):
            if twice := sorted({str(value) for value in values if values.count(value) > 1}):
                raise ValueError(f"{name} names {', '.join(twice)} more than once")
        return self


class Roles(Strict):
    """``roles.yml``: who may propose, approve, waive and publish for one municipality."""

    proposer_may_approve: bool
    official: Role
    controller: Role
    board: Role

    def holders(self, right: Right) -> set[str]:
        """Operating-system users with ``right``."""
        return {user for role in self.named(right) for user in getattr(self, role).users}

    def roles_of(self, user: str, right: Right) -> list[RoleName]:
        """The roles by which ``user`` has ``right``, in the order of the file's shape."""
        return [role for role in self.named(right) if user in getattr(self, role).users]

    def named(self, right: Right) -> list[RoleName]:
        """The roles that have ``right``."""
        return [role for role in ROLE_NAMES if right in getattr(self, role).may]


class WaiverScope(Strict):
    """How much a waiver accepts: a rule that fails in more rows than were looked at fails anew."""

    failing_count_at_most: Annotated[int, Field(ge=1)]


class Waiver(Strict):
    """One failing warning that a named person accepts until a day, the day included."""

    rule_id: RuleId
    scope: WaiverScope
    reason: Annotated[str, Field(min_length=10)]
    name: User
    expires: date


class Waivers(Strict):
    """``waivers/<year>.yml``: the warnings that are accepted for one funding year."""

    waivers: list[Waiver]


def read_roles(folder: Path) -> Roles | None:
    """``roles.yml`` of a policy folder; None where there is none, and then nobody may decide.

    Raises PolicyError with file and line.
    """
    path = folder / ROLES_FILE
    return checked(Roles, read_policy_text(path)) if path.is_file() else None


def read_waivers(folder: Path, *, funding_year: int) -> tuple[Waiver, ...]:
    """The waivers of one funding year; none where there is no file.

    Raises PolicyError with file and line: broken shape, an unknown rule, a rule that is no warning, a rule given twice.
    """
    path = folder / WAIVERS_FOLDER / f"{funding_year}.yml"
    if not path.is_file():
        return ()
    text = read_policy_text(path, name=f"{folder.name}/{WAIVERS_FOLDER}/{path.name}")
    found = tuple(checked(Waivers, text).waivers)
    severities = {rule.id: rule.severity for rule in all_rules()}
    problems, seen = [], dict[str, int]()
    for number, waiver in enumerate(found):
        where = f"{text.at(('waivers', number))}: waivers.{number}.rule_id:"
        severity = severities.get(waiver.rule_id)
        if severity is None:
            problems.append(f"{where} there is no rule {waiver.rule_id} in the register")
        elif severity != "warning":
            problems.append(f"{where} {waiver.rule_id} is {severity}; only a warning can be waived")
        if waiver.rule_id in seen:
            problems.append(f"{where} {waiver.rule_id} is given twice; the first is waivers.{seen[waiver.rule_id]}")
        seen.setdefault(waiver.rule_id, number)
    if problems:
        raise PolicyError(problems)
    return found
