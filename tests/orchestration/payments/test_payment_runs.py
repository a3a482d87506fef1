"""A payment run: sealed once, released by two, never touched again; anything else is refused and says why."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from models_py.errors import PaymentError
from orchestration.payments import book, record
from orchestration.payments.book import BookError
from orchestration.payments.places import EXPORT, LINES, Place, month_of, run_of
from orchestration.publication import ledger
from orchestration.publication.act import Person
from orchestration.resources.payment_export import read_export
from tests.models_py.payment.payment_worlds import CODE, YEAR
from tests.orchestration.payments.payment_home import (
    BERIT,
    CECILIA,
    NOW,
    POLICY,
    approve,
    inputs,
    pay,
    release,
    run,
)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "payments", CODE, YEAR)


@pytest.fixture
def january(place: Place) -> Place:
    """January is paid."""
    pay(place, 1)
    return place


def everything(place: Place) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in sorted(place.root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def test_the_same_input_again_gives_the_same_bytes_and_writes_nothing(place):
    first = run(place, 1)
    before = everything(place)
    again = run(place, 1)
    assert (first.status, again.status, again.run_id) == ("prepared", "verified", "2027-01.1")
    assert everything(place) == before


def test_other_input_makes_the_next_run_and_only_the_newest_can_be_released(place):
    run(place, 1)
    assert run(place, 1, more=1).run_id == "2027-01.2"
    approve(place, "2027-01.1")
    refused = release(place, "2027-01.1")
    assert [one.rule_id for one in refused.reasons] == ["G-PAYMENT-002"]
    assert "2027-01.2 was prepared after" in refused.reasons[0].detail


def test_the_same_content_in_other_bytes_is_refused_and_the_sealed_ones_stay(place, monkeypatch):
    run(place, 1)
    before = everything(place)
    monkeypatch.setattr("orchestration.payments.export._sek", lambda ore: f"{ore / 100:.3f}")
    again = run(place, 1)
    assert (again.status, again.reasons[0].rule_id) == ("refused", "G-PAYMENT-003")
    assert everything(place) == before


def test_control_sum_and_count_are_those_of_the_lines_and_of_the_exported_file(january):
    run_folder = january.released("2027-01.1").resolve()
    control = record.load(run_folder)["content"]["control"]
    rows = (run_folder / EXPORT / "payments.csv").read_text("utf-8").splitlines()[1:]
    exported = sum(round(float(row.split(";")[7]) * 100) for row in rows)
    assert (control["line_count"], control["total_ore"]) == (len(rows), exported)
    assert control["original_ore"] == exported > 0
    released = book.act_of(ledger.read(january.ledger), event="released", run_id="2027-01.1")
    assert released["control"] == control


def test_the_sie_voucher_adds_up_to_nothing_and_the_fixed_file_keeps_its_columns(january):
    export = january.released("2027-01.1") / EXPORT
    told = (export / "payments.se").read_text("cp437")
    amounts = [line.rpartition("} ")[2].split()[0] for line in told.splitlines() if line.startswith("#TRANS")]
    assert sum(round(float(amount) * 100) for amount in amounts) == 0
    assert len(amounts) > 50
    widths = {len(line) for line in (export / "gl07.txt").read_bytes().split(b"\r\n") if line}
    assert widths == {275}


def test_two_different_persons_and_not_the_preparer(place):
    run(place, 1)
    assert release(place, "2027-01.1").reasons[0].rule_id == "G-PAYMENT-001"
    annika = Person("annika", "official", False)
    assert [one.status for one in approve(place, "2027-01.1", CECILIA, CECILIA, annika)] == ["done", "standing", "done"]
    refused = release(place, "2027-01.1")
    assert (refused.status, len(refused.approvals)) == ("refused", 1)
    assert not place.released("2027-01.1").exists()
    approve(place, "2027-01.1", BERIT)
    assert release(place, "2027-01.1").status == "done"
    assert release(place, "2027-01.1").status == "standing"
    assert approve(place, "2027-01.1", BERIT)[0].status == "refused"


def test_the_preparer_counts_only_where_the_roles_file_says_so(place):
    run(place, 1)
    approve(place, "2027-01.1", CECILIA, Person("annika", "official", False))
    assert release(place, "2027-01.1", preparer_may_approve=True).status == "done"


def test_months_are_run_in_order_and_a_released_month_only_says_what_the_next_one_takes(january):
    assert run(january, 3).reasons[0].rule_id == "G-PAYMENT-002"
    assert run(january, 1).status == "released"
    before = everything(january)
    refused = run(january, 1, more=1)
    assert (refused.status, refused.reasons[0].rule_id) == ("refused", "G-PAYMENT-002")
    assert "the next month's run takes them" in refused.reasons[0].detail
    assert everything(january) == before
    assert pay(january, 2, more=1) == "2027-02.1"
    corrections = [line for line in record.lines_of(january.run("2027-02.1")) if not line.is_original]
    assert corrections
    assert {(line.month, line.reason) for line in corrections} == {(1, "recount")}


def test_a_revised_publication_corrects_paid_months_and_names_itself(january, monkeypatch):
    from tests.models_py.payment.payment_worlds import terms

    done = run(january, 2, terms=terms(publication_id="2027.1.1", dearer=1_000))
    corrections = [line for line in record.lines_of(january.run(done.run_id)) if not line.is_original]
    assert {(line.reason, line.reference) for line in corrections} == {("revised_publication", "2027.1.1")}
    assert {line.component_code for line in corrections} == {"structural_part", "administration", "vat"}


def test_approvals_given_before_another_release_no_longer_count(place):
    run(place, 1)
    run(place, 1, more=1)
    approve(place, "2027-01.2")
    assert release(place, "2027-01.2").status == "done"
    approve(place, "2027-01.1")
    refused = release(place, "2027-01.1")
    assert "has been released since" in refused.reasons[0].detail


@pytest.mark.parametrize("name", [LINES, f"{EXPORT}/payments.csv", "manifest.json"])
def test_a_run_that_was_touched_is_never_released_and_stops_every_later_run(place, name):
    run(place, 1)
    approve(place, "2027-01.1")
    path = place.run("2027-01.1") / name
    os.chmod(path, 0o600)
    kept = path.read_bytes()
    path.write_bytes(kept.replace(b"1", b"2", 1))
    refused = release(place, "2027-01.1")
    assert refused.status == "refused"
    path.write_bytes(kept)
    assert release(place, "2027-01.1").status == "done"
    path.write_bytes(kept.replace(b"1", b"2", 1))
    with pytest.raises(BookError, match=r"restore 2027-01\.1 from a backup"):
        run(place, 2)


def test_a_broken_chain_stops_everything(january):
    text = january.ledger.read_text("utf-8").replace('"cecilia"', '"cecilie"')
    january.ledger.write_text(text, "utf-8")
    with pytest.raises(BookError, match="does not follow"):
        run(january, 2)
    with pytest.raises(BookError, match="does not follow"):
        release(january, "2027-01.1")


def test_what_a_crash_left_is_finished_by_the_next_act(january):
    january.released("2027-01.1").unlink()
    lines = january.ledger.read_bytes()
    assert run(january, 1).status == "released"
    assert january.released("2027-01.1").resolve() == january.run("2027-01.1")
    assert january.ledger.read_bytes() == lines
    run(january, 2)
    kept = january.ledger.read_bytes().splitlines(keepends=True)
    january.ledger.write_bytes(b"".join(kept[:-1]))  # sealed, and killed before its line
    assert run(january, 2).status == "verified"
    entry = json.loads(january.ledger.read_bytes().splitlines()[-1])
    assert (entry["event"], entry["run_id"], entry["recovered"]) == ("prepared", "2027-02.1", True)


def test_a_sealed_run_is_closed_to_writers(january):
    folder = january.run("2027-01.1")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / EXPORT)} == {0o555}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o444}
    assert stat.S_IMODE(january.root.stat().st_mode) == 0o750


def test_a_late_count_is_carried_forward_or_refused_as_the_policy_says(place):
    from dataclasses import replace

    pay(place, 1)
    early = inputs(1)
    done = run(place, 2, counts=early.counts)
    assert done.manifest["known"]["basis"] == {"1": "counted", "2": "carried_forward"}
    with pytest.raises(PaymentError, match="late_count: refuse"):
        run(place, 2, counts=early.counts, policy=replace(early.policy, refuses_late=True))


def test_a_value_that_does_not_fit_its_column_writes_no_run(place):
    mapping = read_export(POLICY)
    fixed = next(file for file in mapping.files if file.kind == "fixed")
    narrow = fixed.model_copy(update={"columns": [c.model_copy(update={"width": 3}) for c in fixed.columns]})
    with pytest.raises(PaymentError, match="has 3 places"):
        run(place, 1, mapping=mapping.model_copy(update={"files": [narrow]}))
    assert place.run_ids() == []


def test_months_and_runs_have_names_and_nothing_else_is_one():
    assert (month_of("2027-13"), run_of("2027-03.12")) == ((2027, 13), (2027, 3))
    for wrong in ("2027-14", "2027-00", "27-03", "2027-03.0"):
        with pytest.raises(LookupError):
            run_of(wrong) if "." in wrong else month_of(wrong)
    with pytest.raises(LookupError, match="month status"):
        approve(Place(Path("nowhere"), CODE, YEAR), "2027-03.1")
    assert NOW.tzinfo is not None
