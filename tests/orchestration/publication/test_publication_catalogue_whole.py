"""``dcat.rdf`` of six invented files, byte for byte: the description that was read against the specification."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.publication.catalogue import Catalogue, dcat_rdf

EXPECTED = Path(__file__).with_name("expected") / "dcat.rdf"
FILES = (
    "tables/school_allocation.csv", "excel/school_allocation.csv", "tables/school_allocation.parquet", "published.xlsx",
    "published.duckdb", "datapackage.json",
)  # fmt: skip


def described(publication_id: str = "2027.0.1", *, files: tuple[str, ...] = FILES, **who: str) -> str:
    known = {name: {"bytes": 100 + number, "sha256": f"{number:02x}" * 32} for number, name in enumerate(files)}
    return dcat_rdf(
        Catalogue("https://k.example/d", "Exempelkommun", "data@k.example", **who),
        municipality_code="9999",
        funding_year=2027,
        publication_id=publication_id,
        files=known,
        about={"sv": "Vad det är.", "en": "What it is."},
    ).decode()


def test_a_proposal_is_described_as_it_was_read():
    assert described() == EXPECTED.read_text("utf-8")


def test_a_decided_version_is_completed_and_has_addresses_of_its_own():
    expected = EXPECTED.read_text("utf-8").replace("2027.0.1", "2027.1.0")
    assert described("2027.1.0") == expected.replace("distribution-status/DEVELOP", "distribution-status/COMPLETED")


def test_the_licence_is_the_one_that_is_asked_for():
    cc0, other = "http://creativecommons.org/publicdomain/zero/1.0/", "https://l.example/1"
    assert described(license_iri=other) == EXPECTED.read_text("utf-8").replace(cc0, other)


def test_a_file_that_is_not_there_cannot_be_described():
    with pytest.raises(KeyError, match=r"datapackage\.json"):
        described(files=FILES[:-1])
