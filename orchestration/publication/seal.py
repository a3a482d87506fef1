"""Staging and sealing one version: written hidden, manifest last, renamed into place in one step.

Belongs here: the files of a version and their order. Does not: whether it may go out (``gate``, ``checks``), ids.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from expectations.contracts import CONTRACTS
from expectations.contracts.reading import reading_columns
from orchestration.publication import dictionary, duckdb_file, manifest, model_card, release, workbook
from orchestration.publication import quality as quality_page
from orchestration.publication.catalogue import NAME as DCAT_NAME
from orchestration.publication.catalogue import Catalogue, dcat_rdf
from orchestration.publication.files import (
    DIRECTORY_MODE,
    HIDDEN_MODE,
    SEALED_MODE,
    file_sha256,
    make_directory,
    remove_tree,
    sync,
    write_new,
)
from orchestration.publication.parquet import parquet_bytes, read_arrow
from orchestration.publication.text_tables import EXCEL_SV, MACHINE, csv_bytes, with_kronor

STAGING, VERSIONS, TABLES = ".staging", "versions", "tables"
LAYOUT_NAME, LAYOUT = "LAYOUT", b"1\n"


class LayoutError(ValueError):
    """The published root has another layout than this program writes."""


def prepare(root: Path, folder: Path) -> None:
    """Under the lock: the LAYOUT file, and nothing left of an earlier crash in the year's ``folder``.

    Raises LayoutError where ``root`` has another layout.
    """
    path = root / LAYOUT_NAME
    if not path.exists():
        fresh = root / f".{LAYOUT_NAME}.new"
        fresh.unlink(missing_ok=True)
        write_new(fresh, LAYOUT)
        os.replace(fresh, path)
        sync(root)
    if path.read_bytes() != LAYOUT:
        raise LayoutError(
            f"{LAYOUT_NAME} of the published root is {path.read_text().strip()!r}, this program writes 1; "
            "publish with the version that wrote it, or into another root"
        )
    remove_tree(folder / STAGING)


def stage(folder: Path, *, publication_id: str) -> Path:
    """An empty hidden folder for the version."""
    for path in (folder.parent, folder):
        make_directory(path)
    staged = folder / STAGING / publication_id
    for path in (staged.parent, staged):
        make_directory(path, mode=HIDDEN_MODE)
    return staged


def write_tables(staged: Path, tables: Mapping[str, pa.Table], *, publication_id: str) -> None:
    """The Parquet files; each row carries the publication_id, as the last column where the contract has none."""
    make_directory(staged / TABLES)
    for name, table in sorted(tables.items()):
        if "publication_id" not in table.column_names:
            carrying = table.append_column("publication_id", pa.repeat(publication_id, table.num_rows))
        else:
            carrying = table
        write_new(staged / TABLES / f"{name}.parquet", parquet_bytes(carrying, contract=CONTRACTS[name]))


def write_exports(staged: Path, *, about: Mapping[str, str]) -> None:
    """CSV in two flavours and the workbook, made of the Parquet files as they stand on disk."""
    contracts = [contract for _, contract in sorted(CONTRACTS.items())]
    tables = {contract.table: read_arrow(staged / TABLES / f"{contract.table}.parquet") for contract in contracts}
    make_directory(staged / EXCEL_SV.folder)
    for contract in contracts:
        table, name = tables[contract.table], f"{contract.table}.csv"
        write_new(staged / MACHINE.folder / name, csv_bytes(table, flavour=MACHINE))
        shown = with_kronor(table, reading_columns(contract))
        write_new(staged / EXCEL_SV.folder / name, csv_bytes(shown, flavour=EXCEL_SV))
    write_new(staged / workbook.NAME, workbook.workbook_bytes(tables, contracts=contracts, about=about))


def write_companions(
    staged: Path,
    *,
    notes: bytes,
    model: bytes,
    quality: bytes,
    about: Mapping[str, str],
    publication_id: str,
    municipality_code: str,
    funding_year: int,
    catalogue: Catalogue | None,
) -> dict[str, int]:
    """What stands beside the tables: exports, DuckDB file, dictionary, reports, data package, catalogue.

    Without a ``catalogue`` there are no addresses to tell of, and no dcat.rdf. Returns the rows in DuckDB.
    """
    contracts = [contract for _, contract in sorted(CONTRACTS.items())]
    path = staged / duckdb_file.NAME
    rows = duckdb_file.write_duckdb(path, tables=staged / TABLES, contracts=contracts, about=about)
    write_exports(staged, about=about)
    write_new(staged / dictionary.HTML_NAME, dictionary.dictionary_html())
    write_new(staged / release.NAME, notes)
    write_new(staged / model_card.NAME, model)
    write_new(staged / quality_page.NAME, quality)
    package = dictionary.data_package(
        publication_id=publication_id,
        municipality_code=municipality_code,
        files=list_files(staged),
        contracts=contracts,
        about=about,
    )
    write_new(staged / dictionary.PACKAGE_NAME, package)
    if catalogue is not None:
        described = dcat_rdf(
            catalogue,
            municipality_code=municipality_code,
            funding_year=funding_year,
            publication_id=publication_id,
            files=list_files(staged),
            about=about,
        )
        write_new(staged / DCAT_NAME, described)
    return rows


def list_files(staged: Path) -> dict[str, dict[str, Any]]:
    """Bytes and hash of every file on disk, by path within the version; the manifest itself is left out."""
    files = sorted(path for path in staged.rglob("*") if path.is_file() and path.name != manifest.NAME)
    return {
        path.relative_to(staged).as_posix(): {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        for path in files
    }


def write_manifest(staged: Path, data: bytes) -> None:
    """The manifest, last: a folder without one is no version."""
    write_new(staged / manifest.NAME, data)
    for folder in (TABLES, EXCEL_SV.folder):
        os.chmod(staged / folder, SEALED_MODE)
        sync(staged / folder)
    sync(staged)


def seal(staged: Path, target: Path) -> None:
    """Move the staged folder to its name in ``versions/`` in one rename; it never changes again.

    The folder is opened to readers before the rename and closed to writers after it: moving a folder needs the right
    to write it. ``close`` is asked again on each verification, for a crash in between.
    """
    make_directory(target.parent)
    if target.exists():
        raise FileExistsError(f"{target.name} is published already; what is published never changes")
    os.chmod(staged, DIRECTORY_MODE)
    os.rename(staged, target)
    sync(staged.parent)
    sync(target.parent)
    close(target)


def close(target: Path) -> None:
    """Take the right to write from a version's folder."""
    if target.stat().st_mode & 0o777 != SEALED_MODE:
        os.chmod(target, SEALED_MODE)
