"""A guarantee's opening balance: delivered, or the municipality's own verified publication; never silently none."""

from __future__ import annotations

import os
import shutil
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from models_py.errors import AllocationError
from orchestration.publication.files import make_directory
from orchestration.publication.pointer import CURRENT, swap
from orchestration.resources.policies import load_policy
from orchestration.yearly.baseline import opening_balance
from orchestration.yearly.previous import PreviousYearError, previous_year

sys.path.insert(0, str(Path(__file__).parents[1] / "publication"))
from candidates import candidate, release

ROOT = Path(__file__).resolve().parents[3]
CODE, PUBLISHED_YEAR, YEAR = "9999", 2027, 2028
UNITS = [f"{CODE}{number:04d}" for number in range(1, 5)]

GUARANTEE = """
guarantees:
  damping_of_losses:
    kind: damping
    description: Nobody loses more than three per cent per pupil.
    parameters:
      component: {dated: structural_part, unit: component}
      down: {dated: 0.03, unit: share}
"""
DECISION = (
    "{{values: [{{valid_from: 2019-01-01, valid_to: 2028-12-31, value: {value}, unit: {unit}, mode: hold, "
    "decided: 2018-11-26, decided_by: board, status: decided, legal_basis: skollagen}}], description: as decided}}"
)


def dated(value: str, unit: str) -> str:
    return DECISION.format(value=value, unit=unit)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("published")
    assert release(candidate(CODE), root).status == "published"
    return root


def policy_file(tmp_path: Path, **baseline: str):
    folder = tmp_path / "policies"
    shutil.copytree(ROOT / "policies" / "default", folder / "default")
    shutil.copytree(ROOT / "policies" / CODE, folder / CODE)
    text = GUARANTEE.replace("{dated: structural_part, unit: component}", dated("structural_part", "component"))
    text = text.replace("{dated: 0.03, unit: share}", dated("0.03", "share"))
    if baseline:
        text += "baseline:\n" + "".join(f"  {key}: {dated(value, 'choice')}\n" for key, value in baseline.items())
    (folder / CODE / "guarantees.yml").write_text(text, encoding="utf-8")
    return load_policy(folder / CODE, municipality_code=CODE, defaults=folder / "default")


def asked(file, root: Path, *, delivered=None, units=UNITS, followed=None):
    return opening_balance(
        file, policy=file.at(YEAR), delivered=delivered, folder=CODE, root=root, municipality_code=CODE,
        funding_year=YEAR, units=units, followed=followed or {},
    )  # fmt: skip


DELIVERED = pd.DataFrame({"school_unit_code": UNITS, "pupil_count": 100, "total_sek": Decimal(9_000_000)}, dtype=object)


def test_a_delivered_baseline_is_used_where_the_policy_says_nothing(tmp_path, home):
    balance = asked(policy_file(tmp_path), home, delivered=DELIVERED)
    assert balance.publication is None
    pd.testing.assert_frame_equal(balance.table, DELIVERED)


def test_a_proposal_makes_money_only_where_the_policy_says_so(tmp_path, home):
    with pytest.raises(
        AllocationError, match=r"damping_of_losses.*facts\.yml.*no decided publication of 9999 for 2027"
    ):
        asked(policy_file(tmp_path), home)
    said = policy_file(tmp_path / "said", source="proposed")
    balance = asked(said, home)
    assert (balance.publication.publication_id, balance.publication.is_decided) == ("2027.0.1", False)
    wide = candidate(CODE).tables["school_allocation"].set_index("school_unit_code")
    found = balance.table.set_index("school_unit_code")
    assert list(found.index) == UNITS
    assert [found.loc[unit, "total_sek"] for unit in UNITS] == [wide.loc[unit, "total_sek"] for unit in UNITS]
    assert (found["base_part_sek"] + found["structural_part_sek"] == found["total_sek"]).all()
    assert balance.publication.as_input()["sha256"] == balance.publication.manifest["content_sha256"]


def test_a_decided_publication_is_read_without_being_named(tmp_path, home):
    decided = tmp_path / "decided"
    shutil.copytree(home, decided, symlinks=True)
    year = decided / CODE / str(PUBLISHED_YEAR)
    os.chmod(year, 0o755)
    swap(year, pointer=CURRENT, publication_id="2027.0.1")
    assert asked(policy_file(tmp_path), decided).publication.is_decided


@pytest.mark.parametrize("source", ["delivered", "decided"])
def test_a_source_that_has_nothing_is_an_error_naming_key_and_file(tmp_path, home, source):
    delivered = None if source == "delivered" else DELIVERED
    with pytest.raises(AllocationError, match=r'policies/9999/facts\.yml has no baseline\."2028".*baseline\.source'):
        asked(policy_file(tmp_path, source=source), home, delivered=delivered)


def test_a_publication_that_was_altered_makes_no_money(tmp_path, home):
    altered = tmp_path / "altered"
    shutil.copytree(home, altered, symlinks=True)
    table = altered / CODE / str(PUBLISHED_YEAR) / "versions" / "2027.0.1" / "tables" / "fct_allocation.parquet"
    os.chmod(table, 0o644)
    table.write_bytes(table.read_bytes()[:-1] + b"x")
    with pytest.raises(PreviousYearError, match=r"2027\.0\.1 of 9999 does not verify"):
        asked(policy_file(tmp_path, source="proposed"), altered)
    with pytest.raises(PreviousYearError):
        previous_year(altered, CODE, PUBLISHED_YEAR, proposals=True)


def test_merged_and_split_units_continue_those_they_follow(tmp_path, home):
    first, second, third, fourth = UNITS
    balance = asked(
        policy_file(tmp_path, source="proposed"),
        home,
        units=["99990101", "99990102", "99990103", third, "99990104"],
        followed={"99990101": (first, second), "99990102": (fourth,), "99990103": (fourth,), "99990104": ("99990999",)},
    )
    assert balance.predecessors == {"99990101": (first, second), "99990102": (fourth,), "99990103": (fourth,)}
    assert balance.unclear == ()


def test_a_predecessor_that_goes_on_is_refused_unless_the_policy_says_no_baseline(tmp_path, home):
    first = UNITS[0]
    given = {"units": [*UNITS, "99990101"], "followed": {"99990101": (first,)}}
    with pytest.raises(AllocationError, match=r"99990101.*baseline\.unclear_predecessors: no_baseline"):
        asked(policy_file(tmp_path, source="proposed"), home, **given)
    lenient = policy_file(tmp_path / "lenient", source="proposed", unclear_predecessors="no_baseline")
    balance = asked(lenient, home, **given)
    assert (balance.unclear, balance.predecessors) == (("99990101",), {"99990101": ()})


def test_a_policy_without_promises_against_last_year_needs_no_baseline(tmp_path, home):
    file = load_policy(ROOT / "policies" / CODE, municipality_code=CODE, defaults=ROOT / "policies" / "default")
    make_directory(tmp_path / "empty")
    assert asked(file, tmp_path / "empty").table is None
