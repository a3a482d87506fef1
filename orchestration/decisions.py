"""From a policy folder to what an act of publication stands on: roles, waivers, decided values, required rules.

Belongs here: reading the municipality's files for ``approve``, ``publish`` and ``rollback``, and calling them. Does not:
judging (``orchestration.publication``), words for the terminal (``cli_publish``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from expectations.rules import all_rules
from orchestration.publication import manifest as manifests
from orchestration.publication.act import ActOutcome, person_for
from orchestration.publication.approve import approve, rollback
from orchestration.publication.candidate import Outcome, Reason
from orchestration.publication.catalogue import Catalogue
from orchestration.publication.decide import Decision, Ground, decide
from orchestration.publication.standing import version_of, year_of
from orchestration.publication.waiving import WaiverLine, review
from orchestration.resources.form_policies import form_policies, sha256_of_forms
from orchestration.resources.governance import Right, Roles, read_roles, read_waivers
from orchestration.resources.policies import PolicyFile, load_policy
from orchestration.resources.policy_text import PolicyError
from orchestration.settings import Settings

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who sits at the keyboard, and the role that acts by its own name in a demonstration."""

    user: str
    as_role: str | None = None


def municipality_of(root: Path, *, publication_id: str) -> str:
    """The municipality that has ``publication_id``. Raises LookupError when none or more than one has."""
    year = year_of(publication_id)
    codes = sorted(path.parents[2].name for path in root.glob(f"[0-9]*/{year}/versions/{publication_id}"))
    if not codes:
        raise LookupError(f"nothing is published as {publication_id}; `likvard status` names what is")
    if len(codes) > 1:
        raise LookupError(f"{publication_id} is published by {', '.join(codes[:10])}; name one with --municipality")
    return codes[0]


def approve_publication(
    found: Settings, *, municipality_code: str, publication_id: str, actor: Actor, now: datetime
) -> ActOutcome:
    """Approve a proposal by the municipality's roles file. Raises PolicyError with file and line, and as ``approve``."""
    return _act(
        approve, found, "approve", municipality_code=municipality_code, publication_id=publication_id, actor=actor, now=now
    )  # fmt: skip


def publish_decided(
    found: Settings, *, municipality_code: str, proposal_id: str, decision: Decision, actor: Actor, now: datetime
) -> Outcome:
    """Publish an approved proposal as decided. Raises PolicyError with file and line, and as ``decide``."""
    year = year_of(proposal_id)
    version = version_of(found.published, municipality_code=municipality_code, publication_id=proposal_id)
    folder = found.policies / municipality_code
    roles = read_roles(folder)
    person, against = person_for(
        "publish", roles=roles, user=actor.user, as_role=actor.as_role, is_demo=found.is_demo
    )  # fmt: skip
    if roles is None or person is None:
        return Outcome("refused", municipality_code, year, None, None, against, None)
    policy = load_policy(folder, municipality_code=municipality_code, defaults=found.policies / DEFAULT)
    ground = Ground(
        roles=roles,
        waivers=read_waivers(folder, funding_year=year),
        undecided=_undecided(folder, policy, version, funding_year=year),
        required_rules=required_rules(),
        texts=rule_texts(),
        catalogue=catalogue_of(policy),
        disclosure=policy.disclosure_at(year),
    )
    return decide(
        found.published,
        municipality_code=municipality_code,
        proposal_id=proposal_id,
        decision=decision,
        ground=ground,
        person=person,
        actor=actor.user,
        now=now,
    )


def roll_back(
    found: Settings, *, municipality_code: str, publication_id: str, reason: str, actor: Actor, now: datetime
) -> ActOutcome:
    """Point ``current`` to an older decided version. Raises PolicyError with file and line, and as ``rollback``."""
    return _act(
        rollback, found, "publish", municipality_code=municipality_code, publication_id=publication_id, actor=actor, now=now,
        reason=reason,
    )  # fmt: skip


def required_rules() -> tuple[str, ...]:
    """Rules of the register without whose result nothing is published."""
    return tuple(
        rule.id for rule in all_rules() if rule.severity == "critical" and rule.home not in ("gate", "payment")
    )


def rule_texts() -> dict[str, dict[str, str]]:
    """The register's texts by rule id and language."""
    return {rule.id: dict(rule.text) for rule in all_rules()}


def waivers_of(
    policies: Path,
    *,
    municipality_code: str,
    funding_year: int,
    rule_results: pd.DataFrame,
    now: datetime,
    is_demo: bool,
) -> tuple[WaiverLine, ...]:
    """Failing warnings of a proposal beside the municipality's waivers. Raises PolicyError with file and line."""
    folder = policies / municipality_code
    waivers = read_waivers(folder, funding_year=funding_year)
    return review(waivers, rule_results=rule_results, day=now.date(), entitled=_may_waive(read_roles(folder), is_demo))


def may_propose(policies: Path, *, municipality_code: str, user: str, is_demo: bool) -> tuple[Reason, ...]:
    """Why ``user`` may not propose. Where the roles file names nobody who may, whoever can write the home does."""
    roles = read_roles(policies / municipality_code)
    if roles is None or is_demo or not roles.holders("propose"):
        return ()
    return person_for("propose", roles=roles, user=user, as_role=None, is_demo=False)[1]


def _may_waive(roles: Roles | None, is_demo: bool) -> Collection[str]:
    if roles is None:
        return frozenset()
    return roles.holders("waive") | (set(roles.named("waive")) if is_demo else set())


def _act(
    act: Callable[..., ActOutcome], found: Settings, right: Right, *, municipality_code: str, publication_id: str,
    actor: Actor, **details: Any,
) -> ActOutcome:  # fmt: skip
    """``act`` on a version that stands, by a person who has the ``right`` to it; else why not."""
    roles = read_roles(found.policies / municipality_code)
    person, against = person_for(right, roles=roles, user=actor.user, as_role=actor.as_role, is_demo=found.is_demo)
    if person is None:
        version_of(found.published, municipality_code=municipality_code, publication_id=publication_id)
        return ActOutcome("refused", publication_id, against)
    return act(
        found.published, municipality_code=municipality_code, publication_id=publication_id, person=person,
        actor=actor.user, **details,
    )  # fmt: skip


def catalogue_of(policy: PolicyFile) -> Catalogue | None:
    """Who publishes and where, from the policy; None where it names no address."""
    place = policy.publication
    if place is None:
        return None
    told = {"license_iri": place.license_iri} if place.license_iri else {}
    return Catalogue(place.base_iri, policy.name, place.contact_email, **told)


def _undecided(folder: Path, policy: PolicyFile, version: Path, *, funding_year: int) -> tuple[str, ...]:
    """Why the policy, that of every other school form included, may not steer a decision of this version: a line per value,
    or that the values have changed."""
    computed = manifests.load(version)["content"]["policy_sha256"]
    forms = form_policies(folder, policy)
    if sha256_of_forms(forms, funding_year, own=policy.sha256_for(funding_year)) != computed:
        return (
            f"the policy's values for {funding_year} are others than {version.name} was computed with; run the year",
        )
    problems: dict[str, None] = {}
    for one in (policy, *(file.policy for file in forms.values() if file.at(funding_year) is not None)):
        try:
            one.refuse_undecided(funding_year)
        except PolicyError as error:
            problems |= dict.fromkeys(error.problems)
    return tuple(problems)
