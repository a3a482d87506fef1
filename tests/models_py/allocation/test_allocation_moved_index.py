"""One unit's index elsewhere: the mean stays, the money that follows need is told apart, and its slope is per point."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from models_py.allocation.components.grades import WeightsByGrade
from models_py.allocation.components.heads import PerHead
from models_py.allocation.components.need import Posts, StructuralLinear, StructuralPower
from models_py.allocation.formula import Budget, Component, Sharing, Stage
from models_py.allocation.moved_index import is_closed, moved, need_driven, sek_per_point
from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.stages import CapPerPupil, HoldHarmless, LevelUp, MinimumPerPupil

NEED = pd.DataFrame(
    {
        "school_unit_code": ["a", "b", "c"],
        "pupil_count": [100, 200, 100],
        "need_index": [60.0, 100.0, 140.0],
        "need_share": [0.06, 0.10, 0.14],
    }
)


def component(code: str, kind: str, parameters: object, **sharing: object) -> Component:
    return Component(code, kind, parameters, Sharing(**sharing))


BASE = component("base", "weights_by_grade", WeightsByGrade(weights={"4": Decimal(1)}), money="rest")
LINEAR = component("linear", "structural_linear", StructuralLinear(), share=Decimal("0.1"))
POWER = component("power", "structural_power", StructuralPower(exponent=Decimal(2)), share=Decimal("0.1"))
POSTS = component(
    "posts", "posts", Posts(pupils_per_post=Decimal(20), correction=Decimal(1), sek_per_post=Decimal(600_000))
)
BY_SHARE = component("by_share", "structural_linear", StructuralLinear(measure="need_share"), share=Decimal("0.1"))
BY_OTHER = component("by_other", "structural_linear", StructuralLinear(measure="own_index"), share=Decimal("0.1"))
HEADS = component("heads", "per_head", PerHead(measure="newly_arrived", amount_sek=Decimal(9000)))
BUDGET = Budget("share_of_budget", budget_sek=10_000_000)


def policy(*components: Component, **changed: object) -> AllocationPolicy:
    return AllocationPolicy(budget=BUDGET, components=(BASE, *components), **changed)


def lines(**ore: dict[str, int]) -> pd.DataFrame:
    rows = [(unit, code, amount) for code, of in ore.items() for unit, amount in of.items()]
    return pd.DataFrame(rows, columns=["school_unit_code", "component_code", "amount_ore"])


def test_the_mean_stays_and_the_others_keep_their_proportions():
    found = moved(NEED, unit="b", index=120.0, is_rebased=True)
    assert found["need_index"].tolist() == pytest.approx([48.0, 120.0, 112.0])
    assert (found["need_index"] * found["pupil_count"]).sum() == pytest.approx(400 * 100)
    assert found["need_share"].tolist() == pytest.approx([0.06, 0.15, 0.14]), (
        "120 is half as much again as the 80 it would be"
    )


def test_an_index_that_is_not_rebased_moves_alone_and_its_share_with_it():
    found = moved(NEED, unit="a", index=90.0, is_rebased=False)
    assert found["need_index"].tolist() == [90.0, 100.0, 140.0]
    assert found["need_share"].tolist() == pytest.approx([0.09, 0.10, 0.14])
    assert NEED["need_index"].tolist() == [60.0, 100.0, 140.0]


def test_a_share_is_never_above_one_and_is_left_where_it_says_nothing():
    found = moved(NEED.assign(need_share=[0.5, 0.1, 0.1]), unit="a", index=180.0, is_rebased=False)
    assert found["need_share"].tolist() == [1.0, 0.1, 0.1]
    none = moved(NEED.assign(need_share=None), unit="a", index=180.0, is_rebased=False)
    assert none["need_share"].isna().all()
    zero = moved(NEED.assign(need_index=[0.0, 100.0, 200.0]), unit="a", index=50.0, is_rebased=False)
    assert zero["need_share"].tolist() == NEED["need_share"].tolist()
    without = moved(NEED.drop(columns="need_share"), unit="a", index=50.0, is_rebased=True)
    assert list(without) == ["school_unit_code", "pupil_count", "need_index"]


def test_the_only_unit_with_need_takes_its_index_and_nobody_is_scaled():
    found = moved(NEED.assign(need_index=[400.0, 0.0, 0.0]), unit="a", index=200.0, is_rebased=True)
    assert found["need_index"].tolist() == [200.0, 0.0, 0.0]
    assert found["need_share"].tolist() == pytest.approx([0.03, 0.10, 0.14])


def test_money_that_follows_need_is_structural_or_posts_and_reads_index_or_share():
    asked = policy(LINEAR, POSTS, BY_SHARE, BY_OTHER, HEADS).formula()
    assert need_driven(asked) == {"linear", "posts", "by_share"}
    assert need_driven(policy(HEADS).formula()) == frozenset()


def test_a_plainly_linear_part_pays_its_amount_over_its_index_and_is_not_paid_anew():
    paid = lines(linear={"a": 600_000, "b": 2_000_050, "z": 1}, base={"a": 77, "b": 77, "c": 77})
    found = sek_per_point(
        paid, need=NEED.assign(need_index=[60.0, 100.0, 0.0]), policy=policy(LINEAR), units=["b", "a", "c"],
        ordinary_change=10.0, share=lambda *_: pytest.fail("was paid anew"),
    )  # fmt: skip
    assert found == pytest.approx({"b": 200.005, "a": 100.0, "c": 0.0})


def test_a_unit_without_a_line_or_an_index_of_a_linear_part_is_moved_by_nothing():
    paid = lines(linear={"a": 600_000, "c": 300_000})
    found = sek_per_point(
        paid, need=NEED.assign(need_index=[60.0, 100.0, 0.0]), policy=policy(LINEAR), units=["b", "c"],
        ordinary_change=10.0, share=lambda *_: pytest.fail("was paid anew"),
    )  # fmt: skip
    assert found == {"b": 0.0, "c": 0.0}


class Engine:
    """Pays ``ore`` of a unit's index in two parts, and keeps what it was asked for."""

    def __init__(self, ore) -> None:
        self.ore, self.needs, self.policies = ore, [], []

    def __call__(self, need: pd.DataFrame, asked: AllocationPolicy) -> pd.DataFrame:
        self.needs.append(need)
        self.policies.append(asked)
        amounts = {
            unit: self.ore(index) for unit, index in zip(need["school_unit_code"], need["need_index"], strict=True)
        }
        return lines(power=amounts, posts=amounts, base=dict.fromkeys(amounts, 5_000))


