"""Which causes two years' policies have: prices, rules, promises; how amounts are booked is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration.resources.policies import load_policy
from orchestration.yearly.policy_mix import policy_states

ROOT = Path(__file__).resolve().parents[3]
CODE, YEAR = "9999", 2027


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example's policy without the components of 2026: base part and structural part in both years."""
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    (tmp_path / "policies" / CODE / "formula.yml").unlink()
    return tmp_path / "policies"


def causes(folder: Path) -> tuple[str, ...]:
    policy = load_policy(folder / CODE, municipality_code=CODE, defaults=folder / "default")
    return policy_states(policy, funding_year=YEAR).causes


def test_an_amount_that_is_raised_is_a_price_and_new_cost_types_and_accounts_are_no_cause(folder: Path):
    booked = (folder / CODE / "cost_types.yml").read_text("utf-8")
    assert "valid_from: 2027-01-01" in booked, "kronor per pupil of learning tools and premises begin this year"
    assert causes(folder) == ("prices",)


def test_a_rule_that_changed_is_a_cause(folder: Path):
    model = folder / CODE / "model.yml"
    text = model.read_text("utf-8")
    share = text.index("  share:")
    end = text.index("valid_to: 2028-12-31", share)
    first = text.index("      - valid_from", share)
    block = text[first : text.index("\n", text.index("legal_basis", end)) + 1]
    before = block.replace("valid_to: 2028-12-31", f"valid_to: {YEAR - 1}-12-31")
    value = next(line for line in block.splitlines() if line.strip().startswith("value:"))
    after = block.replace(block.splitlines()[0], f"      - valid_from: {YEAR}-01-01").replace(
        value, "        value: 0.15"
    )
    model.write_text(text.replace(block, before + after, 1), "utf-8")
    assert causes(folder) == ("prices", "policy")
