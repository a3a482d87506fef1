"""The asset that builds the pages, and the link to them that stands in the UI."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dagster as dg
import pytest

from orchestration.defs.publication.site import site as pages
from orchestration.settings import settings
from orchestration.site import build
from tests.orchestration.site.conftest import Site


def test_the_asset_builds_the_pages_of_its_year_and_links_to_them(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shutil.copytree(site.publication.path.parents[3], tmp_path / "published", symlinks=True)
    monkeypatch.setenv("LIKVARD_HOME", str(tmp_path))
    monkeypatch.setattr(build, "pdf_of", lambda html: b"%PDF-")
    settings.cache_clear()
    try:
        with dg.DagsterInstance.ephemeral() as instance:
            done = dg.materialize([pages], partition_key="2027", instance=instance)
    finally:
        settings.cache_clear()
    (event,) = done.asset_materializations_for_node("publication__site")
    front = Path(unquote(urlsplit(str(event.metadata["open_9999"].value)).path))
    assert done.success
    assert front.is_file()
    assert front.is_relative_to(tmp_path / "site")
    assert event.metadata["dagster/row_count"].value == len(list(front.parent.rglob("*.html"))) - 1
