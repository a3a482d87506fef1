"""What every promise writes on lines and in its report, worked by hand: who receives, who pays, what comes on top."""

from __future__ import annotations

from decimal import Decimal as D
from fractions import Fraction

import pandas as pd
import pytest

from models_py.allocation import AllocationPolicy, Budget, Component, Sharing, Stage, allocate
from models_py.allocation.components import COMPONENT_KINDS
from models_py.allocation.stages import STAGE_KINDS

# 10 kr a pupil, and 6 000 kr by need: 1 500, 1 800 and 2 700 kr where nothing is promised. Last year 1 200, 2 500, 2 400.
UNITS, PUPILS = ["A", "B", "C"], [10, 20, 30]
ENROLLMENT = pd.DataFrame({"school_unit_code": UNITS, "grade": "1", "pupil_count": PUPILS})
NEED = pd.DataFrame({"school_unit_code": UNITS, "need_index": [150.0, 90.0, 90.0]})
BASELINE = pd.DataFrame({"school_unit_code": UNITS, "pupil_count": PUPILS, "total_sek": [1200, 2500, 2400]})
MEASURES = pd.DataFrame(
    {"school_unit_code": UNITS, "own_sek": [D("1000.5"), 2000, 9000], "heads": [10, 25, 30]}, dtype=object
)
COMPONENTS = (
    Component(
        "base",
        "weights_by_grade",
        COMPONENT_KINDS["weights_by_grade"].parameters(weights={"1": D(1)}),
        Sharing(pot_sek=600),
    ),
    Component("pot", "structural_linear", COMPONENT_KINDS["structural_linear"].parameters(), Sharing(pot_sek=6000)),
)

