"""A mutation result counts only for the code it was measured on, and a survivor is never counted as killed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.claims import publication_mutation
from bench.mutation import alone, plan


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict]:
    """Every module measured: nine of ten mutants killed."""
    states = {f"m{number}": "killed" for number in range(9)} | {"m9": "survived"}
    shown = {"m9": ["- a", "+ b"]}
    results = {
        file: plan.entry(states, shown, code=plan.code_sha256(file), mutants=100, round_=2, share=0.1)
        for group in plan.GROUPS
        for file in group.files
    }
    monkeypatch.setattr(publication_mutation, "load", lambda: results)
    monkeypatch.setattr(publication_mutation, "reasons", lambda: {"m9": {"change": ["- a", "+ b"], "reason": "Equal."}})
    return results


def test_states_are_counted_and_survivors_shown() -> None:
    states = {"a": "killed", "b": "timeout", "c": "survived", "d": "no tests"}
    found = plan.entry(states, {"c": ["- x", "+ y"]}, code="f0", mutants=400, round_=1, share=0.01)
    assert (found["mutants"], found["judged"], found["killed"]) == (400, 4, 2)
    assert found["survivors"] == {"c": ["- x", "+ y"], "d": []}


def test_a_larger_sample_adds_to_a_smaller_one_and_judges_nothing_twice() -> None:
    names = [f"m{number}" for number in range(4000)]
    small = plan.chosen(names, code="a", round_=1, above=0, share=0.01)
    more = plan.chosen(names, code="a", round_=1, above=0.01, share=0.05)
    assert 20 <= len(small) <= 60 <= 120 <= len(more) <= 200
    assert sorted(small + more) == sorted(plan.chosen(names, code="a", round_=1, above=0, share=0.05))
    assert plan.chosen(names, code="b", round_=1, above=0, share=0.01) != small
    assert plan.chosen(names, code="a", round_=1, above=0, share=1) == names
    told = {"code": "f0", "mutants": 9, "round_": 1}
    first = plan.entry({"a": "killed", "b": "survived"}, {}, **told, share=0.2)
    both = plan.entry({"b": "survived", "c": "killed"}, {}, **told, share=0.4, smaller=first)
    assert (both["judged"], both["killed"], both["states"]) == (3, 2, {"killed": 2, "survived": 1})
    assert (both["share"], list(both["survivors"]), both["mended"]) == (0.4, ["b"], [])


def test_a_test_written_for_a_survivor_mends_it_and_does_not_raise_the_figure_of_its_round() -> None:
    told = {"code": "f0", "mutants": 9, "round_": 1, "share": 0.4}
    first = plan.entry({"a": "killed", "b": "survived", "c": "survived"}, {"c": ["- x"]}, **told)
    mended = plan.entry({"b": "killed"}, {}, **told, smaller=first)
    assert (mended["judged"], mended["killed"], mended["mended"]) == (3, 1, ["b"])
    assert mended["survivors"] == {"c": ["- x"]}
    assert plan.entry({"c": "survived"}, {}, **told, smaller=mended)["mended"] == ["b"]


def test_a_survivor_needs_a_reason_that_is_of_its_own_change(
    measured: dict[str, dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"m9": {"change": ["- a", "+ c"], "reason": "Of a mutant that had this number before the code was edited."}}
    monkeypatch.setattr(publication_mutation, "reasons", lambda: other)
    found = publication_mutation.mutants_killed()
    assert found.holds is False
    assert "no reason is given for m9" in found.reason
    assert plan.open_survivors({"survivors": {"d": []}}, {"d": {"change": []}}) == ["d"]
    assert all(set(one) == {"change", "reason"} and one["change"] and one["reason"] for one in plan.reasons().values())


def test_a_new_round_draws_other_mutants_and_counts_no_result_of_an_earlier_one(measured: dict[str, dict]) -> None:
    names = [f"m{number}" for number in range(4000)]
    drawn = [set(plan.chosen(names, code="a", round_=number, above=0, share=0.1)) for number in (1, 2)]
    assert len(drawn[0] & drawn[1]) < len(drawn[0]) / 4
    money, need = (plan.GROUPS[place].files for place in (0, 1))
    assert plan.latest_round(measured, money) == 2
    assert plan.stale(measured, money) == []
    measured[money[0]]["round"] = 3
    assert plan.stale(measured, money) == list(money[1:])
    assert plan.stale(measured, need) == [], "each group draws by itself"
    assert publication_mutation.mutants_killed().holds is None


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


def test_a_mutant_is_judged_by_the_whole_files_that_reach_it_its_own_first_then_quick_ones() -> None:
    takes = {"test_slow.py": 9.0, "test_quick.py": 0.1, "test_other.py": 1.0, "test_elsewhere.py": 0.1}
    seconds = {f"{file}::{name}": each / 2 for file, each in takes.items() for name in ("a", "b")}
    reached = [f"{file}::b" for file in takes if file != "test_elsewhere.py"]
    for function, order in (("a.b.x_f", ("quick", "other", "slow")), ("a.b.slow.x_f", ("slow", "quick", "other"))):
        judges = plan.judges_of({function: reached}, seconds=seconds)
        assert judges == {function: [f"test_{file}.py::{name}" for file in order for name in ("a", "b")]}


def test_a_mutant_is_judged_in_a_process_of_its_own_by_the_tests_of_its_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mutants").mkdir()
    judge = "import os, time\n\nassert not os.environ['MUTANT_UNDER_TEST'].endswith('5')\n\ndef test_it():\n    number = os.environ['MUTANT_UNDER_TEST'][-1]\n"
    judge += "    time.sleep(60 if number == '3' else 0)\n    assert number != '1'\n"
    judge += "    if number == '4':\n        os.kill(os.getpid(), 14)  # as a test that hangs is ended\n"
    (tmp_path / "mutants" / "test_one.py").write_text(judge)
    learned = {"tests_by_mangled_function_name": {"m.x_f": ["test_one.py::test_it"], "m.x_g": ["test_none.py"]}}
    learned["duration_by_test"] = {"test_one.py::test_it": 0.1, "test_none.py": 0.1}
    (tmp_path / "mutants" / "mutmut-stats.json").write_text(json.dumps(learned))
    assert alone.judged_alone(tmp_path, "m.x_f__mutmut_1") == "killed"
    assert alone.judged_alone(tmp_path, "m.x_f__mutmut_2") == "survived"
    assert alone.judged_alone(tmp_path, "m.x_f__mutmut_4") == "timeout"
    assert alone.judged_alone(tmp_path, "m.x_f__mutmut_5") == "killed", "the tests cannot be collected"
    with pytest.raises(SystemExit, match=r"m\.x_g__mutmut_1: its tests ended with 4"):
        alone.judged_alone(tmp_path, "m.x_g__mutmut_1")
    monkeypatch.setattr(alone, "SPARE_SECONDS", 1)
    assert alone.judged_alone(tmp_path, "m.x_f__mutmut_3") == "timeout"


def test_the_groups_cover_money_need_and_publication() -> None:
    files = {file for group in plan.GROUPS for file in group.files}
    assert {
        "models_py/allocation/rounding.py",
        "models_py/need/fit.py",
        "orchestration/publication/publish.py",
    } <= files


def test_every_folder_of_mutated_code_has_tests_that_are_there() -> None:
    for group in plan.GROUPS:
        assert group.files
        assert all(any((plan.ROOT / folder).glob("test_*.py")) for folder in group.tests)
        inner = {path.parent.name for path in map(Path, group.files)} - {Path(group.code).name, "components"}
        assert inner <= {Path(folder).name for folder in group.tests}, "a folder inside has its own tests"


def test_a_result_is_stored_in_order_and_without_modules_that_are_gone(tmp_path: Path) -> None:
    known = plan.GROUPS[0].files[:2]
    path = tmp_path / "mutation.json"
    plan.store({known[1]: {"mutants": 1}, "gone.py": {}, known[0]: {"mutants": 2}}, path=path)
    assert list(plan.load(path)) == sorted(known)
