"""Approve a prepared run and release it: two different persons, exactly these bytes, over the release that still stands.

Belongs here: whether the act may be done, and its line. Does not: who holds which role (``resources.governance``),
preparing. A release is the moment of payment: its ledger line makes the run's lines paid, once and for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from models_py.payment import refuse_broken
from orchestration.payments import book, record
from orchestration.payments.places import EXPORT, Place
from orchestration.payments.prepare import ORDER_RULE, SEAL_RULE
from orchestration.publication import ledger as ledgers
from orchestration.publication.act import APPROVALS_NEEDED, Approval, Person
from orchestration.publication.candidate import Reason
from orchestration.publication.files import lock
from orchestration.publication.ledger import Ledger

APPROVAL_RULE = "G-PAYMENT-001"


@dataclass(frozen=True, slots=True)
class ActOutcome:
    """What became of an approval or a release: ``done``, ``standing`` (it was done before), or ``refused``."""

    status: Literal["done", "standing", "refused"]
    run_id: str
    reasons: tuple[Reason, ...] = ()
    approvals: tuple[Approval, ...] = ()


def approve_run(place: Place, *, run_id: str, person: Person, actor: str, now: datetime) -> ActOutcome:
    """Record that ``person`` approves the bytes of a prepared run over the latest release; a second time changes nothing.

    Raises LookupError for an unknown run, BookError for a broken ledger, ValueError for a time without zone.
    """
    _known(place, run_id, now)
    with lock(place.root):
        book.finish(place, now=now, actor=actor)
        ledger = _whole(place)
        if book.act_of(ledger, event="released", run_id=run_id) is not None:
            why = Reason(APPROVAL_RULE, 1, f"{run_id} is released already")
            return ActOutcome("refused", run_id, (why,))
        if against := _damage(place, run_id):
            return ActOutcome("refused", run_id, against)
        given = _approvals(place, ledger, run_id)
        if person.name in {one.person for one in given}:
            return ActOutcome("standing", run_id, approvals=given)
        line = {
            "event": "approved",
            "time": now.isoformat(timespec="seconds"),
            "actor": person.name,
            "user": actor,
            "role": person.role,
            "is_demo": person.is_demo,
            "run_id": run_id,
            "funding_year": place.funding_year,
            "manifest_sha256": book.manifest_sha256(place.run(run_id)),
            "over": _last(place, ledger),
        }
        ledgers.append(place.ledger, line, after=ledger)
        given = _approvals(place, ledgers.read(place.ledger), run_id)
    return ActOutcome("done", run_id, approvals=given)


def release_run(
    place: Place, *, run_id: str, person: Person, actor: str, preparer_may_approve: bool, now: datetime
) -> ActOutcome:
    """Pay a prepared run: it is verified again, its originals are the only ones of their keys, two persons approved it.

    The same call again verifies what stands. Raises as ``approve_run``, and PaymentError where a key would be paid twice.
    """
    _known(place, run_id, now)
    with lock(place.root):
        finished = book.finish(place, now=now, actor=actor)
        ledger = _whole(place)
        if against := _damage(place, run_id):
            return ActOutcome("refused", run_id, against)
        given = _approvals(place, ledger, run_id)
        if book.act_of(ledger, event="released", run_id=run_id) is not None:
            book.paid_lines(place, ledger)
            return ActOutcome("done" if run_id in finished else "standing", run_id)
        manifest = record.load(place.run(run_id))
        counting = (
            given
            if preparer_may_approve
            else tuple(one for one in given if one.person not in _preparers(ledger, run_id))
        )
        if reason := _refusal(place, ledger, manifest, counting):
            return ActOutcome("refused", run_id, (reason,), counting)
        refuse_broken((*book.paid_lines(place, ledger), *record.lines_of(place.run(run_id))))
        line = {
            "event": "released",
            "time": now.isoformat(timespec="seconds"),
            "actor": person.name,
            "user": actor,
            "role": person.role,
            "is_demo": person.is_demo,
            "run_id": run_id,
            "funding_year": place.funding_year,
            "month": manifest["month"],
            "parent": manifest["parent"],
            "publication_id": manifest["publication_id"],
            "manifest_sha256": book.manifest_sha256(place.run(run_id)),
            "control": manifest["content"]["control"],
            "pay_date": manifest["content"]["pay_date"],
            "exports": {
                name: one["sha256"] for name, one in manifest["files"].items() if name.startswith(f"{EXPORT}/")
            },
            "approvals": [one.plain() for one in counting],
        }
        ledgers.append(place.ledger, line, after=ledger)
        book.link(place, run_id)
    return ActOutcome("done", run_id, approvals=counting)


def _refusal(place: Place, ledger: Ledger, manifest: dict, counting: tuple[Approval, ...]) -> Reason | None:
    last, run_id = _last(place, ledger), manifest["run_id"]
    if manifest["parent"] != last:
        why = f"{run_id} was prepared over {manifest['parent'] or 'nothing'}, and {last} has been released since; run the month again"
        return Reason(ORDER_RULE, 1, why)
    newest = place.run_ids(manifest["month"])[-1]
    if newest != run_id:
        return Reason(ORDER_RULE, 1, f"{newest} was prepared after {run_id}; approve and release that one")
    if len({one.person for one in counting}) < APPROVALS_NEEDED:
        why = f"{len(counting)} of {APPROVALS_NEEDED} approvals by different persons who may, given to exactly this run"
        return Reason(APPROVAL_RULE, APPROVALS_NEEDED - len(counting), why)
    return None


def _approvals(place: Place, ledger: Ledger, run_id: str) -> tuple[Approval, ...]:
    sha256 = book.manifest_sha256(place.run(run_id))
    return book.approvals_of(ledger, run_id=run_id, manifest_sha256=sha256, over=_last(place, ledger))


def _preparers(ledger: Ledger, run_id: str) -> set[str]:
    """Who prepared the run, by the name acted under and by login."""
    entry = book.act_of(ledger, event="prepared", run_id=run_id) or {}
    return {str(entry.get("actor")), str(entry.get("user"))}


def _last(place: Place, ledger: Ledger) -> str | None:
    released = book.released_ids(ledger, funding_year=place.funding_year)
    return released[-1] if released else None


def _damage(place: Place, run_id: str) -> tuple[Reason, ...]:
    problems = record.verify_run(place.run(run_id))
    return (Reason(SEAL_RULE, len(problems), "; ".join(problems[:3])),) if problems else ()


def _whole(place: Place) -> Ledger:
    ledger = ledgers.read(place.ledger)
    if ledger.problems:
        raise book.BookError(ledger.problems[0])
    return ledger


def _known(place: Place, run_id: str, now: datetime) -> None:
    if now.tzinfo is None:
        raise ValueError("now has no time zone")
    if not place.run(run_id).is_dir():
        raise LookupError(f"{place.municipality_code} has no payment run {run_id}; `likvard month status` lists them")
