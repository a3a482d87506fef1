"""Mapping files, the store and the zones."""

from __future__ import annotations

import os
import re
import stat
from datetime import datetime
from pathlib import Path

import pytest

from orchestration.intake.errors import DoorError, catalogue
from orchestration.intake.inbox import inbox, load_mapping_set, sweep
from orchestration.intake.mapping import MappingError, parse_mapping
from orchestration.intake.schemas import SOURCES
from orchestration.intake.store import DeliveryStore, Receipt
from orchestration.intake.zones import ZONES, check_zones, create_zones

POLICIES = Path(__file__).parents[3] / "policies"
NOW = datetime(2026, 10, 20, 9, 30)
GOOD = """
source: results
scope: municipal
file_pattern: 'x.*'
period: {kind: school_year, file_name: '(?P<start>[0-9]{4})-(?P<end>[0-9]{2})'}
columns:
  pupil_key: {headers: [Personnummer], type: identity, personal: identity}
  grade: {headers: [Årskurs], type: grade}
"""


def test_the_committed_mappings_cover_every_source() -> None:
    assert {source for _, source in load_mapping_set(POLICIES, municipality_codes=["9999"])} == set(SOURCES)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("source: results", "source: nothing", "unknown source"),
        ("grade: {", "grad: {", "'grad' is no column of results"),
        ("type: grade", "type: date", "which `type: date` does not give"),
        ("type: grade", "type: grade, colour: red", "Extra inputs"),
        ("[Årskurs]", "[personnummer]", "headers that stand for two columns"),
        (", personal: identity", "", "go together"),
        ("(?P<start>[0-9]{4})", "([0-9]{4})", "named group"),
        ("columns:", "columns: [", "line 8: not valid YAML"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_by_file_and_place(old: str, new: str, words: str) -> None:
    parse_mapping(GOOD, name="good.yml")
    with pytest.raises(MappingError, match=r"^bad\.yml") as caught:
        parse_mapping(GOOD.replace(old, new), name="bad.yml")
    assert words in str(caught.value)


def test_a_period_comes_from_the_preamble_or_the_name_and_must_not_be_told_twice_differently() -> None:
    export = load_mapping_set(POLICIES, municipality_codes=[])[("0000", "skolverket_enrollment")]
    name = "Grundskolan - Antal elever per årskurs 2021 Skolenhet.csv"
    assert export.takes(name)
    assert export.period_of(name) == "2021/22"
    assert export.period_of(name, preamble=["x", "Valt läsår: 2021/22;;"]) == "2021/22"
    assert export.period_of(name, preamble=["Valt läsår: 2020/21"]) is None
    assert export.period_of(name, preamble=["Valt läsår: 2021/23"]) is None
    pupils = load_mapping_set(POLICIES, municipality_codes=["9999"])[("9999", "enrollment")]
    assert pupils.period_of("elever_2026-10-15.csv") == "2026-10-15"
    assert pupils.period_of("elever_2026-13-15.csv") is None


def put(store: DeliveryStore, content: bytes, name: str = "a.csv") -> Receipt:
    place = {"source": "results", "municipality_code": "9999", "period": "2025/26"}
    return store.put(content, file_name=name, sender="test", received=NOW, **place)


def test_the_same_file_twice_is_one_delivery_and_order_of_arrival_is_kept(tmp_path: Path) -> None:
    store = DeliveryStore(tmp_path)
    notes = [put(store, content, name).note for content, name in ((b"1", "a"), (b"1", "a"), (b"2", "b"), (b"1", "a"))]
    assert notes == ["new", "already_received", "new", "already_replaced"]
    assert [item.received_number for item in store.deliveries()] == [1, 2]


def test_content_that_returns_after_another_is_a_new_delivery(tmp_path: Path) -> None:
    """After a cut-off file the municipality may send last week's again, byte by byte: it must stand."""
    store = DeliveryStore(tmp_path)
    first, _, again = (put(store, content).delivery for content in (b"whole", b"cut", b"whole"))
    assert (again.received_number, again.delivery_id) == (3, f"{first.delivery_id}-2")
    assert put(store, b"whole").note == "already_received"
    assert len(store.deliveries()) == 3


def test_a_stored_file_is_private_whatever_the_umask_and_a_changed_one_is_noticed(tmp_path: Path) -> None:
    store, before = DeliveryStore(tmp_path), os.umask(0)
    try:
        create_zones(tmp_path)
        delivery = put(store, b"content").delivery
    finally:
        os.umask(before)
    path = store.path(delivery.sha256)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert check_zones(tmp_path) == ()
    assert not list(tmp_path.rglob(".part-*"))
    path.chmod(0o600)
    path.write_bytes(b"changed")
    assert store.content(delivery) is None


def test_zones_have_their_modes_and_a_wider_one_is_reported(tmp_path: Path) -> None:
    assert len(check_zones(tmp_path)) == len(ZONES)
    create_zones(tmp_path)
    assert {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ZONES} == dict(ZONES)
    leak = tmp_path / "restricted" / "inputs.csv"
    leak.touch(mode=0o600)
    assert check_zones(tmp_path) == ()
    leak.chmod(0o640)
    (tmp_path / "aggregate").chmod(0o755)
    assert [problem.path.name for problem in check_zones(tmp_path)] == ["inputs.csv", "aggregate"]
    assert "chmod 0700" in str(check_zones(tmp_path)[0])
    create_zones(tmp_path)
    assert len(check_zones(tmp_path)) == 1


def test_a_sweep_reports_what_it_leaves_and_never_follows_links(tmp_path: Path) -> None:
    mappings = load_mapping_set(POLICIES, municipality_codes=["9999"])
    folder = inbox(tmp_path, municipality_code="9999")
    (folder / "elever_202001052394.csv").write_text("x")
    (tmp_path / "target.csv").write_text("x")
    (folder / "elever_2026-10-15.csv").symlink_to(tmp_path / "target.csv")
    found = sweep(tmp_path, mappings=mappings, received=NOW)
    assert found.receipts == ()
    assert {problem.code for problem in found.not_taken} == {"D-FILE-UNKNOWN", "D-FILE-LINK"}
    assert "2394" not in " ".join(problem.text() for problem in found.not_taken)


def test_messages_name_place_and_rule_in_two_languages() -> None:
    error = DoorError(file="elever_2026.csv", code="E-PNR-CHECKSUM", row=1204, column="Personnummer")
    words = 'elever_2026.csv, rad 1 204, kolumn "Personnummer": felaktig kontrollsiffra (E-PNR-CHECKSUM)'
    assert error.text("sv") == words
    assert error.text("en").endswith('row 1,204, column "Personnummer": wrong check digit (E-PNR-CHECKSUM)')
    assert all(set(words) == {"sv", "en"} for words in catalogue().values())


def test_every_code_in_the_door_has_words() -> None:
    folder = Path(__file__).parents[3] / "orchestration" / "intake"
    used = {code for path in folder.glob("*.py") for code in re.findall(r'"([EDI]-[A-Z-]+)"', path.read_text("utf-8"))}
    assert used == set(catalogue())
