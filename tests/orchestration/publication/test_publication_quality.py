"""The quality report and the waivers: every rule with its count, no value, no request, the same bytes; states of a waiver."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser

import pandas as pd
import pytest
from candidates import candidate
from deciding import WAIVER

from expectations.rules import all_rules
from orchestration.publication.candidate import Reason
from orchestration.publication.quality import by_home, quality_report
from orchestration.publication.waiving import WaiverLine, review, unwaived

RESULTS = pd.DataFrame(
    [("9999", 2027, rule.id, rule.severity, 7 if rule.id == "Q-INDEX-001" else 0) for rule in all_rules() if rule.home != "gate"],
    columns=["municipality_code", "funding_year", "rule_id", "severity", "failing_count"],
)  # fmt: skip
FAILING = candidate().tables["rule_result"]
DAY = date(2027, 1, 1)


def _page(results: pd.DataFrame = RESULTS, waivers: tuple[WaiverLine, ...] = ()) -> str:
    return quality_report(
        results,
        own=(Reason("G-TOTAL-001", 0),),
        publication_id="2027.1.0",
        municipality_code="9999",
        about={"sv": "Beslutad.", "en": "Decided."},
        waivers=waivers,
    ).decode()


def test_every_rule_of_the_register_stands_once_per_language_with_its_count() -> None:
    page = _page()
    for rule in all_rules():
        assert page.count(f'<th scope="row">{rule.id}</th>') == 2
    assert page.count('<td class="count fails">7</td>') == 2
    assert "Varningar som slår: 1." in page
    assert "expect_column_values_to_be_between: column need_index, min_value 10, max_value 400" in page
    judged = {one.rule.id: one.failing_count for rows in by_home(RESULTS, own=()).values() for one in rows}
    assert (judged["Q-INDEX-001"], judged["G-APPROVE-001"]) == (7, None)


def test_the_page_asks_nothing_of_the_network_and_is_the_same_for_any_order_of_rows() -> None:
    page = _page()
    assert not re.search(r"https?:|<script|<link|<img|@import|url\(", page)
    assert _page(RESULTS.iloc[::-1]) == page


def test_words_of_a_waiver_cannot_become_markup() -> None:
    line = WaiverLine("Q-INDEX-001", 7, "in_force", 7, "cecilia", "<b>because</b>", "2027-12-31")
    page = _page(waivers=(line,))
    assert "<b>" not in page
    assert "&lt;b&gt;because" in page


def test_the_page_is_whole() -> None:
    class Balance(HTMLParser):
        open: list[str] = []

        def handle_starttag(self, tag, attrs):
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    reader = Balance()
    reader.feed(_page(waivers=(WaiverLine("Q-INDEX-001", 7, "missing"),)))
    assert reader.open == []


@pytest.mark.parametrize(
    ("changes", "entitled", "state"),
    [
        ({}, {"cecilia"}, "in_force"),
        ({"expires": date(2026, 12, 31)}, {"cecilia"}, "expired"),
        ({"expires": DAY}, {"cecilia"}, "in_force"),
        ({}, {"berit"}, "not_entitled"),
        ({"rule_id": "Q-MISSING-001"}, {"cecilia"}, "unneeded"),
    ],
)
def test_a_waiver_is_in_force_or_says_why_not(changes: dict, entitled: set[str], state: str) -> None:
    waiver = WAIVER.model_copy(update=changes)
    lines = review((waiver,), rule_results=FAILING, day=DAY, entitled=entitled)
    (line,) = [one for one in lines if one.rule_id == waiver.rule_id]
    assert line.state == state
    assert bool(unwaived(lines)) == (state != "in_force")


def test_more_failing_rows_than_were_accepted_are_a_new_warning() -> None:
    more = FAILING.assign(failing_count=[0, 0, 3])
    (line,) = review((WAIVER,), rule_results=more, day=DAY, entitled={"cecilia"})
    assert (line.state, [reason.rule_id for reason in unwaived((line,))]) == ("exceeded", ["G-WAIVER-001"])


def test_a_critical_rule_that_fails_is_no_matter_for_waivers() -> None:
    critical = FAILING.assign(severity="critical")
    lines = review((WAIVER,), rule_results=critical, day=DAY, entitled={"cecilia"})
    assert [line.state for line in lines] == ["unneeded"]
