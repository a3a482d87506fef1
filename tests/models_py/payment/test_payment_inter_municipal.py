"""Between municipalities: claims for others' pupils here, agreed rates for ours there, and nobody priced in silence."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from models_py.errors import PaymentError
from models_py.payment import Before, InterMunicipal, SchoolEvent, month_due, refuse_unreconciled, settle, year_terms
from models_py.payment.inter_municipal import COMPENSATION, is_claim
from models_py.payment.lines import standing
from models_py.payment.settle import CountUsed
from models_py.payment.terms import GRADES, MICRO, DecidedLine, Overheads, Payee
from models_py.payment.twelfths import half_even_ore
from tests.models_py.payment.payment_worlds import CODE, OVERHEADS

OWN, FREE, THERE, FREE_THERE = "A", "B", "C", "D"
RATE = 7_287_384_861082
PAYEES = {
    OWN: Payee("own", False, CODE),
    FREE: Payee("free", True, CODE),
    THERE: Payee("neighbour", False, "1234"),
    FREE_THERE: Payee("free", True, "1234"),
}
VISITORS = {"1234": {OWN: {"3": 7}, FREE: {"3": 5}}, "5678": {OWN: {"F": 1, "9": 1}}}
RESIDENTS = {OWN: {"3": 20}, THERE: {"4": 3}, FREE_THERE: {"4": 2}}


def terms(mode="follow_pupil"):
    """Base per grade, need per unit, a sum per unit."""
    lines = []
    for unit in PAYEES:
        lines += [DecidedLine(unit, "base_part", f"grade_{grade}", "pupils", RATE, RATE // MICRO) for grade in GRADES]
        lines.append(DecidedLine(unit, "structural_part", "need", "need_weighted_pupils", 1, 9_000_000))
        lines.append(DecidedLine(unit, "head_teacher", "lump_sum", "units", 90_000_000 * MICRO, 90_000_000))
    return year_terms(
        lines, publication_id="2027.1.0", mode=mode, payees=PAYEES, decided_pupils=dict.fromkeys(PAYEES, 30),
        overheads=OVERHEADS,
    )  # fmt: skip


def due(month: int = 3, *, year=None, events=(), heads=RESIDENTS, visitors=VISITORS, **between):
    return month_due(
        heads,
        year=year or terms(),
        month=month,
        events=events,
        visitors=visitors,
        between=InterMunicipal(CODE, **between),
    )


def claimed(found) -> dict[tuple[str, str], tuple[int, int, str]]:
    return {
        key: (one.annual_ore, one.pupil_count, one.organiser_key) for key, one in found.due.items() if is_claim(key[1])
    }


def test_others_pupils_at_own_units_are_claimed_by_the_rates_of_residents_without_sums_or_overheads():
    assert claimed(due(claims="own_rates")) == {
        (OWN, "claim_1234_base_part"): (-half_even_ore(7 * RATE), 7, "municipality-1234"),
        (OWN, "claim_1234_structural_part"): (-7 * 300_000, 7, "municipality-1234"),
        (OWN, "claim_5678_base_part"): (-half_even_ore(2 * RATE), 2, "municipality-5678"),
        (OWN, "claim_5678_structural_part"): (-2 * 300_000, 2, "municipality-5678"),
    }


def test_claims_change_nothing_that_is_paid():
    with_claims, without = due(claims="own_rates").due, due(visitors={}).due
    assert {key: one for key, one in with_claims.items() if not is_claim(key[1])} == without
    assert due(year=terms(), claims="none").due == without


def test_twelve_months_of_a_claim_are_its_year_to_the_ore():
    whole: Counter[tuple[str, str]] = Counter()
    for month in range(1, 13):
        whole.update(
            {key: one.amount_ore for key, one in due(month, claims="own_rates").due.items() if is_claim(key[1])}
        )
    assert whole == {key: annual for key, (annual, _, _) in claimed(due(claims="own_rates")).items()}


def test_an_agreed_rate_is_the_whole_claim():
    rates = {"1234": {"3": 82_500_00 * MICRO}}
    found = due(claims="own_rates", claim_rates=rates)
    assert claimed(found)[OWN, "claim_1234"] == (-7 * 82_500_00, 7, "municipality-1234")
    assert {key[1] for key in claimed(found) if "1234" in key[1]} == {"claim_1234"}
    with pytest.raises(PaymentError, match=r"pupils from 1234: no rate is decided for grade 3"):
        due(claims="own_rates", claim_rates={"1234": {"4": 1}})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"claims": "none"}, {("1234", "no_decision", 7), ("5678", "no_decision", 2)}),
        ({"claims": "agreed_only"}, {("1234", "no_agreement", 7), ("5678", "no_agreement", 2)}),
        ({"claims": "agreed_only", "claim_rates": {"1234": {"3": MICRO}}}, {("5678", "no_agreement", 2)}),
        ({"claims": "own_rates", "year": terms("fixed_frame")}, {("1234", "no_rate", 7), ("5678", "no_rate", 2)}),
        ({"claims": "own_rates", "events": [SchoolEvent("e", "closure", 2, (OWN,))]}, {("1234", "closed", 7), ("5678", "closed", 2)}),
        ({"claims": "own_rates", "visitors": {"1234": {"X": {"3": 4}}}}, {("1234", "unknown", 4)}),
    ],
)  # fmt: skip
def test_pupils_that_nothing_is_claimed_for_are_told_by_home_reason_and_number(changes, told):
    found = due(**changes)
    assert {(one.home_municipality_code, one.reason, one.pupil_count) for one in found.undecided} == told
    claims = sum(
        found.due[key].pupil_count for key in found.due if is_claim(key[1]) and key[1].endswith(("base_part", "1234"))
    )
    assert claims + sum(one.pupil_count for one in found.undecided) == sum(
        sum(heads.values())
        for units in changes.get("visitors", VISITORS).values()
        for unit, heads in units.items()
        if unit != FREE
    )


def test_residents_at_others_units_are_paid_by_own_rates_by_agreement_or_told():
    own = due().due
    assert {component for unit, component in own if unit == THERE} == {"base_part", "structural_part", "head_teacher"}
    agreed = due(payment_rates={"1234": {"4": 90_000_00 * MICRO}}).due
    assert {component: one.annual_ore for (unit, component), one in agreed.items() if unit == THERE} == {
        COMPENSATION: 3 * 90_000_00
    }
    nothing = due(payments="agreed_only")
    assert THERE not in {unit for unit, _ in nothing.due}
    assert [(one.school_unit_code, one.reason, one.pupil_count) for one in nothing.unpayable] == [
        (THERE, "no_agreement", 3)
    ]
    for found in (
        agreed,
        nothing.due,
    ):  # an independent organiser is paid by the home municipality itself, wherever it is
        assert {key: one for key, one in found.items() if key[0] == FREE_THERE} == {
            key: one for key, one in own.items() if key[0] == FREE_THERE
        }


def lines(paid, found, *, month, is_agreed_anew=False):
    used = {number: CountUsed(date(2027, 1, 15), "counted") for number in found}
    before = Before(dict.fromkeys(found, "counted"), is_agreed_anew=is_agreed_anew)
    return settle(
        paid, due=found, counts=used, before=before, events=(), municipality_code=CODE, funding_year=2027, month=month,
        publication_id="2027.1.0", run_id=f"2027-{month:02d}.1",
    )  # fmt: skip


def test_claims_are_settled_to_the_ore_and_a_pupil_that_comes_to_light_is_claimed_later():
    first = {1: due(1, claims="own_rates")}
    paid = lines((), first, month=1)
    more = {"1234": {OWN: {"3": 8}}, "5678": VISITORS["5678"]}
    second = {1: due(1, claims="own_rates", visitors=more), 2: due(2, claims="own_rates", visitors=more)}
    written = lines(paid, second, month=2)
    corrected = {line.component_code: line.reason for line in written if not line.is_original}
    assert corrected == {"claim_1234_base_part": "recount", "claim_1234_structural_part": "recount"}
    refuse_unreconciled((*paid, *written), due=second)
    with pytest.raises(PaymentError, match="do not reconcile"):
        refuse_unreconciled(
            [line for line in (*paid, *written) if line.component_code != "claim_5678_base_part"], due=second
        )


def test_new_terms_between_municipalities_are_corrections_that_say_so():
    paid = lines((), {1: due(1, claims="own_rates")}, month=1)
    rates = {"1234": dict.fromkeys(GRADES, 90_000_00 * MICRO)}
    anew = {month: due(month, claims="own_rates", claim_rates=rates, payment_rates=rates) for month in (1, 2)}
    written = lines(paid, anew, month=2, is_agreed_anew=True)
    of_january = [line for line in written if line.month == 1]
    assert {line.reason for line in of_january} == {"agreement"}
    assert {line.school_unit_code for line in of_january} == {OWN, THERE}
    paid_now = standing((*paid, *written))
    assert paid_now[OWN, "claim_1234_base_part", 1] == 0
    assert paid_now[OWN, "claim_1234", 1] < 0 < paid_now[THERE, COMPENSATION, 1]


def test_a_component_of_the_municipality_is_no_claim():
    assert [is_claim(name) for name in ("claim_1234", "claim_1234_base_part", "claim_fund", "base_part")] == [
        True,
        True,
        False,
        False,
    ]


def test_terms_without_overheads_and_a_unit_new_to_the_register_take_common_rates():
    year = replace(terms(), overheads=Overheads(), payees={**PAYEES, "N": Payee("own", False, CODE)})
    found = claimed(due(year=year, claims="own_rates", visitors={"1234": {"N": {"3": 1}}}))
    assert found["N", "claim_1234_base_part"][0] == -half_even_ore(RATE)
