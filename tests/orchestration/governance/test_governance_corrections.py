"""Rejected rows go out to be mended, come back, and every one is mended or still rejected."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.intake.correction_file import corrected_delivery, guarded, read_mended, reject_file, unguarded
from orchestration.intake.corrections import Mending, receive_correction
from orchestration.intake.door import quarantine_path, quarantined
from orchestration.intake.errors import ConservationError, DoorError
from orchestration.intake.reader import split_cells
from orchestration.intake.rejects import NothingToMendError, export_rejects
from orchestration.intake.zones import check_zones
from tests.orchestration.governance.homes import (
    ANNA,
    BO,
    CIA,
    DAN,
    HEADER,
    MAPPINGS,
    NOW,
    PERIOD,
    Home,
    pupil,
    pupil_file,
)

BAD = "20200105-2395"  # a check digit that does not fit
BAD_ROWS = pupil_file(pupil(ANNA), pupil(BAD), pupil(BO, unit="=1+1"), f'"{pupil(CIA)}', pupil(DAN))


def exported(home: Home) -> Path:
    return export_rejects(
        home.path, source="enrollment", period=PERIOD, municipality_code="9999", mappings=home.mappings
    ).path


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def written(rows: list[list[str]], *, delimiter: str = ";", encoding: str = "utf-8-sig") -> bytes:
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return sink.getvalue().encode(encoding)


def mended(content: bytes) -> list[list[str]]:
    """What a careful school makes of BAD_ROWS: one number, one unit, one quotation mark."""
    rows = cells(content)
    places = {row[0]: row for row in rows[1:]}
    places["3"][2] = ANNA.replace("0105-2394", "0108-2383")
    places["4"][3] = "99990001"
    places["5"][2] = places["5"][2].lstrip('"')
    return rows


def test_rejected_rows_are_exported_as_delivered_with_header_number_and_reason(home: Home) -> None:
    home.drop(BAD_ROWS)
    home.look()
    path = exported(home)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.is_relative_to(home.path / "restricted" / "rejects")
    assert check_zones(home.path) == ()
    header, *rows = cells(path.read_bytes())
    assert header[2:] == HEADER.split(";")
    assert [row[0] for row in rows] == ["3", "4", "5"]
    assert rows[0][2] == BAD
    assert "E-PNR-CHECKSUM" in rows[0][1]
    assert BAD not in rows[0][1]
    assert corrected_delivery(path.read_bytes()) == home.only().delivery_id


def test_no_cell_of_an_export_starts_like_a_formula(home: Home) -> None:
    home.drop(BAD_ROWS)
    home.look()
    rows = cells(exported(home).read_bytes())
    assert rows[2][3] == "'=1+1"
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]


@given(st.text(max_size=20) | st.from_regex(r"\A'*[=+\-@]?[a-z0-9(]*\Z"))
def test_the_guard_against_formulas_comes_off_exactly(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in {*"=+-@\t\r\x00"} - {""}


def test_a_mended_file_joins_the_accepted_rows_and_is_reconciled(home: Home) -> None:
    home.drop(BAD_ROWS)
    before = home.look().outcomes[0]
    assert (before.counts.accepted_rows, before.counts.rejected_rows) == (2, 3)
    home.drop(written(mended(exported(home).read_bytes())), "vilket namn som helst.csv")
    (after,) = home.look().outcomes
    assert (after.counts.accepted_rows, after.counts.rejected_rows) == (5, 0)
    assert after.counts.physical_rows == before.counts.physical_rows
    (line,) = home.ledger("corrections")
    assert (line["rejected_before"], line["mended_rows"], line["still_rejected_rows"]) == (3, 3, 0)
    assert line["delivery_id"] == home.only().delivery_id
    assert [row["row_number"] for row in home.rows()] == [2, 3, 4, 5, 6]
    assert {row["delivery_id"] for row in home.rows()} == {home.only().delivery_id}
    assert not quarantine_path(home.path, home.only()).exists()
    assert not [item for item in after.findings if item.reason_code.startswith("E-")]
    assert home.look().files_read == 0


def test_what_is_not_mended_stays_rejected_with_its_new_reason_and_can_be_mended_later(home: Home) -> None:
    home.drop(BAD_ROWS)
    home.look()
    first = exported(home).read_bytes()
    rows = mended(first)
    rows[2][3] = "9999"  # still no unit code
    home.drop(written([rows[0], rows[2], rows[3]]), "half.csv")
    (half,) = home.look().outcomes
    assert (half.counts.accepted_rows, half.counts.rejected_rows) == (3, 2)
    assert {row: why[0][0] for row, why in quarantined(home.path, home.only()).items()} == {
        3: "E-PNR-CHECKSUM",
        4: "E-UNIT-CODE",
    }
    home.drop(written(mended(first)), "whole.csv")
    (whole,) = home.look().outcomes
    assert whole.counts.rejected_rows == 0
    assert [(item.mended_rows, item.still_rejected_rows, item.unplaced_rows) for item in whole.mendings] == [
        (1, 2, 0),
        (2, 0, 1),  # row 5 was mended before
    ]


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), ("\t", "utf-16"), (";", "cp1252")])
def test_a_file_saved_by_any_spreadsheet_comes_back(home: Home, delimiter: str, encoding: str) -> None:
    home.drop(BAD_ROWS)
    home.look()
    home.drop(written(mended(exported(home).read_bytes()), delimiter=delimiter, encoding=encoding), "x.txt")
    assert home.look().outcomes[0].counts.rejected_rows == 0


def test_a_correction_cannot_touch_an_accepted_row_or_bring_new_ones(home: Home) -> None:
    home.drop(BAD_ROWS)
    home.look()
    rows = mended(exported(home).read_bytes())
    accepted, invented = [list(rows[1]) for _ in range(2)]
    accepted[0], invented[0] = "2", "77"
    home.drop(written([rows[0], accepted, invented, ["", *rows[1][1:]]]), "x.csv")
    (outcome,) = home.look().outcomes
    assert (outcome.counts.accepted_rows, outcome.counts.rejected_rows) == (2, 3)
    assert outcome.mendings[0].unplaced_rows == 3


def test_a_row_mended_twice_in_one_file_is_not_guessed_at(home: Home) -> None:
    home.drop(BAD_ROWS)
    home.look()
    rows = mended(exported(home).read_bytes())
    home.drop(written([*rows, rows[1]]), "x.csv")
    (outcome,) = home.look().outcomes
    assert set(quarantined(home.path, home.only())) == {3}
    assert outcome.mendings[0].unplaced_rows == 2


def test_the_same_correction_twice_is_one_and_a_new_delivery_leaves_it_behind(home: Home) -> None:
    home.drop(BAD_ROWS)
    home.look()
    content = written(mended(exported(home).read_bytes()))
    home.drop(content, "a.csv")
    home.look()
    home.drop(content, "b.csv")
    home.look()
    assert len(home.store.corrections()) == 1
    home.drop(pupil_file(pupil(BAD)) + pupil_file(pupil(ANNA)).split(b"\n", 1)[1], "elever_2026-10-15_ny.csv")
    latest = home.look().outcomes[-1]
    assert latest.is_latest
    assert (latest.counts.accepted_rows, latest.counts.rejected_rows, latest.mendings) == (1, 1, ())


def test_a_correction_of_nothing_here_or_of_another_municipality_is_left_lying(home: Home) -> None:
    home.drop(BAD_ROWS)
    home.look()
    content = exported(home).read_bytes()
    home.drop(content.replace(home.only().delivery_id.encode(), b"enrollment-9999-2026-10-15-000000000000"), "x.csv")
    home.look()
    assert home.taken is not None
    assert [problem.code for problem in home.taken.not_taken] == ["D-CORRECTION"]
    told = {"file_name": "x.csv", "sender": "test", "received": NOW}
    assert isinstance(receive_correction(content, home=home.path, municipality_code="9998", **told), DoorError)
    assert home.store.corrections() == ()


def test_a_correction_that_can_be_read_no_more_changes_nothing_and_says_so(home: Home) -> None:
    home.drop(BAD_ROWS)
    home.look()
    rows = mended(exported(home).read_bytes())
    rows[0][3] = "Något annat"
    home.drop(written(rows), "x.csv")
    (outcome,) = home.look().outcomes
    assert outcome.counts.rejected_rows == 3
    assert outcome.mendings[0].refusal_code == "E-HEADER"


def test_a_count_that_does_not_add_up_is_never_written() -> None:
    with pytest.raises(ConservationError, match="not mended"):
        Mending("c", "d", "0", rejected_before=3, mended_rows=1, still_rejected_rows=1, unplaced_rows=0)


def test_there_is_nothing_to_export_from_a_clean_or_a_refused_delivery(home: Home) -> None:
    with pytest.raises(NothingToMendError, match="no delivery"):
        exported(home)
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    with pytest.raises(NothingToMendError, match="no rejected rows"):
        exported(home)
    home.drop(b"nothing;here\n1;2\n", "elever_2026-10-15_ny.csv")
    home.look()
    with pytest.raises(NothingToMendError, match="refused as a whole"):
        exported(home)


def test_nothing_of_a_correction_leaves_the_restricted_zone_but_counts(home: Home) -> None:
    home.drop(BAD_ROWS)
    home.look()
    home.drop(written(mended(exported(home).read_bytes())), "x.csv")
    home.look()
    outside = home.everything_in("pseudonymised", "aggregate", "published")
    assert not [number for number in (ANNA, BO, CIA, DAN, BAD) if number in outside or number[-4:] in outside]


LINES = st.lists(
    st.tuples(st.sampled_from([ANNA, BO, BAD, "=cmd", '"x', ""]), st.sampled_from(["99990001", "9", "+1", '"'])),
    min_size=1,
    max_size=6,
)


@given(LINES)
def test_whatever_was_rejected_a_file_returned_unmended_reads_back_cell_by_cell(lines: list) -> None:
    content = pupil_file(pupil(ANNA), *(pupil(identity, unit=unit) for identity, unit in lines))
    reasons = {row: [("E-TYPE", "Personnummer")] for row in range(3, 3 + len(lines))}
    mapping = MAPPINGS[("9999", "enrollment")]
    file = reject_file(content, delivery_id="enrollment-9999-2026-10-15-abc", mapping=mapping, reasons=reasons)
    back = read_mended(file.content)
    assert (file.rows, back.unplaced_rows) == (len(lines), 0)
    assert list(back.rows) == list(reasons)
    for row, (identity, unit) in zip(back.rows.values(), lines, strict=True):
        line = pupil(identity, unit=unit)
        cells = split_cells(line, ";") or line.split(";")
        assert list(row[: len(cells)]) == cells
        assert not any(row[len(cells) :])


def test_a_file_sent_back_untouched_mends_nothing(home: Home) -> None:
    short = pupil(CIA).rpartition(";")[0]  # its last cell was cut off; padded it would look whole
    home.drop(pupil_file(pupil(ANNA), pupil(BAD), f'"{pupil(BO)}', short))
    home.look()
    home.drop(exported(home).read_bytes(), "x.csv")
    (outcome,) = home.look().outcomes
    assert (outcome.counts.accepted_rows, outcome.counts.rejected_rows) == (1, 3)
    assert set(quarantined(home.path, home.only()).values()) == {
        (("E-PNR-CHECKSUM", "Personnummer"),),
        (("E-QUOTE", None),),
        (("E-WIDTH", None),),
    }


def test_quarantine_names_rows_and_codes_only(home: Home) -> None:
    home.drop(BAD_ROWS)
    home.look()
    lines = [json.loads(line) for line in quarantine_path(home.path, home.only()).read_text().splitlines()]
    assert [set(line) for line in lines] == [{"row", "codes", "columns"}] * 3
