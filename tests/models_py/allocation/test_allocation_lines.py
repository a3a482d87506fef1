"""What every kind of component writes on its lines, worked by hand: count, what is counted, öre a count, öre."""

from __future__ import annotations

from decimal import Decimal as D

import pandas as pd
import pytest

from models_py.allocation import AllocationPolicy, Budget, Component, Sharing, allocate
from models_py.allocation.components import COMPONENT_KINDS

# A: 40 pupils at index 130, three fourths of them in grade 1; B: 150 pupils in grade 1 at index 90.
ENROLLMENT = pd.DataFrame(
    [("A", "1", 30), ("A", "7", 10), ("B", "1", 150)], columns=["school_unit_code", "grade", "pupil_count"]
)
NEED = pd.DataFrame({"school_unit_code": ["A", "B"], "need_index": [130.0, 90.0]})
MEASURES = pd.DataFrame(
    {
        "school_unit_code": ["A", "B"],
        "expected": [D("0.2"), D("0.1")],
        "km": [3, 9],
        "area": [D("1.1"), D(1)],
        "heads": [3, 0],
    },
    dtype=object,
)
CELLS = pd.DataFrame(
    [("A", 0.5, 30), ("A", 0.1, 10), ("B", 0.1, 150)], columns=["school_unit_code", "need_share", "pupil_count"]
)

