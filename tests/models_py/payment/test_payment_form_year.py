"""A school form's year of months: its own count days, groups, fees; unchanged counts are the decided year to the öre."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.errors import PaymentError
from models_py.payment import (
    Before,
    CountUsed,
    DayRule,
    DecidedLine,
    FormCalendar,
    Grouping,
    Overheads,
    Payee,
    Price,
    month_count,
    month_days,
    month_due,
    settle,
    year_terms,
)
from models_py.payment.counts import COLUMNS
from models_py.payment.twelfths import MICRO

CODE, YEAR, FORM = "9999", 2027, "preschool"
CALENDAR = FormCalendar(
    FORM, DayRule("day", 15), DayRule("day", 18), DayRule("day", 27), "on_days", count_days=((3, 15), (9, 15))
)
OVERHEADS = Overheads(Fraction(3, 100), Fraction(6, 100) * Fraction(103, 100))
HEADS = {"own": {"a": 7, "b": 3}, "free": {"a": 11}}


def terms(mode="follow_pupil", *, amount=1_234_567_89, need=98_765_43):
    """Two units with a base line per group and a line by need; ``free`` is independent and takes fees."""
    lines = []
    for unit, heads in HEADS.items():
        for group, count in heads.items():
            ore = amount * count
            lines.append(
                DecidedLine(unit, "p_base", f"group_{group}", "pupils", round(Fraction(ore * MICRO, count)), ore)
            )
        lines.append(DecidedLine(unit, "p_need", "need", "need_weighted_pupils", 1, need + len(unit)))
    return year_terms(
        lines, publication_id="2027.1.0", mode=mode, overheads=OVERHEADS,
        payees={"own": Payee("town", False, CODE), "free": Payee("free", True, CODE)},
        decided_pupils={unit: sum(heads.values()) for unit, heads in HEADS.items()},
        grouping=Grouping(
            groups={"group_a": "a", "group_b": "b", "group_c": "c"}, listed={"p_base": {"a": 1, "c": 500 * MICRO}},
            prefix="p", fees=Price({"a": 96_000 * MICRO}), frame_fees_ore={"free": 11 * 96_000},
        ),
    )  # fmt: skip


def year_of(heads, *, mode="follow_pupil", **changes):
    known = terms(mode, **changes)
    return {month: month_due(heads, year=known, month=month) for month in range(1, 13)}


def whole(due, unit, component):
    return sum(one.due[unit, component].amount_ore for one in due.values() if (unit, component) in one.due)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 10**9), st.integers(0, 10**8), st.sampled_from(["follow_pupil", "fixed_frame"]))
def test_twelve_months_with_the_decided_counts_are_the_decided_year_to_the_ore(amount, need, mode):
    due = year_of(HEADS, mode=mode, amount=amount, need=need)
    for unit, heads in HEADS.items():
        assert whole(due, unit, "p_base") == amount * sum(heads.values())
        assert whole(due, unit, "p_need") == need + len(unit)
    decided = amount * 11 + need + len("free")
    both = whole(due, "free", "p_administration") + whole(due, "free", "p_vat")
    rates = OVERHEADS.administration + OVERHEADS.vat
    assert both % 100 == 0
    assert abs(both - decided * rates) <= 50


def test_fees_are_taken_off_an_independent_organiser_alone_and_follow_its_children():
    due = year_of(HEADS)
    assert whole(due, "free", "p_fees") == -11 * 96_000
    assert ("own", "p_fees") not in due[1].due
    more = year_of(HEADS | {"free": {"a": 12}})
    assert whole(more, "free", "p_fees") == -12 * 96_000
    framed = year_of(HEADS | {"free": {"a": 12}}, mode="fixed_frame")
    assert whole(framed, "free", "p_fees") == -11 * 96_000


def test_codes_bear_the_prefix_so_that_a_unit_with_two_forms_has_no_line_twice():
    codes = {component for one in year_of(HEADS).values() for _, component in one.due}
    assert codes == {"p_base", "p_need", "p_administration", "p_vat", "p_fees"}


def test_a_group_that_nobody_was_in_is_paid_at_its_listed_price_and_one_without_any_is_refused():
    due = month_due(HEADS | {"own": {"c": 2}}, year=terms(), month=1)
    assert due.due["own", "p_base"].annual_ore == 2 * 500
    with pytest.raises(PaymentError, match=r"p_base: no rate is decided for .*d"):
        month_due(HEADS | {"own": {"d": 2}}, year=terms(), month=1)


@pytest.mark.parametrize(
    ("month", "counted"),
    [
        (1, date(2026, 9, 15)),
        (2, date(2026, 9, 15)),
        (3, date(2027, 3, 15)),
        (8, date(2027, 3, 15)),
        (12, date(2027, 9, 15)),
    ],
)
def test_a_month_is_entitled_by_the_latest_count_day_of_the_form(month, counted):
    days = month_days(CALENDAR, year=YEAR, month=month, holidays=())
    assert (days.count_date, days.provisional_date) == (counted, None)


def test_count_days_and_the_word_for_them_go_together():
    for counts, days in (("on_days", ()), ("monthly", ((3, 15),))):
        with pytest.raises(PaymentError, match="count_days go together"):
            FormCalendar(FORM, DayRule("day", 15), DayRule("day", 18), DayRule("day", 27), counts, count_days=days)


def test_a_late_count_pays_by_the_older_one_and_is_corrected_for_every_month_since_when_it_comes():
    autumn, spring = counts(date(2026, 9, 15), HEADS), counts(date(2027, 3, 15), HEADS | {"own": {"a": 9, "b": 3}})
    paid, basis = (), {}
    for month in (1, 2, 3, 4):
        own = pd.concat([autumn, spring]) if month == 4 else autumn
        used, due = {}, {}
        for number in range(1, month + 1):
            days = month_days(CALENDAR, year=YEAR, month=number, holidays=())
            count = month_count(own, municipality_code=CODE, days=days, groups=None)
            used[number] = CountUsed(count.count_date, count.basis)
            due[number] = month_due(count.residents, year=terms(), month=number)
        made = settle(
            paid, due=due, counts=used, before=Before(basis), events=(), municipality_code=CODE, funding_year=YEAR,
            month=month, publication_id="2027.1.0", run_id=f"2027-0{month}.1", school_form=FORM,
        )  # fmt: skip
        paid, basis = (*paid, *made), {number: one.basis for number, one in used.items()}
    corrections = [one for one in made if not one.is_original]
    assert {(one.month, one.reason, one.school_unit_code) for one in corrections} == {(3, "late_file", "own")}
    assert all(one.school_form == FORM for one in paid)
    assert sum(one.amount_ore for one in corrections if one.component_code == "p_base") == pytest.approx(
        2 * 1_234_567_89 / 12, abs=1
    )


def counts(day, heads):
    rows = [(CODE, day, unit, group, CODE, n, n) for unit, own in heads.items() for group, n in own.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))
