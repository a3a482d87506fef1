"""The quick way and the line reader give the same; what the quick way does not prove, it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.intake import quick, reader
from orchestration.intake.inbox import load_mapping_set
from orchestration.intake.parse import parse_delivery
from orchestration.intake.store import Delivery
from tests.orchestration.fixtures.readings import quick_agrees
from tests.orchestration.fixtures.spoiled import Case, cases, pupil, pupils, text, with_line

MAPPINGS = {
    mapping.source: mapping
    for mapping in load_mapping_set(Path(__file__).parents[3] / "policies", municipality_codes=["9999"]).values()
}
PUPILS = MAPPINGS["enrollment"]
TEXT_CASES = [case for case in cases() if case.file_name.endswith(".csv") and case.source in MAPPINGS]
CLEAN = text(pupils())


CLEAN_FILES = {
    "lf": CLEAN.encode(),
    "crlf": CLEAN.replace("\n", "\r\n").encode(),
    "mark": CLEAN.encode("utf-8-sig"),
    "cp1252": CLEAN.encode("cp1252"),
    "utf_16": CLEAN.encode("utf-16"),
    "comma": text(pupils(), separator=",").encode(),
    "tab": text(pupils(), separator="\t").encode(),
    "quoted": text([[f'"{cell}"' for cell in cells] for cells in pupils()]).encode(),
    "some_quoted": with_line(";".join(pupil(20, Modersmål='"a;b"'))).encode(),
    "open_end": CLEAN.rstrip("\n").encode(),
    "above": f"Elevregister\n\n{CLEAN}".encode(),
    "trailing": text([[*cells, ""] for cells in pupils()]).encode(),
    "dash": with_line(";".join(pupil(20, Modersmål="Kinesiska – mandarin"))).encode(),
    "bad_values": with_line(";".join(pupil(20, Årskurs="10", Personnummer="x"))).encode(),
    "many_blocks": text(pupils(2000) * 30).encode(),
}


@pytest.mark.parametrize("name", CLEAN_FILES)
def test_a_clean_file_is_read_quickly_and_the_same(name: str) -> None:
    assert quick_agrees(CLEAN_FILES[name], mapping=PUPILS) is True


LEFT_ALONE = {
    "blank": with_line("", at=2),
    "blank_cells": with_line(";" * 12),
    "blank_spaces": with_line(" ;\u00a0" + ";\t" * 11),
    "header_again": CLEAN * 2,
    "narrow": with_line("a;b"),
    "wide": with_line(";".join([*pupil(20), "x"])),
    "control": with_line(";".join(pupil(20, Modersmål="\x00"))),
    "delete": with_line(";".join(pupil(20, Modersmål="\x7f"))),
    "garbled": with_line(";".join(pupil(20, Modersmål="Ã¥"))),
    "c1": with_line(";".join(pupil(20, Modersmål="\x85"))),
    "separator": with_line(";".join(pupil(20, Modersmål="\u2028"))),
    "open_quote": with_line(";".join(pupil(20, Modersmål='"a'))),
    "two_open_quotes": with_line(";".join(pupil(20, Modersmål='"a')) + "\n" + ";".join(pupil(21, Modersmål='a"'))),
    "inner_quote": with_line(";".join(pupil(20, Modersmål='a "b" c'))),
    "doubled_quote": with_line(";".join(pupil(20, Modersmål='"a ""b"""'))),
    "mixed_ends": CLEAN.replace("\n", "\r\n", 2),
    "old_ends": CLEAN.replace("\n", "\r"),
    "long": with_line(";".join(pupil(20, Modersmål="x" * 100_001))),
    "second_mark": CLEAN.replace("\n", "\n\ufeff", 1),
    "header_only": CLEAN.split("\n")[0] + "\n",
}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_a_file_that_is_not_proven_clean_is_left_to_the_line_reader(name: str) -> None:
    assert quick_agrees(LEFT_ALONE[name].encode(), mapping=PUPILS) is None


@pytest.mark.parametrize(
    ("guard", "answer", "name"),
    [
        ("_may_hold_other_lines", False, "blank_cells"),
        ("_may_hold_other_lines", False, "header_again"),
        ("_is_regular", True, "doubled_quote"),
        ("_is_regular", True, "long"),
        ("_is_regular", True, "second_mark"),
        ("_is_ungarbled", True, "garbled"),
        ("_is_ungarbled", True, "delete"),
    ],
)
def test_without_its_guards_the_quick_way_would_lie(
    guard: str, answer: bool, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, guard, lambda *_, **__: answer)
    assert quick_agrees(LEFT_ALONE[name].encode(), mapping=PUPILS) is False


def test_every_spoiled_file_that_is_read_quickly_is_read_the_same() -> None:
    verdicts = {case.id: quick_agrees(case.content, mapping=MAPPINGS[case.source]) for case in TEXT_CASES}
    assert [name for name, verdict in verdicts.items() if verdict is False] == []
    assert sum(verdict is True for verdict in verdicts.values()) > 100


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in TEXT_CASES[::3]])
def test_a_whole_delivery_comes_out_bit_for_bit_the_same_both_ways(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def outcome() -> tuple[object, ...]:
        mapping = MAPPINGS[case.source]
        period = mapping.period_of(case.file_name) or "unknown"
        delivery = Delivery(case.source, "9999", period, "a" * 64, case.file_name, "test", "2026-10-20", 1)
        parsed = parse_delivery(case.content, delivery=delivery, mapping=mapping, key=bytes(range(32)))
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, parsed.table.schema) as stream:
            stream.write_table(parsed.table.combine_chunks())
        rest = (parsed.rejected, parsed.counts, parsed.findings, parsed.problems, parsed.encoding, parsed.refusal_code)
        return (sink.getvalue().to_pybytes(), *rest)

    by_line = outcome()
    monkeypatch.setattr(reader, "QUICK_FROM_BYTES", 0)
    assert outcome() == by_line


CELLS = st.sampled_from(
    ["", "a", "99990001", "x y", '"q"', "é", "–", "\u00a0", "2026-08-17", '"a;b"', "å", '"', "\t", "Ã¥"]
)
FILES = st.lists(st.lists(CELLS, min_size=3, max_size=4), max_size=6)
SMALL = PUPILS.model_copy(
    update={"columns": {name: PUPILS.columns[name] for name in ("school_unit_code", "is_sva", "mother_tongue")}}
)


@settings(max_examples=500, deadline=None, database=None, derandomize=True)
@given(FILES, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n"]), st.sampled_from(["utf-8", "utf-16"]))
def test_generated_tables_are_read_the_same(rows: list[list[str]], end: str, last: str, encoding: str) -> None:
    content = end.join(["Skolenhetskod;SVA;Modersmål", *(";".join(cells) for cells in rows)]) + last
    assert quick_agrees(content.encode(encoding), mapping=SMALL) is not False
