"""Every school form in one run: kept as proposed, settled form by form, no key paid twice, nothing paid on what has changed."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "publication"))
from candidates import candidate, with_table
from candidates import release as seal_candidate
from deciding import cheap_duckdb
from form_tables import TERMS, kept_forms

from models_py.errors import PaymentError
from orchestration.payments import book, record
from orchestration.payments.forms import FormRegisters, form_inputs, told_terms
from orchestration.payments.kept_forms import LINES, keep, kept
from orchestration.payments.places import FORM_COUNTS, Place
from orchestration.payments.soundness import unsound
from orchestration.payments.table import heads_of, to_lines
from orchestration.publication import duckdb_file, ledger
from orchestration.publication.parquet import read_arrow
from orchestration.report.published import Published
from orchestration.resources.form_policies import form_policies
from orchestration.resources.payment_policy import payment_policy
from orchestration.resources.policies import load_policy
from orchestration.resources.policy_text import PolicyError
from orchestration.settings import REPOSITORY
from tests.models_py.payment.payment_worlds import CODE, YEAR
from tests.orchestration.payments.payment_home import POLICY, inputs, pay, run

OWN, FREE = "99999001", "99999002"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "payments", CODE, YEAR)


@pytest.fixture(scope="module")
def proposal(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """A sealed proposal whose year decides preschool."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb_file, "write_duckdb", cheap_duckdb)
        outcome = seal_candidate(candidate(units=4), tmp_path_factory.mktemp("published"))
    assert outcome.status == "published", outcome.reasons
    return Published(CODE, YEAR, outcome.publication_id, False, outcome.path)


def registers(*, spring: int | None = None) -> FormRegisters:
    """Autumn's count as decided; ``spring``: children of the independent unit in March."""
    days = {date(2026, 9, 15): 20} | ({} if spring is None else {date(2027, 3, 15): spring})
    rows = [
        (CODE, day, "preschool", unit, "age_3", "full", "", "", count if unit == FREE else 20)
        for day, count in days.items()
        for unit in (OWN, FREE)
    ]
    names = [
        "municipality_code",
        "count_date",
        "school_form",
        "school_unit_code",
        "stage",
        "hours",
        "programme",
        "track",
        "pupil_count",
    ]
    counted = pd.DataFrame(rows, columns=names)
    kinds = {OWN: "municipal", FREE: "independent"}
    units = counted[names[:4]].assign(organiser_type=[kinds[unit] for unit in counted["school_unit_code"]])
    return FormRegisters(counted, units)


def with_forms(month: int, *, spring: int | None = None) -> dict:
    school = inputs(month)
    return {
        "forms": form_inputs(
            school, policy=school.policy, kept=kept_forms(CODE, YEAR), registers=registers(spring=spring)
        )
    }


def lines_of(place: Place, run_id: str) -> dict[tuple[str, str], int]:
    lines = record.lines_of(place.run(run_id))
    assert {line.school_form for line in lines} == {"compulsory_school", "preschool"}
    return {
        (line.school_unit_code, line.component_code): line.amount_ore
        for line in lines
        if line.school_form == "preschool"
    }


def test_one_run_pays_every_form_and_a_year_of_unchanged_counts_is_the_decided_grant(place):
    sums: dict[str, int] = {}
    for month in range(1, 13):
        for (unit, _), ore in lines_of(place, pay(place, month, **with_forms(month))).items():
            sums[unit] = sums.get(unit, 0) + ore
    assert sums == {OWN: 2_820_000_00, FREE: 2_886_876_00}
    run_ = place.run("2027-12.1")
    assert heads_of(run_, month=5, school_unit_code=FREE, school_form="preschool") == {"age_3_full": 20}
    beside = record.load(run_)["beside"]["forms_ore"]
    assert sum(beside.values()) == record.load(run_)["content"]["control"]["total_ore"]


def test_a_later_count_day_of_the_form_changes_its_months_from_then_on_and_no_other_forms(place):
    for month in (1, 2, 3):
        run_id = pay(place, month, **with_forms(month, spring=26 if month == 3 else None))
    paid = [one for one in book.paid_lines(place, ledger.read(place.ledger)) if one.school_form == "preschool"]
    by_month = {one.month: one.pupil_count for one in paid if one.school_unit_code == FREE}
    assert by_month == {1: 20, 2: 20, 3: 26}
    assert all(line.is_original for line in record.lines_of(place.run(run_id)))


def test_the_same_run_again_is_the_same_bytes_and_another_count_of_a_form_is_another_run(place):
    first = run(place, 1, **with_forms(1))
    assert run(place, 1, **with_forms(1)).status == "verified"
    other = replace(with_forms(1)["forms"][0], counts=with_forms(1)["forms"][0].counts.assign(pupil_count=19))
    assert run(place, 1, forms=(other,)).run_id != first.run_id


