"""Every form's kronor add up by the common kernel, whatever it is priced by; law is added and taken off afterwards."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.errors import AllocationError, FormsError
from models_py.forms.money import FormMoney, form_money, groups_of
from models_py.forms.policy import FormNeedPolicy
from tests.models_py.forms.form_cases import FORMS, SHARES, grouped, need_table, policy_of

NEED = {
    "preschool": FormNeedPolicy(source="shares", points=SHARES),
    "after_school": FormNeedPolicy(source="need_model"),
    "upper_secondary": FormNeedPolicy(source="merit", merit_rule="steps", merit_values={"0": Decimal(1)}),
    "adult_education": FormNeedPolicy(source="adult_background", points={"study_path": {"path_1": Decimal(1)}}),
}
GROUPS = ("g1", "g2", "g3")


def _paid(form: str, rows: list[tuple[str, str, int]], index: dict[str, float] | None, **policy: object) -> FormMoney:
    groups = grouped(rows)
    people = groups.groupby("school_unit_code")["pupil_count"].sum().to_dict()
    if index is not None:
        mean = sum(index[unit] * people[unit] for unit in people) / sum(people.values())
        index = {unit: 100 * index[unit] / mean for unit in people}
    return form_money(
        groups, need=None if index is None else need_table(index, people),
        policy=policy_of(form, need=None if index is None else NEED[form], **policy),  # type: ignore[arg-type]
        organiser_types={unit: "independent" if unit.endswith("1") else "municipal" for unit in people},
    )  # fmt: skip


def _lines_are_exact(money: FormMoney) -> None:
    for line in money.lines.itertuples():
        assert Decimal(line.count) * line.rate_ore + line.rounding_ore == line.amount_ore
    parts = money.lines.groupby(["school_unit_code", "component_code"])["amount_ore"].sum()
    assert (parts % 100 == 0).all()
    assert money.lines.groupby(["component_code", "line_code"])["rate_ore"].nunique().max() == 1
    assert money.lines["amount_ore"].sum() == money.allocation.budget_ore


people = st.integers(min_value=0, max_value=60)
instances = st.lists(
    st.tuples(people, people, people, st.floats(min_value=20, max_value=250)), min_size=2, max_size=6
).filter(lambda units: all(sum(unit[:3]) >= 5 for unit in units))


def _rows(units: list[tuple[int, int, int, float]]) -> tuple[list[tuple[str, str, int]], dict[str, float]]:
    rows = [
        (f"u{n}{n % 2}", group, count)
        for n, unit in enumerate(units)
        for group, count in zip(GROUPS, unit[:3], strict=True)
        if count
    ]
    return rows, {f"u{n}{n % 2}": unit[3] for n, unit in enumerate(units)}


@settings(max_examples=12, deadline=None)
@given(instances, st.sampled_from(sorted(NEED)))
def test_a_price_list_with_a_share_by_need_is_exact_and_monotone_in_need(
    units: list[tuple[int, int, int, float]], form: str
) -> None:
    rows, index = _rows(units)
    money = _paid(form, rows, index, prices={"g1": 90_000, "g2": 131_000, "g3": 57_501}, share="0.1")
    _lines_are_exact(money)
    priced = {"g1": 90_000, "g2": 131_000, "g3": 57_501}
    base = sum(priced[group] * count for _, group, count in rows)
    assert money.allocation.pot_ore == round(Fraction(base, 9)) * 100
    totals = money.allocation.totals.set_index("school_unit_code")
    per_head = totals["structural_part_ore"] / totals["pupil_count"]
    order = sorted(index, key=lambda unit: index[unit])
    for low, high in pairwise(order):
        krona = (100 / totals.loc[[low, high], "pupil_count"]).sum()  # each is within a krona of its exact part
        assert per_head[high] > per_head[low] - krona
    again = _paid(form, rows[::-1], dict(reversed(index.items())), prices=priced, share="0.1")
    pd.testing.assert_frame_equal(again.lines, money.lines)


@settings(max_examples=12, deadline=None)
@given(instances, st.integers(min_value=1_000_000, max_value=90_000_000))
def test_a_share_of_budget_is_shared_to_the_krona_and_a_larger_pot_gives_nobody_less(
    units: list[tuple[int, int, int, float]], budget: int
) -> None:
    rows, index = _rows(units)
    shared = {"weights": {"g1": 1, "g2": 2, "g3": 3}, "share": "0.2"}
    money = _paid("after_school", rows, index, budget=budget, **shared)
    _lines_are_exact(money)
    assert money.allocation.budget_ore == budget * 100
    more = _paid("after_school", rows, index, budget=budget + 1_000_000, **shared)
    assert (more.allocation.totals["amount_ore"] >= money.allocation.totals["amount_ore"] - 100).all()


@settings(max_examples=8, deadline=None)
@given(instances)
def test_who_runs_a_unit_moves_no_decided_krona(units: list[tuple[int, int, int, float]]) -> None:
    rows, index = _rows(units)
    prices = {"g1": 90_000, "g2": 131_000, "g3": 57_501}
    groups = grouped(rows)
    counts = groups.groupby("school_unit_code")["pupil_count"].sum().to_dict()
    lines = []
    for kind in ("independent", "municipal"):
        money = form_money(
            groups,
            need=None,
            policy=policy_of("adult_education", prices=prices),
            organiser_types=dict.fromkeys(counts, kind),
        )  # type: ignore[arg-type]
        lines.append(money.lines)
    pd.testing.assert_frame_equal(*lines)
    assert index.keys() == counts.keys()


def test_component_codes_carry_the_forms_prefix() -> None:
    codes = {
        form: set(_paid(form, [("a1", "g1", 9)], None, prices={"g1": 1000}).lines["component_code"])
        for form in ("preschool", "pedagogical_care", "after_school", "adapted_compulsory", "adapted_upper_secondary")
    }
    assert codes["after_school"] == {"leisure_base_part"}
    assert codes["pedagogical_care"] == {"care_base_part"}
    assert len(set.union(*codes.values())) == len(codes)


def test_an_independent_organiser_gets_administration_and_vat_less_the_fees_it_takes() -> None:
    paid = {
        form: _paid(form, [("a1", "g1", 10), ("b0", "g1", 10)], None, prices={"g1": 10_000}, **more)
        for form, more in (
            ("preschool", {"fees": {"g1": 1_200}}),
            ("pedagogical_care", {"fees": {"g1": 1_000}}),
            ("adapted_compulsory", {}),
            ("adult_education", {}),
        )
    }
    grants = {form: tuple(money.grants.iloc[0])[1:] for form, money in paid.items()}
    sek = {form: [ore // 100 for ore in row] for form, row in grants.items()}
    assert sek["preschool"] == [100_000, 3_000, 6_180, 12_000, 97_180]
    assert sek["pedagogical_care"] == [100_000, 1_000, 6_060, 10_000, 97_060]  # 1 %, Skolförordningen 14 kap. 5 §
    assert sek["adapted_compulsory"] == [100_000, 3_000, 6_180, 0, 109_180]
    assert sek["adult_education"] == [100_000, 0, 0, 0, 100_000]  # no ordinance gives standard amounts
    assert [len(money.grants) for money in paid.values()] == [1, 1, 1, 1]  # nothing of the municipality's own units


def test_what_the_municipality_does_not_offer_has_the_national_price() -> None:
    money = _paid(
        "upper_secondary", [("a1", "na", 4), ("b0", "nb", 2)], None, prices={"na": 100_000}, national={"nb": 171_000}
    )
    lines = money.lines.set_index("line_code")
    assert lines.loc["national_nb", "amount_ore"] == 2 * 171_000 * 100
    assert lines.loc["group_na", "amount_ore"] == 4 * 100_000 * 100
    with pytest.raises(AllocationError, match="na has a price of its own too; the national list is for what"):
        policy_of("upper_secondary", prices={"na": 1}, national={"na": 2})


def test_a_programme_without_a_price_is_named_with_its_units() -> None:
    with pytest.raises(
        AllocationError, match=r"a group that people are in: bf: units 2 \(a1, b0\); give it a price of its own"
    ):
        _paid("upper_secondary", [("a1", "bf", 4), ("b0", "bf", 2), ("b0", "na", 2)], None, prices={"na": 100_000})


def test_money_is_refused_without_a_known_organiser_or_where_fees_exceed_it() -> None:
    groups = grouped([("a1", "g1", 4)])
    with pytest.raises(FormsError, match=r"preschool: units 1 \(a1\) are in no register of units"):
        form_money(groups, need=None, policy=policy_of("preschool", prices={"g1": 1}), organiser_types={})
    with pytest.raises(FormsError, match="fees of unit a1 are more than its grant"):
        _paid("preschool", [("a1", "g1", 4)], None, prices={"g1": 100}, fees={"g1": 900})


def test_a_form_is_priced_by_its_own_kind_of_group() -> None:
    rows = pd.DataFrame({
        "school_unit_code": ["a1", "a1", "a1"], "stage": ["age_1", "age_1", "age_2"], "hours": ["full", "part", "full"],
        "programme": ["na", "na", "te"], "track": ["subjects", "subject_areas", "subjects"], "pupil_count": [3, 2, 1],
    })  # fmt: skip
    told = {
        form: groups_of(rows, form=FORMS[form]).groupby("group")["pupil_count"].sum().to_dict()
        for form in ("preschool", "upper_secondary", "adapted_compulsory", "adult_education")
    }
    assert told["preschool"] == {"age_1_full": 3, "age_1_part": 2, "age_2_full": 1}
    assert told["upper_secondary"] == {"na": 5, "te": 1}
    assert told["adapted_compulsory"] == {"subjects": 4, "subject_areas": 2}
    assert told["adult_education"] == {"age_1": 5, "age_2": 1}
