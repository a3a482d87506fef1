"""Policies of the other school forms: what the law gives, what the municipality decides, and refusals with file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from models_py.allocation.components import COMPONENT_KINDS
from orchestration.resources.form_policies import FormPolicyFile, form_policies, sha256_of_forms
from orchestration.resources.policies import PolicyFile, load_policy
from orchestration.resources.policy_text import PolicyError

POLICIES = Path(__file__).resolve().parents[3] / "policies"


def _municipality(folder: Path) -> PolicyFile:
    return load_policy(folder, municipality_code="9999", defaults=POLICIES / "default")


@pytest.fixture(scope="module")
def files() -> dict[str, FormPolicyFile]:
    return form_policies(POLICIES / "9999", _municipality(POLICIES / "9999"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(POLICIES / "9999", tmp_path / "9999", ignore=shutil.ignore_patterns("sources"))
    return tmp_path / "9999"


def _changed(folder: Path, form: str, old: str, new: str) -> None:
    path = folder / "forms" / f"{form}.yml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_the_example_decides_every_form_from_2027(files: dict[str, FormPolicyFile]) -> None:
    assert len(files) == 7
    assert all(
        file.at(2026) is None and file.at(2027) is not None and file.at(2028) is not None for file in files.values()
    )
    kinds = {each.kind for file in files.values() for each in file.at(2027).allocation.formula().components}  # type: ignore[union-attr]
    assert kinds == {"prices_by_group", "weights_by_group", "structural_linear"} <= set(COMPONENT_KINDS)


def test_administration_is_the_forms_own_by_law(files: dict[str, FormPolicyFile]) -> None:
    shares = {name: file.at(2027).overheads for name, file in files.items()}  # type: ignore[union-attr]
    told = {name: None if found is None else str(found.administration_share) for name, found in shares.items()}
    assert told["pedagogical_care"] == "0.01"
    assert told["preschool"] == told["upper_secondary"] == "0.03"
    assert told["adult_education"] is None
    assert {found.method for found in shares.values() if found} == {
        "compound_add_on"
    }  # as the municipality reads the law


def test_the_hash_of_a_year_holds_its_forms_and_of_a_year_without_any_only_its_own(
    files: dict[str, FormPolicyFile],
) -> None:
    assert sha256_of_forms(files, 2026, own="own") == "own"
    whole = sha256_of_forms(files, 2027, own="own")
    fewer = sha256_of_forms({name: file for name, file in files.items() if name != "preschool"}, 2027, own="own")
    assert len({whole, fewer, "own"}) == 3


def test_a_municipality_without_the_folder_decides_no_form_here(folder: Path) -> None:
    shutil.rmtree(folder / "forms")
    assert form_policies(folder, _municipality(folder)) == {}


@pytest.mark.parametrize(
    ("form", "old", "new", "words"),
    [
        ("preschool", "value: need_model", "value: merit", r"preschool: form_need.source merit is none of need_model, shares, none|takes merit_values"),
        ("pedagogical_care", "value: none", "value: need_model", "a structural part and form_need.source go together"),
        ("upper_secondary", "value: {nb: 171000}", "value: {na: 171000}", "na has a price of its own too"),
        ("adult_education", "other_mother_tongue:", "shoe_size:", "shoe_size has no level yes; known: prior_education"),
        ("after_school", "  per_group_sek:", "  per_group_kr:", r"forms/after_school.yml:\d+: fees.per_group_kr: unknown key"),
        ("preschool", "kind: prices_by_group", "kind: prices_by_shoe", "forms/preschool.yml"),
        ("adapted_compulsory", "valid_to: 2028-12-31", "valid_to: 2027-06-30", "changes inside funding year 2027"),
    ],
)  # fmt: skip
def test_a_form_that_contradicts_itself_is_refused_with_file_and_line(
    folder: Path, form: str, old: str, new: str, words: str
) -> None:
    _changed(folder, form, old, new)
    with pytest.raises(PolicyError, match=words) as refused:
        form_policies(folder, _municipality(folder))[form].at(2027)
    assert f"{form}.yml:" in str(refused.value)


def test_fees_where_the_law_deducts_none_are_refused(folder: Path) -> None:
    fees = (folder / "forms" / "pedagogical_care.yml").read_text("utf-8").split("\nfees:\n")[1]
    path = folder / "forms" / "adult_education.yml"
    path.write_text(f"{path.read_text('utf-8')}\nfees:\n{fees}", "utf-8")
    with pytest.raises(PolicyError, match="adult_education: no fees are deducted in this form"):
        form_policies(folder, _municipality(folder))["adult_education"].at(2027)


def test_a_file_of_no_form_or_without_a_mode_is_named(folder: Path) -> None:
    (folder / "forms" / "nursery.yml").write_text("base: {}\n", "utf-8")
    with pytest.raises(PolicyError, match=r"9999/forms/nursery.yml:1: is of no school form that is decided here"):
        form_policies(folder, _municipality(folder))
    (folder / "forms" / "nursery.yml").unlink()
    (folder / "forms" / "preschool.yml").write_text("base: {}\n", "utf-8")
    with pytest.raises(PolicyError, match=r"preschool.yml:1: base.mode is missing"):
        form_policies(folder, _municipality(folder))
