"""Claims on other municipalities in a sealed run: own accounts, a voucher that adds up to 0, and pupils that explain them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from models_py.errors import PaymentError
from models_py.payment import InterMunicipal, Supplement, is_claim
from models_py.payment.terms import GRADES, MICRO
from orchestration.payments import record
from orchestration.payments.places import EXPORT, VISITORS, Place
from orchestration.report.month_view import MOST_ROWS, run_view, sek
from orchestration.resources.payment_export import read_export
from orchestration.texts import say
from tests.models_py.payment.payment_worlds import CODE, UNITS, YEAR
from tests.orchestration.payments.payment_home import POLICY, inputs, pay, run

OWN_RATES = InterMunicipal(CODE, claims="own_rates")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "payments", CODE, YEAR)


def policy(between: InterMunicipal):
    return replace(inputs(1).policy, between=between)


def exported(place: Place, run_id: str) -> list[dict[str, str]]:
    text = (place.run(run_id) / EXPORT / "payments.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def test_claims_have_accounts_of_their_own_and_the_voucher_adds_up_to_nothing(place):
    run_id = pay(place, 1, policy=policy(OWN_RATES))
    rows = exported(place, run_id)
    claims = [row for row in rows if is_claim(row["component"])]
    assert {row["account"] for row in claims} == {"3511"}
    assert {row["organiser"] for row in claims} == {"municipality-1234"}
    assert not {row["account"] for row in rows if row not in claims} & {"3511", "1511"}
    total = sum(round(float(row["amount_sek"]) * 100) for row in claims)
    assert record.load(place.run(run_id))["beside"]["claims_ore"] == -total > 0
    told = (place.run(run_id) / EXPORT / "payments.se").read_text("cp437")
    sums: dict[str, int] = {}
    for line in told.splitlines():
        if line.startswith("#TRANS"):
            account, amount = line.split()[1], line.rpartition("} ")[2].split()[0]
            sums[account] = sums.get(account, 0) + round(float(amount) * 100)
    assert sum(sums.values()) == 0
    assert (sums["3511"], sums["1511"]) == (total, -total)


def test_without_accounts_for_claims_no_run_is_made(place):
    mapping = read_export(POLICY).model_copy(update={"claims": None})
    with pytest.raises(PaymentError, match="no accounts for claims"):
        run(place, 1, mapping=mapping, policy=policy(OWN_RATES))
    assert place.run_ids() == []
    assert run(place, 1, mapping=mapping, policy=policy(InterMunicipal(CODE))).status == "prepared"


def test_the_pupils_behind_claims_are_sealed_with_the_run_and_none_is_lost(place):
    manifest = run(place, 1, policy=policy(OWN_RATES)).manifest
    with (place.run("2027-01.1") / VISITORS).open(encoding="ascii", newline="") as stream:
        counted = sum(int(row["pupil_count"]) for row in csv.DictReader(stream))
    told = manifest["beside"]["visitors"]
    assert sum(one["pupil_count"] for one in told) == counted > 0
    undecided = run(place, 1, policy=policy(InterMunicipal(CODE))).manifest["beside"]["undecided_visitors"]
    assert [(one["school_unit_code"], one["pupil_count"]) for one in undecided] == [
        (one["school_unit_code"], one["pupil_count"]) for one in at_own({"beside": {"visitors": told}})
    ]
    assert {one["reason"] for one in undecided} == {"no_decision"}


def test_pupils_that_no_line_is_for_make_the_next_run_when_they_are_others(place):
    counts = inputs(1).counts
    is_visitor = counts["home_municipality_code"] != CODE
    more = counts.assign(pupil_count=counts["pupil_count"] + is_visitor.astype(int))
    told = [run(place, 1, policy=policy(InterMunicipal(CODE)), counts=table) for table in (counts, more, more)]
    assert [(one.status, one.run_id) for one in told] == [
        ("prepared", "2027-01.1"), ("prepared", "2027-01.2"), ("verified", "2027-01.2"),
    ]  # fmt: skip


def test_the_terminal_tells_what_is_claimed_and_whom_nothing_is_claimed_for(place):
    def told(between: InterMunicipal) -> str:
        console = Console(width=200, file=io.StringIO(), highlight=False)
        console.print(run_view(CODE, "2027-01", run(place, 1, policy=policy(between))))
        return console.file.getvalue()

    manifest = run(place, 1, policy=policy(OWN_RATES)).manifest
    assert sek(manifest["beside"]["claims_ore"]) in told(OWN_RATES)
    words = told(InterMunicipal(CODE, claims="agreed_only"))
    assert say("month_undecided_no_agreement") in words
    assert sum(line.count(" 1234 ") for line in words.splitlines()) == min(MOST_ROWS, len(at_own(manifest)))


def at_own(manifest) -> list[dict]:
    return [one for one in manifest["beside"]["visitors"] if one["school_unit_code"] in UNITS[6:]]


def test_terms_that_are_agreed_later_correct_paid_months_and_say_why(place):
    pay(place, 1, policy=policy(OWN_RATES))
    rates = {"1234": dict.fromkeys(GRADES, 90_000_00 * MICRO)}
    pay(place, 2, policy=policy(InterMunicipal(CODE, "own_rates", claim_rates=rates)))
    reasons = {line.reason for line in record.lines_of(place.run("2027-02.1")) if line.month == 1}
    assert reasons == {"agreement"}
    assert run(place, 2, policy=policy(InterMunicipal(CODE, "own_rates", claim_rates=rates))).status == "released"


def test_supplements_stand_apart_from_every_pot_and_name_nobody(place):
    decided = (
        Supplement("UN-2027-17-child", UNITS[0], 1_200_000_01, 1, 12),
        Supplement("b", UNITS[7], 60_000_00, 1, 6),
    )
    run(place, 1)
    without = {line.line_id: line.amount_ore for line in record.lines_of(place.run("2027-01.1"))}
    done = run(place, 1, supplements=decided)
    lines = record.lines_of(place.run(done.run_id))
    own = {
        (line.school_unit_code, line.component_code): line.amount_ore for line in lines if line.line_id not in without
    }
    assert own == {
        (UNITS[0], "individual_supplements"): 100_000_00,
        (UNITS[0], "individual_supplements_vat"): 6_000_00,
        (UNITS[7], "individual_supplements"): 10_000_00,
    }
    assert {line.line_id: line.amount_ore for line in lines if line.line_id in without} == without
    accounts = {row["account"] for row in exported(place, done.run_id) if row["component"] == "individual_supplements"}
    assert accounts == {"4645", "7215"}
    for path in place.run(done.run_id).rglob("*"):
        assert not path.is_file() or b"UN-2027-17" not in path.read_bytes(), path.name
