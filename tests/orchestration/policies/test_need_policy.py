"""What a policy says of the need model: resolved for a year, with the files it names, or refused with file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from models_py.need.policy import NeedPolicy
from orchestration.resources.policies import PolicyFile, load_policy
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope

POLICIES = Path(__file__).resolve().parents[3] / "policies"


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    shutil.copytree(POLICIES, tmp_path / "policies")
    return tmp_path / "policies"


def loaded(folders: Path) -> PolicyFile:
    return load_policy(folders / "9999", municipality_code="9999", defaults=folders / "default")


def decide(folders: Path, key: str, value: object) -> None:
    """Change one value of the example municipality's need section."""
    path = folders / "9999" / "model.yml"
    content = yaml.safe_load(path.read_text("utf-8"))
    content["need"][key]["values"][0]["value"] = value
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")


def test_the_shipped_policies_take_the_default_model(folders):
    assert loaded(folders).need_at(2027) == NeedPolicy()
    default = load_policy(folders / "default", municipality_code="0180", defaults=folders / "default")
    assert default.need_at(2022) == NeedPolicy()


def test_a_weights_file_is_read_from_the_municipalitys_folder_before_the_shared_one(folders):
    for folder, text in ((folders / "weights", "shared"), (folders / "9999" / "weights", "own")):
        folder.mkdir()
        (folder / "w.json").write_text(text, "utf-8")
    decide(folders, "weights", "w.json")
    assert loaded(folders).need_at(2027).weights == "own"
    (folders / "9999" / "weights" / "w.json").unlink()
    assert loaded(folders).need_at(2027).weights == "shared"


def test_a_weights_file_that_is_not_there_is_refused_with_file_and_line(folders):
    decide(folders, "prior", "nation.json")
    with pytest.raises(PolicyError) as caught:
        loaded(folders).need_at(2027)
    assert "9999/model.yml:" in str(caught.value)
    assert "nation.json" in str(caught.value)


def test_what_was_decided_is_the_content_of_the_file_not_its_name(folders):
    (folders / "weights").mkdir()
    (folders / "weights" / "w.json").write_text("one", "utf-8")
    decide(folders, "prior", "w.json")
    first = loaded(folders).sha256_for(2027)
    (folders / "weights" / "w.json").write_text("other", "utf-8")
    assert loaded(folders).sha256_for(2027) != first


def test_newly_arrived_without_a_pot_of_their_own_may_not_leave_the_index(folders):
    decide(folders, "newly_arrived", "per_head")
    with pytest.raises(PolicyError, match="no pot per head"):
        loaded(folders).need_at(2027)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("factors", ["guardian_education", "sex"], "immigration"),
        ("composition_effect", 1, "composition_effect"),
        ("estimator", "prior", "name no file"),
    ],
)
def test_values_that_make_no_sense_together_are_refused(folders, key, value, words):
    decide(folders, key, value)
    with pytest.raises(PolicyError, match=words):
        loaded(folders).need_at(2027)


@pytest.mark.parametrize(("key", "value"), [("estimator", "magic"), ("factors", ["income"]), ("weights", "../w.json")])
def test_values_outside_their_choices_are_refused_when_read(folders, key, value):
    decide(folders, key, value)
    with pytest.raises(PolicyError, match=r"9999/model\.yml:"):
        loaded(folders)


def test_weights_hold_until_the_last_whole_year_of_their_interval(folders):
    assert loaded(folders).holds_until("need.weights", 2027) == 2028
    path = folders / "9999" / "model.yml"
    path.write_text(path.read_text("utf-8").replace("valid_to: 2028-12-31", "valid_to: 2028-06-30"), "utf-8")
    assert loaded(folders).holds_until("need.weights", 2027) == 2027


def test_weights_estimated_for_a_year_serve_that_year_and_frozen_ones_as_long_as_decided(folders):
    scope = Scope(policies=str(folders))
    assert scope.weights_hold_until("9999", 2026) == 2026
    frozen = folders.parent / "frozen"
    shutil.copytree(folders, frozen)
    (frozen / "weights").mkdir()
    (frozen / "weights" / "w.json").write_text("{}", "utf-8")
    decide(frozen, "weights", "w.json")
    assert Scope(policies=str(frozen)).weights_hold_until("9999", 2026) == 2028
