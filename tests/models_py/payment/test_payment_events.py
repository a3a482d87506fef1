"""Each kind of event by a worked example: what is paid before it, what after, to whom."""

from datetime import date
from fractions import Fraction

import pytest

from models_py.errors import PaymentError
from models_py.payment import (
    Before,
    CountUsed,
    DecidedLine,
    MonthDue,
    Overheads,
    Payee,
    SchoolEvent,
    month_due,
    settle,
    year_terms,
)  # fmt: skip
from models_py.payment.terms import MICRO
from models_py.payment.twelfths import twelfth

OWN, FREE = Payee("212000", False, "9999"), Payee("559000", True, "9999")
KRONA = 100 * MICRO


def terms(mode="follow_pupil", overheads=None):
    """Units A (100 pupils in grade 3, 1 200 kr of need each) and B (50, 2 400 kr), 12 000 kr a pupil, 90 001 öre a unit."""
    lines = []
    for unit, pupils, need in (("A", 100, 1_200), ("B", 50, 2_400)):
        lines.append(DecidedLine(unit, "base_part", "grade_3", "pupils", 12_000 * KRONA, 12_000_00 * pupils))
        lines.append(DecidedLine(unit, "structural_part", "need", "need_weighted_pupils", 1, need * 100 * pupils))
        lines.append(DecidedLine(unit, "head_teacher", "lump_sum", "units", 90_001 * MICRO, 90_001))
    return year_terms(
        lines, publication_id="2027.1.0", mode=mode, payees={"A": OWN, "B": OWN}, decided_pupils={"A": 100, "B": 50},
        overheads=overheads or Overheads(),
    )  # fmt: skip


def paid(event: SchoolEvent | None, heads_before, heads_after, *, mode="follow_pupil", overheads=None) -> dict:
    """Unit to öre of each month January to December; pupils change in the event's month."""
    year, sums = terms(mode, overheads), {}
    for month in range(1, 13):
        heads = heads_after if event and month >= event.first_month else heads_before
        due = month_due(
            {unit: {"3": n} for unit, n in heads.items()}, year=year, month=month, events=[event] if event else []
        )
        for (unit, _), one in due.due.items():
            sums.setdefault(unit, [0] * 12)[month - 1] += one.amount_ore
    return sums


YEAR_A, YEAR_B = (12_000 + 1_200) * 100 * 100 + 90_001, (12_000 + 2_400) * 100 * 50 + 90_001


def test_nothing_happens_and_twelve_months_are_the_year():
    sums = paid(None, {"A": 100, "B": 50}, {})
    assert {unit: sum(months) for unit, months in sums.items()} == {"A": YEAR_A, "B": YEAR_B}


def test_opening_pays_the_common_rates_from_its_month():
    event = SchoolEvent("new", "opening", 8, (), ("C",), payees={"C": FREE})
    sums = paid(event, {"A": 100, "B": 50}, {"A": 90, "B": 50, "C": 10})
    mean_need = (1_200 * 100 + 2_400 * 50) // 150
    need, base = mean_need * 100 * 10, 12_000 * 100 * 10
    assert sums["C"] == [0] * 7 + [twelfth(need, month=m) + twelfth(base, month=m) for m in range(8, 13)]


def test_closure_without_successor_ends_and_pupils_take_their_money_elsewhere():
    event = SchoolEvent("end", "closure", 8, ("B",))
    sums = paid(event, {"A": 100, "B": 50}, {"A": 150})
    assert sums["B"][7:] == [0] * 5
    assert sums["A"][8] - sums["A"][6] == pytest.approx((12_000 + 1_200) * 100 * 50 / 12, abs=1)


def test_pupils_counted_at_a_closed_unit_are_told_and_not_paid():
    event = SchoolEvent("end", "closure", 8, ("B",))
    due = month_due({"B": {"3": 4}}, year=terms(), month=9, events=[event])
    assert [(one.school_unit_code, one.reason, one.pupil_count) for one in due.unpayable] == [("B", "closed", 4)]
    assert not any(unit == "B" for unit, _ in due.due)


@pytest.mark.parametrize("mode", ["follow_pupil", "fixed_frame"])
def test_closure_with_successor_hands_over_rates_and_sums_to_the_ore(mode):
    event = SchoolEvent("moved", "succession", 8, ("B",), ("C",))
    sums = paid(event, {"A": 100, "B": 50}, {"A": 100, "C": 50}, mode=mode)
    assert sum(sums["B"][:7]) + sum(sums["C"][7:]) == YEAR_B
    assert sums["B"][7:] == [0] * 5
    assert sums["C"][:7] == [0] * 7


