"""What the tables withhold is on no page: an index, the parts of merged need money, a small count."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from models_py.allocation.need_parts import NEED_PARTS
from orchestration.resources.pages_file import Pages
from orchestration.site.build import pages_of
from orchestration.site.pages import Material
from orchestration.site.reading import Book, Row, read_book
from orchestration.site.rendering import body_of, ground_of
from orchestration.site.speaking import Speaker
from tests.orchestration.site.conftest import Site

HIDDEN = "99990002"


def changed(book: Book, table: str, unit: str, **values: object) -> tuple[Row, ...]:
    return tuple(
        Row(row.table, row.key, {**row.values, **values}) if row["school_unit_code"] == unit else row
        for row in book.tables[table]
    )


def without(book: Book, table: str) -> tuple[Row, ...]:
    return tuple(row for row in book.tables[table] if row["school_unit_code"] != HIDDEN)


@pytest.fixture(scope="module")
def whole(site: Site) -> Book:
    return read_book(site.publication)


@pytest.fixture(scope="module")
def merged(whole: Book) -> Book:
    """The publication as it is told where one unit's need money stands as one line."""
    wide = whole.unit("school_allocation", HIDDEN)
    assert wide is not None
    need = next(
        row
        for row in whole.of("fct_allocation", "school_unit_code", HIDDEN)
        if row["component_code"] == "structural_part"
    )
    line = {
        **need.values,
        "component_code": NEED_PARTS,
        "line_code": NEED_PARTS,
        "count": Decimal(1),
        "count_unit": "units",
    }
    line |= {"rate_ore": Decimal(need["amount_ore"]), "rounding_ore": Decimal(0)}
    tables = dict(whole.tables) | {
        "school_allocation": changed(
            whole, "school_allocation", HIDDEN, need_index=None, structural_part_sek=None, redistribution_sek=None,
            need_parts_sek=wide["structural_part_sek"], index_withheld_because="small_count",
        ),
        "fct_need_index": changed(
            whole, "fct_need_index", HIDDEN, need_index=None, need_share=None, need_index_interval_lower=None,
            need_index_interval_upper=None, index_withheld_because="small_count",
        ),
        "allocation_change_part": without(whole, "allocation_change_part"),
        "allocation_interval": without(whole, "allocation_interval"),
        "need_contribution": without(whole, "need_contribution"),
        "fct_allocation": (
            *(row for row in whole.tables["fct_allocation"] if row is not need),
            Row("fct_allocation", f"{HIDDEN}/{NEED_PARTS}/{NEED_PARTS}", line),
        ),
    }  # fmt: skip
    return Book(whole.publication, tables, whole.manifest, whole.act)


PLACES = re.compile(r' (?:x|y|x1|x2|y1|y2|cx|cy|r|width|height|points)="[^"]*"')
"""Places of marks: digits that happen to be those of an index tell nobody of one."""


def told(book: Book, language: str) -> dict[str, str]:
    material = Material(book, Speaker(language, {}), Pages(), None, "Exempelkommun")
    ground = str(ground_of(material))
    return {page.path: PLACES.sub("", body_of(page, material) + ground) for page in pages_of(material)}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_withheld_index_and_its_parts_are_on_no_page(whole: Book, merged: Book, language: str):
    wide = whole.unit("school_allocation", HIDDEN)
    assert wide is not None
    speaker = Speaker(language, {})
    telling = [
        speaker.number(float(wide["need_index"]), 1),
        str(wide["need_index"]),
        f"=redistribution_size@{HIDDEN}",
        f"need_contribution.index_contribution@{HIDDEN}",
        f"school_allocation.structural_part_sek@{HIDDEN}",
    ]
    open_pages, closed_pages = told(whole, language), told(merged, language)
    telling = [
        re.compile(rf"(?<![\d.]){re.escape(word)}(?!\d)") for word in telling
    ]  # 181.7 pupils are no index of 81.7
    assert telling[0].search(open_pages[f"schools/{HIDDEN}.html"]), "the probe finds an index that is published"
    assert {path: word for path, body in closed_pages.items() for word in telling if word.search(body)} == {}


