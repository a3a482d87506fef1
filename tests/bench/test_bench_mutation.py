"""A mutation result counts only for the code it was measured on, and a survivor is never counted as killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.claims import publication_mutation
from bench.mutation import plan


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict]:
    """Every module measured: nine of ten mutants killed."""
    states = {f"m{number}": "killed" for number in range(9)} | {"m9": "survived"}
    shown = {"m9": ["- a", "+ b"]}
    results = {
        file: plan.entry(states, shown, code=plan.code_sha256(file), mutants=100, share=0.1)
        for group in plan.GROUPS
        for file in group.files
    }
    monkeypatch.setattr(publication_mutation, "load", lambda: results)
    return results


def test_states_are_counted_and_survivors_shown() -> None:
    states = {"a": "killed", "b": "timeout", "c": "survived", "d": "no tests"}
    found = plan.entry(states, {"c": ["- x", "+ y"]}, code="f0", mutants=400, share=0.01)
    assert (found["mutants"], found["judged"], found["killed"]) == (400, 4, 2)
    assert found["survivors"] == {"c": ["- x", "+ y"], "d": []}


def test_a_larger_sample_adds_to_a_smaller_one_and_judges_nothing_twice() -> None:
    names = [f"m{number}" for number in range(4000)]
    small = plan.chosen(names, code="a", above=0, share=0.01)
    more = plan.chosen(names, code="a", above=0.01, share=0.05)
    assert 20 <= len(small) <= 60 <= 120 <= len(more) <= 200
    assert sorted(small + more) == sorted(plan.chosen(names, code="a", above=0, share=0.05))
    assert plan.chosen(names, code="b", above=0, share=0.01) != small
    assert plan.chosen(names, code="a", above=0, share=1) == names
    first = plan.entry({"a": "killed", "b": "survived"}, {}, code="f0", mutants=9, share=0.2)
    again = {"b": "survived", "c": "killed"}
    both = plan.entry(again, {}, code="f0", mutants=9, share=0.4, smaller=first)
    assert (both["judged"], both["killed"], both["states"]) == (3, 2, {"killed": 2, "survived": 1})
    assert (both["share"], list(both["survivors"])) == (0.4, ["b"])
    mended = plan.entry({"b": "killed"}, {}, code="f0", mutants=9, share=0.4, smaller=both)
    assert (mended["judged"], mended["killed"], mended["survivors"]) == (3, 3, {})


def test_nine_of_ten_is_enough_and_eight_are_not(measured: dict[str, dict]) -> None:
    found = publication_mutation.mutants_killed()
    assert found.holds is True
    assert "(90.0%, 95 % interval 8" in found.figure
    for file in plan.GROUPS[1].files:
        measured[file]["killed"] = 8
    assert publication_mutation.mutants_killed().holds is False


def test_the_claim_is_void_once_a_module_has_changed(measured: dict[str, dict]) -> None:
    file = plan.GROUPS[0].files[0]
    measured[file]["code_sha256"] = "0" * 64
    found = publication_mutation.mutants_killed()
    assert found.holds is None
    assert file in found.reason


def test_the_groups_cover_money_need_and_publication() -> None:
    files = {file for group in plan.GROUPS for file in group.files}
    assert {
        "models_py/allocation/rounding.py",
        "models_py/need/fit.py",
        "orchestration/publication/publish.py",
    } <= files


def test_a_result_is_stored_in_order_and_without_modules_that_are_gone(tmp_path: Path) -> None:
    known = plan.GROUPS[0].files[:2]
    path = tmp_path / "mutation.json"
    plan.store({known[1]: {"mutants": 1}, "gone.py": {}, known[0]: {"mutants": 2}}, path=path)
    assert list(plan.load(path)) == sorted(known)