@pytest.mark.parametrize("mode", ["follow_pupil", "fixed_frame"])
@pytest.mark.parametrize("month", range(2, 13))
def test_a_split_divides_the_year_and_loses_no_ore(mode, month):
    event = SchoolEvent("split", "split", month, ("A",), ("A", "C"), shares={"A": Fraction(2, 3), "C": Fraction(1, 3)})
    sums = paid(event, {"A": 100, "B": 50}, {"A": 60, "B": 50, "C": 40}, mode=mode)
    assert abs(sum(sums["A"]) + sum(sums["C"]) - YEAR_A) <= (12 if mode == "follow_pupil" else 0)


@pytest.mark.parametrize("month", range(2, 13))
def test_a_merge_keeps_both_frames_to_the_ore(month):
    event = SchoolEvent("merge", "merge", month, ("A", "B"), ("B",))
    sums = paid(event, {"A": 100, "B": 50}, {"B": 150}, mode="fixed_frame")
    assert sum(sums["A"]) + sum(sums["B"]) == YEAR_A + YEAR_B
    assert sums["A"][month - 1 :] == [0] * (13 - month)


def test_a_merge_pays_the_mean_need_of_both():
    event = SchoolEvent("merge", "merge", 8, ("A", "B"), ("C",))
    sums = paid(event, {"A": 100, "B": 50}, {"C": 150})
    year_both = YEAR_A + YEAR_B  # the mean rate at all pupils is what both rates gave
    assert sum(sums["C"][7:]) == pytest.approx(year_both * 5 / 12, abs=5)


def test_a_new_organiser_gets_administration_and_vat_from_its_month():
    event = SchoolEvent("sold", "organiser_change", 7, ("B",), payees={"B": FREE})
    overheads = Overheads(Fraction(3, 100), Fraction(618, 10_000))
    sums = paid(event, {"A": 100, "B": 50}, {"A": 100, "B": 50}, overheads=overheads)
    assert sum(sums["B"][:6]) == pytest.approx(YEAR_B / 2, abs=6)
    assert sum(sums["B"][6:]) == pytest.approx(YEAR_B / 2 * 1.0918, abs=6)
    assert sum(sums["A"]) == YEAR_A


def test_an_event_that_comes_to_light_later_corrects_with_its_own_reason():
    used = {month: CountUsed(date(2027, month, 15), "counted") for month in (3, 4)}
    event = SchoolEvent("end", "closure", 3, ("B",))

    def due(events, month) -> MonthDue:
        return month_due({"A": {"3": 100}, "B": {"3": 50}}, year=terms(), month=month, events=events)

    def run(paid, events, months, before):
        return settle(
            paid, due={m: due(events, m) for m in months}, counts=used, before=before, events=events, municipality_code="9999",
            funding_year=2027, month=max(months), publication_id="2027.1.0", run_id=f"2027-{max(months):02d}.1",
        )  # fmt: skip

    first = run((), (), (3,), Before())
    second = run(first, (event,), (3, 4), Before({3: "counted"}))
    corrections = [line for line in second if not line.is_original]
    assert {(line.reason, line.reference, line.school_unit_code) for line in corrections} == {("closure", "end", "B")}
    assert sum(line.amount_ore for line in corrections) == -sum(
        line.amount_ore for line in first if line.school_unit_code == "B"
    )
    assert {line.corrected_line_id for line in corrections} <= {line.line_id for line in first}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "vanishing"}, "none of"),
        ({"first_month": 13}, "no month"),
        ({"kind": "merge"}, "2 to"),
        ({"kind": "split", "successors": ("B", "C"), "shares": {"B": Fraction(1, 2)}}, "add up to 1"),
        ({"kind": "organiser_change"}, "new organiser"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused(changes, words):
    with pytest.raises(PaymentError, match=words):
        SchoolEvent(**({"event_id": "x", "kind": "closure", "first_month": 8, "school_units": ("A",)} | changes))


def test_an_event_about_a_unit_that_nobody_knows_is_refused():
    event = SchoolEvent("end", "closure", 8, ("Z",))
    with pytest.raises(PaymentError, match="no school unit Z"):
        month_due({"A": {"3": 1}}, year=terms(), month=8, events=[event])
    opening = SchoolEvent("new", "opening", 8, (), ("C",))
    with pytest.raises(PaymentError, match="who runs the new unit C"):
        month_due({"A": {"3": 1}}, year=terms(), month=8, events=[opening])


def test_a_grade_without_a_decided_rate_is_refused_where_rates_are_by_grade():
    with pytest.raises(PaymentError, match="no rate is decided for grade 9"):
        month_due({"A": {"9": 1}}, year=terms(), month=1)