WORKED = [
    ("weights_by_grade", {"pot_sek": 1000}, {"weights": {"1": D(1), "7": D(2)}}, [
        ("A", "grade_1", "30", "pupils", "500", 15000),
        ("A", "grade_7", "10", "pupils", "1000", 10000),
        ("B", "grade_1", "150", "pupils", "500", 75000),
    ]),
    ("prices_by_grade", {"area_factor": "area"}, {"prices_sek": {"1": D("100.25"), "7": D(200)}}, [
        ("A", "grade_1", "30", "pupils", "11027.5", 330810),
        ("A", "grade_7", "10", "pupils", "22000", 219990),
        ("B", "grade_1", "150", "pupils", "10025", 1503800),
    ]),
    ("weights_by_stage", {"pot_sek": 1000}, {"weights": {"low": D(1), "high": D(3)}, "stages": {"low": ("1",), "high": ("7",)}}, [
        ("A", "stage_high", "10", "pupils", "1428.571429", 14300),
        ("A", "stage_low", "30", "pupils", "476.190476", 14300),
        ("B", "stage_low", "150", "pupils", "476.190476", 71400),
    ]),
    ("prices_by_stage", {"rounding": "rate"}, {"prices_sek": {"low": D(10), "high": D(20)}, "stages": {"low": ("1",), "high": ("7",)}}, [
        ("A", "stage_high", "10", "pupils", "2000", 20000),
        ("A", "stage_low", "30", "pupils", "1000", 30000),
        ("B", "stage_low", "150", "pupils", "1000", 150000),
    ]),
    ("weights_by_group", {"pot_sek": 1000}, {"weights": {"1": D(1), "7": D(2)}}, [
        ("A", "group_1", "30", "pupils", "500", 15000),
        ("A", "group_7", "10", "pupils", "1000", 10000),
        ("B", "group_1", "150", "pupils", "500", 75000),
    ]),
    ("prices_by_group", {}, {"prices_sek": {"1": D(10)}, "national_prices_sek": {"7": D(30)}}, [
        ("A", "group_1", "30", "pupils", "1000", 30000),
        ("A", "national_7", "10", "pupils", "3000", 30000),
        ("B", "group_1", "150", "pupils", "1000", 150000),
    ]),
    ("lump_sum", {}, {"phase_amounts_sek": {"p": D(700), "s": D(900)}, "phases": {"p": ("1",), "s": ("7",)}}, [
        ("A", "phase_p", "0.5", "units", "70000", 35000),
        ("A", "phase_s", "0.5", "units", "90000", 45000),
        ("B", "phase_p", "1", "units", "70000", 70000),
    ]),
    ("per_head", {}, {"measure": "heads", "amount_sek": D("12.5")}, [
        ("A", "heads", "3", "heads", "1250", 3800),
    ]),
    ("structural_linear", {"pot_sek": 1000}, {}, [
        ("A", "need", "52", "need_weighted_pupils", "534.759358", 27800),
        ("B", "need", "135", "need_weighted_pupils", "534.759358", 72200),
    ]),
    ("structural_threshold", {"pot_sek": 1000}, {"threshold_index": D(100)}, [
        ("A", "need", "12", "need_weighted_pupils", "8333.333333", 100000),
        ("B", "need", "0", "need_weighted_pupils", "8333.333333", 0),
    ]),
    ("structural_power", {"pot_sek": 1000}, {"exponent": D(2)}, [
        ("A", "need", "67.6", "need_weighted_pupils", "528.82073", 35700),
        ("B", "need", "121.5", "need_weighted_pupils", "528.82073", 64300),
    ]),
    ("structural_steps", {}, {"steps": {"0": D(1), "99.5": D(7)}}, [
        ("A", "step_99_5", "40", "pupils", "700", 28000),
        ("B", "step_0", "150", "pupils", "100", 15000),
    ]),
    ("structural_brackets", {}, {"brackets": {"0": D(0), "100": D("0.5")}, "at_zero": D(2)}, [
        ("A", "need", "680", "need_weighted_pupils", "100", 68000),
        ("B", "need", "300", "need_weighted_pupils", "100", 30000),
    ]),
    ("structural_price_per_point", {}, {"sek_per_point": D("1.5"), "from_index": D(80)}, [
        ("A", "need", "2000", "index_points", "150", 300000),
        ("B", "need", "1500", "index_points", "150", 225000),
    ]),
    ("structural_cost_based", {}, {"measure": "expected", "sek_per_expected_pupil": D(1000)}, [
        ("A", "need", "8", "expected_not_eligible", "100000", 800000),
        ("B", "need", "15", "expected_not_eligible", "100000", 1500000),
    ]),
    ("structural_pupil_threshold", {"pot_sek": 1000}, {"target_share": D("0.1"), "deduction_per_pupil": D(0)}, [
        ("A", "need", "10.105263", "score_points", "9895.833488", 100000),
        ("B", "need", "0", "score_points", "9895.833488", 0),
    ]),
    ("posts", {}, {"pupils_per_post": D(20), "correction": D(1), "sek_per_post": D(1000)}, [
        ("A", "posts", "2.6", "posts", "100000", 260000),
        ("B", "posts", "6.75", "posts", "100000", 675000),
    ]),
    ("small_school_log", {}, {"rate_sek": D(100), "size_limit": 100}, [
        ("A", "support", "1", "units", "366516.2927", 366500),
    ]),
    ("small_school_linear", {}, {"maximum_sek": D(600), "full_size": 20, "size_limit": 60}, [
        ("A", "support", "1", "units", "30000", 30000),
    ]),
    ("small_school_fixed", {}, {"amount_sek": D(250), "size_limit": 100}, [
        ("A", "support", "1", "units", "25000", 25000),
    ]),
    ("small_school_sparsity", {}, {"maximum_sek": D(1000), "year_group_threshold": D(30), "distance_measure": "km", "distance_threshold": D(4), "distance_gate": D("0.5")}, [
        ("A", "support", "1", "units", "33333.3333", 33300),
    ]),
    ("small_school_model", {}, {"stages": {"low": ("1",), "high": ("7",)}, "group_size": 22, "sek_per_group": D(900), "brought_per_pupil_sek": D(45)}, [
        ("A", "support", "1", "units", "90000", 90000),
    ]),
    ("structural_price_per_point", {"pot_sek": 2000, "rule": "equal_awards"}, {"sek_per_point": D("1.5"), "from_index": D(80)}, [
        ("A", "award", "40", "pupils", "1052.631579", 42100),
        ("B", "award", "150", "pupils", "1052.631579", 157900),
    ]),
    ("structural_price_per_point", {"pot_sek": 2000, "rule": "least_squared_unmet"}, {"sek_per_point": D("1.5"), "from_index": D(80)}, [
        ("A", "need", "2000", "index_points", "150", 300000),
        ("A", "unmet", "40", "pupils", "-2500", -100000),
        ("B", "bound", "1", "units", "-225000", -225000),
        ("B", "need", "1500", "index_points", "150", 225000),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "sharing", "parameters", "expected"), WORKED, ids=[f"{kind} {sharing}" for kind, sharing, *_ in WORKED]
)
def test_every_kind_s_lines_as_a_whole(kind, sharing, parameters, expected):
    one = Component("x", kind, COMPONENT_KINDS[kind].parameters(**parameters), Sharing(**sharing))
    policy = AllocationPolicy(budget=Budget("price_list"), rebase="none", components=(one,))
    result = allocate(enrollment=ENROLLMENT, need=NEED, policy=policy, measures=MEASURES, risk_cells=CELLS)
    told = result.lines.assign(count=result.lines["count"].map(D), rate_ore=result.lines["rate_ore"].map(D))
    columns = ["school_unit_code", "line_code", "count", "count_unit", "rate_ore", "amount_ore"]
    assert told[columns].to_numpy().tolist() == [
        [unit, line, D(count), count_unit, D(rate), ore] for unit, line, count, count_unit, rate, ore in expected
    ]
    assert set(told["component_code"]) == {"x"}
    assert [D(rounding) for rounding in told["rounding_ore"]] == [
        ore - D(count) * D(rate) for _, _, count, _, rate, ore in expected
    ]


def test_every_kind_that_pays_a_unit_is_worked():
    assert {kind for kind, *_ in WORKED} == {
        name for name, kind in COMPONENT_KINDS.items() if kind.claims and kind.place == "inside"
    }
