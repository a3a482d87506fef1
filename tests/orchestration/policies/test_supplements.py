"""The ledger of individual supplements: dated, whole kronor, no personal identity number; and what the engine is fed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from models_py.allocation import AllocationPolicy, BasePolicy, Component, allocate
from models_py.allocation.components import COMPONENT_KINDS
from orchestration.allocation_inputs import PupilCounts, gather
from orchestration.allocation_tables import beside
from orchestration.resources.policy_facts import YearFacts, facts_of_year
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.supplements import supplements_of_year
from orchestration.yearly.baseline import OpeningBalance

ONE = '  - {{reference: "{ref}", school_unit: "99990001", valid_from: {first}, valid_to: {last}, amount_sek: {sek}}}\n'


def ledger(folder, *rows):
    text = "source: invented\ndecisions:\n" + "".join(
        ONE.format(**{"ref": "2027-1", "first": "2027-01-01", "last": "2027-12-31", "sek": 100} | row) for row in rows
    )
    (folder / "supplements.yml").write_text(text, "utf-8")
    return folder


def test_decisions_of_the_year_are_read_and_others_left(tmp_path):
    folder = ledger(
        tmp_path, {"ref": "b"}, {"ref": "a", "sek": 7}, {"ref": "c", "first": "2026-02-01", "last": "2026-03-01"}
    )
    read = supplements_of_year(folder, funding_year=2027)
    assert read.to_numpy().tolist() == [["99990001", "a", 7], ["99990001", "b", 100]]
    assert facts_of_year(folder, funding_year=2027).supplements.equals(read), "also without facts.yml"
    assert supplements_of_year(tmp_path / "none", funding_year=2027) is None


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{}, {}], "supplements.yml:4: decisions.1.reference: is given twice"),
        ([{"sek": "1.5"}], "supplements.yml:3: decisions.0.amount_sek"),
        ([{"last": "2028-01-01"}], "in one calendar year"),
        ([{"ref": "20110102-1234"}], "looks like a personal identity number"),
    ],
)
def test_a_faulty_decision_is_told_with_file_and_line(tmp_path, rows, told):
    with pytest.raises(PolicyError, match=told):
        supplements_of_year(ledger(tmp_path, *rows), funding_year=2027)


SUPPLEMENTS = Component(
    "individual_supplements", "individual_supplements",
    COMPONENT_KINDS["individual_supplements"].parameters(ledger="individual_decisions"),
)  # fmt: skip
POLICY = AllocationPolicy(
    base=BasePolicy(mode="price_list", grade_prices_sek={"1": Decimal(50_000)}),
    structural=None, rebase="none", components=(SUPPLEMENTS,),
)  # fmt: skip


@pytest.mark.parametrize(("count", "shown"), [(9, None), (10, Decimal("1000.00"))])
def test_only_the_sum_over_ten_decisions_is_shown(count, shown):
    rows = pd.DataFrame(
        {"school_unit_code": "A", "reference": [f"{n:02d}" for n in range(count)], "amount_sek": [100] * count},
        dtype=object,
    )
    shared = allocate(
        enrollment=pd.DataFrame({"school_unit_code": ["A"], "grade": "1", "pupil_count": 100}),
        need=pd.DataFrame({"school_unit_code": ["A"], "need_index": 100.0}), policy=POLICY, supplements=rows,
    )  # fmt: skip
    assert shared.budget_ore == 5_000_000_00, "beside, not in the total"
    (row,) = beside(shared).to_dict("records")
    assert (row["beside_sek"], row["withheld_because"]) == (shown, None if shown else "small_count")


UNITS = pd.DataFrame({"school_unit_code": ["A", "B", "C"], "grade": "1", "pupil_count": [30, 20, 10]})


def gathered(*, facts=None, heads=None, risk_cells=None):
    pupils = PupilCounts(*({} if rows is None else {"9999": rows} for rows in (heads, risk_cells)))
    return gather(
        "9999",
        enrollment=UNITS,
        facts=facts or YearFacts(),
        balance=OpeningBalance(),
        pupils=pupils,
        day=date(2026, 10, 15),
    )


def test_newly_arrived_of_the_register_are_measures_and_a_fact_by_hand_goes_before():
    heads = pd.DataFrame(
        {"municipality_code": "9999", "count_date": [date(2026, 10, 15), date(2025, 10, 15)], "school_unit_code": ["A", "B"],
         "head_count": [5, 9], "heads_year_1": [3, 9], "heads_year_2": [2, 0], "need_share": 0.5, "head_weight": 1.0}
    )  # fmt: skip
    measures = gathered(heads=heads).measures.set_index("school_unit_code")
    assert measures["newly_arrived_year_1"].to_dict() == {"A": 3, "B": 0, "C": 0}
    by_hand = pd.DataFrame({"school_unit_code": ["A", "B", "C"], "newly_arrived_year_1": [7, 8, 9]})
    both = gathered(heads=heads, facts=YearFacts(measures=by_hand)).measures.set_index("school_unit_code")
    assert both["newly_arrived_year_1"].tolist() == [7, 8, 9]
    assert both["newly_arrived_year_2"].tolist() == [2, 0, 0]


def test_facts_of_units_that_are_not_paid_are_left_out_and_risk_cells_are_passed_on():
    known = pd.DataFrame({"school_unit_code": ["A", "Q"], "distance_km": [1, 2]})
    cells = pd.DataFrame(
        {"municipality_code": ["9999"], "school_unit_code": ["A"], "need_share": [0.1], "pupil_count": [3]}
    )
    made = gathered(facts=YearFacts(measures=known), risk_cells=cells)
    assert made.measures["school_unit_code"].tolist() == ["A"]
    assert list(made.risk_cells) == ["school_unit_code", "need_share", "pupil_count"]
