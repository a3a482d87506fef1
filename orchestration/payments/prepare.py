"""Prepare a payment run: compute its lines, write them hidden, verify what stands on disk, and seal it under its id.

Belongs here: the order of the steps. Does not: what is due (``inputs``), releasing (``release``). A prepared run pays
nothing. The same input again verifies the run that stands; other input makes the month's next run.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from models_py.payment import COMPULSORY_SCHOOL, PaymentLine
from orchestration.payments import book, record
from orchestration.payments.export import export_files
from orchestration.payments.inputs import FormMonths, YearInputs, all_months_due
from orchestration.payments.knowledge import beside, known
from orchestration.payments.lines_of_run import lines_of_run
from orchestration.payments.places import COUNTS, EXPORT, FORM_COUNTS, LINES, ROOT_MODE, RUNS, STAGING, VISITORS, Place
from orchestration.payments.table import (
    CONTRACT,
    counts_bytes,
    form_counts_bytes,
    logical_sha256,
    payee_kind,
    to_table,
    visitors_bytes,
)
from orchestration.publication import ledger as ledgers
from orchestration.publication.candidate import Reason
from orchestration.publication.files import (
    HIDDEN_MODE,
    SEALED_MODE,
    file_sha256,
    lock,
    make_directory,
    remove_empty,
    remove_tree,
    sync,
    write_new,
)
from orchestration.publication.parquet import parquet_bytes
from orchestration.publication.seal import seal
from orchestration.resources.payment_export import PaymentExport

ORDER_RULE, SEAL_RULE = "G-PAYMENT-002", "G-PAYMENT-003"


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What became of a run.

    Attributes
    ----------
    status : ``prepared`` (sealed now), ``verified`` (it stood already), ``released`` (paid, and nothing to add), ``refused``
    manifest : the run's own, where there is one
    """

    status: Literal["prepared", "verified", "released", "refused"]
    run_id: str | None
    reasons: tuple[Reason, ...] = ()
    manifest: dict[str, Any] = field(default_factory=dict)


def prepare(
    place: Place,
    *,
    month: int,
    inputs: YearInputs,
    mapping: PaymentExport,
    municipality_name: str,
    earlier: Callable[[str], YearInputs],
    actor: str,
    user: str,
    is_demo: bool,
    now: datetime,
) -> RunOutcome:
    """Prepare the run of ``month`` (1..12, 13 closes the year), or say why not.

    ``earlier``: the inputs by the publication of that id, asked for where another one has been paid by.

    Raises BookError where the ledger is not whole, PaymentError where the money cannot be computed, OSError where the disk
    fails: nothing is paid then, and a re-run completes what was begun. ``now`` (with time zone) goes to the ledger only.
    """
    if now.tzinfo is None:
        raise ValueError("now has no time zone")
    make_directory(place.root, mode=ROOT_MODE)
    with lock(place.root):
        remove_tree(place.folder / STAGING)
        book.finish(place, now=now, actor=actor)
        ledger = ledgers.read(place.ledger)
        paid = book.paid_lines(place, ledger)
        released = book.released_ids(ledger, funding_year=place.funding_year)
        if refusal := _out_of_order(released, month=month, first=inputs.policy.first_month):
            return RunOutcome("refused", None, (refusal,))
        last = record.load(place.run(released[-1])) if released else None
        whole = all_months_due(inputs, month=month)
        lines = lines_of_run(place, inputs, whole, paid=paid, last=last, month=month, earlier=earlier)
        done = [run_id for run_id in released if int(run_id[5:7]) == month]
        if done:
            return _after_release(place, done[-1], lines)
        made = _Made(place, inputs, whole, lines, mapping, month, municipality_name, is_demo)
        standing = place.run_ids(month)
        if standing:
            found = made.same_as(place.run(standing[-1]), parent=last["run_id"] if last else None)
            if found is not None:
                return found
        run_id = f"{place.funding_year}-{month:02d}.{len(standing) + 1}"
        staged = place.folder / STAGING / run_id
        try:
            manifest = made.write(staged, parent=last["run_id"] if last else None)
            problems = record.verify_run(staged)
            if problems:
                return RunOutcome("refused", None, (Reason(SEAL_RULE, len(problems), "; ".join(problems[:3])),))
            seal(staged, place.run(run_id))
        finally:
            remove_tree(staged.parent)
            remove_empty(place.folder, up_to=place.root)
        book.note_prepared(place, run_id, actor=actor, user=user, now=now)
        return RunOutcome("prepared", run_id, manifest=manifest)


def _out_of_order(released: list[str], *, month: int, first: int) -> Reason | None:
    done = {int(run_id[5:7]) for run_id in released}
    wanted = max(done) + 1 if done else first
    if month in done or month == wanted:
        return None
    return Reason(ORDER_RULE, 1, f"month {month} cannot be run: month {wanted} is the next one to be released")