def test_the_page_says_that_need_money_is_one_line_and_why(merged: Book):
    body = told(merged, "sv")[f"schools/{HIDDEN}.html"]
    speaker = Speaker("sv", {})
    for key in ("need_parts", "why_withheld", "withheld_small_count"):
        assert str(speaker.say(key)) in body


def test_a_unit_without_a_published_index_is_in_no_fifth_on_no_curve_and_not_to_explore(whole: Book, merged: Book):
    from orchestration.site import measures
    from orchestration.site.explorer import explored_units

    material = Material(merged, Speaker("sv", {}), Pages(), None, "Exempelkommun")
    assert HIDDEN not in {row["school_unit_code"] for row in measures.told_units(merged)}
    assert HIDDEN not in {unit.code for unit in explored_units(material)}
    assert measures.shared_by_need(merged) is None
    assert measures.moved_by_need(merged) is None
    assert measures.moved_by_need(whole) is not None


def test_a_money_of_few_decisions_is_told_as_few(whole: Book):
    few = tuple(
        Row(row.table, row.key, {**row.values, "beside_sek": None, "withheld_because": "fewer_than_ten"})
        for row in whole.tables["allocation_beside"]
    )
    book = replace(whole, tables={**whole.tables, "allocation_beside": few}, _by={})
    assert few
    assert str(Speaker("en", {}).say("withheld_few")) in told(book, "en")["memo.html"]


def test_what_open_statistics_withhold_is_told_as_two_ends_of_the_index(whole: Book):
    wide = changed(whole, "school_allocation", HIDDEN, need_index_lower=81.25, need_index_upper=93.5)
    book = replace(whole, tables={**whole.tables, "school_allocation": wide}, _by={})
    speaker = Speaker("sv", {})
    row = next(row for row in wide if row["school_unit_code"] == HIDDEN)
    ends = [speaker.figure(row, f"need_index_{end}", decimals=1) for end in ("lower", "upper")]
    sentence = str(speaker.say("index_ends", low=ends[0], high=ends[1]))
    assert sentence in told(book, "sv")[f"schools/{HIDDEN}.html"]
    assert sentence not in told(whole, "sv")[f"schools/{HIDDEN}.html"]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_withheld_causes_and_uncertainty_are_told_as_withheld(whole: Book, merged: Book, language: str):
    say, path = Speaker(language, {}).say, f"schools/{HIDDEN}.html"
    closed, opened = told(merged, language)[path], told(whole, language)[path]
    for key in ("bridge_withheld", "sure_withheld"):
        assert str(say(key)) in closed
        assert str(say(key)) not in opened
    assert "allocation_change_part.change_sek@" in opened
    assert "allocation_change_part.change_sek@" not in closed


def test_the_memo_adds_up_to_the_new_total_also_where_causes_are_withheld(whole: Book, merged: Book):
    closed, opened = told(merged, "sv")["memo.html"], told(whole, "sv")["memo.html"]
    change = next(row for row in whole.tables["allocation_change"] if row["school_unit_code"] == HIDDEN)
    rest = str(Speaker("sv", {}).derived("change_without_cause", int(change["change_sek"] * 100), "+kr"))
    total = opened[opened.index('data-ref="=new_total@"') - 40 :].split("</data>")[0]
    assert rest in closed
    assert "=change_without_cause@" not in opened
    assert total in closed


def test_where_too_few_indices_are_told_there_is_no_page_to_try_other_choices_and_the_memo_says_so(whole: Book):
    rows = tuple(Row(r.table, r.key, {**r.values, "need_index": None}) for r in whole.tables["school_allocation"])
    few = replace(whole, tables={**whole.tables, "school_allocation": rows}, _by={})
    sentence = str(Speaker("sv", {}).say("explore_withheld"))
    assert "explore.html" not in told(few, "sv")
    assert sentence in told(few, "sv")["memo.html"]
    assert sentence not in told(whole, "sv")["memo.html"]


def test_the_explorers_page_and_its_data_hold_nothing_of_a_withheld_unit(whole: Book, merged: Book):
    opened, closed = (told(book, "sv")["explore.html"] for book in (whole, merged))
    assert f'"code": "{HIDDEN}"' in opened
    assert HIDDEN not in closed
    assert str(Speaker("sv", {}).say("explore_left_out")) in closed