def slopes(engine: Engine, asked: AllocationPolicy, *, units: list[str], change: float) -> dict[str, float]:
    return sek_per_point(lines(), need=NEED, policy=asked, units=units, ordinary_change=change, share=engine)


def test_any_other_part_is_paid_anew_at_both_ends_and_its_slope_is_between_them():
    engine = Engine(lambda index: round(100 * index * index))
    found = slopes(engine, policy(POWER, POSTS, rebase="none"), units=["a", "c"], change=10.0)
    assert found == pytest.approx({"a": 2 * 2 * 60.0, "c": 2 * 2 * 140.0}), "two parts; the slope of x² is 2x"
    assert [need["need_index"].tolist() for need in engine.needs] == [
        [50.0, 100.0, 140.0], [70.0, 100.0, 140.0], [60.0, 100.0, 130.0], [60.0, 100.0, 150.0],
    ]  # fmt: skip


def test_the_others_make_room_where_the_index_is_rebased():
    engine = Engine(lambda index: round(100 * index))
    slopes(engine, policy(POWER, rebase="pupils"), units=["b"], change=20.0)
    assert [need["need_index"].tolist() for need in engine.needs] == [
        pytest.approx([72.0, 80.0, 168.0]), pytest.approx([48.0, 120.0, 112.0])
    ]  # fmt: skip


def test_no_index_goes_below_zero_and_no_slope_either():
    engine = Engine(lambda index: round(100 * index * index))
    assert slopes(engine, policy(POWER, rebase="none"), units=["a"], change=90.0) == pytest.approx({"a": 150.0})
    assert engine.needs[0]["need_index"][0] == 0.0
    falling = Engine(lambda index: round(-100 * index))
    assert slopes(falling, policy(POWER, rebase="none"), units=["a"], change=10.0) == {"a": 0.0}
    assert slopes(engine, policy(POWER, rebase="none"), units=["a"], change=0.0) == {"a": 0.0}


def test_promises_on_whole_amounts_are_left_out_and_bounds_of_a_pot_are_kept():
    cap = Stage("cap", "cap_per_pupil", CapPerPupil(component="power", amount_sek=Decimal(9000)))
    promises = (
        Stage("hold", "hold_harmless", HoldHarmless(component="power")),
        Stage("least", "minimum_per_pupil", MinimumPerPupil(level_sek=Decimal(50_000))),
        Stage("level", "level_up", LevelUp(pot_sek=100_000)),
    )
    engine = Engine(lambda index: round(100 * index))
    slopes(engine, policy(POWER, guarantees=(cap, *promises)), units=["a"], change=10.0)
    assert [asked.guarantees for asked in engine.policies] == [(cap,), (cap,)]


def test_a_formula_is_closed_only_where_every_part_is_plainly_linear_and_nothing_bounds_it():
    linear = frozenset({"linear"})
    cap = Stage("cap", "cap_per_pupil", CapPerPupil(component="linear", amount_sek=Decimal(9000)))
    assert is_closed(policy(LINEAR, POWER), linear)
    assert not is_closed(policy(LINEAR, POWER), linear | {"power"})
    assert not is_closed(policy(LINEAR, rebase="none"), linear)
    assert not is_closed(policy(LINEAR, guarantees=(cap,)), linear)
    for sharing in ({"rule": "equal_awards"}, {"area_factor": "area"}):
        assert not is_closed(policy(replace(LINEAR, sharing=Sharing(share=Decimal("0.1"), **sharing))), linear)
    assert is_closed(policy(replace(LINEAR, sharing=Sharing(share=Decimal("0.1"), rule="proportional"))), linear)
    for asked in ({"measure": "need_share"}, {"lowest": Decimal(50)}, {"highest": Decimal(150)}, {"decimals": 0}):
        assert not is_closed(policy(replace(LINEAR, parameters=StructuralLinear(**asked))), linear)
