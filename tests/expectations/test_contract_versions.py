"""The published contract moves by steps that say what has changed for a reader."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import contract as releasing
from expectations.columns import COLUMNS
from expectations.contracts import CONTRACT_VERSION, CONTRACTS
from expectations.contracts.reading import reading_columns
from expectations.contracts.versioning import (
    VersionError,
    changes,
    check_version,
    present_snapshot,
    released,
    step_needed,
    to_text,
)
from expectations.labels import labelled, swedish_label

Snapshot = dict[str, Any]


def test_the_present_contract_is_a_fitting_step_from_the_last_released_one():
    """Change the contract, and this asks for the version; ``make contract`` keeps it once it is released."""
    check_version(released()[-1], present_snapshot())


def test_released_contracts_follow_each_other_by_fitting_steps():
    kept = released()
    assert kept
    for before, after in itertools.pairwise(kept):
        check_version(before, after)


def _drop_table(s: Snapshot) -> None:
    del s["tables"]["need_calibration"]


def _add_table(s: Snapshot) -> None:
    s["tables"]["fct_payment"] = copy.deepcopy(s["tables"]["rule_result"])


def _rename(s: Snapshot) -> None:
    columns = s["tables"]["rule_result"]["columns"]
    columns[columns.index("severity")] = "gravity"


def _add_nullable(s: Snapshot) -> None:
    s["tables"]["dim_year"]["columns"].append("comment")
    s["tables"]["dim_year"]["nullable"].append("comment")


def _add_filled(s: Snapshot) -> None:
    s["tables"]["dim_year"]["columns"].append("comment")


def _loosen(s: Snapshot) -> None:
    s["tables"]["fct_allocation"]["nullable"].append("count_unit")


def _tighten(s: Snapshot) -> None:
    s["tables"]["dim_organiser"]["nullable"].remove("organiser_name")


def _rekey(s: Snapshot) -> None:
    s["tables"]["fct_allocation"]["key"].pop()


def _reorder(s: Snapshot) -> None:
    s["tables"]["fct_allocation"]["columns"].reverse()


def _retype(s: Snapshot) -> None:
    s["columns"]["amount_ore"]["type"] = "float64"


def _reunit(s: Snapshot) -> None:
    s["columns"]["amount_ore"]["unit"] = "kr"


def _relabel(s: Snapshot) -> None:
    s["columns"]["amount_ore"]["label"] = "Belopp"


def _reword(s: Snapshot) -> None:
    s["columns"]["amount_ore"]["words"]["sv"] = "Årets belopp."


def _reword_table(s: Snapshot) -> None:
    s["tables"]["dim_year"]["words"]["en"] = "A year."


CASES: list[tuple[Callable[[Snapshot], None], str]] = [
    (_drop_table, "major"),
    (_add_table, "minor"),
    (_rename, "major"),
    (_add_nullable, "minor"),
    (_add_filled, "major"),
    (_loosen, "major"),
    (_tighten, "minor"),
    (_rekey, "major"),
    (_reorder, "major"),
    (_retype, "major"),
    (_reunit, "major"),
    (_relabel, "major"),
    (_reword, "patch"),
    (_reword_table, "patch"),
]
NEXT = {"patch": "1.2.1", "minor": "1.3.0", "major": "2.0.0"}


@pytest.mark.parametrize(("change", "step"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_each_kind_of_change_asks_for_its_step_and_refuses_a_smaller_one(change, step):
    before = present_snapshot() | {"version": "1.2.0"}
    after = copy.deepcopy(before)
    change(after)
    assert step_needed(changes(before, after)) == step
    check_version(before, after | {"version": NEXT[step]})
    for smaller in ("1.2.0", *list(NEXT.values())[: list(NEXT).index(step)]):
        with pytest.raises(VersionError, match=f"ask for '{step}'"):
            check_version(before, after | {"version": smaller})


@pytest.mark.parametrize("version", ["1.1.9", "1.2.2", "1.4.0", "3.0.0", "1.3.1", "1.3", "v1.3.0", "01.3.0"])
def test_a_version_that_goes_back_or_leaves_out_a_step_is_refused(version):
    before = present_snapshot() | {"version": "1.2.0"}
    after = copy.deepcopy(before)
    _add_table(after)
    with pytest.raises(VersionError):
        check_version(before, after | {"version": version})


def test_a_new_version_without_a_change_is_refused():
    before = present_snapshot() | {"version": "1.2.0"}
    with pytest.raises(VersionError, match="nothing has changed"):
        check_version(before, before | {"version": "1.3.0"})


def test_a_released_contract_is_never_rewritten(tmp_path: Path):
    path = releasing.release(tmp_path)
    assert path.read_text("utf-8") == to_text(present_snapshot())
    assert releasing.release(tmp_path) == path, "the same content again is no change"
    path.write_text(path.read_text("utf-8").replace("öre", "kr"), encoding="utf-8")
    with pytest.raises(VersionError, match=f"contract {CONTRACT_VERSION} is released"):
        releasing.release(tmp_path)


def test_every_published_column_has_one_swedish_label_of_its_own():
    names = {column.name for contract in CONTRACTS.values() for column in reading_columns(contract)}
    labels = {name: swedish_label(name) for name in names}
    assert len(set(labels.values())) == len(labels)
    assert labels["amount_sek"] == "Summa (kr)"
    assert all(label == label.strip() and len(label.encode()) <= 63 for label in labels.values())  # PostgreSQL's names
    assert labelled() <= set(COLUMNS), "a label of a column that is gone"
    with pytest.raises(ValueError, match="no_such_column has no Swedish label"):
        swedish_label("no_such_column")
