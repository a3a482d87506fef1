"""A count that has not come is told of five working days before closing, once per municipality and month."""

from datetime import date
from pathlib import Path

import pytest

from orchestration.payments.closing import missing_counts
from orchestration.settings import Settings

POLICIES = Path(__file__).parents[3] / "policies"
MARCH = {("9999", form, date(2027, 3, 15)) for form in ("compulsory_school", "preschool", "pedagogical_care")}


@pytest.fixture(scope="module")
def missing():
    found = Settings(policies=POLICIES)
    return lambda delivered, on: missing_counts(found, delivered, on=on)


def test_it_is_told_from_the_count_date_until_closing_and_not_once_it_is_there(missing):
    assert missing(set(), date(2027, 3, 12)) == []
    finding = missing(set(), date(2027, 3, 16))[0]
    assert (finding.code, finding.where) == ("count_missing", "9999 2027-03")
    assert finding.values == {"count_date": "2027-03-15", "registered_by": "2027-03-18"}
    assert missing(MARCH, date(2027, 3, 16)) == []
    assert missing(set(), date(2027, 3, 19)) == []


def test_another_school_form_is_asked_for_in_the_months_of_its_own_count_days(missing):
    told = [one.where for one in missing(set(), date(2027, 3, 16))]
    assert told == ["9999 2027-03", "9999 2027-03 preschool", "9999 2027-03 pedagogical_care"]
    assert "9999 2027-10 upper_secondary" in [one.where for one in missing(set(), date(2027, 10, 18))]
    assert [one.where for one in missing(set(), date(2027, 4, 16))] == ["9999 2027-04"]


def test_in_july_the_autumn_register_is_asked_for(missing):
    (finding,) = missing(set(), date(2027, 7, 16))
    assert finding.values["count_date"] == "2027-07-15"
