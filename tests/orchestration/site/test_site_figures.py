"""Every number on a page is the published one: pages are read back and held against the tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.orchestration.site.conftest import Site
from tests.orchestration.site.reading_back import HTML, Shown, Tables, differs, parsed, shown, words


@pytest.fixture(scope="module")
def tables(site: Site) -> Tables:
    return Tables(site.publication)


TOLD = {f"{HTML}{name}" for name in ("data", "td", "a", "span")}
"""Elements of a cell whose text is a figure, a name, or what is counted."""


def pages(site: Site, language: str) -> list[Path]:
    return sorted((site.built.path / language).rglob("*.html"))


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_figure_of_every_page_is_what_its_table_says(site: Site, tables: Tables, language: str):
    wrong, count = [], 0
    for path in pages(site, language):
        for one in shown(parsed(path)):
            count += 1
            if told := differs(one, tables, language):
                wrong.append(f"{path.name}: {told}")
    assert wrong == []
    assert count > 600


def test_a_figure_that_is_one_krona_off_is_found(site: Site, tables: Tables):
    page = parsed(site.built.path / "sv" / "index.html")
    one = next(one for one in shown(page) if one.ref.startswith("school_allocation.total_sek@"))
    digit = one.text[0]
    spoiled = Shown(one.ref, one.form, one.value, str((int(digit) + 1) % 10) + one.text[1:])
    assert differs(one, tables, "sv") is None
    assert differs(spoiled, tables, "sv") is not None


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_number_in_a_table_has_a_source(site: Site, language: str):
    """Digits in cells stand in figures, dates or codes; in headings of rows in names."""
    loose = []
    for path in pages(site, language):
        if path.stem in ("dictionary", "quality"):
            continue  # words of registers
        for cell in parsed(path).iter(f"{HTML}td"):
            bare = "".join(
                [cell.text or "", *(each.tail or "" for each in cell.iter() if each is not cell)]
                + [each.text or "" for each in cell.iter() if each.tag not in TOLD]
            )
            if re.search(r"\d", re.sub(r"\b\d{8}\b|\b\d{10}\b", "", bare)):
                loose.append(f"{path.name}: {words(cell)}")
    assert loose == []


def test_the_amount_of_a_school_is_the_sum_of_the_lines_that_its_page_shows(site: Site):
    for path in sorted((site.built.path / "sv" / "schools").glob("*.html")):
        lines = [one for one in shown(parsed(path)) if one.ref.startswith("fct_allocation.amount_ore@")]
        big = [one for one in shown(parsed(path)) if one.ref.startswith("school_allocation.total_sek@")]
        told = [int(one.value) for one in lines if one.form == "sek.2"]
        assert (not told and not big) or sum(told) == int(float(big[0].value) * 100), path.name


def test_pages_are_the_same_bytes_for_the_same_publication(site: Site):
    before = {path: path.read_bytes() for path in site.built.path.rglob("*") if path.is_file()}
    for body in (site.out / site.publication.municipality_code / ".made").glob("*.html"):
        body.unlink()
    again = site.again()
    assert (again.made, again.pdfs_made) == (site.built.made, 0)
    assert {path: path.read_bytes() for path in again.path.rglob("*") if path.is_file()} == before
