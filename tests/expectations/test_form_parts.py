"""The register of what is computed in which school form says what the code does, in the command, on the pages and in the docs."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations.school_forms import form_parts, form_rows
from orchestration.resources.payment_policy import payment_policy
from orchestration.school_forms import school_forms

ROOT = Path(__file__).parents[2]
FORMS = {name for name in form_rows() if name != "preschool_class"}


def applies(part: str) -> set[str]:
    return {form for one in form_parts() if one.part == part and one.reason is None for form in one.forms}


def test_every_part_says_of_every_form_once_whether_it_applies_or_why_not():
    for part in {one.part for one in form_parts()}:
        told = [form for one in form_parts() if one.part == part for form in one.forms]
        assert sorted(told) == sorted(FORMS)


def test_an_index_is_told_where_the_form_has_a_source_of_need():
    assert applies("need_index") == {name for name in FORMS if set(school_forms()[name].needs) != {"none"}}


def test_a_decision_is_told_where_law_gives_a_grant_and_nothing_tells_of_the_child():
    form = school_forms()
    assert applies("decision") == {n for n in FORMS if form[n].overhead is not None and not form[n].about_the_child}
    assert applies("units") == {name for name in FORMS if not form[name].about_the_child}


def test_every_form_is_paid_by_the_month():
    policy = payment_policy(ROOT / "policies" / "9999", funding_year=2027)
    assert policy is not None
    assert applies("payments") == {"compulsory_school", *policy.forms} == FORMS


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_reason_is_a_sentence(language):
    assert all(one.reason[language].endswith(".") for one in form_parts() if one.reason)


def test_the_docs_give_every_reason():
    text = " ".join((ROOT / "docs" / "school-forms.md").read_text(encoding="utf-8").split())
    assert [one.reason["en"] for one in form_parts() if one.reason and one.reason["en"] not in text] == []
