"""What was kept long enough goes, what accounts for it stays, and every look is on record."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest

from orchestration.intake.access import entries, first_broken_line, log_path, note_access
from orchestration.intake.door import quarantine_path
from orchestration.intake.retention import PurgePlan, months_before, plan_purge, purge
from tests.orchestration.governance.homes import ANNA, BO, NOW, Home, pupil, pupil_file

OLD = datetime(2024, 10, 20, 9, 30)


def test_a_delivery_goes_on_the_day_its_months_are_over_and_not_before(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look(received=OLD)
    assert plan_purge(home.path, now=datetime(2026, 10, 19, 23), months=24).is_empty
    assert len(plan_purge(home.path, now=datetime(2026, 10, 20, 0), months=24).contents) == 1


def test_what_is_purged_is_gone_and_hash_counts_and_rows_stay(home: Home) -> None:
    copy = home.drop(pupil_file(pupil(ANNA), pupil("20200105-2395")))
    home.look(received=OLD)
    before, ledger = home.rows(), home.ledger("deliveries")
    plan = plan_purge(home.path, now=NOW, months=24)
    assert set(plan.files) == {copy, quarantine_path(home.path, home.only())}
    purge(home.path, plan, now=NOW)
    assert ANNA not in home.everything_in("restricted")
    assert home.store.is_purged(home.only().sha256)
    report = home.look()
    assert (report.files_read, report.refused) == (0, ())
    assert home.rows() == before
    assert home.ledger("deliveries") == ledger
    assert plan_purge(home.path, now=NOW, months=24) == PurgePlan((), (), 0)


def test_a_new_mapping_leaves_purged_deliveries_as_they_were_counted(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look(received=OLD)
    purge(home.path, plan_purge(home.path, now=NOW, months=24), now=NOW)
    mapping = home.mappings[("9999", "enrollment")].model_copy(update={"rejected_share_critical": 0.1})
    home.mappings = {**home.mappings, ("9999", "enrollment"): mapping}
    report = home.look()
    assert (report.files_read, report.outcomes[0].status) == (0, "accepted")


def test_a_content_that_was_lost_and_not_purged_is_refused(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    home.store.path(home.only().sha256).unlink()
    mapping = home.mappings[("9999", "enrollment")].model_copy(update={"rejected_share_critical": 0.1})
    home.mappings = {**home.mappings, ("9999", "enrollment"): mapping}
    assert home.look().outcomes[0].refusal_code == "E-STORE"


def test_a_content_that_came_again_lately_stays(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look(received=OLD)
    home.drop(pupil_file(pupil(BO)), at=2.0)
    home.look(received=OLD)
    home.drop(pupil_file(pupil(ANNA)), at=3.0)  # after another had replaced it
    home.look(received=NOW)
    assert len(home.store.deliveries()) == 3
    (due,) = plan_purge(home.path, now=NOW, months=24).contents
    assert due == home.store.deliveries()[1].sha256


def test_a_delivery_nobody_read_is_never_purged(home: Home) -> None:
    home.store.put(
        b"x",
        source="enrollment",
        municipality_code="9999",
        period="2020-10-15",
        file_name="x",
        sender="s",
        received=OLD,
    )
    plan = plan_purge(home.path, now=NOW, months=24)
    assert (plan.contents, plan.unread_deliveries) == ((), 1)


def test_lists_of_conflicts_and_steps_between_keys_go_by_their_own_day(home: Home) -> None:
    folder = home.path / "restricted" / "conflicts" / "9999"
    for day in ("2024-10-15", "2025-10-15"):
        (folder / day).mkdir(parents=True)
        (folder / day / "99990001.csv").write_text("x")
    plan = plan_purge(home.path, now=NOW, months=24)
    assert [path.parent.name for path in plan.files] == ["2024-10-15"]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 10, 20), 24, date(2024, 10, 20)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 31), 2, date(2025, 11, 30)),
    ],
)
def test_months_are_calendar_months(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


def test_every_reading_of_a_delivery_is_logged_with_who_when_and_what(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    (entry,) = entries(home.path)
    assert (entry["action"], entry["file"]) == ("read", home.only().sha256)
    assert entry["who"]
    assert datetime.fromisoformat(entry["at"]).utcoffset() == timedelta(0)
    home.look()
    assert len(entries(home.path)) == 1  # nothing was read again
    assert log_path(home.path).stat().st_mode & 0o777 == 0o600


def test_a_line_taken_out_or_altered_shows(home: Home) -> None:
    note_access(home.path, "purge", files=["a" * 64, "b" * 64, "c" * 64])
    note_access(home.path, "export_rejects", files=["d" * 64], rows=3)
    assert first_broken_line(home.path) is None
    path = log_path(home.path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], *lines[2:]]))
    assert first_broken_line(home.path) == 2
    altered = json.loads(lines[1]) | {"who": "somebody else"}
    path.write_bytes(b"".join([lines[0], json.dumps(altered).encode() + b"\n", *lines[2:]]))
    assert first_broken_line(home.path) == 3
    path.write_bytes(b"".join([*lines[:2], b"not json\n", lines[3]]))
    assert first_broken_line(home.path) == 3


def test_a_part_that_a_crash_left_goes_with_the_next_reading_and_a_file_being_sent_stays(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    sent = home.path / "restricted" / "inbox" / "9999" / ".part-of-a-transfer"
    parts = [home.store.path("ab" * 32).with_name(".part-x"), home.path / "pseudonymised" / "door" / ".part-y"]
    for path in (sent, *parts):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pupil_file(pupil(BO)))
    home.look()
    assert [path.exists() for path in (sent, *parts)] == [True, False, False]
