"""``dcat.rdf``: the publication described for Sweden's data portal, in DCAT-AP-SE 3.0.1 as RDF/XML.

Belongs here: which statements are made about a version. Does not: the addresses themselves (the municipality's policy).

Every thing has an absolute IRI under the municipality's base, which serves the folder ``published/<municipality>``; so a
file's address is its path. Years of one dataset form a series, and no title holds a year. There is no date of issue: a
sealed version holds no time, the ledger does. Source: docs.dataportal.se/dcat/3.0.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rdflib.term import Node

NAME = "dcat.rdf"
CC0 = "http://creativecommons.org/publicdomain/zero/1.0/"
_EU = "http://publications.europa.eu/resource/authority/"
_IANA = "https://www.iana.org/assignments/media-types/"
_BASE = re.compile(r"https?://[^\s<>\"{}|\\^`]+[^\s<>\"{}|\\^`/?#]")

Triple = tuple["Node", "Node", "Node"]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Who publishes, and where.

    Attributes
    ----------
    base_iri : absolute IRI under which ``published/<municipality>`` is served, without a slash at the end
    license_iri : licence of catalogue and files
    """

    base_iri: str
    publisher_name: str
    contact_email: str
    license_iri: str = CC0

    def __post_init__(self) -> None:
        if not _BASE.fullmatch(self.base_iri):
            raise ValueError(
                f"base_iri {self.base_iri!r}: an absolute http or https address without a slash at the end is needed"
            )


@dataclass(frozen=True, slots=True)
class _Dataset:
    """One dataset of the portal: its key in IRIs, words, and the files that are its distributions."""

    key: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    files: tuple[str, ...]


