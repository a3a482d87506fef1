"""What organisers are paid follows from decided lines, and only overheads follow from who they are."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.allocation import AllocationPolicy, BasePolicy, Budget, Stage, StructuralPolicy
from models_py.allocation.accounts import Accounts
from models_py.allocation.cost_types import by_cost_type
from models_py.allocation.organiser_terms import METHODS, OverheadPolicy
from models_py.allocation.organisers import ALL_TYPES, organiser_terms
from models_py.allocation.reconciliation import reconcile
from models_py.allocation.stages import DeDelegation
from models_py.errors import AllocationError

PARTS = {
    "base_part": {"teaching": Decimal("0.9"), "pupil_health": Decimal("0.1")},
    "structural_part": {"teaching": Decimal(1)},
}
PER_PUPIL = {"base_part": {"meals": Decimal("7200.50"), "premises": Decimal(20_000)}}
LINES = pd.DataFrame(
    [
        ("A", "base_part", "grade_1", 800_000_000),
        ("A", "structural_part", "need", 100_000_000),
        ("B", "base_part", "grade_1", 400_000_000),
        ("B", "structural_part", "need", 90_000_100),
        ("C", "base_part", "grade_1", 410_000_000),
    ],
    columns=["school_unit_code", "component_code", "line_code", "amount_ore"],
)
UNITS = pd.DataFrame(
    {
        "school_unit_code": ["A", "B", "C", "unpaid"],
        "organiser_key": ["town", "free", "town", "free"],
        "organiser_type": ["municipal", "independent", "municipal", "independent"],
        "pupil_count": [100, 50, 60, 0],
    }
)
SERVICES = Stage("services", "de_delegation", DeDelegation(services_sek={"it": Decimal("12.50")}, group="municipal"))


def policy(method="compound_add_on", **changes):
    given = {
        "base": BasePolicy(mode="price_list", grade_prices_sek={"1": Decimal(80_000)}),
        "structural": StructuralPolicy(share=Decimal("0.1")),
        "cost_types": PARTS,
        "cost_types_sek": PER_PUPIL,
        "overheads": OverheadPolicy(method, administration_share=Decimal("0.03"), vat_share=Decimal("0.06")),
        "guarantees": (SERVICES,),
    }
    return AllocationPolicy(**(given | changes))


def terms(**changes):
    return organiser_terms(LINES, units=changes.pop("units", UNITS), policy=policy(**changes))


def test_an_organiser_is_paid_its_units_lines_overheads_and_less_common_services():
    paid = terms().organisers.set_index("organiser_key")
    town, free = paid.loc["town"], paid.loc["free"]
    assert town["payable_ore"] == 1_310_000_000 - (1250 + 750) * 100
    assert (town["administration_ore"], town["vat_ore"]) == (0, 0)
    assert (town["school_unit_count"], town["pupil_count"]) == (2, 160)
    assert free["allocated_ore"] == 490_000_100
    assert free["payable_ore"] == 490_000_100 + round(4_900_001 * Fraction("0.0918")) * 100
    assert (free["school_unit_count"], free["pupil_count"]) == (1, 50), "a unit without money is not paid for"


def test_the_calculation_holds_seven_cost_types_that_add_up_to_allocation_and_overheads():
    told = terms()
    paid = told.organisers.set_index("organiser_key")
    for key, own in told.calculation.groupby("organiser_key"):
        assert tuple(own["cost_type"]) == ALL_TYPES
        assert own["amount_ore"].sum() == paid.loc[key, ["allocated_ore", "administration_ore", "vat_ore"]].sum()
    free = told.calculation.set_index(["organiser_key", "cost_type"]).loc["free"]
    assert free.loc["meals", "amount_ore"] == 720_050 * 50
    assert free.loc["premises", "amount_ore"] == 2_000_000 * 50
    rest = 400_000_000 - (720_050 + 2_000_000) * 50
    assert free.loc["teaching", "amount_ore"] == rest * 9 // 10 + 90_000_100
    assert free.loc["teaching", "per_pupil_ore"] == round(Fraction(rest * 9 // 10 + 90_000_100, 50))
    assert free.loc["premises", "municipal_per_pupil_ore"] == 2_000_000
    assert free.loc["vat", "municipal_per_pupil_ore"] == 0


def test_units_whose_need_money_is_merged_have_their_common_shares_of_cost_types_and_keep_their_sums():
    told = terms().unit_types
    merged = organiser_terms(LINES, units=UNITS, policy=policy(), merged=["A", "B"]).unit_types
    assert merged[["school_unit_code", "cost_type"]].equals(told[["school_unit_code", "cost_type"]])
    own, mean = (
        each.pivot(index="school_unit_code", columns="cost_type", values="amount_ore") for each in (told, merged)
    )
    assert mean.loc["C"].equals(own.loc["C"]), "a unit that is not merged keeps its own cost types"
    assert mean.sum(axis=1).equals(own.sum(axis=1))
    assert mean[["administration", "vat"]].equals(own[["administration", "vat"]])
    underlying = [name for name in ALL_TYPES if name not in ("administration", "vat")]
    common = own.loc[["A", "B"], underlying].sum()
    for unit in "AB":
        total = own.loc[unit, underlying].sum()
        assert (mean.loc[unit, underlying] - common * total / common.sum()).abs().max() < 1, "to the öre"
        assert not mean.loc[unit, underlying].equals(own.loc[unit, underlying])
    assert terms().unit_types.equals(organiser_terms(LINES, units=UNITS, policy=policy(), merged=["unpaid"]).unit_types)


def test_without_municipal_units_there_is_nothing_to_compare_with():
    free = terms(units=UNITS.assign(organiser_type="independent", organiser_key=["x", "y", "z", "w"])).calculation
    assert free["municipal_per_pupil_ore"].isna().all()


@settings(max_examples=60, deadline=None)
@given(
    labels=st.tuples(*[st.sampled_from(["municipal", "independent"])] * 3),
    method=st.sampled_from(METHODS),
    order=st.permutations(range(len(LINES))),
)
def test_labels_of_organisers_move_overheads_and_common_services_and_nothing_before(labels, method, order):
    units = UNITS.iloc[:3].assign(organiser_type=list(labels), organiser_key=["a", "b", "c"])
    plain = organiser_terms(LINES, units=UNITS.iloc[:3].assign(organiser_key=["a", "b", "c"]), policy=policy(method))
    moved = organiser_terms(LINES.iloc[list(order)], units=units.iloc[::-1], policy=policy(method))
    assert moved.organisers["allocated_ore"].tolist() == plain.organisers["allocated_ore"].tolist()
    before = [~each.unit_types["cost_type"].isin(["administration", "vat"]) for each in (plain, moved)]
    pd.testing.assert_frame_equal(moved.unit_types[before[1]], plain.unit_types[before[0]])
    for kind, row in zip(labels, moved.organisers.to_dict("records"), strict=True):
        assert (row["vat_ore"] > 0) == (row["administration_ore"] > 0) == (kind == "independent")
        assert (row["de_delegated_ore"] < 0) == (kind == "municipal")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"units": UNITS.iloc[1:]}, r"no organiser is known for school units 1 \(A\)"),
        ({"units": pd.concat([UNITS, UNITS.iloc[:1]])}, r"school units 1 \(A\) stand twice"),
        ({"units": UNITS.assign(pupil_count=[0, 50, 60, 0])}, r"school units 1 \(A\) are paid and have no organiser"),
        ({"units": UNITS.assign(organiser_type=["municipal", "independent", None, None])}, r"1 \(C\) are paid"),
        ({"units": UNITS.assign(organiser_key="one")}, r"organisers 1 \(one\) are municipal at one unit"),
        ({"units": UNITS.drop(columns="organiser_key")}, r"columns \['organiser_key'\] are missing"),
        ({"cost_types": {"base_part": PARTS["base_part"]}}, "no cost type is given for component structural_part"),
        ({"cost_types_sek": {"base_part": {"meals": Decimal(80_001)}}}, "80001.. kr at school unit .* are more than"),
    ],
)
def test_what_cannot_be_added_up_is_refused(changed, message):
    with pytest.raises(AllocationError, match=message):
        terms(**changed)


def test_amounts_that_are_not_whole_kronor_are_refused():
    with pytest.raises(AllocationError, match=r"school units 1 \(C\) are not whole kronor"):
        organiser_terms(LINES.assign(amount_ore=LINES["amount_ore"] + [0, 0, 0, 0, 1]), units=UNITS, policy=policy())


def test_without_cost_types_organisers_are_paid_and_have_no_calculation():
    told = terms(cost_types={}, cost_types_sek={}, overheads=None)
    assert told.calculation.empty
    assert told.unit_types.empty
    assert told.organisers["payable_ore"].sum() == LINES["amount_ore"].sum() - 2000 * 100


def test_lines_merged_for_publication_are_booked_where_the_structural_part_is():
    merged = LINES.replace({"component_code": {"structural_part": "need_parts"}})
    split = by_cost_type(merged, cost_types=PARTS)
    assert split.loc[split["component_code"] == "need_parts", "cost_type"].tolist() == ["teaching", "teaching"]


def test_kronor_per_pupil_need_pupils_and_known_cost_types():
    with pytest.raises(AllocationError, match="the pupils of school unit A are not known"):
        by_cost_type(LINES, cost_types=PARTS, cost_types_sek=PER_PUPIL)
    for wrong, message in (({"vat": Decimal(1)}, "unknown vat"), ({"meals": Decimal(-1)}, "from 0 up")):
        with pytest.raises(AllocationError, match=rf"cost_types_sek\.base_part: .*{message}"):
            policy(cost_types_sek={"base_part": wrong})


ACCOUNTS = Accounts(
    {"teaching": "undervisning", "pupil_health": "elevhälsa", "meals": "måltider", "premises": "lokaler",
     "administration": "övrigt", "vat": "övrigt", "kept": "övrigt"},
    {"lokaler": 40_000, "elevhälsa": 1},
)  # fmt: skip


def reconciled(accounts=ACCOUNTS, budget=None, deducted=None, **changes):
    given = Budget("share_of_budget", budget_sek=18_010_001) if budget is None else budget
    return reconcile(
        LINES,
        terms=terms(**changes),
        budget=given,
        deducted_ore={"kept": 1_000_000} if deducted is None else deducted,
        accounts=accounts,
    )


def test_the_budget_is_followed_to_every_organiser_and_account():
    sums = reconciled().groupby("step")["amount_ore"].sum()
    assert sums[1] + sums[2] == sums[3] == LINES["amount_ore"].sum()
    assert sums[3] + sums[4] + sums[5] == sums[6]
    assert sums[7] == sums[3] + sums[4] - sums[2]
    rows = reconciled().set_index(["item_kind", "item_code"])
    assert rows.loc[("account", "lokaler"), "amount_ore"] == 20_000 * 210 * 100
    assert rows.loc[("account", "lokaler"), "difference_ore"] == 4_000_000 - 20_000 * 210 * 100
    assert rows.loc[("account", "undervisning"), "stated_ore"] is None


def test_a_budget_per_pupil_and_a_price_list_are_followed_too():
    assert reconciled(budget=Budget("price_list"))["amount_ore"].iloc[0] == LINES["amount_ore"].sum() + 1_000_000
    per_pupil = Budget("share_of_budget", budget_per_pupil_sek=Decimal(18_010_001) / 210)
    assert reconciled(budget=per_pupil)["amount_ore"].iloc[0] == 1_801_000_100


def test_a_budget_that_is_not_what_was_shared_is_refused():
    with pytest.raises(AllocationError, match="budget less deductions must be the components"):
        reconciled(budget=Budget("share_of_budget", budget_sek=18_010_002))
    with pytest.raises(AllocationError, match="budget less deductions must be the components"):
        reconciled(deducted={})


def test_money_without_an_account_line_is_refused_and_a_stated_line_without_money_is_shown():
    with pytest.raises(AllocationError, match=r"accounts\.lines: no line is given for kept, vat; add it"):
        reconciled(Accounts({k: v for k, v in ACCOUNTS.lines.items() if k not in ("vat", "kept")}))
    with pytest.raises(AllocationError, match=r"accounts\.stated_sek: 1 \(skolskjuts\) are no lines"):
        Accounts({"teaching": "undervisning"}, {"skolskjuts": 1})
    with pytest.raises(AllocationError, match="need cost_types"):
        reconciled(cost_types={}, cost_types_sek={})
    spare = Accounts(ACCOUNTS.lines | {"learning_tools": "lärverktyg"}, {"lärverktyg": 5})
    row = reconciled(spare).set_index("item_code").loc["lärverktyg"]
    assert (row["amount_ore"], row["difference_ore"]) == (0, 500)
    assert 7 not in set(reconciled(None)["step"])
