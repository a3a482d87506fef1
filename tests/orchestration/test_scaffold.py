"""A policy folder to begin with: it loads, proposes, names nobody else, and is written whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from models_py.allocation.policy import AllocationPolicy
from models_py.need.policy import NeedPolicy
from orchestration import scaffold
from orchestration.intake.inbox import load_mapping_set
from orchestration.resources.policies import load_policy
from orchestration.resources.policy_text import PolicyError
from orchestration.scaffold import TO_DECIDE, ScaffoldError, write_scaffold
from orchestration.settings import REPOSITORY


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    shutil.copytree(REPOSITORY / "policies" / "default", folder / "default")
    return folder


def test_what_is_written_loads_and_is_a_proposal_with_the_defaults_values(policies: Path):
    made = write_scaffold(policies, municipality_code="0780", name='Växjö: "kommun"')
    policy = load_policy(made.folder, municipality_code="0780", defaults=policies / "default")
    default = load_policy(policies / "default", municipality_code="0780", defaults=policies / "default")
    assert (policy.name, policy.intake_mode, policy.is_default) == ('Växjö: "kommun"', "pupil_level", False)
    for year in (2022, 2027):
        assert policy.status_for(year) == "proposal"
        assert isinstance(policy.at(year), AllocationPolicy)
        assert isinstance(policy.need_at(year), NeedPolicy)
        assert policy.sha256_for(year) == default.sha256_for(year), "the values are the default's, whatever their words"
    own = {key for key, entry in policy.parameters.items() if entry.at().startswith("0780/")}
    assert own == set(TO_DECIDE), "every key to decide stands in the folder, and no other"


def test_its_mappings_load_and_speak_of_no_other_municipality(policies: Path):
    made = write_scaffold(policies, municipality_code="0780")
    sources = {source for code, source in load_mapping_set(policies, municipality_codes=["0780"]) if code == "0780"}
    example = {path.stem for path in (REPOSITORY / "policies" / "9999" / "sources").glob("*.yml")}
    assert sources == example
    for file in made.files:
        text = (made.folder / file).read_text("utf-8")
        assert not [word for word in ("9999", "Exempelkommun", "example municipality") if word in text]


def test_every_key_to_decide_has_its_comment(policies: Path):
    text = (write_scaffold(policies, municipality_code="0780").folder / "model.yml").read_text("utf-8")
    plain = " ".join(line.strip().removeprefix("# ") for line in text.splitlines())
    assert all(why in plain for why in TO_DECIDE.values())


@pytest.mark.parametrize("code", ["78", "07800", "abcd", "０７８０", "../x", ""])
def test_a_code_that_is_not_four_digits_is_refused(policies: Path, code: str):
    with pytest.raises(ScaffoldError, match="four digits"):
        write_scaffold(policies, municipality_code=code)
    assert sorted(path.name for path in policies.iterdir()) == ["default"]


def test_a_folder_that_is_there_is_left_as_it_is(policies: Path):
    (policies / "0780").mkdir()
    (policies / "0780" / "mine.txt").write_text("mine")
    with pytest.raises(ScaffoldError, match="there already"):
        write_scaffold(policies, municipality_code="0780")
    assert [path.name for path in (policies / "0780").iterdir()] == ["mine.txt"]


def test_a_link_to_nowhere_is_not_written_through(policies: Path, tmp_path: Path):
    (policies / "0780").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ScaffoldError, match="there already"):
        write_scaffold(policies, municipality_code="0780")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_is_refused(policies: Path, name: str):
    with pytest.raises(ScaffoldError, match="--name"):
        write_scaffold(policies, municipality_code="0780", name=name)


def test_without_a_default_policy_there_is_nothing_to_extend(tmp_path: Path):
    with pytest.raises(ScaffoldError, match="no default policy"):
        write_scaffold(tmp_path, municipality_code="0780")


def test_a_draft_that_would_not_load_leaves_nothing(policies: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scaffold, "_municipality", lambda code, name: "colour: red\n")
    with pytest.raises(PolicyError, match="colour"):
        write_scaffold(policies, municipality_code="0780")
    assert sorted(path.name for path in policies.iterdir()) == ["default"]
