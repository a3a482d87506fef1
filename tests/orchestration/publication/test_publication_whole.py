"""What stands in every file of a proposal, of the next one and of what was decided is kept, file by file.

A publication is appealed and compared with the last, so no file of it changes unknowingly: a heading, the width of a
column, the words of a note or the order of two rows. ``LIKVARD_KEEP_REFUSALS=1`` keeps what stands there now.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from candidates import candidate
from deciding import agree, cheap_duckdb, propose, settle_on

from orchestration.publication import duckdb_file, ledger
from orchestration.publication.catalogue import Catalogue
from tests.refusals import KEEP

EXPECTED = Path(__file__).with_name("expected")
HASHES = EXPECTED / "files.json"
TOOLS = re.compile(
    r'"(?:bytes|sha256|hash|manifest_sha256|previous_sha256)":\s*"?[\w:]+"?|"writers":\s*\{[^}]*\}|(?<=Integer">)\d+|(?<=hexBinary">)\w+'
)
"""What differs with the version of a library that writes: sizes and hashes of files in the manifest, ledger and catalogue."""
PLACE = Catalogue("https://k.example/d", "Exempelkommun", "data@k.example")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a municipality: a proposal, and a next one that is decided, with a file in DuckDB's place."""
    root = tmp_path_factory.mktemp("whole") / "published"
    propose(root, of=replace(candidate(background=True), catalogue=PLACE))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb_file, "write_duckdb", cheap_duckdb)
        proposal = propose(root, of=replace(candidate(units=5, seed=1), catalogue=PLACE))
        agree(root, proposal)
        settle_on(root, proposal)
    return root / "9999"


def test_every_file_says_what_is_kept_of_it(published: Path) -> None:
    found = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in standing(published)}
    if os.environ.get(KEEP):
        HASHES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    kept = json.loads(HASHES.read_text("utf-8"))
    changed = sorted(name for name in found.keys() | kept.keys() if found.get(name) != kept.get(name))
    assert not changed, f"{len(changed)} files say something else than is kept ({KEEP}=1 keeps them): {changed[:9]}"


def standing(folder: Path) -> Iterator[tuple[str, str]]:
    """Each file by name, with what stands in it as text: without what the version of a writing library alone decides."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".parquet":
            file = pq.ParquetFile(path)
            yield (
                name,
                f"{file.schema_arrow.to_string(show_field_metadata=True)}\n{file.schema_arrow.metadata}\n{file.read().to_pylist()}",
            )
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as members:
                for member in sorted(members.namelist()):
                    yield f"{name}/{member}", members.read(member).decode()
        elif path.name == duckdb_file.NAME and path.stat().st_size > 1000:
            with duckdb.connect(str(path), read_only=True) as connection:
                for view in ("duckdb_columns", "duckdb_views", "duckdb_tables"):
                    wanted = "columns('.*_name|comment|data_type|is_nullable|^sql$|estimated_size')"
                    rows = connection.execute(f"SELECT {wanted} FROM {view}() WHERE NOT internal").fetchall()
                    yield f"{name}/{view}", "\n".join(sorted(map(str, rows)))
        elif path.name in ("manifest.json", ledger.NAME, "datapackage.json", "dcat.rdf"):
            yield name, TOOLS.sub("…", path.read_text("utf-8"))
        else:
            yield name, path.read_text("utf-8")
