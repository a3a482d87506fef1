"""A newer delivery says which rows it changed; a file handed in again changes nothing and is noted."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.intake.changes import changes_path, row_changes
from orchestration.intake.schemas import ACCEPTED
from tests.orchestration.governance.homes import ANNA, BO, CIA, DAN, NAME, Home, pupil, pupil_file

COUNTS = ("added_rows", "removed_rows", "changed_rows", "unchanged_rows")


def test_a_newer_file_says_which_rows_it_added_removed_and_changed(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA), pupil(BO), pupil(CIA)))
    assert home.look().changes == ()
    home.drop(pupil_file(pupil(DAN), pupil(ANNA), pupil(BO, unit="99990002")), "elever_2026-10-15_ny.csv")
    report = home.look()
    (changes,) = report.changes
    assert [getattr(changes, name) for name in COUNTS] == [1, 1, 1, 1]
    (line,) = home.ledger("changes")
    assert [line[name] for name in COUNTS] == [1, 1, 1, 1]
    first, second = home.store.deliveries()
    assert (line["delivery_id"], line["replaced_delivery_id"]) == (second.delivery_id, first.delivery_id)
    listed = [json.loads(text) for text in changes_path(home.path, second).read_text().splitlines()]
    assert [(item["change"], item["row"], item["earlier_row"]) for item in listed] == [
        ("added", 2, None),
        ("changed", 4, 3),
        ("removed", None, 4),
    ]
    assert listed[1]["columns"] == ["school_unit_code"]
    assert all(item["key"]["pupil_key"].startswith("v2:") for item in listed)


def test_the_list_stays_in_the_restricted_zone_and_counts_leave(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    home.drop(pupil_file(pupil(ANNA, grade="1")), "elever_2026-10-15_ny.csv")
    home.look()
    path = changes_path(home.path, home.store.deliveries()[1])
    assert path.stat().st_mode & 0o777 == 0o400
    assert "changed_rows" in home.everything_in("pseudonymised")
    assert '"columns": ["grade"]' not in home.everything_in("pseudonymised", "aggregate", "published")


def test_changes_are_compared_once_and_again_when_one_of_the_two_is_read_again(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    home.drop(pupil_file(pupil(BO)), "elever_2026-10-15_ny.csv")
    home.look()
    path = changes_path(home.path, home.store.deliveries()[1])
    path.unlink()
    assert len(home.look().changes) == 1
    assert not path.exists()
    (home.path / "pseudonymised" / "door" / f"{home.store.deliveries()[0].delivery_id}.json").unlink()
    home.look()
    assert path.exists()


def test_a_refused_newer_file_changes_nothing(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    home.drop(b"nothing;here\n1;2\n", "elever_2026-10-15_ny.csv")
    report = home.look()
    assert len(report.refused) == 1
    assert report.changes == ()


def test_the_same_file_under_another_name_is_no_delivery_and_is_noted(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    home.drop(pupil_file(pupil(ANNA)), "elever_2026-10-15_igen.csv", at=2.0)
    report = home.look()
    assert report.files_read == 0
    assert home.taken is not None
    assert [(item.note, item.is_news) for item in home.taken.receipts] == [
        ("already_received", False),  # still lies where it lay
        ("already_received", True),
    ]
    home.look()
    assert [item.is_news for item in home.taken.receipts] == [False, False]
    assert home.only().file_name == NAME


SMALL = pa.schema(
    [ACCEPTED["results"].field(name) for name in ("row_number", "pupil_key", "school_unit_code", "grade")]
)
ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12"), st.sampled_from("89")), max_size=7)


def small(rows: list[tuple[str, str, str]]) -> pa.Table:
    names = SMALL.names[1:]
    table = [{"row_number": place} | dict(zip(names, row, strict=True)) for place, row in enumerate(rows, 2)]
    return pa.Table.from_pylist(table, schema=SMALL)


@given(ROWS, ROWS)
def test_every_row_of_both_files_is_told_exactly_once(before: list, after: list) -> None:
    found, unchanged = row_changes(small(before), small(after), source="results")
    kinds = [item["change"] for item in found]
    assert len(after) == kinds.count("added") + kinds.count("changed") + unchanged
    assert len(before) == kinds.count("removed") + kinds.count("changed") + unchanged
    rows = [item["row"] for item in found if item["row"] is not None]
    earlier = [item["earlier_row"] for item in found if item["earlier_row"] is not None]
    assert len(rows) == len(set(rows))
    assert len(earlier) == len(set(earlier))
    assert all(item["columns"] for item in found if item["change"] == "changed")


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0]])
def test_the_order_of_rows_is_no_change(order: list[int]) -> None:
    rows = [("a", "1", "9"), ("b", "1", "9"), ("a", "2", "9")]
    assert row_changes(small(rows), small([rows[place] for place in order]), source="results") == ([], 3)
