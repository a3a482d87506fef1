"""Promises are kept in the policy's order, each with a line of its own, and somebody named pays."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest

from models_py.allocation import AllocationPolicy, Budget, Component, Sharing, Stage, allocate
from models_py.allocation.components import COMPONENT_KINDS
from models_py.allocation.infeasible import InfeasibleError
from models_py.allocation.stages import STAGE_KINDS
from models_py.errors import AllocationError

GOLDEN = {"A": (530, 60.0), "B": (350, 95.0), "C": (490, 170.0), "D": (70, 90.0), "E": (250, 55.0), "F": (230, 140.0)}
OWN = [1104, 1762, 1339, 1090, 1306, 1291, 1332, 1230, 1717, 1815, 1848, 1058, 1177, 1996, 1347, 1475, 1812, 1158, 1268,
       1290, 1946, 1240, 1455, 1577, 1701, 1514, 1354, 1049, 1224, 1780, 1059, 1895]  # fmt: skip
HEADS = [78, 77, 100, 57, 92, 88, 94, 83, 97, 66, 70, 66, 89, 85, 100, 55, 55, 80, 71, 62, 91, 93, 59, 74, 87, 88, 83, 96,
         95, 76, 51, 54]  # fmt: skip


def component(code, kind, sharing=None, **parameters):
    return Component(code, kind, COMPONENT_KINDS[kind].parameters(**parameters), Sharing(**(sharing or {})))


def stage(kind, code=None, **parameters):
    return Stage(code or kind, kind, STAGE_KINDS[kind](**parameters))


def shared(components, guarantees, *, units, budget=None, baseline=None, measures=None, **more):
    """Allocation of units {code: (pupils in grade 1, index)}."""
    enrollment = pd.DataFrame(
        [(unit, "1", n) for unit, (n, _) in units.items()], columns=["school_unit_code", "grade", "pupil_count"]
    )
    need = pd.DataFrame({"school_unit_code": list(units), "need_index": [index for _, index in units.values()]})
    if baseline is not None:
        rows = [(unit, n, total, *rest) for unit, (n, total, *rest) in baseline.items()]
        baseline = pd.DataFrame(
            rows, columns=["school_unit_code", "pupil_count", "total_sek", "lump_sek"][: len(rows[0])]
        )
    if measures is not None:
        measures = pd.DataFrame({"school_unit_code": list(units)} | measures, dtype=object)
    policy = AllocationPolicy(
        budget=budget or Budget("price_list"), rebase="none", components=tuple(components), guarantees=tuple(guarantees)
    )
    result = allocate(enrollment=enrollment, need=need, policy=policy, baseline=baseline, measures=measures, **more)
    for row in result.lines.to_dict("records"):
        made = Fraction(row["count"]) * Fraction(row["rate_ore"]) + Fraction(row["rounding_ore"])
        assert made == row["amount_ore"], row
    assert (result.lines.groupby(["school_unit_code", "component_code"])["amount_ore"].sum() % 100 == 0).all()
    assert result.lines["amount_ore"].sum() == result.budget_ore
    return result


def sek(result, code):
    own = result.lines[result.lines["component_code"] == code]
    return {unit: ore // 100 for unit, ore in own.groupby("school_unit_code")["amount_ore"].sum().items()}


def pot_of(pot_sek, **sharing):
    return component("structural_part", "structural_linear", {"pot_sek": pot_sek, **sharing})


def prices(sek_per_pupil):
    return component("base_part", "prices_by_grade", prices_sek={"1": Decimal(sek_per_pupil)})


# Promises that the pot pays


def test_floor_and_cap_of_the_worked_example():
    """A 9 983.55, B 15 807.29, C 22 000, D 14 975.32, E 9 151.59, F 22 000 per pupil; the floor does not bind."""
    promises = [
        stage("floor_per_pupil", component="structural_part", amount_sek=Decimal(8000)),
        stage("cap_per_pupil", component="structural_part", amount_sek=Decimal(22_000)),
    ]
    result = shared([pot_of(30_000_000)], promises, units=GOLDEN)
    amounts = sek(result, "structural_part")
    per_pupil = {unit: amount / GOLDEN[unit][0] for unit, amount in amounts.items()}
    expected = {"A": 9983.55, "B": 15807.29, "C": 22_000, "D": 14975.32, "E": 9151.59, "F": 22_000}
    assert per_pupil == pytest.approx(expected, abs=0.02)
    assert sum(amounts.values()) == 30_000_000
    floor, cap = result.reports
    assert (floor.receivers, floor.payers) == ({}, {})
    assert set(cap.payers) == {"C"}
    assert set(cap.receivers) == {"A", "B", "D", "E", "F"}, "F is lifted until it meets the cap itself"
    assert sum(cap.payers.values()) == sum(cap.receivers.values())
    held = result.lines.set_index(["school_unit_code", "line_code"])["amount_ore"]
    assert held["C", "cap_per_pupil"] < 0
    assert held["C", "need"] + held["C", "cap_per_pupil"] == 2_200_000 * 490
    assert held["F", "cap_per_pupil"] < 0
    assert ("A", "cap_per_pupil") not in held.index


def test_damping_holds_each_unit_to_last_year_without_what_is_excluded():
    lump = component("lump", "lump_sum", amount_sek=Decimal(100_000))
    baseline = {"A": (100, 1_300_000, 100_000), "B": (100, 1_100_000, 100_000)}
    promise = stage("damping", component="structural_part", down=Decimal("0.02"), excluded=("lump",))
    units = {"A": (100, 50.0), "B": (100, 150.0), "C": (100, 100.0)}
    free = shared([prices(8000), lump, pot_of(900_000)], [], units=units)
    damped = shared([prices(8000), lump, pot_of(900_000)], [promise], units=units, baseline=baseline)
    assert sek(free, "structural_part") == {"A": 150_000, "B": 450_000, "C": 300_000}
    amounts = sek(damped, "structural_part")
    assert amounts["A"] == 376_000, "0.98 × 12 000 × 100 - 800 000"
    assert amounts["C"] / amounts["B"] == pytest.approx(100 / 150, abs=1e-4), "a new unit is neither damped nor guessed"
    assert sum(amounts.values()) == 900_000
    with pytest.raises(AllocationError, match=r"damping takes lump off last year's money, and the baseline does not"):
        shared(
            [prices(8000), lump, pot_of(900_000)],
            [promise],
            units=units,
            baseline={u: b[:2] for u, b in baseline.items()},
        )
    with pytest.raises(AllocationError, match="damping promises against last year, and no baseline is delivered"):
        shared([prices(8000), lump, pot_of(900_000)], [promise], units=units)


def test_what_cannot_all_be_kept_is_refused_with_the_smallest_damping_and_nothing_is_relaxed():
    baseline = {"A": (100, 1_300_000), "B": (100, 1_300_000)}
    promise = stage("hold_harmless", component="structural_part")
    with pytest.raises(InfeasibleError) as refused:
        shared(
            [prices(8000), pot_of(900_000)], [promise], units={"A": (100, 80.0), "B": (100, 120.0)}, baseline=baseline
        )
    assert refused.value.reason == "floors_exceed_pot"
    assert refused.value.finding.shortage == 100_000
    assert refused.value.finding.x_min == Fraction("0.0385")  # 100 000 of 2 600 000, rounded up


def test_merged_units_are_compared_with_their_predecessors_together():
    baseline = {"X": (40, 480_000), "Y": (60, 780_000), "B": (100, 1_000_000)}
    result = shared(
        [prices(8000), pot_of(700_000)],
        [stage("hold_harmless", component="structural_part")],
        units={"A": (100, 10.0), "B": (100, 190.0)},
        baseline=baseline,
        predecessors={"A": ("X", "Y")},
    )
    assert sek(result, "structural_part") == {"A": 460_000, "B": 240_000}, "12 600 a pupil are kept"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("proportional", {"A": 100_000, "B": 300_000, "C": 200_000}),
        ("least_squared_unmet", {"A": 0, "B": 400_000, "C": 200_000}),
        ("equal_awards", {"A": 200_000, "B": 200_000, "C": 200_000}),
    ],
)
def test_a_scarce_pot_meets_claims_by_the_rule_that_is_chosen(rule, expected):
    claims = component(
        "structural_part", "structural_cost_based", {"pot_sek": 600_000, "rule": rule},
        measure="expected", sek_per_expected_pupil=Decimal(20_000),
    )  # fmt: skip
    units = {"A": (100, 100.0), "B": (100, 100.0), "C": (100, 100.0)}
    expected_pupils = {"expected": [Decimal("0.1"), Decimal("0.3"), Decimal("0.2")]}
    assert sek(shared([claims], [], units=units, measures=expected_pupils), "structural_part") == expected


# Steps of their own


def test_protection_lifts_to_the_guarantee_and_scales_gains_above_the_cap():
    """u_prev 5 000, n 200, guarantee -.5 %: u_new 4 950 gives +5 000; 5 300 with cap 2 % and scale .5 gives -20 000."""
    paid = component("base_part", "per_head", measure="kronor", amount_sek=Decimal(1))
    lump = component("lump", "lump_sum", amount_sek=Decimal(70_000))
    units = {"A": (200, 100.0), "B": (200, 100.0), "N": (200, 100.0)}
    asked = {"smallest_change": Decimal("-0.005"), "cap": Decimal("0.02"), "excluded": ("lump",)}
    for excluded_of, last_lump in (("this_year", 0), ("last_year", 30_000)):
        taken_off = 70_000 if excluded_of == "this_year" else last_lump
        result = shared(
            [paid, lump],
            [stage("protection", scale=Decimal("0.5"), excluded_of=excluded_of, **asked)],
            units=units,
            measures={"kronor": [990_000, 1_060_000, 1_200_000]},
            baseline=dict.fromkeys("AB", (200, 1000000 + taken_off, last_lump)),
        )
        assert sek(result, "protection") == {"A": 5000, "B": -20_000}, "and a unit without baseline is neither"
        assert result.reports[0].on_top_sek == -15_000
    solved = shared(
        [paid, lump], [stage("protection", excluded_of="this_year", **asked)], units=units,
        measures={"kronor": [990_000, 1_060_000, 1_200_000]}, baseline=dict.fromkeys("AB", (200, 1070000, 0)),
    )  # fmt: skip
    assert sek(solved, "protection") == {"A": 5000, "B": -5000}
    assert solved.reports[0].multiplier == Fraction(1, 8)


def test_a_step_on_top_of_a_budget_is_refused_and_a_solved_scale_is_not():
    paid = component("base_part", "weights_by_grade", {"money": "rest"}, weights={"1": Decimal(1)})
    units, budget = {"A": (100, 100.0), "B": (100, 100.0)}, Budget("share_of_budget", 2_000_000)
    minimum = stage("minimum_per_pupil", level_sek=Decimal(10_001))
    with pytest.raises(
        AllocationError, match=r"minimum_per_pupil: costs 200 kr on top of the budget for school units A, B"
    ):
        shared([paid], [minimum], units=units, budget=budget)
    protection = stage("protection", smallest_change=Decimal(0), cap=Decimal("0.1"))
    baseline = {"A": (100, 1_100_000), "B": (100, 800_000)}
    result = shared([paid], [protection], units=units, budget=budget, baseline=baseline)
    assert sek(result, "protection") == {"A": 100_000, "B": -100_000}
    assert result.budget_ore == 200_000_000


def test_a_minimum_is_given_by_stage_or_by_the_timetable_and_stands_before_the_guarantee():
    units = {"A": (100, 100.0)}
    by_stage = stage("minimum_per_pupil", stage_levels_sek={"low": Decimal(8200)}, stages={"low": ("1",)})
    assert sek(shared([prices(8000)], [by_stage], units=units), "minimum_per_pupil") == {"A": 20_000}
    timetable = stage(
        "minimum_per_pupil", timetable_hours=Decimal(890), group_size=Decimal(20), sek_per_hour=Decimal(200)
    )
    assert sek(shared([prices(8000)], [timetable], units=units), "minimum_per_pupil") == {"A": 90_000}
    protection = stage("protection", smallest_change=Decimal(0), scale=Decimal(0))
    both = shared([prices(8000)], [timetable, protection], units=units, baseline={"A": (100, 890_500)})
    assert sek(both, "protection") == {"A": 500}, "the guarantee sees what the minimum gave"
    reverse = shared([prices(8000)], [protection, timetable], units=units, baseline={"A": (100, 890_500)})
    assert (sek(reverse, "protection"), sek(reverse, "minimum_per_pupil")) == ({"A": 90_500}, {})


def test_a_minimum_can_be_paid_by_the_pot():
    promise = stage("minimum_per_pupil", component="structural_part", level_sek=Decimal(10_000))
    result = shared([prices(8000), pot_of(600_000)], [promise], units={"A": (100, 50.0), "B": (100, 150.0)})
    assert sek(result, "structural_part") == {"A": 200_000, "B": 400_000}


LEVEL_UP_UNITS = {f"{i + 1:02d}": (heads, 100.0) for i, heads in enumerate(HEADS)}


def level_up(pot_sek):
    return shared(
        [], [stage("level_up", pot_sek=pot_sek, own="own_sek")], units=LEVEL_UP_UNITS, measures={"own_sek": OWN}
    )


def test_the_poorest_are_raised_to_one_level_with_a_fixed_pot():
    (report,) = (result := level_up(2000)).reports
    assert float(report.multiplier) == pytest.approx(15.4384191176471, abs=1e-12)
    assert (len(report.receivers), sum(report.receivers.values())) == (12, 2000)
    after = {1: 1204.19669118, 3: 1543.84191176, 5: 1420.33455882, 6: 1358.58088235, 7: 1451.21139706, 8: 1281.38878676,
             13: 1374.01930147, 15: 1543.84191176, 18: 1235.07352941, 22: 1435.77297794, 28: 1482.08823529,
             29: 1466.64981618}  # fmt: skip
    assert {int(u): OWN[int(u) - 1] + float(lift) for u, lift in report.receivers.items()} == pytest.approx(
        after, abs=1e-8
    )
    whole = sek(result, "level_up")
    assert sum(whole.values()) == 2000
    assert all(abs(whole[unit] - lift) < 1 for unit, lift in report.receivers.items())
    level = result.lines.set_index(["school_unit_code", "line_code"]).loc[("01", "level")]
    assert (level["count"], level["rate_ore"]) == (Decimal(78), Decimal("1543.841912"))


def test_level_up_of_nothing_changes_nothing_and_of_plenty_lifts_everybody():
    assert level_up(0).lines.empty
    (report,) = level_up(200_000).reports
    assert (len(report.receivers), float(report.multiplier)) == (32, pytest.approx(98.01313694, abs=1e-8))


def test_level_up_sees_the_sum_of_what_came_before_it():
    base = component("base_part", "per_head", measure="kronor", amount_sek=Decimal(1))
    result = shared(
        [base],
        [stage("level_up", pot_sek=500)],
        units={"A": (10, 100.0), "B": (10, 100.0)},
        measures={"kronor": [1000, 2000]},
    )
    assert sek(result, "level_up") == {"A": 500}
    assert result.budget_ore == 350_000


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: stage("damping", component="structural_part"), "guarantees.damping.down: damping takes"),
        (lambda: stage("minimum_per_pupil"), "level_sek: takes exactly one"),
        (lambda: stage("level_up", pot_sek=-1), r"guarantees.level_up.pot_sek: is negative \(-1\)"),
        (lambda: Stage("x", "promise_everything", None), "'promise_everything' is no kind of guarantee"),
    ],
)
def test_a_promise_that_contradicts_itself_is_refused(build, words):
    with pytest.raises(AllocationError, match=words):
        build()


def test_a_promise_must_name_a_pot_that_is_there():
    floor = stage("floor_per_pupil", component="base_part", amount_sek=Decimal(1))
    with pytest.raises(AllocationError, match="floor_per_pupil: component base_part has no pot that could pay"):
        shared([prices(1)], [floor], units=GOLDEN)
    with pytest.raises(
        AllocationError, match="floor_per_pupil: there is no component base_part; known: structural_part"
    ):
        shared([pot_of(1)], [floor], units=GOLDEN)
    services = stage("de_delegation", services_sek={"it": Decimal(10)}, group="municipal")
    with pytest.raises(AllocationError, match="de_delegation comes after every other guarantee"):
        shared([pot_of(1)], [services, stage("level_up", pot_sek=1)], units=GOLDEN)


def test_a_promise_on_whole_amounts_must_see_all_of_them():
    other = component("other", "structural_linear", {"pot_sek": 10})
    minimum = stage("minimum_per_pupil", component="structural_part", level_sek=Decimal(1))
    floor = stage("floor_per_pupil", component="other", amount_sek=Decimal(0))
    with pytest.raises(AllocationError, match="minimum_per_pupil: compares whole amounts, and other is shared later"):
        shared([pot_of(10_000), other], [minimum, floor], units=GOLDEN)
    assert shared([other, pot_of(10_000)], [minimum, floor], units=GOLDEN).budget_ore == 1_001_000


def test_a_promise_cannot_leave_out_its_own_pot_and_some_codes_are_taken():
    harmless = stage("hold_harmless", component="structural_part", excluded=("structural_part",))
    with pytest.raises(AllocationError, match="hold_harmless: excludes structural_part, whose pot is to pay"):
        shared([pot_of(1)], [harmless], units=GOLDEN)
    with pytest.raises(AllocationError, match="component codes need_parts belong to the engine"):
        shared([component("need_parts", "structural_linear", {"pot_sek": 1})], [], units=GOLDEN)