def test_a_form_that_was_paid_and_is_gone_stops_the_next_month(place):
    pay(place, 1, **with_forms(1))
    with pytest.raises(PaymentError, match="preschool has been paid this year and is not in"):
        run(place, 2)


def test_lines_of_runs_from_before_other_forms_were_paid_are_those_of_the_school(place):
    table = read_arrow(place.run(run(place, 1).run_id) / "fct_payment.parquet")
    older = table.drop_columns(["school_form"])
    assert to_lines(older) == to_lines(table)
    assert not (place.run("2027-01.1") / FORM_COUNTS).exists()


def test_what_a_proposal_stood_on_is_kept_once_and_read_back(place, proposal):
    assert keep(place, proposal.publication_id, kept_forms(CODE, YEAR))
    assert list(unsound(place.root)) == []
    assert not keep(place, proposal.publication_id, kept_forms(CODE, YEAR)), "the same again is not written again"
    found = kept(place, proposal)
    assert found is not None
    assert list(found.lines["amount_ore"]) == [282_000_000, 282_000_000]
    assert found.terms == TERMS


@pytest.mark.parametrize("part", ["lines", "units", "terms"])
def test_another_amount_of_a_withheld_unit_under_the_same_publication_is_refused(place, proposal, part):
    """Nothing published differs, so the publication is the same: without this the older amounts would be paid in silence."""
    keep(place, proposal.publication_id, kept_forms(CODE, YEAR))
    same = kept_forms(CODE, YEAR)
    other = {
        "lines": replace(same, lines=same.lines.assign(amount_ore=same.lines["amount_ore"] + 1)),
        "units": replace(same, units=same.units.iloc[:1]),
        "terms": replace(same, terms={}),
    }[part]
    with pytest.raises(PaymentError, match=rf"this run computes something else \({part}"):
        keep(place, proposal.publication_id, other)
    found = kept(place, proposal)
    assert found is not None
    assert list(found.lines["amount_ore"]) == [282_000_000, 282_000_000]


def test_nothing_is_paid_on_a_proposal_that_is_not_kept_has_changed_or_was_published_otherwise(place, proposal):
    with pytest.raises(PaymentError, match=r"is not kept .* run the year"):
        kept(place, proposal)
    whole = kept_forms(CODE, YEAR)
    keep(place, proposal.publication_id, replace(whole, lines=whole.lines.assign(amount_ore=282_000_100)))
    with pytest.raises(PaymentError, match="not what was published: 2 lines and 1 sums differ"):
        kept(place, proposal)
    path = place.folder / "forms" / proposal.publication_id / LINES
    os.chmod(path.parent, 0o700)
    os.chmod(path, 0o600)
    path.write_bytes(path.read_bytes()[:-1])
    (found,) = unsound(place.root)
    assert (found.kind, found.path) == ("run", path.parent)
    with pytest.raises(PaymentError, match="is not as it was kept"):
        kept(place, proposal)


def test_a_publication_without_other_forms_needs_nothing_kept(place, tmp_path, monkeypatch):
    monkeypatch.setattr(duckdb_file, "write_duckdb", cheap_duckdb)
    made = candidate(units=4)
    for name in ("form_overview", "form_allocation", "form_unit", "form_need_index", "form_age"):
        made = with_table(made, name, made.tables[name].iloc[:0])
    outcome = seal_candidate(made, tmp_path / "published")
    assert kept(place, Published(CODE, YEAR, outcome.publication_id, False, outcome.path)) is None


def test_what_is_kept_says_every_price_and_fee_of_the_policy():
    own = load_policy(POLICY, municipality_code=CODE, defaults=REPOSITORY / "policies" / "default")
    policies = {name: file.at(YEAR) for name, file in form_policies(POLICY, own).items()}
    upper, preschool, adult = (
        told_terms(policies[name]) for name in ("upper_secondary", "preschool", "adult_education")
    )
    assert upper["lines"]["national_nb"] == "nb"
    assert upper["prices_sek"]["nb"] == "171000"
    assert preschool["fees_sek"]["age_1_full"] == "14400"
    assert adult["overheads"] is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  adult_education:", "  compulsory_school:", "payments.yml:[0-9]+: is none of preschool"),
        ("    mode: fixed_frame", "    mode: sometimes", "forms.adult_education.mode"),
        (
            "change_id: spring\n",
            "change_id: spring\n        school_form: folk_high_school\n",
            "folk_high_school is not paid here",
        ),
    ],
)
def test_payments_of_no_form_are_told_with_file_and_line(tmp_path, old, new, words):
    folder = tmp_path / CODE
    folder.mkdir()
    text = (POLICY / "payments.yml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / "payments.yml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyError, match=words):
        payment_policy(folder, funding_year=YEAR)