_DATASETS = (
    _Dataset(
        "school-allocation",
        {"sv": "Socioekonomisk resursfördelning per skolenhet", "en": "Socioeconomic allocation per school unit"},
        {
            "sv": "En rad per skolenhet: elever, behovsindex, grundresurs, strukturtillägg och tilldelning i kronor.",
            "en": "One row per school unit: pupils, need index, base part, structural part and allocation in kronor.",
        },
        ("tables/school_allocation.csv", "excel/school_allocation.csv", "tables/school_allocation.parquet"),
    ),
    _Dataset(
        "allocation-tables",
        {
            "sv": "Socioekonomisk resursfördelning, alla tabeller",
            "en": "Socioeconomic allocation, all tables",
        },
        {
            "sv": "Varje rad i tilldelningen (antal × belopp + avrundning = summa), behovsindex, behovsmodell och regler.",
            "en": "Every line of the allocation (count × rate + rounding = amount), need index, need model and rules.",
        },
        ("published.xlsx", "published.duckdb", "datapackage.json"),
    ),
)
_KEYWORDS = {
    "sv": ("grundskola", "resursfördelning", "skolpeng", "strukturtillägg"),
    "en": ("compulsory school", "resource allocation", "school funding"),
}
_FORMS = {
    "csv": ("CSV", "text/csv", "CSV"),
    "parquet": ("PARQUET", "application/vnd.apache.parquet", "Parquet"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel"),
    "duckdb": ("BIN", "application/octet-stream", "DuckDB"),
    "json": ("JSON", "application/json", "Frictionless data package"),
}
"""File ending → file type of the EU vocabulary, media type of IANA, name for people."""
_EXCEL_SV = {"sv": "CSV för svenska Excel", "en": "CSV for Excel with Swedish settings"}


def dcat_rdf(
    catalogue: Catalogue,
    *,
    municipality_code: str,
    funding_year: int,
    publication_id: str,
    files: Mapping[str, Mapping[str, Any]],
    about: Mapping[str, str],
) -> bytes:
    """The description as RDF/XML; ``files`` as in the manifest, ``about`` the sentence on what this is, per language.

    The same input gives the same bytes. Raises KeyError where a file that is described is not among ``files``.
    """
    from rdflib import Graph, Namespace

    class Ordered(Graph):
        """Hands its statements to the writer in order: the writer's own follows the hashes of text."""

        def subjects(self, *args: Any, **options: Any) -> Iterator[Node]:
            return iter(sorted(super().subjects(*args, **options)))

        def predicate_objects(self, *args: Any, **options: Any) -> Iterator[tuple[Node, Node]]:
            return iter(sorted(super().predicate_objects(*args, **options)))

    graph = Ordered(bind_namespaces="none")
    for prefix, iri in _PREFIXES.items():
        graph.bind(prefix, Namespace(iri))
    made = _Statements(catalogue, municipality_code, funding_year, publication_id, files, about)
    for triple in made.all():
        graph.add(triple)
    return graph.serialize(format="xml", encoding="utf-8")


_PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass(frozen=True, slots=True)
class _Statements:
    """The triples of one version; terms are written ``prefix:name``."""

    catalogue: Catalogue
    code: str
    year: int
    publication_id: str
    files: Mapping[str, Mapping[str, Any]]
    about: Mapping[str, str]

    def all(self) -> Iterator[Triple]:
        who, base = self.catalogue, self.catalogue.base_iri
        yield from self._of(f"{base}/catalogue", "dcat:Catalog", {
            "dcterms:publisher": [self._iri("publisher")], "dcterms:license": [_iri(who.license_iri)],
            "dcterms:language": [_iri(f"{_EU}language/{code}") for code in ("SWE", "ENG")],
            "dcat:dataset": [_iri(self._dataset_iri(each)) for each in _DATASETS] + [self._iri(f"series/{each.key}") for each in _DATASETS],
            "dcterms:title": _words({"sv": f"Resursfördelning till skolor, {who.publisher_name}", "en": f"Allocation to schools, {who.publisher_name}"}),
            "dcterms:description": _words({"sv": "Öppna data om kommunens resursfördelning till skolenheter.", "en": "Open data on the municipality's allocation to school units."}),
        })  # fmt: skip
        yield from self._of(
            f"{base}/publisher", "foaf:Agent",
            {"foaf:name": [_literal(who.publisher_name)], "dcterms:type": [_iri("http://purl.org/adms/publishertype/LocalAuthority")]},
        )  # fmt: skip
        yield from self._of(
            f"{base}/contact", "vcard:Organization",
            {"vcard:fn": [_literal(who.publisher_name)], "vcard:hasEmail": [_iri(f"mailto:{who.contact_email}")]},
        )  # fmt: skip
        yield from self._of(
            f"{base}/{self.year}/period", "dcterms:PeriodOfTime",
            {"dcat:startDate": [_literal(f"{self.year}-01-01", "date")], "dcat:endDate": [_literal(f"{self.year}-12-31", "date")]},
        )  # fmt: skip
        for each in _DATASETS:
            yield from self._series(each)
            yield from self._dataset(each)
            for file in each.files:
                yield from self._distribution(file)

    def _series(self, of: _Dataset) -> Iterator[Triple]:
        yield from self._of(f"{self.catalogue.base_iri}/series/{of.key}", "dcat:DatasetSeries", {
            "dcterms:title": _words(of.title), "dcterms:description": _words(of.description),
            "dcterms:publisher": [self._iri("publisher")], "dcat:contactPoint": [self._iri("contact")],
            "dcterms:accrualPeriodicity": [_iri(f"{_EU}frequency/ANNUAL")],
        })  # fmt: skip

    def _dataset(self, of: _Dataset) -> Iterator[Triple]:
        told = {lang: f"{of.description[lang]} {self.about[lang]}" for lang in ("sv", "en")}
        yield from self._of(self._dataset_iri(of), "dcat:Dataset", {
            "dcterms:title": _words(of.title), "dcterms:description": _words(told),
            "dcterms:publisher": [self._iri("publisher")], "dcat:contactPoint": [self._iri("contact")],
            "dcat:inSeries": [self._iri(f"series/{of.key}")],
            "dcat:distribution": [_iri(self._file_iri(file)) for file in of.files],
            "dcat:keyword": [word for lang in ("sv", "en") for keyword in _KEYWORDS[lang] for word in _words({lang: keyword})],
            "dcat:theme": [_iri(f"{_EU}data-theme/EDUC")], "dcat:version": [_literal(self.publication_id)],
            "dcterms:identifier": [_literal(f"{self.code}-{of.key}-{self.year}")],
            "dcterms:temporal": [self._iri(f"{self.year}/period")],
            "dcterms:language": [_iri(f"{_EU}language/{code}") for code in ("SWE", "ENG")],
            "dcterms:accessRights": [_iri(f"{_EU}access-right/PUBLIC")],
            "dcterms:accrualPeriodicity": [_iri(f"{_EU}frequency/ANNUAL")],
        })  # fmt: skip

    def _distribution(self, file: str) -> Iterator[Triple]:
        kind, media, name = _FORMS[file.rpartition(".")[2]]
        known, address = self.files[file], self._file_iri(file)
        title = _EXCEL_SV if file.startswith("excel/") else {"sv": name, "en": name}
        decided = self.publication_id.split(".")[1] != "0"
        yield from self._of(address, "dcat:Distribution", {
            "dcterms:title": _words(title), "dcat:accessURL": [_iri(address)], "dcat:downloadURL": [_iri(address)],
            "dcterms:format": [_iri(f"{_EU}file-type/{kind}")], "dcat:mediaType": [_iri(_IANA + media)],
            "dcterms:license": [_iri(self.catalogue.license_iri)],
            "dcat:byteSize": [_literal(str(known["bytes"]), "nonNegativeInteger")], "spdx:checksum": [_iri(f"{address}#sha256")],
            "adms:status": [_iri(f"{_EU}distribution-status/{'COMPLETED' if decided else 'DEVELOP'}")],
        })  # fmt: skip
        yield from self._of(f"{address}#sha256", "spdx:Checksum", {
            "spdx:algorithm": [_iri("http://spdx.org/rdf/terms#checksumAlgorithm_sha256")],
            "spdx:checksumValue": [_literal(known["sha256"], "hexBinary")],
        })  # fmt: skip

    def _of(self, subject: str, kind: str, said: Mapping[str, list[Node]]) -> Iterator[Triple]:
        yield _iri(subject), _term("rdf:type"), _term(kind)
        for predicate, values in said.items():
            for value in values:
                yield _iri(subject), _term(predicate), value

    def _iri(self, path: str) -> Node:
        return _iri(f"{self.catalogue.base_iri}/{path}")

    def _dataset_iri(self, of: _Dataset) -> str:
        return f"{self.catalogue.base_iri}/{self.year}/{of.key}"

    def _file_iri(self, file: str) -> str:
        return f"{self.catalogue.base_iri}/{self.year}/versions/{self.publication_id}/{file}"


def _iri(text: str) -> Node:
    from rdflib import URIRef

    return URIRef(text)


def _term(name: str) -> Node:
    prefix, _, rest = name.partition(":")
    return _iri(_PREFIXES[prefix] + rest)


def _literal(text: str, kind: str | None = None) -> Node:
    from rdflib import Literal, URIRef

    return Literal(text, datatype=URIRef(_PREFIXES["xsd"] + kind) if kind else None)


def _words(text: Mapping[str, str]) -> list[Node]:
    from rdflib import Literal

    return [Literal(words, lang=lang) for lang, words in sorted(text.items())]
