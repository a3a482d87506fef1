"""Building: only what changed is made anew, a build that fails leaves the old site, words of the municipality are checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from orchestration.resources.pages_file import Pages, read_comments, read_pages
from orchestration.resources.policy_text import PolicyError
from orchestration.site import build
from orchestration.site.build import build_site, pages_of
from orchestration.site.pages import Material
from orchestration.site.pdf import PdfLibraryError
from orchestration.site.reading import Book, Row, read_book
from orchestration.site.rendering import body_key, ground_of
from orchestration.site.speaking import Speaker
from tests.orchestration.site.conftest import POLICY, Site


def keys(book: Book) -> dict[str, str]:
    material = Material(book, Speaker("sv", {}), Pages(), None, "Exempelkommun")
    return {page.path: body_key(page, "sv") for page in pages_of(material)}


def renamed(book: Book, unit: str) -> Book:
    rows = tuple(
        Row(row.table, row.key, {**row.values, "school_unit_name": "Nya skolan"})
        if row["school_unit_code"] == unit
        else row
        for row in book.tables["school_allocation"]
    )
    return replace(book, tables={**book.tables, "school_allocation": rows}, _by={})


def test_one_changed_school_touches_its_pages_and_no_others(site: Site):
    book = read_book(site.publication)
    before, after = keys(book), keys(renamed(book, "99990001"))
    changed = {path for path in before if before[path] != after[path]}
    over_time = {"pupils.html", "pupils/99990001.html"}
    assert changed == {"schools/99990001.html", "index.html", "explore.html", "organisers/2120001234.html"} | over_time


def test_another_publication_with_the_same_figures_needs_no_page_made_anew(site: Site):
    book = read_book(site.publication)
    seal = Row(
        "dim_publication", book.seal.key, {**book.seal.values, "publication_id": "2027.1.0", "content_sha256": "0" * 64}
    )
    other = replace(book, tables={**book.tables, "dim_publication": (seal,)}, _by={})
    assert keys(other) == keys(book)


def test_a_second_build_makes_nothing_anew(site: Site):
    again = site.again()
    assert (again.made, again.pdfs_made) == (0, 0)
    assert again.kept == site.built.made + site.built.kept


def test_a_build_that_fails_leaves_the_site_as_it_was(site: Site, monkeypatch: pytest.MonkeyPatch):
    def broken(html: str) -> bytes:
        raise PdfLibraryError("no Pango here")

    before = {path: path.read_bytes() for path in site.built.path.rglob("*") if path.is_file()}
    monkeypatch.setattr(build, "pdf_of", broken)
    with pytest.raises(PdfLibraryError):
        site.again(pages=Pages())
    assert {path: path.read_bytes() for path in site.built.path.rglob("*") if path.is_file()} == before


def test_what_the_municipality_has_not_said_is_told_as_missing(site: Site, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(build, "pdf_of", lambda html: b"%PDF-")
    built = build_site(site.publication, out=tmp_path, municipality="Exempelkommun", pages=Pages())
    decision = (built.path / "sv" / "organisers" / "x1.html").read_text("utf-8")
    assert str(Speaker("sv", {}).say("delegation_missing")) in decision
    assert str(Speaker("sv", {}).say("ask_nobody")) in decision


def test_the_ground_of_the_strip_is_the_same_on_every_page_and_of_bounded_size(site: Site):
    book = read_book(site.publication)
    wide = book.tables["school_allocation"]
    many = tuple(
        Row(row.table, f"{n}", {**row.values, "school_unit_code": f"{n:08d}"}) for n in range(400) for row in wide
    )
    material = Material(book, Speaker("sv", {}), Pages(), None, "Exempelkommun")
    crowd = replace(material, book=replace(book, tables={**book.tables, "school_allocation": many}, _by={}))
    assert len(ground_of(crowd)) < 8_000


def test_the_example_words_and_comments_are_whole():
    pages, comments = read_pages(POLICY), read_comments(POLICY, funding_year=2027)
    assert pages.deciding is not None
    assert comments is not None
    assert {comment.organiser_type for comment in comments.comments} == {"municipal", "independent"}


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ({"phone": "1"}, "unknown key"),
        ({"questions_until": {"26": "x"}}, "questions_until.26"),
        ({"contact": {"name": {"sv": "a", "en": "b"}, "email": "nobody"}}, "contact.email"),
        ({"names": {"Rektor": {"sv": "a", "en": "b"}}}, "names.Rektor"),
        ({"deciding": {"board": {"sv": "a"}}}, "deciding.board.en: is missing"),
    ],
)
def test_a_broken_pages_file_is_refused_with_its_line(tmp_path: Path, spoil: dict, told: str):
    (tmp_path / "pages.yml").write_text(yaml.safe_dump(spoil))
    with pytest.raises(PolicyError, match=rf"{tmp_path.name}/pages.yml:\d+: .*") as refused:
        read_pages(tmp_path)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("answered: 2026-11-09", "an answer has its day"),
        ("answer: {sv: a, en: b}\n    answered: 2026-10-01", "is before received"),
        ("led_to_change: true", "needs an answer"),
    ],
)
def test_a_comment_that_does_not_hold_together_is_refused(tmp_path: Path, change: str, told: str):
    folder = tmp_path / "comments"
    folder.mkdir()
    (folder / "2027.yml").write_text(
        "round_closes: 2026-11-06\ncomments:\n  - comment_from: A\n    organiser_type: other\n    received: 2026-10-28\n"
        f"    text: {{sv: a, en: b}}\n    {change}\n"
    )
    with pytest.raises(PolicyError, match=told):
        read_comments(tmp_path, funding_year=2027)
