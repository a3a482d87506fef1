"""Twenty thousand generated files: every row accounted for, nothing uncaught, whatever the bytes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.intake import parse, reader
from orchestration.intake.inbox import load_mapping_set
from orchestration.intake.tables import RawTable
from tests.orchestration.fixtures.mutations import MAXIMUM_SEED, TOKENS, mutated, unaccounted
from tests.orchestration.fixtures.readings import quick_agrees
from tests.orchestration.fixtures.spoiled import PERIODS, cases, pupil

MAPPINGS = {
    mapping.source: mapping
    for mapping in load_mapping_set(Path(__file__).parents[3] / "policies", municipality_codes=["9999"]).values()
}
SEEDS = {
    source: [case.content for case in cases() if case.source == source and len(case.content) <= MAXIMUM_SEED]
    for source in PERIODS
}
RESULTS = (
    b"Personnummer;Skolenhetskod;L\xc3\xa4s\xc3\xa5r;\xc3\x85rskurs;Beh\xc3\xb6rig yrkesprogram;Meritv\xc3\xa4rde\n"
)


def many(count: int) -> settings:
    return settings(
        max_examples=count, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )


@many(5_000)
@given(st.binary(max_size=160), st.sampled_from([b"", RESULTS, b"\xef\xbb\xbf" + RESULTS, b"\xff\xfe", b"PK\x03\x04"]))
def test_any_bytes_are_accounted_for(content: bytes, before: bytes) -> None:
    assert unaccounted(before + content, mapping=MAPPINGS["results"], period=PERIODS["results"]) is None


CELLS = ";".join(pupil(1)).encode().split(b";")
PARTS = st.lists(st.sampled_from([*TOKENS[256:], *CELLS, b";", b";", b"\n", b"\n", b'"']), max_size=24)


@many(6_000)
@given(PARTS)
def test_any_line_of_plausible_parts_is_accounted_for(parts: list[bytes]) -> None:
    assert unaccounted(RESULTS + b"".join(parts), mapping=MAPPINGS["results"], period=PERIODS["results"]) is None


@many(9_500)
@given(st.sampled_from(sorted(SEEDS)), st.integers(0, 2**64))
def test_any_spoiled_file_spoiled_further_is_accounted_for(source: str, seed: int) -> None:
    content = mutated(SEEDS[source], random.Random(seed))
    assert unaccounted(content, mapping=MAPPINGS[source], period=PERIODS[source]) is None


@many(1_000)
@given(st.sampled_from(sorted(SEEDS)), st.integers(0, 2**64))
def test_any_spoiled_file_is_read_the_same_in_bulk(source: str, seed: int) -> None:
    assert quick_agrees(mutated(SEEDS[source], random.Random(seed)), mapping=MAPPINGS[source]) is not False


def test_the_account_notices_a_lost_row(monkeypatch: pytest.MonkeyPatch) -> None:
    content = SEEDS["enrollment"][0]

    def losing(*args: object, **settings: object) -> RawTable:
        table = reader.read_table(*args, **settings)  # type: ignore[arg-type]
        lost = {name: getattr(table, name) for name in RawTable.__slots__}
        lost["columns"] = {name: column[:-1] for name, column in table.columns.items()}
        return RawTable(**lost | {"row_numbers": table.row_numbers[:-1], "physical_rows": table.physical_rows - 1})

    monkeypatch.setattr(parse, "read_table", losing)
    found = unaccounted(content, mapping=MAPPINGS["enrollment"], period=PERIODS["enrollment"])
    assert found is not None
    assert "in the account" in found


def test_the_account_notices_a_defect_of_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "type_rows", lambda *_, **__: 1 / 0)
    found = unaccounted(SEEDS["enrollment"][0], mapping=MAPPINGS["enrollment"], period=PERIODS["enrollment"])
    assert found == "uncaught ZeroDivisionError"
