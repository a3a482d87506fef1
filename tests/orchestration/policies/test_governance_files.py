"""Roles and waivers: files with a shape, refused with file and line, and read for one municipality and year."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.resources.governance import read_roles, read_waivers
from orchestration.resources.policy_text import PolicyError
from orchestration.scaffold import ROLES
from orchestration.settings import REPOSITORY

WAIVER = """\
waivers:
  - rule_id: D-REJECT-002
    scope:
      failing_count_at_most: 3
    reason: The school mends its three rows in week 48.
    name: cecilia
    expires: 2026-12-31
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "0180"
    (made / "waivers").mkdir(parents=True)
    return made


def test_the_shipped_and_the_scaffolded_roles_read_and_name_nobody(folder: Path):
    (folder / "roles.yml").write_text(ROLES, "utf-8")
    for roles in (read_roles(REPOSITORY / "policies" / "9999"), read_roles(folder)):
        assert roles is not None
        assert roles.holders("approve") == set()
        assert roles.named("approve") == ["controller", "board"]
        assert not roles.proposer_may_approve


def test_without_a_file_there_are_no_roles_and_no_waivers(folder: Path):
    assert read_roles(folder) is None
    assert read_waivers(folder, funding_year=2027) == ()


def test_rights_follow_from_the_roles_a_user_holds(folder: Path):
    text = ROLES.replace("board:\n  users: []", "board:\n  users: [berit, cecilia]")
    (folder / "roles.yml").write_text(
        text.replace("controller:\n  users: []", "controller:\n  users: [cecilia]"), "utf-8"
    )
    roles = read_roles(folder)
    assert roles is not None
    assert roles.holders("approve") == {"berit", "cecilia"}
    assert roles.holders("waive") == {"cecilia"}
    assert roles.roles_of("cecilia", "approve") == ["controller", "board"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("may: [approve, waive]", "may: [approve, veto]", r"^0180/roles.yml:\d+: controller.may.1: "),
        ("board:", "bored:", r"^0180/roles.yml:\d+: board: is missing"),
        ("proposer_may_approve: false", "proposer_may_approve: 3", r"^0180/roles.yml:5: proposer_may_approve: "),
        (
            "users: []\n  may: [propose",
            "users: [ann, ann]\n  may: [propose",
            r"official: users names ann more than once",
        ),
        ("users: []\n  may: [propose", "users: ['a b']\n  may: [propose", r"official.users.0: "),
        ("may: [approve]", "may: []", r"board.may: "),
        ("official:", "chief: {}\nofficial:", r"chief: unknown key"),
    ],
)
def test_a_broken_roles_file_is_refused_with_file_and_line(folder: Path, old: str, new: str, words: str):
    assert old in ROLES
    (folder / "roles.yml").write_text(ROLES.replace(old, new), "utf-8")
    with pytest.raises(PolicyError, match=words):
        read_roles(folder)


def test_a_waiver_names_rule_scope_reason_person_and_last_day(folder: Path):
    (folder / "waivers" / "2027.yml").write_text(WAIVER, "utf-8")
    (waiver,) = read_waivers(folder, funding_year=2027)
    assert (waiver.rule_id, waiver.scope.failing_count_at_most, waiver.name) == ("D-REJECT-002", 3, "cecilia")
    assert read_waivers(folder, funding_year=2028) == (), "a waiver is of one year"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("D-REJECT-002", "D-REJECT-001", r"^0180/waivers/2027.yml:2: .*D-REJECT-001 is critical; only a warning"),
        ("D-REJECT-002", "R-BASIS-001", r"R-BASIS-001 is info; only a warning can be waived"),
        ("D-REJECT-002", "Z-NONE-001", r"there is no rule Z-NONE-001"),
        ("    expires: 2026-12-31\n", "", r"waivers.0.expires: is missing"),
        ("    name: cecilia\n", "", r"waivers.0.name: is missing"),
        ("at_most: 3", "at_most: 0", r"waivers.0.scope.failing_count_at_most: "),
        ("The school mends its three rows in week 48.", "ok", r"waivers.0.reason: "),
        ("    name:", "    names: [a]\n    name:", r"waivers.0.names: unknown key"),
    ],
)
def test_a_broken_waiver_is_refused_with_file_and_line(folder: Path, old: str, new: str, words: str):
    assert old in WAIVER
    (folder / "waivers" / "2027.yml").write_text(WAIVER.replace(old, new), "utf-8")
    with pytest.raises(PolicyError, match=words):
        read_waivers(folder, funding_year=2027)


def test_a_rule_is_waived_once(folder: Path):
    (folder / "waivers" / "2027.yml").write_text(WAIVER + WAIVER.removeprefix("waivers:\n"), "utf-8")
    with pytest.raises(PolicyError, match=r"D-REJECT-002 is given twice; the first is waivers\.0"):
        read_waivers(folder, funding_year=2027)
