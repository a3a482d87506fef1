"""Build the site of one publication beside the one that stands, and put it in its place in one step.

Belongs here: which pages there are, reuse of bodies that have not changed, files, the step. Does not: values of pages,
rendering, choosing a publication.

``<out>/<municipality>/<publication_id>/`` is the site; ``<out>/<municipality>/.made/`` keeps bodies and PDFs by the hash of
what they are made of. A reader sees the old site or the new one, never a mixture.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orchestration.report.published import Published
from orchestration.resources.pages_file import Comments, Pages
from orchestration.site.about_pages import about_pages
from orchestration.site.board_memo import memo_page
from orchestration.site.explorer import explorer_page
from orchestration.site.forms_page import forms_page
from orchestration.site.organiser_decision import decision_pages
from orchestration.site.pages import Material, Page
from orchestration.site.pdf import pdf_of
from orchestration.site.pupils_page import pupils_page
from orchestration.site.reading import read_book
from orchestration.site.rendering import body_key, body_of, front_page, ground_of, whole_page
from orchestration.site.school_page import school_pages
from orchestration.site.speaking import LANGUAGES, Speaker
from orchestration.site.start_page import start_page
from orchestration.site.unit_pupils import unit_pupils_pages

MADE, STAGING, OLD = ".made", ".staging", ".old"
DATA = ("published.xlsx", "manifest.json")
"""Files of the publication that the pages lead to, beside its tables as CSV."""


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a build: the site, its pages, bodies and PDFs that were made anew and that were known."""

    path: Path
    pages: int
    made: int
    kept: int
    pdfs_made: int
    pdfs_kept: int


def pages_of(material: Material) -> list[Page]:
    """Every page of one language."""
    explorer, forms = explorer_page(material), forms_page(material)
    material.shared.update(explore=explorer is not None, forms=forms is not None)
    return [
        start_page(material),
        *school_pages(material),
        *decision_pages(material),
        *([forms] if forms else []),
        pupils_page(material),
        *unit_pupils_pages(material),
        memo_page(material),
        *([explorer] if explorer else []),
        *about_pages(material),
    ]


def build_site(
    publication: Published,
    *,
    out: Path,
    municipality: str,
    pages: Pages,
    comments: Comments | None = None,
    with_pdf: bool = True,
) -> Built:
    """Build the site of ``publication`` in both languages under ``out``.

    Parameters
    ----------
    municipality : the name that readers meet
    pages, comments : the municipality's own words, and the round of comments on the year's proposal

    with_pdf : whether decisions and memo are written as PDF too

    Raises PdfLibraryError where no PDF can be written; what stood before stays.
    """
    book = read_book(publication)
    root = out / publication.municipality_code
    made = _Made(root / MADE)
    staging, site = root / f"{STAGING}-{publication.publication_id}", root / publication.publication_id
    shutil.rmtree(staging, ignore_errors=True)
    total = 0
    for language in LANGUAGES:
        names = {key: text.told(language) for key, text in pages.names.items()}
        material = Material(book, Speaker(language, names), pages, comments, municipality, with_pdf)
        ground = ground_of(material)
        for page in pages_of(material):
            total += 1
            body = made.text(body_key(page, language), lambda page=page, material=material: body_of(page, material))
            html = whole_page(page, body, material=material, ground=ground)
            path = staging / language / page.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(html, encoding="utf-8")
            if page.has_pdf and with_pdf:
                made.pdf(html, path.with_suffix(".pdf"))
    (staging / "index.html").write_text(front_page(material), encoding="utf-8")
    _copy_data(publication.path, staging / "data")
    _put_in_place(staging, site)
    made.forget_the_rest()
    return Built(site, total, made.bodies_made, made.bodies_kept, made.pdfs_made, made.pdfs_kept)


class _Made:
    """Bodies and PDFs by the hash of what they are made of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.used: set[str] = set()
        self.bodies_made = self.bodies_kept = self.pdfs_made = self.pdfs_kept = 0
        folder.mkdir(parents=True, exist_ok=True)

    def text(self, key: str, make: Callable[[], str]) -> str:
        path = self._path(f"{key}.html")
        if path.is_file():
            self.bodies_kept += 1
            return path.read_text(encoding="utf-8")
        body = make()
        _write(path, body.encode())
        self.bodies_made += 1
        return body

    def pdf(self, html: str, target: Path) -> None:
        path = self._path(f"{hashlib.sha256(html.encode()).hexdigest()}.pdf")
        if path.is_file():
            self.pdfs_kept += 1
        else:
            _write(path, pdf_of(html))
            self.pdfs_made += 1
        shutil.copyfile(path, target)

    def forget_the_rest(self) -> None:
        """Remove what this site does not use."""
        for path in self.folder.iterdir():
            if path.name not in self.used:
                path.unlink()

    def _path(self, name: str) -> Path:
        self.used.add(name)
        return self.folder / name


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: a body that a crash cut off would be taken for known."""
    half = path.with_name(f"{path.name}.half")
    half.write_bytes(data)
    os.replace(half, path)


def _copy_data(version: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for path in (*(version / name for name in DATA), *sorted((version / "tables").glob("*.csv"))):
        if path.is_file():
            shutil.copyfile(path, target / path.name)


def _put_in_place(staging: Path, site: Path) -> None:
    old = site.with_name(f"{OLD}-{site.name}")
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        os.rename(site, old)
    os.rename(staging, site)
    shutil.rmtree(old, ignore_errors=True)
