"""From a home to its sites: which publications, the municipality's own words, where the pages go.

Belongs here: finding publications and reading what the pages need beside them. Does not: making pages (``orchestration.site``),
printing.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.report.published import Published, publications
from orchestration.resources.pages_file import read_comments, read_pages
from orchestration.resources.policy_reading import MUNICIPALITY_FILE, municipality_of
from orchestration.settings import Settings
from orchestration.site.build import Built, build_site


def sites_folder(found: Settings) -> Path:
    """Where sites go unless somebody says otherwise."""
    return found.home / "site"


def build_sites(
    found: Settings,
    *,
    funding_year: int,
    municipality_code: str | None = None,
    out: Path | None = None,
    with_pdf: bool = True,
) -> list[Built]:
    """Build the site of each publication of the year, by municipality; none when nothing is published.

    Raises PolicyError for a ``pages.yml``, ``comments`` file or ``municipality.yml`` that cannot be used, PdfLibraryError
    where no PDF can be written.
    """
    built = []
    for publication in publications(found.published, funding_year=funding_year):
        if municipality_code in (None, publication.municipality_code):
            folder = found.policies / publication.municipality_code
            site = build_site(
                publication,
                out=out or sites_folder(found),
                municipality=_name(folder, publication),
                pages=read_pages(folder),
                comments=read_comments(folder, funding_year=funding_year),
                with_pdf=with_pdf,
            )
            built.append(site)
    return built


def _name(folder: Path, publication: Published) -> str:
    """The municipality's name: by its policy, by the published units' place, or its code."""
    if (folder / MUNICIPALITY_FILE).is_file():
        return municipality_of(folder, publication.municipality_code).name
    names = publication.table("dim_school_unit")["location_municipality_name"].dropna().unique()
    return str(names[0]) if len(names) == 1 else publication.municipality_code
