"""Verbs of publication: approve, publish, rollback, diff, verify.

Reads arguments, calls, prints. Everything that changes the home holds its lock. Heavy imports stand in the verbs, as in
``orchestration.cli``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from orchestration.cli_console import alone, errors, out, refuse
from orchestration.settings import Settings, settings
from orchestration.texts import say

if TYPE_CHECKING:
    from orchestration.decisions import Actor
    from orchestration.publication.candidate import Reason

DIFFERENT, REFUSED = 3, 4
"""Exit codes: the publications differ, or something is damaged; nothing was done."""
wide = Console(highlight=False)

Municipality = Annotated[str | None, typer.Option(help=say("help_publication_municipality"))]
AsRole = Annotated[str | None, typer.Option("--as", help=say("help_as"))]


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.command("approve", help=say("help_approve"))(approve)
    app.command("publish", help=say("help_publish"))(publish)
    app.command("rollback", help=say("help_rollback"))(rollback)
    app.command("diff", help=say("help_diff"))(diff)
    app.command("verify", help=say("help_verify"))(verify)


def approve(
    publication: Annotated[str, typer.Argument(help=say("help_proposal"))],
    as_role: AsRole = None,
    municipality: Municipality = None,
) -> None:
    """Approve a proposal."""
    from orchestration.decisions import approve_publication

    found = settings()
    with told_errors(), in_home(found):
        code = _municipality(found, municipality, publication)
        done = approve_publication(
            found, municipality_code=code, publication_id=publication, actor=actor_of(as_role), now=datetime.now(UTC)
        )
        if done.status == "refused":
            _stop(publication, done.reasons)
    key = "approved" if done.status == "done" else "approved_before"
    out.print(say(key, publication=publication, municipality=code))
    for one in done.approvals:
        role = f"{one.role}, {say('demo_approval')}" if one.is_demo else one.role
        out.print(say("approved_by", person=one.person, role=role))
    out.print(say("approved_next", publication=publication) if len(done.approvals) > 1 else say("approved_missing"))


def publish(
    proposal: Annotated[str, typer.Argument(help=say("help_proposal"))],
    reason: Annotated[str, typer.Option(help=say("help_publish_reason"))],
    decision: Annotated[str, typer.Option(help=say("help_decision"))],
    revision_type: Annotated[str | None, typer.Option(help=say("help_revision_type"))] = None,
    publication_id: Annotated[str | None, typer.Option("--id", help=say("help_publication_id"))] = None,
    as_role: AsRole = None,
    municipality: Municipality = None,
) -> None:
    """Publish an approved proposal as decided."""
    from orchestration.decisions import publish_decided
    from orchestration.publication.decide import Decision

    found = settings()
    with told_errors(), in_home(found):
        code = _municipality(found, municipality, proposal)
        outcome = publish_decided(
            found,
            municipality_code=code,
            proposal_id=proposal,
            decision=Decision(revision_type, reason, decision, publication_id),
            actor=actor_of(as_role),
            now=datetime.now(UTC),
        )
        if outcome.status == "refused":
            _stop(proposal, outcome.reasons)
    key = "decided_now" if outcome.status == "published" else "decided_before"
    out.print(say(key, publication=outcome.publication_id, proposal=proposal, municipality=code))
    out.print(say("where_published", path=str(outcome.path)))
    for line in _waivers(found, code, str(outcome.publication_id)):
        out.print(line)


def rollback(
    publication: Annotated[str, typer.Argument(help=say("help_older"))],
    reason: Annotated[str, typer.Option(help=say("help_rollback_reason"))],
    as_role: AsRole = None,
    municipality: Municipality = None,
) -> None:
    """Let an older decided version be the current one."""
    from orchestration.decisions import roll_back

    found = settings()
    if not reason.strip():
        refuse(say("reason_empty"))
    with told_errors(), in_home(found):
        code = _municipality(found, municipality, publication)
        done = roll_back(
            found,
            municipality_code=code,
            publication_id=publication,
            reason=reason,
            actor=actor_of(as_role),
            now=datetime.now(UTC),
        )
        if done.status == "refused":
            _stop(publication, done.reasons)
    key = "rolled_back" if done.status == "done" else "rolled_back_before"
    out.print(say(key, publication=publication, municipality=code))


def diff(
    before: Annotated[str, typer.Argument(help=say("help_diff_before"))],
    after: Annotated[str, typer.Argument(help=say("help_diff_after"))],
    municipality: Municipality = None,
) -> None:
    """What changed per school unit and component, and why."""
    from orchestration.comparison.publications import compare_publications
    from orchestration.report.diff_view import diff_view

    found = settings()
    with told_errors():
        code = _municipality(found, municipality, after)
        difference = compare_publications(found.published, municipality_code=code, before=before, after=after)
    wide.print(diff_view(difference))
    if not difference.is_same:
        raise typer.Exit(DIFFERENT)


def verify(
    year: Annotated[int | None, typer.Argument(help=say("help_verify_year"))] = None,
    municipality: Municipality = None,
) -> None:
    """Whether every version, ledger and pointer is as it was published."""
    from orchestration.publication.overview import verify_all

    found = settings()
    checked = list(verify_all(found.published, municipality_code=municipality, funding_year=year))
    if not checked:
        refuse(say("verify_nothing", folder=str(found.published)))
    damaged = [one for one in checked if one.problems]
    for one in damaged:
        errors.print(say("verify_damaged", municipality=one.municipality_code, what=one.what))
        for problem in one.problems:
            errors.print(f"  {problem}")
    if damaged:
        raise typer.Exit(DIFFERENT)
    folders = len({(one.municipality_code, one.funding_year) for one in checked})
    out.print(say("verify_whole", versions=len(checked) - folders, years=folders))


def _waivers(found: Settings, code: str, publication_id: str) -> Iterator[str]:
    """What the published version says of waivers that were used, have ended or do nothing."""
    from orchestration.publication import manifest
    from orchestration.publication.act_words import waiver
    from orchestration.publication.standing import version_of

    version = version_of(found.published, municipality_code=code, publication_id=publication_id)
    for line in manifest.load(version)["recorded"]["waivers"]:
        state = waiver(line["state"], found.language)
        yield say("waiver_line", rule_id=line["rule_id"], count=line["failing_count"], state=state)


def actor_of(as_role: str | None) -> Actor:
    import getpass

    from orchestration.decisions import Actor

    return Actor(getpass.getuser(), as_role)


def _municipality(found: Settings, municipality: str | None, publication_id: str) -> str:
    from orchestration.decisions import municipality_of

    return municipality or municipality_of(found.published, publication_id=publication_id)


def _stop(publication: str, reasons: tuple[Reason, ...]) -> NoReturn:
    from orchestration.report.terminal import told_reason

    errors.print(say("act_refused", publication=publication))
    for one in reasons:
        errors.print(f"  {told_reason(one.rule_id, one.failing_count, one.detail)}")
    errors.print(say("left_as_it_was"))
    raise typer.Exit(REFUSED)


@contextmanager
def told_errors() -> Iterator[None]:
    """What the user can mend ends in words and the exit code of wrong use."""
    from models_py.errors import LikvardError
    from orchestration.resources.policy_text import PolicyError

    try:
        yield
    except (LookupError, PolicyError, LikvardError, ValueError) as error:
        refuse(str(error))


@contextmanager
def in_home(found: Settings) -> Iterator[None]:
    if not found.home.is_dir():
        refuse(say("verify_nothing", folder=str(found.published)))
    with alone(found):
        yield
