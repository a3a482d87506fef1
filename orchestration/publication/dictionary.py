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

from expectations.columns import COLUMNS
from expectations.contracts import CONTRACT_VERSION, CONTRACTS, Contract

HTML_NAME, PACKAGE_NAME = "dictionary.html", "datapackage.json"
_FRICTIONLESS = {"text": "string", "int32": "integer", "int64": "integer", "bool": "boolean", "date": "date"}


@functools.cache
def templates() -> jinja2.Environment:
    """The templates beside this module; an unknown name in one is an error, HTML is escaped."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("orchestration.publication", "."),
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
        contracts=[CONTRACTS[name] for name in sorted(CONTRACTS)], contract_version=CONTRACT_VERSION
    ).encode()


def data_package(
    *,
    publication_id: str,
    municipality_code: str,
    files: Mapping[str, Mapping[str, Any]],
    contracts: Sequence[Contract],
    title: str,
) -> bytes:
    """A Frictionless descriptor of the Parquet files: paths, hashes, fields, keys. ``files`` as in the manifest."""
    package = {
        "name": f"likvard-{municipality_code}-{publication_id}",
        "title": title,
        "version": publication_id,
        "resources": [_resource(contract, files[f"tables/{contract.table}.parquet"]) for contract in contracts],
    }
    return (json.dumps(package, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()


def _resource(contract: Contract, file: Mapping[str, Any]) -> dict[str, Any]:
    names = contract.names if "publication_id" in contract.names else (*contract.names, "publication_id")
    return {
        "name": contract.table.replace("_", "-"),
        "path": f"tables/{contract.table}.parquet",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": file["bytes"],
        "hash": f"sha256:{file['sha256']}",
        "description": contract.grain_en,
        "schema": {"fields": [_field(contract, name) for name in names], "primaryKey": list(contract.keys)},
    }


def _field(contract: Contract, name: str) -> dict[str, Any]:
    column = COLUMNS[name]
    constraints: dict[str, Any] = {"required": name not in contract.nullable}
    if column.bounds is not None:
        low, high = column.bounds
        constraints |= {key: value for key, value in (("minimum", low), ("maximum", high)) if value is not None}
    described = {
        "name": name,
        "type": _FRICTIONLESS.get(column.type, "number"),
        "title": column.sv,
        "description": column.en,
        "constraints": constraints,
    }
    return described | ({"unit": column.unit} if column.unit else {})