WORKED = [
    ("floor_per_pupil", {"component": "pot", "amount_sek": D(95)}, [
        ("A", "pot", "need", "15", "need_weighted_pupils", "8333.333333", 125000),
        ("B", "pot", "promise", "1", "units", "40000", 40000),
        ("B", "pot", "need", "18", "need_weighted_pupils", "8333.333333", 150000),
        ("C", "pot", "promise", "1", "units", "60000", 60000),
        ("C", "pot", "need", "27", "need_weighted_pupils", "8333.333333", 225000),
    ], ({"B": "100", "C": "150"}, {"A": "250"}, 0, None)),
    ("cap_per_pupil", {"component": "pot", "amount_sek": D(110)}, [
        ("A", "pot", "promise", "1", "units", "-53300", -53300),
        ("A", "pot", "need", "15", "need_weighted_pupils", "10888.888889", 163300),
        ("B", "pot", "need", "18", "need_weighted_pupils", "10888.888889", 196000),
        ("C", "pot", "need", "27", "need_weighted_pupils", "10888.888889", 294000),
    ], ({"B": "160", "C": "240"}, {"A": "400"}, 0, None)),
    ("damping", {"component": "pot", "down": D("0.1"), "up": D("0.2")}, [
        ("A", "pot", "promise", "1", "units", "-39300", -39300),
        ("A", "pot", "need", "15", "need_weighted_pupils", "11555.555556", 173300),
        ("B", "pot", "need", "18", "need_weighted_pupils", "11555.555556", 208000),
        ("C", "pot", "promise", "1", "units", "-54000", -54000),
        ("C", "pot", "need", "27", "need_weighted_pupils", "11555.555556", 312000),
    ], ({"B": "280"}, {"A": "160", "C": "120"}, 0, None)),
    ("hold_harmless", {"component": "pot"}, [
        ("A", "pot", "need", "15", "need_weighted_pupils", "8809.52381", 132100),
        ("B", "pot", "promise", "1", "units", "71400", 71400),
        ("B", "pot", "need", "18", "need_weighted_pupils", "8809.52381", 158600),
        ("C", "pot", "need", "27", "need_weighted_pupils", "8809.52381", 237900),
    ], ({"B": "500"}, {"A": "1250/7", "C": "2250/7"}, 0, None)),
    ("minimum_per_pupil", {"component": "pot", "level_sek": D(108)}, [
        ("A", "pot", "need", "15", "need_weighted_pupils", "7333.333333", 110000),
        ("B", "pot", "promise", "1", "units", "64000", 64000),
        ("B", "pot", "need", "18", "need_weighted_pupils", "7333.333333", 132000),
        ("C", "pot", "promise", "1", "units", "96000", 96000),
        ("C", "pot", "need", "27", "need_weighted_pupils", "7333.333333", 198000),
    ], ({"B": "160", "C": "240"}, {"A": "400"}, 0, None)),
    ("minimum_per_pupil", {"level_sek": D(108)}, [
        ("A", "pot", "need", "15", "need_weighted_pupils", "10000", 150000),
        ("B", "promise", "top_up", "1", "units", "16000", 16000),
        ("B", "pot", "need", "18", "need_weighted_pupils", "10000", 180000),
        ("C", "promise", "top_up", "1", "units", "24000", 24000),
        ("C", "pot", "need", "27", "need_weighted_pupils", "10000", 270000),
    ], ({"B": "160", "C": "240"}, {}, 400, None)),
    ("minimum_per_pupil", {"timetable_hours": D(20), "group_size": D(10), "sek_per_hour": D(54)}, [
        ("A", "pot", "need", "15", "need_weighted_pupils", "10000", 150000),
        ("B", "promise", "top_up", "1", "units", "16000", 16000),
        ("B", "pot", "need", "18", "need_weighted_pupils", "10000", 180000),
        ("C", "promise", "top_up", "1", "units", "24000", 24000),
        ("C", "pot", "need", "27", "need_weighted_pupils", "10000", 270000),
    ], ({"B": "160", "C": "240"}, {}, 400, None)),
    ("protection", {"smallest_change": D("-0.05"), "cap": D("0.1")}, [
        ("A", "pot", "need", "15", "need_weighted_pupils", "10000", 150000),
        ("A", "promise", "capping", "1", "units", "-16400", -16400),
        ("B", "pot", "need", "18", "need_weighted_pupils", "10000", 180000),
        ("B", "promise", "top_up", "1", "units", "37500", 37500),
        ("C", "pot", "need", "27", "need_weighted_pupils", "10000", 270000),
        ("C", "promise", "capping", "1", "units", "-21100", -21100),
    ], ({"B": "375"}, {"A": "164", "C": "211"}, 0, "75/128")),
    ("level_up", {"pot_sek": 100, "own": "own_sek"}, [
        ("A", "promise", "level", "10", "pupils", "10335", 103350),
        ("A", "promise", "own_money", "1", "units", "-100050", -100050),
        ("A", "pot", "need", "15", "need_weighted_pupils", "10000", 150000),
        ("B", "promise", "level", "20", "pupils", "10335", 206700),
        ("B", "promise", "own_money", "1", "units", "-200000", -200000),
        ("B", "pot", "need", "18", "need_weighted_pupils", "10000", 180000),
        ("C", "pot", "need", "27", "need_weighted_pupils", "10000", 270000),
    ], ({"A": "33", "B": "67"}, {}, 100, "2067/20")),
    ("level_up", {"pot_sek": 100, "weights": "heads"}, [
        ("A", "pot", "need", "15", "need_weighted_pupils", "10000", 150000),
        ("B", "promise", "level", "25", "heads", "8400", 210000),
        ("B", "promise", "own_money", "1", "units", "-200000", -200000),
        ("B", "pot", "need", "18", "need_weighted_pupils", "10000", 180000),
        ("C", "pot", "need", "27", "need_weighted_pupils", "10000", 270000),
    ], ({"B": "100"}, {}, 100, "84")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "parameters", "expected", "report"), WORKED)
def test_every_promise_s_lines_and_report_as_a_whole(kind, parameters, expected, report):
    stage = Stage("promise", kind, STAGE_KINDS[kind](**parameters))
    policy = AllocationPolicy(budget=Budget("price_list"), rebase="none", components=COMPONENTS, guarantees=(stage,))
    result = allocate(enrollment=ENROLLMENT, need=NEED, policy=policy, baseline=BASELINE, measures=MEASURES)
    lines = result.lines[result.lines["component_code"] != "base"]
    columns = ["school_unit_code", "component_code", "line_code", "count", "count_unit", "rate_ore", "amount_ore"]
    told = lines.assign(count=lines["count"].map(D), rate_ore=lines["rate_ore"].map(D))[columns].to_numpy().tolist()
    assert told == [[*named, D(count), unit, D(rate), ore] for *named, count, unit, rate, ore in sorted(expected)]
    receivers, payers, on_top, multiplier = report
    (found,) = result.reports
    assert (found.code, found.kind, found.on_top_sek) == ("promise", kind, on_top)
    assert found.receivers == {unit: Fraction(sek) for unit, sek in receivers.items()}
    assert found.payers == {unit: Fraction(sek) for unit, sek in payers.items()}
    assert found.multiplier == (None if multiplier is None else Fraction(multiplier))
    assert result.budget_ore == 660_000 + on_top * 100


def test_every_promise_is_worked():
    assert {kind for kind, *_ in WORKED} == set(STAGE_KINDS) - {"de_delegation"}, "taken back later, from organisers"
