"""Every physical line is accounted for, whatever the bytes."""

from __future__ import annotations

import csv

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.intake.errors import RefusalError
from orchestration.intake.mapping import SourceMapping, parse_mapping
from orchestration.intake.reader import RawTable, physical_lines, read_table, split_cells

MAPPING = parse_mapping(
    """
source: school_register
scope: municipal
file_pattern: '.*'
period: {kind: all}
separators: [";", ",", "\\t"]
columns:
  school_unit_code: {headers: [Kod, Skolenhetskod], type: school_unit_code, required: true}
  school_unit_name: {headers: [Namn], type: text, required: true}
  status: {headers: [Status], type: text}
""",
    name="test.yml",
)


def read(text: str, encoding: str = "utf-8", mapping: SourceMapping = MAPPING) -> RawTable:
    return read_table(text.encode(encoding), mapping=mapping)


def reasons(table: RawTable) -> list[tuple[int, str]]:
    return [(row.row, row.reasons[0][0]) for row in table.rejected]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_same_rows_come_from_every_encoding(encoding: str) -> None:
    table = read("Kod;Namn\n1;Åkerö\n2;Ängby\n", encoding)
    assert table.columns["school_unit_name"].to_pylist() == ["Åkerö", "Ängby"]
    assert table.encoding == encoding


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_line_ends_and_separators_do_not_matter(end: str, separator: str) -> None:
    table = read(end.join("Kod;Namn|1;A|2;B|".replace(";", separator).split("|")))
    assert (table.physical_rows, list(table.row_numbers)) == (3, [2, 3])


def test_an_unclosed_quote_costs_its_own_line_only() -> None:
    table = read('Kod;Namn\n1;A\n2;"B\n3;C\n4;"D; d"\n')
    assert reasons(table) == [(3, "E-QUOTE")]
    assert table.columns["school_unit_name"].to_pylist() == ["A", "C", "D; d"]


def test_lines_that_are_no_rows_are_named_by_reason() -> None:
    table = read(
        "Rapport\n\nKod;Namn;Status\n1;A;x\n2;B\n;;\nKod;Namn;Status\n3;C;x;extra\n4;D;x;\n5;Ã¥kra;x\n6;E\x00;x\n"
    )
    assert reasons(table) == [
        (5, "E-WIDTH"),
        (7, "E-HEADER-REPEATED"),
        (8, "E-WIDTH"),
        (10, "E-CHARS"),
        (11, "E-CHARS"),
    ]
    assert (table.header_rows, table.blank_rows, list(table.row_numbers)) == (2, 2, [4, 9])


def test_headers_may_be_reordered_renamed_and_spaced_and_unknown_ones_are_counted() -> None:
    table = read(" NAMN ;Annat;SKOLENHETSKOD;\nA;?;1;\n")
    assert (table.columns["school_unit_code"].to_pylist(), table.columns["school_unit_name"].to_pylist()) == (
        ["1"],
        ["A"],
    )
    assert (table.unknown_columns, table.absent_columns) == (1, ("status",))


def test_a_missing_header_refuses_the_file_and_names_the_nearest() -> None:
    with pytest.raises(RefusalError) as caught:
        read("Kod;Nanm\n1;A\n")
    assert (caught.value.code, caught.value.hint) == ("E-HEADER", '"Namn" (nearest in the file: "Nanm")')


def test_a_file_without_headers_is_refused_without_telling_its_first_row() -> None:
    with pytest.raises(RefusalError) as caught:
        read("20200105-2394;Namn Namnsson\n")
    assert caught.value.code == "E-HEADER"
    assert "2394" not in caught.value.hint
    assert "Namnsson" not in caught.value.hint


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "E-EMPTY"),
        (b"Kod;Namn;Kod\n1;A;2\n", "E-HEADER-TWICE"),
        ("Kod;Namn;Ä\n1;Å".encode()[:-1], "E-TRUNCATED"),  # a letter cut in two
        (b"\xef\xbb\xbfKod;Namn\n1;\xe5\n", "E-ENCODING"),  # says UTF-8 and is not
        (b"Kod;Namn\n1;\x81\n", "E-ENCODING"),  # undefined in CP1252
    ],
)
def test_a_file_that_cannot_be_read_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(RefusalError) as caught:
        read_table(content, mapping=MAPPING)
    assert caught.value.code == code


def test_an_encoding_that_the_mapping_does_not_allow_is_refused() -> None:
    strict = MAPPING.model_copy(update={"encodings": ("utf-8",)})
    with pytest.raises(RefusalError, match="E-ENCODING"):
        read("Kod;Namn\n1;Å\n", "cp1252", strict)


def test_a_damaged_parquet_file_is_refused_without_its_own_words() -> None:
    with pytest.raises(RefusalError) as caught:
        read_table(b"PAR1 secret PAR1", mapping=MAPPING.model_copy(update={"format": "parquet"}))
    assert (caught.value.code, caught.value.__suppress_context__) == ("E-FORMAT", True)


LINES = st.text(alphabet='ab1;"\n\r\t\u2028\x85 åÃ¥', max_size=120)


@settings(max_examples=300)
@given(LINES)
@example('1;A\n"2;B\n3;C')
@example("\r\n\r\r\n;\n")
def test_no_line_is_lost_or_made(text: str) -> None:
    table = read("Kod;Namn\n" + text)
    assert table.physical_rows == 1 + len(physical_lines(text) if text else [])
    assert table.physical_rows == table.header_rows + table.blank_rows + len(table.row_numbers) + len(table.rejected)
    seen = [*table.row_numbers, *(row.row for row in table.rejected)]
    assert len(seen) == len(set(seen))
    assert all(len(texts) == len(table.row_numbers) for texts in table.columns.values())


@given(st.text(alphabet="ab;\" åÅ\t'\\", max_size=40))
def test_the_quick_split_gives_what_csv_gives(line: str) -> None:
    try:
        expected = next(csv.reader([line], delimiter=";", strict=True), []) or [""]
    except csv.Error:
        expected = None
    assert split_cells(line, ";") == expected
