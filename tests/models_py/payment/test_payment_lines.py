"""What guards the money, broken on purpose: double originals, lost corrections, sums that are off by an öre."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.errors import PaymentError
from models_py.payment import (
    Before,
    CountUsed,
    Due,
    MonthCount,
    MonthDue,
    PaymentLine,
    month_count,
    month_days,
    reconcile,
    refuse_broken,
    refuse_unreconciled,
    settle,
)
from tests.models_py.payment.payment_worlds import CALENDAR, CODE, YEAR, Payer, register


@pytest.fixture(scope="module")
def two_months() -> Payer:
    everything = register(seed=3, pupils=400)
    payer = Payer({day: table for day, table in everything.items() if day.month == 1})
    payer.release(1)
    payer.counts = {day: table for day, table in everything.items() if day.month <= 2}
    january = min(payer.counts)
    payer.counts[january] = payer.counts[january].assign(pupil_count=lambda table: table["pupil_count"] + 1)
    payer.release(2)
    return payer


@pytest.mark.parametrize("spoil", ["second_original", "lost_original", "skipped_number"])
def test_a_key_has_one_original_and_numbered_corrections(two_months, spoil):
    lines = list(two_months.paid)
    refuse_broken(lines)
    corrected = next(line for line in lines if not line.is_original)
    broken = {
        "second_original": [*lines, replace(lines[0], run_id="2027-02.2", publication_id="2027.2.0")],
        "lost_original": [line for line in lines if line.key != corrected.key or not line.is_original],
        "skipped_number": [replace(line, sequence=3) if line is corrected else line for line in lines],
    }[spoil]
    with pytest.raises(PaymentError, match="1 keys have two originals"):
        refuse_broken(broken)


def test_one_ore_too_much_stops_the_run(two_months):
    due, lines = two_months.due(2)[0], two_months.paid
    refuse_unreconciled(lines, due=due)
    with pytest.raises(PaymentError, match="1 lines do not reconcile"):
        refuse_unreconciled((replace(lines[0], amount_ore=lines[0].amount_ore + 1), *lines[1:]), due=due)
    with pytest.raises(PaymentError, match="do not reconcile"):
        refuse_unreconciled(lines[1:], due=due)


def test_a_ledger_that_is_broken_stops_the_next_run(two_months):
    payer = replace(two_months, paid=(*two_months.paid, two_months.paid[0]))
    with pytest.raises(PaymentError, match="nothing is paid until the ledger is restored"):
        payer.run(2)


def test_the_order_of_rows_moves_no_line(two_months):
    shuffled = replace(two_months, paid=(), counts={day: table.iloc[::-1] for day, table in two_months.counts.items()})
    straight = replace(two_months, paid=())
    assert shuffled.run(2) == straight.run(2)


AMOUNTS = st.dictionaries(
    st.sampled_from([("A", "base_part"), ("A", "vat"), ("B", "base_part")]), st.integers(-9, 10**9)
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(AMOUNTS, min_size=4, max_size=4), min_size=4, max_size=4))
def test_whatever_comes_to_light_every_month_reconciles_and_no_line_changes(known):
    """``known[m]``: what each month is due by what is known when month m is run."""
    paid: tuple[PaymentLine, ...] = ()
    for month in range(1, 5):
        due = {
            number: MonthDue(
                {key: Due(ore, ore * 12, 1, "org") for key, ore in known[month - 1][number - 1].items()}, ()
            )
            for number in range(1, month + 1)
        }
        used = {number: CountUsed(date(YEAR, number, 15), "counted") for number in due}
        told = {"events": (), "municipality_code": CODE, "funding_year": YEAR, "month": month}
        told |= {"publication_id": "2027.1.0", "run_id": f"2027-{month:02d}.1"}
        lines = settle(paid, due=due, counts=used, before=Before(), **told)
        assert settle((*paid, *lines), due=due, counts=used, before=Before(), **told) == ()
        paid = (*paid, *lines)
        assert {one.difference_ore for one in reconcile(paid, due=due)} <= {0}
    refuse_broken(paid)


def count(table: pd.DataFrame, month: int) -> MonthCount:
    return month_count(table, municipality_code=CODE, days=month_days(CALENDAR, year=YEAR, month=month, holidays=()))


def test_the_home_municipality_pays_and_visitors_are_told():
    table = pd.concat(register(seed=3, pupils=400).values(), ignore_index=True)
    found = count(table, 3)
    here = table[(table["count_date"].map(lambda day: day.month) == 3)]
    assert (
        sum(sum(cell.values()) for cell in found.residents.values())
        == here.query("home_municipality_code == @CODE")["pupil_count"].sum()
    )
    told = sum(sum(heads.values()) for units in found.visitors.values() for heads in units.values())
    assert told == here.query("home_municipality_code != @CODE")["pupil_count"].sum() > 0


def test_without_any_count_nothing_is_guessed_and_a_strange_grade_is_refused():
    table = pd.concat(register(seed=3, pupils=50).values(), ignore_index=True)
    with pytest.raises(PaymentError, match="no count on or before"):
        count(table[table["count_date"].map(lambda day: day.month > 5)], 3)
    with pytest.raises(PaymentError, match="grades 11"):
        count(table.assign(grade="11"), 3)
