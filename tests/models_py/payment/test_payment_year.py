"""A simulated year: twelve months and a closing run end at the öre, and no line that was paid is changed."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from models_py.payment import Supplement, reconcile
from tests.models_py.payment.payment_worlds import (
    CLOSING,
    EVENTS,
    INCREASE,
    MERGED,
    MERGING,
    SUCCEEDED,
    SUCCESSOR,
    YEAR,
    Payer,
    register,
    terms,
)


@pytest.fixture(scope="module")
def year() -> tuple[Payer, dict[int, tuple]]:
    """5 % movers, two late files, two closures, a merge, an increase from June, a revised publication from October."""
    everything = register(seed=27)
    known = {day: table for day, table in everything.items() if day.month == 1}
    payer, written = Payer(dict(known)), {}
    payer.supplements = (Supplement("2027-001", MERGED, 1_000_001, 2, 12),)
    for month in range(1, 14):
        late = {4: 5, 10: 11}  # the file of April comes in May, that of October in November
        for day, table in everything.items():
            if late.get(day.month, day.month) <= month:
                payer.counts[day] = table
        if month >= 4:
            payer.events = EVENTS[:1] if month < 8 else EVENTS
        if month >= 6:
            payer.changes = (INCREASE,)
        if month == 7:  # March was delivered anew
            march = next(day for day in everything if day.month == 3)
            again = everything[march].copy()
            again.loc[again.index[:5], "pupil_count"] += 1
            payer.counts[march] = again
        if month == 10:
            payer.terms = terms(publication_id="2027.1.1", dearer=12_345)
        written[month] = payer.release(month)
    return payer, written


def test_paid_and_corrections_are_the_entitlement_of_every_school_to_the_ore(year):
    payer, _ = year
    sums = reconcile(payer.paid, due=payer.due(13)[0])
    assert len(sums) == 21
    assert {one.difference_ore for one in sums} == {0}
    assert sum(abs(one.correction_ore) for one in sums) > 0


def test_no_paid_line_is_changed_by_later_runs(year):
    payer, written = year
    assert payer.paid == tuple(line for month in sorted(written) for line in written[month])
    assert len({line.line_id for line in payer.paid}) == len(payer.paid)


def test_a_run_again_has_nothing_to_add(year):
    payer, _ = year
    for month in (12, 13, 13):
        assert payer.run(month) == ()


def test_every_line_tells_its_cause(year):
    _, written = year
    told = {month: Counter(line.reason for line in lines if not line.is_original) for month, lines in written.items()}
    assert told[1] == told[2] == Counter()
    assert set(told[5]) == {"late_file"}
    assert set(told[7]) == {"recount"}
    assert set(told[9]) == {"autumn_register"}
    assert "revised_publication" in told[10]
    assert set(told[11]) == {"late_file"}
    assert {line.reference for line in written[10] if line.reason == "revised_publication"} == {"2027.1.1"}
    named = {line.component_code for line in written[6] if line.reason == "budget_change"}
    assert named == {"budget_change_spring"}
    assert all(line.month == month for month in (1, 2, 3) for line in written[month])


def test_schools_that_end_are_paid_until_they_end_and_no_longer(year):
    payer, _ = year
    sums: dict[tuple[str, int], int] = {}
    for line in payer.paid:
        sums[line.school_unit_code, line.month] = sums.get((line.school_unit_code, line.month), 0) + line.amount_ore
    for unit, last in ((CLOSING, 3), (SUCCEEDED, 7), (MERGING, 7)):
        assert {month for month in range(1, 13) if sums.get((unit, month))} == set(range(1, last + 1))
    assert {month for month in range(1, 13) if sums.get((SUCCESSOR, month))} == set(range(8, 13))


def test_july_is_paid_by_the_autumn_register_and_ends_at_septembers_pupils_who_began_by_august(year):
    _, written = year
    july = [line for line in written[7] if line.month == 7 and line.is_original]
    assert {(line.basis, line.count_date) for line in july} == {("provisional", date(YEAR, 7, 15))}
    corrected = [line for line in written[9] if line.month in (7, 8)]
    assert {(line.basis, line.count_date) for line in corrected} == {("counted", date(YEAR, 9, 15))}
