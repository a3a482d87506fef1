"""Last year beside this year: lines of units with both years, names that do not cover each other, nothing without a seal."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.resources.pages_file import Pages
from orchestration.site.charts.slope import HEIGHT, LABEL, TOP, Slope, _apart, slopes
from orchestration.site.last_year import FEWEST, both_years, last_year_view
from orchestration.site.pages import Material
from orchestration.site.reading import Book, Row, _previous, read_book
from orchestration.site.speaking import Speaker
from tests.orchestration.site.conftest import Site

SPEAKER = Speaker("sv", {})


@pytest.fixture(scope="module")
def book(site: Site) -> Book:
    return read_book(site.publication)


def material(book: Book) -> Material:
    return Material(book, SPEAKER, Pages(), None, "Exempelkommun")


def last(book: Book, unit: str, **values: object) -> Book:
    """The book where last year's row of one unit is another."""
    row = book.previous[unit]
    return replace(book, previous={**book.previous, unit: Row(row.table, row.key, {**row.values, **values})}, _by={})


def test_the_largest_rise_per_pupil_comes_first_and_units_of_one_year_are_left_out(book: Book):
    dear = last(book, "99990003", total_per_pupil_sek=Decimal("999999.00"))
    gone = replace(dear, previous={code: row for code, row in dear.previous.items() if code != "99990001"})
    pairs = both_years(material(gone))
    changes = [after["total_per_pupil_sek"] - before["total_per_pupil_sek"] for before, after in pairs]
    assert changes == sorted(changes, reverse=True)
    assert [after["school_unit_code"] for _, after in pairs][-1] == "99990003"
    assert {after["school_unit_code"] for _, after in pairs} == {"99990002", "99990003", "99990004"}


def test_a_small_school_stands_in_the_table_alone_and_the_page_says_so(book: Book):
    whole, small = (last_year_view(material(each)) for each in (book, last(book, "99990002", pupil_count=FEWEST - 1)))
    assert whole is not None
    assert small is not None
    lines = [view["chart"].count('class="slope ') for view in (whole, small)]
    assert lines == [5, 4], "four units and their mean, then three"
    assert (whole["small"], len(whole["table"].rows), len(small["table"].rows)) == (None, 4, 4)
    assert f"färre än {FEWEST} elever" in small["small"]


def test_last_year_is_the_publication_that_was_compared_with_and_no_other(site: Site, book: Book):
    (basis,) = book.tables["allocation_change_basis"]
    other = Row(basis.table, basis.key, {**basis.values, "previous_content_sha256": "0" * 64})
    gone = Row(basis.table, basis.key, {**basis.values, "previous_publication_id": "2026.0.9"})
    none = Row(basis.table, basis.key, {**basis.values, "previous_publication_id": None})
    assert set(_previous(site.publication, (basis,))) == set(book.previous) != set()
    assert [_previous(site.publication, (each,)) for each in (other, gone, none)] == [{}, {}, {}]
    assert last_year_view(material(replace(book, previous={}))) is None


def test_what_falls_is_a_broken_line_and_a_long_name_is_cut():
    rows = [
        Slope(100, 90, "Skolan i den allra längsta byn norr om ån", "−10 kr"),
        Slope(100, 120),
        Slope(90, 95, kind="mean"),
    ]
    told = slopes(SPEAKER, rows, label="x", before="2026", after="2027")
    assert re.findall(r'class="slope ([a-z ]+)"', told) == ["rises", "falls named", "all"]
    assert "Skolan i den allra läng…" in told


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(TOP, HEIGHT - 12), min_size=1, max_size=7).map(sorted))
def test_names_never_cover_each_other_and_stay_inside(wanted: list[float]):
    placed = _apart(wanted)
    assert all(b - a >= LABEL - 0.02 for a, b in pairwise(placed))
    assert placed[0] >= TOP
    assert placed[-1] <= HEIGHT - 20
    if len(wanted) == 1 and wanted[0] <= HEIGHT - 20:
        assert placed == [round(wanted[0], 2)]