def _after_release(place: Place, run_id: str, lines: tuple[PaymentLine, ...]) -> RunOutcome:
    """A released month stays as it is: nothing to add, or a refusal that says what the next run takes."""
    manifest = record.load(place.run(run_id))
    if not lines:
        return RunOutcome("released", run_id, manifest=manifest)
    total = sum(one.amount_ore for one in lines)
    why = f"{run_id} is released and stays as it is; {len(lines)} lines of {total} öre have come to light, and the next month's run takes them"
    return RunOutcome("refused", run_id, (Reason(ORDER_RULE, len(lines), why),), manifest)


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """A run in memory: its files by name and what its manifest says."""

    place: Place
    inputs: YearInputs
    whole: FormMonths
    lines: tuple[PaymentLine, ...]
    mapping: PaymentExport
    month: int
    municipality_name: str
    is_demo: bool

    def files(self) -> dict[str, bytes]:
        """Path within the run to bytes."""
        table = self.table()
        exported = export_files(
            table, mapping=self.mapping, pay_dates=self._pay_dates(), municipality_name=self.municipality_name
        )
        made = {LINES: parquet_bytes(table, contract=CONTRACT)} | self._counts()
        return made | {f"{EXPORT}/{name}": data for name, data in exported.items()}

    def _counts(self) -> dict[str, bytes]:
        """File to the pupils that the lines were computed by; those of other school forms where some are paid."""
        school = self.whole[COMPULSORY_SCHOOL]
        made = {COUNTS: counts_bytes(school), VISITORS: visitors_bytes(school)}
        return made | ({FORM_COUNTS: form_counts_bytes(self.whole)} if self.inputs.forms else {})

    def _pay_dates(self) -> dict[str, date]:
        return {form: one.days.pay_date for form, one in self.whole.items()}

    def table(self) -> Any:
        """The lines as ``fct_payment``."""
        code = self.place.municipality_code
        kinds = {}
        for own in (self.inputs, *self.inputs.forms):
            payees = {unit: payee for event in own.policy.events for unit, payee in event.payees.items()}
            for unit, payee in (payees | dict(own.terms.payees)).items():
                kinds[own.school_form, unit] = payee_kind(payee, municipality_code=code)
        return to_table(self.lines, kinds=kinds)

    def manifest(self, run_id: str, *, parent: str | None, files: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """What is compared between two preparations (``content``, ``known``, ``parent``), and what is told beside it."""
        table, policy = self.table(), self.inputs.policy
        return {
            "run_id": run_id,
            "municipality_code": self.place.municipality_code,
            "funding_year": self.place.funding_year,
            "month": self.month,
            "parent": parent,
            "publication_id": self.inputs.terms.publication_id,
            "is_demo": self.is_demo,
            "content": {
                "lines_sha256": logical_sha256(table),
                "control": record.control_of(table).plain(),
                "counts_sha256": hashlib.sha256(b"".join(self._counts().values())).hexdigest(),
                "policy_sha256": policy.sha256,
                "export_sha256": self.mapping.sha256(),
                "pay_date": self._pay_dates()[COMPULSORY_SCHOOL].isoformat(),
                "publication_id": self.inputs.terms.publication_id,
            },
            "known": known(self.whole, inputs=self.inputs),
            "beside": beside(self.whole, lines=self.lines, policy=policy, month=self.month),
            "files": files,
        }  # fmt: skip

    def write(self, staged: Path, *, parent: str | None) -> dict[str, Any]:
        """Write the run, its manifest last."""
        for path in (staged.parent, staged):
            make_directory(path, mode=HIDDEN_MODE)
        make_directory(staged / EXPORT)
        files = self.files()
        for name, data in sorted(files.items()):
            write_new(staged / name, data)
        listed = {
            name: {"bytes": len(data), "sha256": file_sha256(staged / name)} for name, data in sorted(files.items())
        }
        manifest = self.manifest(staged.name, parent=parent, files=listed)
        write_new(staged / record.NAME, record.to_bytes(manifest))
        os.chmod(staged / EXPORT, SEALED_MODE)
        sync(staged / EXPORT)
        sync(staged)
        make_directory(self.place.folder / RUNS)
        return manifest

    def same_as(self, run: Path, *, parent: str | None) -> RunOutcome | None:
        """The month's newest run where it says the same: verified, or refused where its bytes are others. None otherwise."""
        problems = record.verify_run(run)
        if problems:
            return RunOutcome("refused", run.name, (Reason(SEAL_RULE, len(problems), "; ".join(problems[:3])),))
        manifest = record.load(run)
        mine = self.manifest(run.name, parent=parent, files={})
        if any(manifest[part] != mine[part] for part in ("content", "known", "parent", "is_demo")):
            return None
        again = _renamed(self, run.name).files()
        other = [
            name
            for name, data in again.items()
            if hashlib.sha256(data).hexdigest() != manifest["files"][name]["sha256"]
        ]
        if other:
            why = f"{run.name} says the same in other bytes ({', '.join(sorted(other)[:3])}); the sealed ones stay"
            return RunOutcome("refused", run.name, (Reason(SEAL_RULE, len(other), why),), manifest)
        return RunOutcome("verified", run.name, manifest=manifest)


def _renamed(made: _Made, run_id: str) -> _Made:
    """The same run under the id of one that stands, so that their bytes can be compared."""
    return replace(made, lines=tuple(replace(one, run_id=run_id) for one in made.lines))
