"""``dcat.rdf`` says what the data portal asks for, with absolute addresses of files that are there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import rdflib
from candidates import candidate, release
from rdflib.namespace import DCAT, DCTERMS, RDF

from orchestration.publication.catalogue import CC0, NAME, Catalogue

BASE = "https://kommun.example/data/resurs"
PLACE = Catalogue(BASE, "Exempelkommun", "data@kommun.example")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = release(candidate(catalogue=PLACE), tmp_path_factory.mktemp("dcat") / "published").path
    assert path is not None
    return path


@pytest.fixture
def graph(version: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(data=(version / NAME).read_bytes(), format="xml")


def conforms(graph: rdflib.Graph) -> tuple[bool, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyshacl's own use of rdflib
        from pyshacl import validate

        shapes = rdflib.Graph().parse(Path(__file__).with_name("dcat_ap_se.ttl"))
        found, _, words = validate(graph, shacl_graph=shapes)
    return bool(found), str(words)


def test_the_description_keeps_every_obligation_of_the_specification(graph: rdflib.Graph):
    found, words = conforms(graph)
    assert found, words


OBLIGATIONS = [
    (DCAT.Catalog, DCTERMS.title), (DCAT.Catalog, DCTERMS.description), (DCAT.Catalog, DCTERMS.publisher),
    (DCAT.Catalog, DCTERMS.license), (DCAT.Catalog, DCAT.dataset), (DCAT.Dataset, DCTERMS.title),
    (DCAT.Dataset, DCTERMS.description), (DCAT.Dataset, DCTERMS.publisher), (DCAT.Dataset, DCAT.contactPoint),
    (DCAT.Distribution, DCAT.accessURL), (rdflib.URIRef(f"{DCAT}DatasetSeries"), DCTERMS.title), (SPDX.Checksum, SPDX.checksumValue),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "predicate"), OBLIGATIONS, ids=lambda term: str(term).rpartition("/")[2])
def test_the_shapes_find_each_lack(graph: rdflib.Graph, kind: rdflib.URIRef, predicate: rdflib.URIRef):
    subject = next(graph.subjects(RDF.type, kind))
    graph.remove((subject, predicate, None))
    assert not conforms(graph)[0]


def test_every_address_is_absolute_and_every_file_is_there_with_its_size_and_hash(version: Path, graph: rdflib.Graph):
    assert all(
        str(term).split(":")[0] in ("http", "https", "mailto")
        for term in graph.all_nodes()
        if isinstance(term, rdflib.URIRef)
    )
    assert not any(isinstance(term, rdflib.BNode) for term in graph.all_nodes())
    files = json.loads((version / "manifest.json").read_text())["recorded"]["files"]
    described = list(graph.subjects(RDF.type, DCAT.Distribution))
    assert len(described) == 6
    for each in described:
        path = str(graph.value(each, DCAT.downloadURL)).removeprefix(f"{BASE}/2027/versions/2027.0.1/")
        assert int(graph.value(each, DCAT.byteSize)) == (version / path).stat().st_size
        checksum = graph.value(each, SPDX.checksum)
        assert str(graph.value(checksum, SPDX.checksumValue)) == files[path]["sha256"]
        assert str(graph.value(each, DCTERMS.license)) == CC0


def test_no_title_holds_the_year_or_the_municipality_of_a_dataset(graph: rdflib.Graph):
    titles = [
        str(title) for each in graph.subjects(RDF.type, DCAT.Dataset) for title in graph.objects(each, DCTERMS.title)
    ]
    assert len(titles) == 4
    assert not any("2027" in title or "Exempel" in title for title in titles)


def test_a_proposal_is_told_to_be_one(graph: rdflib.Graph):
    words = " ".join(
        str(text)
        for each in graph.subjects(RDF.type, DCAT.Dataset)
        for text in graph.objects(each, DCTERMS.description)
    )
    assert "Förslag 2027.0.1, inte beslutat." in words
    assert "Proposal 2027.0.1, not decided." in words
    status = rdflib.URIRef("http://www.w3.org/ns/adms#status")
    assert {str(value).rpartition("/")[2] for value in graph.objects(None, status)} == {"DEVELOP"}


WRITE = """
import sys
from orchestration.publication.catalogue import Catalogue, dcat_rdf
class Files(dict):
    def __missing__(self, key):
        return {"bytes": 7, "sha256": "ab" * 32}
sys.stdout.buffer.write(dcat_rdf(Catalogue("https://k.example/d", "Å", "a@k.example"), municipality_code="9999",
    funding_year=2027, publication_id="2027.1.0", files=Files(), about={"sv": "s", "en": "e"}))
"""


def test_the_bytes_do_not_depend_on_the_order_of_hashes():
    made = {
        subprocess.run(
            [sys.executable, "-c", WRITE], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1
    assert b"distribution-status/COMPLETED" in made.pop()


def test_without_an_address_there_is_no_description(tmp_path: Path):
    path = release(candidate(), tmp_path / "published").path
    assert path is not None
    assert not (path / NAME).exists()


@pytest.mark.parametrize(
    "base", ["/data", "kommun.example", "https://kommun.example/", "https://kommun.example/a b", "ftp://x/y"]
)
def test_an_address_that_is_not_absolute_is_refused(base: str):
    with pytest.raises(ValueError, match="absolute http or https address"):
        Catalogue(base, "Exempelkommun", "data@kommun.example")
