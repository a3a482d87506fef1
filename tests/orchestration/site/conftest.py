"""One small publication and its site, built once."""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "publication"))
from candidates import candidate, release, with_table

from orchestration.publication.candidate import Outcome
from orchestration.report.published import Published, publications
from orchestration.resources.pages_file import Comments, Pages, read_comments, read_pages
from orchestration.settings import REPOSITORY
from orchestration.site import build
from orchestration.site.build import Built, build_site
from orchestration.site.pdf import PdfLibraryError, pdf_of

POLICY = REPOSITORY / "policies" / "9999"
INDEPENDENT = "x1"
"""The organiser whose decisions are written as real PDFs; the others cost half a second each."""


@dataclass(frozen=True)
class Site:
    """A site, what it was built of, and building it again."""

    publication: Published
    out: Path
    first: Built | None = None

    @property
    def built(self) -> Built:
        assert self.first is not None
        return self.first

    def again(self, publication: Published | None = None, *, pages: Pages | None = None) -> Built:
        return build_site(
            publication or self.publication,
            out=self.out,
            municipality="Exempelkommun",
            pages=read_pages(POLICY) if pages is None else pages,
            comments=comments(),
        )


def comments() -> Comments | None:
    return read_comments(POLICY, funding_year=2027)


def published(root: Path, **changes: object) -> Published:
    """A proposal of four units with last year beside it, both sealed under ``root``."""
    before = release(the_year_before(candidate(units=4, seed=1)), root)
    assert before.status == "published", before.reasons
    made = with_last_year(candidate(units=4, **changes), before=before)
    outcome = release(made, root)
    assert outcome.status == "published", outcome.reasons
    return publications(root, funding_year=made.funding_year)[0]


def the_year_before(made):
    """The candidate as one of the funding year before."""
    year = made.funding_year - 1
    tables = {
        name: frame.assign(funding_year=year) if "funding_year" in frame else frame
        for name, frame in made.tables.items()
    }
    return replace(made, funding_year=year, tables=tables)


def with_last_year(made, *, before: Outcome):
    """The candidate with a change since last year for every unit: ten thousand kronor by pupils, minus one by weights."""
    wide = made.tables["school_allocation"]
    paid = wide[wide["payment_status"] == "paid"]
    totals = dict(zip(paid["school_unit_code"], paid["total_sek"], strict=True))
    year = {"municipality_code": made.municipality_code, "funding_year": made.funding_year}
    causes = {"pupils": Decimal("10000.00"), "weights": Decimal("-1.00")}
    change = sum(causes.values())
    units = pd.DataFrame(
        [
            {
                **year, "school_unit_code": unit, "unit_change_code": "continued", "previous_total_sek": total - change,
                "new_total_sek": total, "change_sek": change,
            }
            for unit, total in totals.items()
        ]
    )  # fmt: skip
    parts = pd.DataFrame(
        [
            {**year, "school_unit_code": unit, "cause_code": cause, "change_sek": sek}
            for unit in totals
            for cause, sek in causes.items()
        ]
    )
    seal = pq.read_table(before.path / "tables" / "dim_publication.parquet").to_pylist()[0]
    basis = made.tables["allocation_change_basis"].assign(
        previous_funding_year=made.funding_year - 1, previous_publication_id=before.publication_id,
        previous_content_sha256=seal["content_sha256"], is_previous_decided=False, withheld_because=None,
    )  # fmt: skip
    made = with_table(made, "allocation_change_basis", basis)
    for name, frame in (("allocation_change", units), ("allocation_change_part", parts)):
        made = with_table(made, name, frame)
    return made


@functools.cache
def writes_pdf() -> bool:
    """Whether WeasyPrint finds the system's libraries."""
    try:
        pdf_of("<!DOCTYPE html><html lang=sv><title>x</title><p>x")
    except PdfLibraryError:
        return False
    return True


@pytest.fixture(scope="session")
def real_pdfs() -> None:
    if not writes_pdf():
        if os.environ.get("LIKVARD_CI"):
            pytest.fail("Pango is not on this machine, and here it must be")
        pytest.skip("Pango is not on this machine: no PDF can be written")


def _pdf(html: str) -> bytes:
    own = any(f"{word} {INDEPENDENT}<" in html for word in ("Organisationsnummer", "Organisation number"))
    return pdf_of(html) if own and writes_pdf() else b"%PDF-"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    made = Site(published(folder / "published"), folder / "pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "pdf_of", _pdf)
        built = made.again()
    return replace(made, first=built)
