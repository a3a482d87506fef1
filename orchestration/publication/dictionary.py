"""The data dictionary of a publication, for people (HTML) and machines (Frictionless data package).

Belongs here: words and types from the contracts, in both formats. Does not: the words themselves
(``expectations.columns``), anything about one municipality's figures.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2

from expectations.columns import Column
from expectations.contracts import CONTRACT_VERSION, CONTRACTS, Contract
from expectations.contracts.reading import kronor_name, reading_columns, with_publication_id
from expectations.labels import swedish_label
from orchestration.publication.text_tables import EXCEL_SV, LINE_END, MACHINE

HTML_NAME, PACKAGE_NAME = "dictionary.html", "datapackage.json"
_WORDS = {
    "sv": {
        "title": "Datalexikon",
        "lead": "Vad varje tabell och kolumn i publiceringen betyder. Samma namn gäller i Parquet, CSV, Excel, DuckDB och PostgreSQL.",
        "version": "Kontraktets version",
        "contents": "Tabeller",
        "id": "Varje tabell har också kolumnen publication_id: publiceringen som raden hör till.",
        "kronor": "I Excel, CSV för Excel och databasens vyer står samma belopp också i kronor, som",
        "key": "Nyckel",
        "heads": ("Kolumn", "Svenskt namn", "Betydelse", "Enhet", "Typ", "Tom?", "Källa"),
        "is_key": "nyckel",
        "empty": "kan vara tom",
        "top": "Till början",
    },
    "en": {
        "title": "Data dictionary",
        "lead": "What each table and column of the publication means. The names are the same in Parquet, CSV, Excel, DuckDB and PostgreSQL.",
        "version": "Contract version",
        "contents": "Tables",
        "id": "Every table also has the column publication_id: the publication that the row belongs to.",
        "kronor": "In Excel, CSV for Excel and the views of the database the same amount also stands in kronor, as",
        "key": "Key",
        "heads": ("Column", "Swedish name", "Meaning", "Unit", "Type", "Empty?", "Source"),
        "is_key": "key",
        "empty": "may be empty",
        "top": "To the top",
    },
}
_FRICTIONLESS = {"text": "string", "int32": "integer", "int64": "integer", "bool": "boolean", "date": "date"}


@functools.cache
def templates(package: str = "orchestration.publication") -> jinja2.Environment:
    """The templates of a package, beside its modules; an unknown name in one is an error, HTML is escaped."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader(package, "."),
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html.jinja"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@functools.cache
def dictionary_html() -> bytes:
    """The dictionary in Swedish and English, the same for every publication of one contract version."""
    page = templates().get_template("dictionary.html.jinja")
    return page.render(
        contracts=[CONTRACTS[name] for name in sorted(CONTRACTS)],
        contract_version=CONTRACT_VERSION,
        words=_WORDS,
        label=swedish_label,
        kronor_name=kronor_name,
    ).encode()


def data_package(
    *,
    publication_id: str,
    municipality_code: str,
    files: Mapping[str, Mapping[str, Any]],
    contracts: Sequence[Contract],
    about: Mapping[str, str],
) -> bytes:
    """A Frictionless descriptor of the tables in every form: paths, hashes, fields, keys. ``files`` as in the manifest.

    ``about`` is the sentence on what the publication is, per language. Source: datapackage.org, version 1.
    """
    package = {
        "profile": "data-package",
        "name": f"likvard-{municipality_code}-{publication_id}",
        "title": about["sv"],
        "description": about["en"],
        "version": publication_id,
    }
    resources = [resource for contract in contracts for resource in _resources(contract, files)]
    # A line per resource: as legible as an indented file, and a tenth of its time (json indents in Python, not in C).
    head, *lines = (json.dumps(part, sort_keys=True, ensure_ascii=False) for part in (package, *resources))
    return (f'{head[:-1]}, "resources": [\n' + ",\n".join(lines) + "\n]}\n").encode()


def _resources(contract: Contract, files: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    stored, shown = with_publication_id(contract), reading_columns(contract)
    parquet = {"format": "parquet", "mediatype": "application/vnd.apache.parquet"}
    found = [_resource(contract, stored, files, path=f"tables/{contract.table}.parquet", suffix="parquet") | parquet]
    for flavour, columns in ((MACHINE, stored), (EXCEL_SV, shown)):
        path = f"{flavour.folder}/{contract.table}.csv"
        csv = _resource(contract, columns, files, path=path, suffix=flavour.name)
        csv |= {"profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
        csv["dialect"] = {
            "delimiter": flavour.delimiter,
            "lineTerminator": LINE_END,
            "quoteChar": '"',
            "doubleQuote": True,
        }
        for field, column in zip(csv["schema"]["fields"], columns, strict=True):
            if field["type"] == "number":
                field["decimalChar"] = flavour.decimal_sign
            if column.type == "bool":
                field |= {"trueValues": [flavour.true], "falseValues": [flavour.false]}
        if flavour.mark:
            csv["encoding"] = "utf-8-sig"
        found.append(csv)
    return found


def _resource(
    contract: Contract, columns: Sequence[Column], files: Mapping[str, Mapping[str, Any]], *, path: str, suffix: str
) -> dict[str, Any]:
    file = files[path]
    return {
        "name": f"{contract.table}-{suffix}".replace("_", "-"),
        "path": path,
        "bytes": file["bytes"],
        "hash": f"sha256:{file['sha256']}",
        "title": contract.grain_sv,
        "description": contract.grain_en,
        "schema": {
            "fields": [_field(contract, column) for column in columns],
            "primaryKey": list(contract.keys),
            "missingValues": [""],
        },
    }


def _field(contract: Contract, column: Column) -> dict[str, Any]:
    in_ore = column.name.removesuffix("_sek") + "_ore"
    source = column.name if column.name in contract.names else in_ore
    constraints: dict[str, Any] = {"required": source not in contract.nullable}
    if column.bounds is not None:
        low, high = column.bounds
        constraints |= {key: value for key, value in (("minimum", low), ("maximum", high)) if value is not None}
    described = {
        "name": column.name,
        "type": _FRICTIONLESS.get(column.type, "number"),
        "title": swedish_label(column.name),
        "description": f"{column.en} / {column.sv}",
        "constraints": constraints,
    }
    return described | ({"unit": column.unit} if column.unit else {})
