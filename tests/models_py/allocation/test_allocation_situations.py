"""Runs ``tests/situations/*.yml``; a key that nobody reads is an error there."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
import yaml

from models_py.allocation import GRADES, AllocationPolicy, BasePolicy, StructuralPolicy, allocate
from models_py.errors import AllocationError

FILES = sorted((Path(__file__).parents[2] / "situations").glob("*.yml"))
SITUATIONS = [case for path in FILES for case in yaml.safe_load(path.read_text(encoding="utf-8"))]


def per_grade(values):
    return None if values is None else {str(grade): Decimal(str(value)) for grade, value in values.items()}


def policy_of(case):
    """Policy of a situation; every grade weighs 1 in a budget unless weights are given."""
    said = dict(case.pop("policy"))
    prices = per_grade(said.pop("grade_prices_sek", None))
    if prices:
        base = BasePolicy(mode="price_list", grade_prices_sek=prices)
    else:
        weights = per_grade(said.pop("grade_weights", dict.fromkeys(GRADES, 1)))
        base = BasePolicy(mode="share_of_budget", budget_sek=said.pop("budget_sek"), grade_weights=weights)
    share, pot = said.pop("structural_share", None), said.pop("pot_sek", None)
    structural = StructuralPolicy(share=None if share is None else Decimal(str(share)), pot_sek=pot)
    policy = AllocationPolicy(base=base, structural=structural, rebase=said.pop("rebase", "none"))
    assert not said, f"policy keys that no situation knows: {sorted(said)}"
    return policy


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda case: case["situation"])
def test_situation(situation):
    case = {key: value for key, value in situation.items() if key != "situation"}
    units = case.pop("school_units")
    policy = policy_of(case)
    enrollment = pd.DataFrame(
        [(code, str(grade), n) for code, unit in units.items() for grade, n in unit["pupils"].items()],
        columns=["school_unit_code", "grade", "pupil_count"],
    )
    need = pd.DataFrame(
        [(code, float(unit["need_index"])) for code, unit in units.items() if "need_index" in unit],
        columns=["school_unit_code", "need_index"],
    )
    if refusal := case.pop("refused", None):
        assert not case
        with pytest.raises(AllocationError, match=re.escape(refusal)):
            allocate(enrollment=enrollment, need=need, policy=policy)
        return
    allocation = allocate(enrollment=enrollment, need=need, policy=policy)
    totals = allocation.totals.set_index("school_unit_code")
    for component in ("base_part", "structural_part"):
        assert {code: ore / 100 for code, ore in totals[f"{component}_ore"].items()} == case.pop(f"{component}_sek")
    assert dict(allocation.unpaid.to_numpy()) == case.pop("unpaid", {})
    assert not case, f"keys that no situation knows: {sorted(case)}"


def test_there_are_situations():
    assert len(SITUATIONS) >= 10
    assert len({case["situation"] for case in SITUATIONS}) == len(SITUATIONS)
