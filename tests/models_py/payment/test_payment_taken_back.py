"""Services that an organiser's units buy together are taken back month by month: last, apart, and by who runs the unit now."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from models_py.payment import InterMunicipal, Payee, SchoolEvent, month_due
from models_py.payment.entitlement import DE_DELEGATION
from tests.models_py.payment.payment_worlds import CODE, INDEPENDENT, UNITS, terms

PER_PUPIL = Fraction(16_550)
OWN, FREE = UNITS[10], INDEPENDENT[0]
HEADS = {OWN: {"3": 100}, FREE: {"3": 40}}


def year(mode="follow_pupil", **taken_back: Fraction):
    return replace(terms(mode=mode), taken_back={"own": PER_PUPIL, **taken_back})


def due(month: int = 1, heads=HEADS, **changes):
    return month_due(heads, month=month, **{"year": year(), **changes}).due


def test_the_year_is_taken_back_to_the_ore_of_the_organisers_units_alone():
    assert due()[OWN, DE_DELEGATION].annual_ore == -100 * 16_550
    assert sum(due(month)[OWN, DE_DELEGATION].amount_ore for month in range(1, 13)) == -100 * 16_550
    assert (FREE, DE_DELEGATION) not in due()


def test_nothing_else_changes_not_overheads_and_not_claims():
    visitors = {"1234": {OWN: {"3": 2}}}
    between = InterMunicipal(CODE, claims="own_rates")
    free = year(**{f"org-{FREE}": PER_PUPIL})
    without, found = (due(year=one, visitors=visitors, between=between) for one in (terms(), free))
    assert {key: one for key, one in found.items() if key[1] != DE_DELEGATION} == without
    assert found[FREE, DE_DELEGATION].annual_ore == -40 * 16_550


def test_it_follows_whoever_runs_the_unit_now():
    events = [SchoolEvent("e", "organiser_change", 4, (OWN,), payees={OWN: Payee("new", True, CODE)})]
    assert (OWN, DE_DELEGATION) in due(3, events=events)
    assert (OWN, DE_DELEGATION) not in due(4, events=events)
    opened = [SchoolEvent("o", "opening", 2, (), ("N",), payees={"N": Payee("own", False, CODE)})]
    assert due(2, {"N": {"3": 10}}, events=opened)["N", DE_DELEGATION].annual_ore == -165_500


def test_under_fixed_frames_it_stands_whatever_the_count():
    decided = terms().decided_pupils[OWN]
    assert decided != 100
    for heads in (HEADS, {OWN: {"3": 1}}):
        assert due(heads=heads, year=year("fixed_frame"))[OWN, DE_DELEGATION].annual_ore == -decided * 16_550
