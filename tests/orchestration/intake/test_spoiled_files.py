"""Two hundred and fifty spoiled files and more: each has the outcome that was foreseen for it, row by row."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from orchestration.intake.inbox import load_mapping_set
from orchestration.intake.parse import UNKNOWN_PERIOD, Parsed, parse_delivery
from orchestration.intake.store import Delivery
from tests.orchestration.fixtures.spoiled import Case, cases

CASES = cases()
MAPPINGS = {
    mapping.source: mapping
    for mapping in load_mapping_set(Path(__file__).parents[3] / "policies", municipality_codes=["9999"]).values()
}
KEY = bytes(range(32))


def through_the_door(case: Case) -> Parsed:
    mapping = MAPPINGS[case.source]
    period = mapping.period_of(case.file_name) or UNKNOWN_PERIOD
    place = "0000" if mapping.scope == "national" else "9999"
    delivery = Delivery(case.source, place, period, "a" * 64, case.file_name, "test", "2026-10-20", 1)
    return parse_delivery(case.content, delivery=delivery, mapping=mapping, key=KEY)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_a_spoiled_file_has_its_foreseen_outcome(case: Case) -> None:
    parsed = through_the_door(case)
    assert parsed.refusal_code == case.refusal
    if case.refusal is None:
        assert parsed.counts.accepted_rows == parsed.table.num_rows == case.accepted
        assert Counter(row.reasons[0][0] for row in parsed.rejected) == case.rejected
        assert parsed.counts.blank_rows == case.blank
    else:
        assert parsed.table.num_rows == 0
        assert parsed.problems[0].text("sv")


def test_there_are_enough_of_them_and_each_stands_once() -> None:
    assert len(CASES) >= 250
    assert len({case.kind for case in CASES}) >= 40
    assert len({case.id for case in CASES}) == len(CASES)


def test_the_files_are_the_same_at_every_run() -> None:
    assert [case.content for case in cases()] == [case.content for case in CASES]
