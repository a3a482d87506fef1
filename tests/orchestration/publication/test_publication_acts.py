"""Who may act and by which role, which warnings a waiver takes care of, and the words for both."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pandas as pd
import pytest

from expectations.rules import HOMES, SEVERITIES
from orchestration.publication import act_words
from orchestration.publication.act import REVISION_TYPES, Approval, Person, person_for
from orchestration.publication.candidate import Reason
from orchestration.publication.waiving import State, WaiverLine, review, unwaived
from orchestration.resources.governance import ROLE_NAMES, Roles, Waiver

ROLES = Roles.model_validate(
    {
        "proposer_may_approve": False,
        "official": {"users": ["anna", "berit"], "may": ["propose", "waive"]},
        "controller": {"users": ["berit", "cesar"], "may": ["approve", "waive"]},
        "board": {"users": ["disa"], "may": ["approve", "publish"]},
    }
)


def who(right, *, user="anna", as_role=None, is_demo=False, roles=ROLES):
    return person_for(right, roles=roles, user=user, as_role=as_role, is_demo=is_demo)


def test_a_user_acts_by_the_first_role_that_has_the_right() -> None:
    assert who("propose") == (Person("anna", "official", False), ())
    assert who("waive", user="berit") == (Person("berit", "official", False), ())
    assert who("approve", user="berit", is_demo=True) == (Person("berit", "controller", False), ())


def test_a_role_acts_by_its_own_name_in_a_demonstration_alone() -> None:
    assert who("publish", as_role="board", is_demo=True) == (Person("board", "board", True), ())


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"roles": None}, "there is no roles file, so nobody may approve; write roles.yml"),
        ({"as_role": "board"}, "a role acts by its own name only in a demonstration; log in as a user"),
        ({"as_role": "official", "is_demo": True}, "role official may not approve; roles that may: controller, board"),
        ({"user": "anna"}, "anna may not approve by roles.yml"),
        (
            {"user": "anna", "is_demo": True},
            "anna may not approve by roles.yml; in a demonstration name a role with --as",
        ),
    ],
)
def test_who_may_not_is_told_why_and_what_to_do(asked, words: str) -> None:
    assert who("approve", **asked) == (None, (Reason("G-ROLE-001", 1, words),))


def test_a_right_that_no_role_has_is_told_so() -> None:
    nobody = ROLES.model_copy(update={"board": ROLES.board.model_copy(update={"may": []})})
    _, (reason,) = who("publish", as_role="board", is_demo=True, roles=nobody)
    assert reason.detail == "role board may not publish; roles that may: none"


def test_an_approval_is_told_whole() -> None:
    assert Approval("disa", "board", False, 7).plain() == {
        "person": "disa", "role": "board", "is_demo": False, "line": 7,
    }  # fmt: skip


DAY = date(2026, 11, 2)
RESULTS = pd.DataFrame(
    [("Q-A-001", "warning", 3), ("Q-B-001", "warning", 0), ("T-C-001", "critical", 9), ("Q-D-001", "info", 4), ("Q-E-001", "warning", 1)],
    columns=["rule_id", "severity", "failing_count"],
)  # fmt: skip


def waiver(rule_id="Q-A-001", *, at_most=3, name="anna", expires=DAY):
    return Waiver.model_validate(
        {"rule_id": rule_id, "scope": {"failing_count_at_most": at_most}, "reason": "Looked at and known.", "name": name, "expires": expires}
    )  # fmt: skip


def lines(*waivers):
    return review(waivers, rule_results=RESULTS, day=DAY, entitled={"anna"})


def test_each_failing_warning_and_each_waiver_has_a_line() -> None:
    told = lines(waiver("Q-B-001"), waiver())
    assert [(line.rule_id, line.failing_count, line.state) for line in told] == [
        ("Q-A-001", 3, "in_force"), ("Q-B-001", 0, "unneeded"), ("Q-E-001", 1, "missing"),
    ]  # fmt: skip
    assert told[0].plain() == {
        "rule_id": "Q-A-001", "failing_count": 3, "state": "in_force", "failing_count_at_most": 3, "name": "anna",
        "reason": "Looked at and known.", "expires": "2026-11-02",
    }  # fmt: skip
    assert told[2] == WaiverLine("Q-E-001", 1, "missing")


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"expires": date(2026, 11, 1)}, "expired"),
        ({"expires": date(2026, 11, 3)}, "in_force"),
        ({"name": "berit"}, "not_entitled"),
        ({"at_most": 2}, "exceeded"),
        ({"at_most": 4}, "in_force"),
        ({"rule_id": "Q-B-001", "expires": date(2026, 11, 1)}, "expired"),
        ({"rule_id": "Q-B-001", "name": "berit"}, "unneeded"),
    ],
)
def test_a_waiver_holds_to_its_day_its_name_and_its_count(given, state: str) -> None:
    (line,) = (line for line in lines(waiver(**given)) if line.name)
    assert line.state == state


def test_what_is_not_accepted_stands_against_a_decision_by_rule_count_and_state() -> None:
    assert unwaived(lines(waiver(), waiver("Q-E-001"))) == ()
    (reason,) = unwaived(lines(waiver(at_most=2)))
    assert (reason.rule_id, reason.failing_count) == ("G-WAIVER-001", 2)
    assert reason.detail == "Q-A-001 (3: exceeded), Q-E-001 (1: missing); mend the data, or waive by name in waivers/"
    many = [WaiverLine(f"Q-{letter}-001", 1, "missing") for letter in "ABCDE"]
    (reason,) = unwaived([*many, WaiverLine("Q-F-001", 0, "expired"), WaiverLine("Q-G-001", 2, "in_force")])
    assert reason.failing_count == 5
    assert reason.detail.startswith("Q-A-001 (1: missing), Q-B-001 (1: missing), Q-C-001 (1: missing) and 2 more; mend")
    (three,) = unwaived(many[:3])
    assert "more;" not in three.detail


@pytest.mark.parametrize(
    ("word", "codes"),
    [
        (act_words.revision, (None, *REVISION_TYPES)), (act_words.role, ROLE_NAMES), (act_words.waiver, get_args(State)),
        (act_words.severity, SEVERITIES), (act_words.home, HOMES),
    ],
)  # fmt: skip
def test_every_code_has_words_of_its_own_in_both_languages(word, codes) -> None:
    swedish, english = ([word(code, lang) for code in codes] for lang in ("sv", "en"))
    assert len(set(swedish)) == len(set(english)) == len(codes)
    if word is not act_words.role:
        assert not set(swedish) & set(english)


def test_words_of_revisions_and_states_are_those_of_the_rules() -> None:
    assert act_words.revision("C", "sv") == "C: rättelse av fel"
    assert act_words.revision("R1", "en") == "R1: better source data"
    assert act_words.revision(None, "en") == "the year's first decided publication"
    assert act_words.role("board", "sv") == "nämnd"
    assert act_words.waiver("exceeded", "en") == "more rows than were accepted"
    assert act_words.severity("critical", "sv") == "spärr"
    assert act_words.home("gate", "en") == "The publication: may exactly this content go out?"
