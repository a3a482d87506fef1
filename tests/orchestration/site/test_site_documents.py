"""The decision as PDF: tags, language, title and headings of tables are read back; the page itself says what the law asks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from orchestration.site.pdf import pdf_of, pictures_with_style
from tests.orchestration.site.conftest import Site
from tests.orchestration.site.reading_back import HTML, parsed, words

SVG = "{http://www.w3.org/2000/svg}"


def structure(element: pikepdf.Object) -> Iterator[pikepdf.Dictionary]:
    """Every structure element below ``element``."""
    children = element.get("/K", pikepdf.Array())
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            yield child
            yield from structure(child)


@pytest.mark.usefixtures("real_pdfs")
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_decision_is_tagged_and_carries_its_language(site: Site, language: str):
    path = site.built.path / language / "organisers" / "x1.pdf"
    page = parsed(path.with_suffix(".html"))
    with pikepdf.open(path) as document:
        root = document.Root
        tags = Counter(str(each["/S"]) for each in structure(root.StructTreeRoot))
        headings = [each for each in structure(root.StructTreeRoot) if str(each["/S"]) == "/TH"]
        assert str(root.Lang) == language
        assert bool(root.MarkInfo.Marked)
        assert str(document.open_metadata()["pdfuaid:part"]) == "1"
        assert str(document.docinfo["/Title"]) == words(next(page.iter(f"{HTML}title")))
        assert bool(root.ViewerPreferences.DisplayDocTitle)
    assert tags["/H1"] == 1
    assert tags["/H2"] == len(list(page.iter(f"{HTML}h2")))
    assert tags["/Table"] == len(list(page.iter(f"{HTML}table")))
    assert tags["/TR"] == len(list(page.iter(f"{HTML}tr")))
    assert len(headings) == len(list(page.iter(f"{HTML}th")))


@pytest.mark.usefixtures("real_pdfs")
def test_a_decision_is_the_same_bytes_every_time(site: Site):
    html = (site.built.path / "sv" / "organisers" / "x1.html").read_text("utf-8")
    assert pdf_of(html) == (site.built.path / "sv" / "organisers" / "x1.pdf").read_bytes()


@pytest.mark.usefixtures("real_pdfs")
def test_every_picture_of_a_pdf_has_its_words(site: Site, tmp_path: Path):
    html = (site.built.path / "sv" / "memo.html").read_text("utf-8")
    path = tmp_path / "memo.pdf"
    path.write_bytes(pdf_of(html))
    labels = {each.attrib["aria-label"] for each in parsed(site.built.path / "sv" / "memo.html").iter(f"{SVG}svg")}
    with pikepdf.open(path) as document:
        figures = [each for each in structure(document.Root.StructTreeRoot) if str(each["/S"]) == "/Figure"]
        assert {str(figure.get("/Alt")) for figure in figures} == labels
    assert labels


def test_pictures_of_a_pdf_have_the_colours_of_the_page(site: Site):
    """WeasyPrint hands the page's style to no picture: without its own, every bar is black."""
    html = (site.built.path / "sv" / "memo.html").read_text("utf-8")
    told = pictures_with_style(html)
    pictures = told.count('<svg class="chart"')
    assert pictures == told.count("<style>text{font") == html.count('<svg class="chart"') > 1
    inside = told.split("<style>text{font")[1].split("</style>")[0]
    assert ".bar.up{fill:#0b6e4f}" in inside
    assert "var(" not in inside
    used = set(re.findall(r'class="([a-z-]+)', told.split('<svg class="chart"')[1].split("</svg>")[0]))
    assert {name for name in used if f".{name}" not in inside} <= {"chart", "row-name"}


@pytest.mark.parametrize("name", ["index.html", "schools/99990001.html", "memo.html"])
def test_no_visible_caption_repeats_the_words_above_it(site: Site, name: str):
    page = parsed(site.built.path / "sv" / name)
    above = {words(each) for tag in ("h1", "h2", "h3", "summary") for each in page.iter(f"{HTML}{tag}")}
    captions = list(page.iter(f"{HTML}caption"))
    seen = [words(each) for each in captions if not each.findall(f"{HTML}span[@class='for-ears']")]
    assert captions
    assert [each for each in seen if each in above] == []
    assert all(words(each) for each in captions), "a screen reader hears every caption"


def text(path: Path) -> str:
    return words(next(parsed(path).iter(f"{HTML}main"))).replace("\u00a0", " ")


def test_a_decision_names_the_law_the_delegation_and_the_appeal(site: Site):
    told = text(site.built.path / "sv" / "organisers" / "x1.html")
    for needed in (
        "10 kap. 38 § skollagen", "14 kap. 4 och 10 §§ skolförordningen", "2 kap. 8 b § skollagen", "28 kap. 5 § skollagen",
        "inom tre veckor", "44 § förvaltningslagen", "delegationsordning, punkt 4.2", "Förvaltningsrätten i Exempelstad",
    ):  # fmt: skip
        assert needed in told


def test_the_own_units_of_the_municipality_are_told_that_no_organiser_appeals(site: Site):
    told = text(site.built.path / "sv" / "organisers" / "2120001234.html")
    assert "laglighetsprövning" in told
    assert "inom tre veckor" not in told


def test_a_proposal_says_so_on_every_page(site: Site):
    pages = [*(site.built.path / "sv").rglob("*.html")]
    assert len(pages) > 10
    assert [page.name for page in pages if "Förslag, inte beslutat." not in text(page)] == []


def test_no_sentence_of_the_other_language_stands_on_a_page(site: Site):
    from orchestration.site.speaking import PACKAGE
    from orchestration.texts import catalogue

    both = {language: catalogue(language, PACKAGE) for language in ("sv", "en")}
    for language, other in (("sv", "en"), ("en", "sv")):
        told = {path.name: text(path) for path in (site.built.path / language).rglob("*.html")}
        foreign = [
            sentence for key, sentence in both[other].items() if len(sentence) > 25 and "{" not in sentence and sentence not in both[language].values()
        ]  # fmt: skip
        assert [(name, s) for name, body in told.items() for s in foreign if s in body] == []
