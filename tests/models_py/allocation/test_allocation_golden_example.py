"""The worked example of six school units, to the krona. An invented municipality; grade weights of Göteborg."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from models_py.allocation import AllocationPolicy, BasePolicy, StructuralPolicy, allocate, explain, measure

GRADES = ("F", "1", "2", "3", "4", "5", "6", "7", "8", "9")
WEIGHTS = dict(
    zip(GRADES, map(Decimal, ["1", "1", "1.18", "1.31", "1.26", "1.29", "1.35", "1.42", "1.43", "1.43"]), strict=True)
)
UNITS = {
    "A": ([50] * 7 + [60] * 3, 60),
    "B": ([50] * 7 + [0] * 3, 95),
    "C": ([40] * 7 + [70] * 3, 170),
    "D": ([10] * 7 + [0] * 3, 90),
    "E": ([25] * 10, 55),
    "F": ([20] * 7 + [30] * 3, 140),
}
BASE_SEK = {"A": 61_283_028, "B": 38_013_057, "C": 57_558_745, "D": 7_602_611, "E": 28_702_350, "F": 26_840_209}
STRUCTURAL_SEK = {"A": 4_755_733, "B": 4_972_582, "C": 12_457_627, "D": 942_174, "E": 2_056_331, "F": 4_815_553}


@pytest.fixture(scope="module")
def golden():
    enrollment = pd.DataFrame(
        [(unit, grade, n) for unit, (pupils, _) in UNITS.items() for grade, n in zip(GRADES, pupils, strict=True)],
        columns=["school_unit_code", "grade", "pupil_count"],
    )
    need = pd.DataFrame(
        [(unit, float(index)) for unit, (_, index) in UNITS.items()], columns=["school_unit_code", "need_index"]
    )
    policy = AllocationPolicy(
        base=BasePolicy(mode="share_of_budget", budget_sek=250_000_000, grade_weights=WEIGHTS),
        structural=StructuralPolicy(share=Decimal("0.12")),
        rebase="none",
    )
    return allocate(enrollment=enrollment, need=need, policy=policy)


def test_base_and_structural_part_are_right_to_the_krona(golden):
    totals = golden.totals.set_index("school_unit_code")
    assert dict(totals["base_part_ore"]) == {unit: 100 * sek for unit, sek in BASE_SEK.items()}
    assert dict(totals["structural_part_ore"]) == {unit: 100 * sek for unit, sek in STRUCTURAL_SEK.items()}


def test_control_totals_are_budget_and_pot(golden):
    assert (golden.budget_ore, golden.pot_ore) == (25_000_000_000, 3_000_000_000)
    assert golden.lines["amount_ore"].sum() == golden.budget_ore


def test_measures_are_those_of_the_example(golden):
    measures = measure(golden)
    assert measures.structural_share == 0.12
    assert round(measures.redistributed_ore / 100) == 6_023_180
    assert round(measures.redistributed_share, 4) == 0.0241
    assert measures.highest_to_lowest == pytest.approx(1.171, abs=5e-4)


def test_lines_are_the_ones_a_head_teacher_recomputes(golden):
    lines = golden.lines.set_index(["school_unit_code", "component_code", "line_code"])
    need_a = lines.loc[("A", "structural_part", "need")]
    assert (need_a["count"], need_a["count_unit"]) == (Decimal("318"), "need_weighted_pupils")  # 530 × 60 / 100
    assert need_a["rate_ore"] == Decimal("1495513.459621")  # 3e9 öre / 2 006
    grade_2 = lines.loc[("A", "base_part", "grade_2")]
    assert (grade_2["count"], grade_2["count_unit"]) == (Decimal("50"), "pupils")
    assert grade_2["rate_ore"] == Decimal("10692588.092345")  # 2.2e10 öre / 2 427.85 × 1.18
    assert ("B", "base_part", "grade_7") not in lines.index, "a grade without pupils has no line"


def test_the_explanation_reads_from_the_youngest_and_ends_at_the_amount(golden):
    chain = explain(golden.lines, school_unit_code="E")
    assert [step.line_code for step in chain.steps] == [f"grade_{grade}" for grade in GRADES] + ["need"]
    assert chain.amount_ore == chain.steps[-1].running_ore == 100 * (BASE_SEK["E"] + STRUCTURAL_SEK["E"])
    assert chain.component_ore("structural_part") == 100 * STRUCTURAL_SEK["E"]
