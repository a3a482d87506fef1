"""Verification: any byte, file, cell or line that is not as it was published is found."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from candidates import candidate, release

from orchestration.publication import ledger, manifest
from orchestration.publication.pointer import CURRENT, PointerError
from orchestration.publication.verify import read_current, verify, verify_files


@pytest.fixture
def version(root: Path) -> Path:
    path = release(candidate(), root).path
    assert path is not None
    for folder in (path, path / "tables"):
        folder.chmod(0o755)
    return path


def _overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def _flip_last_byte(path: Path) -> None:
    data = path.read_bytes()
    _overwrite(path, data[:-1] + bytes([data[-1] ^ 1]))


def _edit_manifest(version: Path, edit: Callable[[dict], None]) -> None:
    loaded = manifest.load(version)
    edit(loaded)
    _overwrite(version / manifest.NAME, manifest.to_bytes(loaded))


FILES = [
    "MODEL.md",
    "RELEASE.md",
    "datapackage.json",
    "dictionary.html",
    "excel/fct_allocation.csv",
    "published.duckdb",
    "published.xlsx",
    "quality_report.html",
    "tables/fct_allocation.csv",
    "tables/fct_allocation.parquet",
]


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_in_any_file_is_found(version: Path, name: str) -> None:
    _flip_last_byte(version / name)
    assert f"2027.0.1: {name} has changed" in verify(version) or any(
        "cannot be read" in words for words in verify(version)
    )


def test_a_lost_an_added_and_a_linked_file_are_found(version: Path) -> None:
    (version / "RELEASE.md").unlink()
    (version / "extra.csv").write_text("a")
    (version / "aside").symlink_to(version.parent)
    assert verify(version) == [
        "2027.0.1: RELEASE.md is missing",
        "2027.0.1: aside is not in the manifest",
        "2027.0.1: extra.csv is not in the manifest",
    ]


def _rewrite_lines(version: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change a table and make every file hash agree again: only the logical hash is left to tell."""
    path = version / "tables" / "fct_allocation.parquet"
    buffer = io.BytesIO()
    pq.write_table(change(pq.read_table(io.BytesIO(path.read_bytes()))), buffer)
    _overwrite(path, buffer.getvalue())
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    _edit_manifest(version, lambda m: m["recorded"]["files"]["tables/fct_allocation.parquet"].update(sha256=digest))


def _put(table: pa.Table, name: str, values: list) -> pa.Table:
    at = table.column_names.index(name)
    return table.set_column(at, name, pa.array(values, table[name].type))


def test_a_changed_amount_is_found_even_when_all_file_hashes_agree(version: Path) -> None:
    _rewrite_lines(
        version, lambda t: _put(t, "amount_ore", [v + (i == 0) for i, v in enumerate(t["amount_ore"].to_pylist())])
    )
    assert verify_files(version) == [
        "2027.0.1: fct_allocation has another content than the manifest",
        "2027.0.1: fct_allocation has another control total than the manifest",
    ]


def test_two_swapped_amounts_are_found_though_the_total_agrees(version: Path) -> None:
    def swapped(table: pa.Table) -> pa.Table:
        first, second, *rest = table["amount_ore"].to_pylist()
        return _put(table, "amount_ore", [second, first, *rest])

    _rewrite_lines(version, swapped)
    assert verify_files(version) == ["2027.0.1: fct_allocation has another content than the manifest"]


def test_a_dropped_row_a_foreign_id_and_a_lost_column_are_found(version: Path) -> None:
    _rewrite_lines(version, lambda t: t.slice(1))
    assert "2027.0.1: fct_allocation has another number of rows than the manifest" in verify_files(version)
    _rewrite_lines(version, lambda t: _put(t, "publication_id", ["2027.0.2"] * t.num_rows))
    assert "2027.0.1: fct_allocation has rows of another publication" in verify_files(version)
    _rewrite_lines(version, lambda t: t.drop_columns(["count_unit"]))
    assert verify_files(version) == ["2027.0.1: fct_allocation has other columns than the manifest"]


def test_another_type_is_found_though_the_text_of_its_cells_agrees(version: Path) -> None:
    _rewrite_lines(version, lambda t: t.set_column(1, "funding_year", t["funding_year"].cast(pa.int64())))
    assert verify_files(version) == ["2027.0.1: fct_allocation has other types than the manifest"]


def test_rows_in_another_order_are_the_same_content(version: Path) -> None:
    _rewrite_lines(version, lambda t: t.take(list(reversed(range(t.num_rows)))))
    assert verify_files(version) == []
    assert verify(version) == ["2027.0.1: the manifest is not the one in the ledger"]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda m: m.update(publication_id="2027.0.2"), "the manifest is of another publication"),
        (lambda m: m.update(municipality_code="0001"), "the manifest is of another municipality or year"),
        (lambda m: m["content"].update(policy_sha256="0" * 64), "the content hash is not that of the content section"),
        (lambda m: m["recorded"]["files"].pop("tables/dim_year.parquet"), "dim_year has no file in the manifest"),
        (lambda m: m.pop("content"), "the manifest or a table cannot be read (KeyError)"),
    ],
)
def test_a_manifest_that_does_not_fit_is_found(version: Path, edit: Callable[[dict], None], words: str) -> None:
    _edit_manifest(version, edit)
    assert f"2027.0.1: {words}" in verify_files(version)


def test_a_manifest_that_agrees_with_itself_but_not_with_the_ledger_is_found(version: Path) -> None:
    _edit_manifest(version, lambda m: m["recorded"].update(code="git:other"))
    assert verify_files(version) == []
    assert verify(version) == ["2027.0.1: the manifest is not the one in the ledger"]


def test_a_version_without_a_ledger_line_and_a_broken_chain_are_found(version: Path) -> None:
    path = version.parents[2] / ledger.NAME
    path.write_bytes(path.read_bytes().replace(b'"line":1', b'"line":2'))
    assert verify(version) == ["ledger line 1 does not follow line 0; restore the ledger from a backup"]
    path.unlink()
    assert verify(version) == ["2027.0.1: no ledger line published it"]


def test_a_folder_without_a_manifest_is_no_version(version: Path, root: Path) -> None:
    (version / "manifest.json").unlink()
    assert verify_files(version) == ["2027.0.1: the manifest or a table cannot be read (FileNotFoundError)"]
    with pytest.raises(PointerError, match=r"names 2027\.0\.1, which has no manifest"):
        read_current(root, "9999", 2027)


def test_nothing_is_current_before_a_decision(version: Path, root: Path) -> None:
    assert read_current(root, "9999", 2027, pointer=CURRENT) is None
    assert read_current(root, "9999", 2028) is None


def test_a_reader_that_followed_the_pointer_once_stays_in_its_version(root: Path) -> None:
    release(candidate(), root)
    before = read_current(root, "9999", 2027)
    release(candidate(seed=1), root)
    assert before is not None
    assert set(before.table("fct_allocation")["publication_id"]) == {"2027.0.1"}
    assert json.loads((before.path / "manifest.json").read_text()) == before.manifest
