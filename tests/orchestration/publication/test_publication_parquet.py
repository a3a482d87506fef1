"""Published Parquet: the same table, the same bytes; exact types; words inside."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from candidates import candidate
from pandas.testing import assert_frame_equal

from expectations.contracts import CONTRACTS
from orchestration.publication.canonical import canonical
from orchestration.publication.parquet import parquet_bytes, read_table

LINES = CONTRACTS["fct_allocation"]


def _bytes(order: int | None = None) -> bytes:
    frame = candidate(units=5).tables["fct_allocation"]
    frame = frame if order is None else frame.sample(frac=1, random_state=order)
    return parquet_bytes(canonical(frame, LINES), contract=LINES)


def test_the_same_table_gives_the_same_bytes_whatever_the_order_of_its_rows() -> None:
    assert _bytes() == _bytes(order=1) == _bytes(order=2)


def test_money_is_decimal_and_nothing_names_pandas_or_the_arrow_schema() -> None:
    file = pq.ParquetFile(io.BytesIO(_bytes()))
    types = {field.name: field.type for field in file.schema_arrow}
    assert types["rate_ore"] == pa.decimal128(18, 6)
    assert types["rounding_ore"] == pa.decimal128(38, 12)
    assert types["amount_ore"] == pa.int64()
    assert set(file.metadata.metadata) == {b"likvard"}
    assert file.metadata.format_version == "2.6"
    assert file.metadata.row_group(0).column(0).compression == "SNAPPY"


def test_every_column_is_described_inside_the_file() -> None:
    words = json.loads(pq.ParquetFile(io.BytesIO(_bytes())).metadata.metadata[b"likvard"])
    assert list(words["columns"]) == sorted(LINES.names)
    assert words["columns"]["amount_ore"] == {"en": "Amount for the year.", "sv": "Belopp för året.", "unit": "öre"}


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    frame = candidate().tables["fct_allocation"]
    (tmp_path / "t.parquet").write_bytes(parquet_bytes(canonical(frame, LINES), contract=LINES))
    expected = frame[list(LINES.names)].sort_values(list(LINES.keys), ignore_index=True)
    assert_frame_equal(read_table(tmp_path / "t.parquet"), expected, check_dtype=False)
