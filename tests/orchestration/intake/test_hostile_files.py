"""Files made to harm: refused with a clear reason, before they fill the memory or leave their place."""

from __future__ import annotations

import io
import subprocess
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.intake import columnar, quick, reader, workbook
from orchestration.intake.errors import DoorError, RefusalError
from orchestration.intake.inbox import inbox, load_mapping_set, receive, sweep
from orchestration.intake.reader import MAXIMUM_BYTES, read_table
from orchestration.intake.workbook import check_bounds
from tests.orchestration.fixtures.hostile import THROUGH_THE_DOOR, hostile_files, measured_child
from tests.orchestration.fixtures.spoiled import COLUMNS, GOOD, cases, pupils, text
from tests.orchestration.fixtures.workbooks import workbook as make_workbook

MAPPINGS = load_mapping_set(Path(__file__).parents[3] / "policies", municipality_codes=["9999"])
PUPILS = MAPPINGS["9999", "enrollment"]
RESULTS = MAPPINGS["0000", "skolverket_results"]
BOMBS = [case for case in cases() if case.kind == "zip_bomb" and case.variant != "lying_size"]


def refused(content: bytes, mapping: object = PUPILS) -> tuple[str, str]:
    with pytest.raises(RefusalError) as caught:
        read_table(content, mapping=mapping)  # type: ignore[arg-type]
    return caught.value.code, caught.value.hint


def test_large_files_stay_within_memory(tmp_path: Path) -> None:
    paths = [str(path) for path, _ in hostile_files(tmp_path, 2_100_000)]
    _, peak, outcomes = measured_child(THROUGH_THE_DOOR, *paths)
    assert outcomes.split() == ["E-LONG", "E-SIZE", *["accepted"] * 4, "E-EMPTY"]
    assert peak < 0.4


def test_a_file_beyond_the_size_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = inbox(tmp_path, municipality_code="9999") / "elever_2026-10-15.csv"
    with path.open("wb") as file:
        file.truncate(MAXIMUM_BYTES + 1)  # a hole: takes no room
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    found = sweep(tmp_path, mappings=MAPPINGS, received=datetime(2026, 10, 20))
    assert [item.code for item in found.not_taken] == ["E-SIZE"]
    assert found.receipts == ()


def test_content_beyond_the_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAXIMUM_BYTES", len(GOOD.encode()) - 1)
    assert refused(GOOD.encode())[0] == "E-SIZE"


@pytest.mark.parametrize("is_quick", [True, False])
def test_too_many_rows_or_texts_are_refused_whichever_way_they_are_read(
    is_quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = text(pupils(20_000)).encode() if is_quick else GOOD.encode()
    rows = content.count(b"\n")
    for module in (reader, quick):
        monkeypatch.setattr(module, "MAXIMUM_ROWS", rows)
    assert len(read_table(content, mapping=PUPILS).row_numbers) == rows - 1
    for module in (reader, quick):
        monkeypatch.setattr(module, "MAXIMUM_ROWS", rows - 1)
    assert refused(content) == ("E-SIZE", f"{rows - 1}")
    for module in (reader, quick):
        monkeypatch.setattr(module, "MAXIMUM_ROWS", rows)
        monkeypatch.setattr(module, "MAXIMUM_TEXTS", 10)
    monkeypatch.setattr(reader, "_LOOK_EVERY", 3)
    assert refused(content) == ("E-SIZE", "10")


def test_a_hundred_thousand_columns_are_refused_by_number_not_by_name() -> None:
    assert refused((";".join([*COLUMNS, *"x" * 2_000]) + "\n").encode()) == ("E-COLUMNS", "1000")
    assert refused(("a;" * 49_999 + "\n").encode()) == ("E-COLUMNS", "1000")


@pytest.mark.parametrize("case", [pytest.param(case, id=case.variant) for case in BOMBS])
def test_a_zip_bomb_is_refused_by_its_table_of_contents(case: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it was unpacked"))
    assert refused(case.content)[0] == "E-SIZE"  # type: ignore[attr-defined]


def test_without_the_table_of_contents_the_process_has_limits_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = make_workbook([COLUMNS], parts={"xl/worksheets/sheet1.xml": b"<row>" + b" " * 90_000_000})
    monkeypatch.setattr(workbook, "check_bounds", lambda _: None)
    monkeypatch.setattr(workbook, "CHILD_MEMORY_BYTES", 150_000_000)
    assert refused(bomb)[0] in ("E-SIZE", "E-FORMAT")


def test_a_workbook_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "CHILD_SECONDS", 1)
    rows = [COLUMNS, *pupils(1) * 120_000]
    assert refused(make_workbook(rows))[0] == "E-SIZE"


def test_a_missing_workbook_reader_is_no_verdict_on_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess([], workbook.NO_READER, b"", b"")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(ModuleNotFoundError, match="make environment"):
        read_table(make_workbook([COLUMNS, *pupils()]), mapping=PUPILS)


def test_bounds_let_a_large_honest_workbook_pass() -> None:
    check_bounds(make_workbook([COLUMNS, *pupils(5_000)]))


def parquet(columns: dict[str, pa.Array]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    return sink.getvalue()


def test_a_parquet_file_with_endless_rows_or_columns_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pq.ParquetFile, "read", lambda *_, **__: pytest.fail("it was read"))
    rows = parquet({"schoolUnitCode": pa.nulls(columnar.MAXIMUM_ROWS + 1, pa.string())})
    assert refused(rows, RESULTS) == ("E-SIZE", f"{columnar.MAXIMUM_ROWS}")
    columns = parquet({f"c{at}": pa.array(["x"]) for at in range(1_001)})
    assert refused(columns, RESULTS) == ("E-COLUMNS", "1000")


def test_a_long_text_in_every_row_of_a_parquet_file_is_held_once() -> None:
    headers = [column.headers[0] for column in RESULTS.columns.values()]
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 1_000_000]))
    before = pa.total_allocated_bytes()
    table = read_table(parquet(dict.fromkeys(headers, texts)), mapping=RESULTS)
    assert len(table.row_numbers) == 100_000
    assert pa.total_allocated_bytes() - before < 50_000_000


@pytest.mark.parametrize("name", ["../../elever_2026-10-15.csv", "/etc/elever_2026-10-15.csv", "a/../elever.csv"])
def test_a_name_with_a_path_in_it_leads_nowhere(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    receipt = receive(
        GOOD.encode(),
        home=home,
        mapping=PUPILS,
        municipality_code="9999",
        file_name=name,
        sender="test",
        received=datetime(2026, 10, 20),
    )
    assert "/" not in receipt.delivery.file_name
    assert [path for path in tmp_path.rglob("*") if home not in path.parents and path != home] == []


def test_a_link_in_the_inbox_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere.csv"
    secret.write_bytes(GOOD.encode())
    home = tmp_path / "home"
    (inbox(home, municipality_code="9999") / "elever_2026-10-15.csv").symlink_to(secret)
    found = sweep(home, mappings=MAPPINGS, received=datetime(2026, 10, 20))
    assert found.receipts == ()
    assert found.not_taken == (DoorError(file="elever_2026-10-15.csv", code="D-FILE-LINK"),)
