"""The page of all school forms, and the decisions on other forms: what is published stands there, and nothing that is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from expectations.school_forms import form_parts
from orchestration.resources.pages_file import read_pages
from orchestration.site.forms_page import forms_page
from orchestration.site.pages import Material
from orchestration.site.reading import read_book
from orchestration.site.rendering import body_of
from orchestration.site.speaking import Speaker
from tests.orchestration.site.conftest import POLICY, Site
from tests.orchestration.site.reading_back import HTML, parsed, shown, words

UNIT = "99999002"
"""An independent preschool; no school unit has its code."""


def material(site: Site, language: str = "en", **tables) -> Material:
    book = read_book(site.publication)
    book = replace(book, tables={**book.tables, **tables})
    return Material(book, Speaker(language, {}), read_pages(POLICY), None, "Exempelkommun", with_pdf=False)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_page_shows_every_form_age_and_unit_and_the_start_page_leads_to_it(site: Site, language: str):
    page = parsed(site.built.path / language / "forms.html")
    shown_on = {one.ref for one in shown(page)}
    assert {"form_overview.total_sek@preschool", f"form_unit.grant_sek@preschool/{UNIT}"} <= shown_on
    assert "form_age.total_per_pupil_sek@3/preschool/age_3" in shown_on
    pictures = [each for each in page.iter() if each.tag.endswith("svg") and each.attrib.get("role") == "img"]
    assert [bool(each.attrib["aria-label"]) for each in pictures] == [True, True]
    start = parsed(site.built.path / language / "index.html")
    assert "forms.html" in {each.attrib.get("href") for each in start.iter(f"{HTML}a")}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_page_says_what_is_not_computed_and_why(site: Site, language: str):
    text = words(parsed(site.built.path / language / "forms.html"))
    assert [one.reason[language] for one in form_parts() if one.reason and one.reason[language] not in text] == []


@pytest.mark.parametrize("language", ["sv", "en"])
def test_an_independent_unit_that_is_no_school_unit_has_a_decision_with_lines_overheads_fees_and_appeal(site, language):
    path = site.built.path / language / "organisers" / f"unit-{UNIT}.html"
    values = {one.ref.partition("@")[0]: one.value for one in shown(parsed(path))}
    unit = {name: values[f"form_unit.{name}_sek"] for name in ("total", "administration", "vat", "fee", "grant")}
    assert unit == {
        "total": "2820000.00",
        "administration": "84600.00",
        "vat": "174276.00",
        "fee": "192000.00",
        "grant": "2886876.00",
    }
    assert values["form_allocation.amount_ore"] == "282000000"
    assert "28 kap. 5" in words(parsed(path)).replace("\N{NO-BREAK SPACE}", " ")
    assert path.with_suffix(".pdf").is_file()


def test_the_municipalitys_own_units_of_other_forms_stand_with_its_schools(site: Site):
    own = [
        path
        for path in (site.built.path / "en" / "organisers").glob("*.html")
        if "Kotten, preschool" in words(parsed(path))
    ]
    assert len(own) == 1
    assert not own[0].name.startswith("unit-")


def test_a_publication_without_other_forms_has_no_such_page(site: Site):
    assert forms_page(material(site, form_overview=())) is None


def test_a_form_whose_sums_are_withheld_is_told_without_a_figure(site: Site):
    (row,) = read_book(site.publication).tables["form_overview"]
    hidden = {name: None for name in row.values if name not in ("school_form", "index_source")}
    withheld = replace(row, values={**row.values, **hidden, "withheld_because": "small_count"})
    own = material(site, form_overview=(withheld,), form_unit=(), form_age=())
    page = forms_page(own)
    assert page is not None
    body = body_of(page, own)
    assert "Preschool: the sums are not shown" in body
    assert "form_overview." not in body
