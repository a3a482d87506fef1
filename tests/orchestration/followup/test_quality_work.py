"""The quality report: every number of it is a cell of a table or a count or sum of its rows, in both languages."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from pathlib import Path

import html5lib
import pandas as pd
import pytest

from expectations.contracts import FOLLOWING
from orchestration.followup.goals_file import goals_of
from orchestration.followup.quality_report import PARTS, report_path, write_reports
from orchestration.followup.quality_work import LANGUAGES, READ, quality_work
from orchestration.resources.tables import Tables
from orchestration.settings import REPOSITORY

TOWN, YEAR = "9999", 2027
FILE = goals_of(REPOSITORY / "policies" / TOWN)
WORDS = {"sv": ("kan inte avgöras", "Kunskapsbidraget", "nej"), "en": ("cannot be determined", "equal schools", "no")}
NOT_FIGURES = {"95", "4", "3", "6", "12", "7", "9", "100", "1", "000"}
"""Numbers of the words themselves: 95 %, paragraphs and grades of the law and of the goals, units."""


def rows(name: str, *records: dict[str, object]) -> pd.DataFrame:
    table = pd.DataFrame(records).assign(municipality_code=TOWN, funding_year=YEAR)
    return table.reindex(columns=list(FOLLOWING[name].names))


def tables(**changes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    goal = {"goal_code": "eligibility", "key_figure": "eligible_share", "result_year": 2026, "figure_value": 0.8517,
            "target_value": 0.8831, "is_met": False, "is_change_beyond_chance": True}  # fmt: skip
    plan = {"goal_code": "eligibility", "school_unit_code": "99990010", "plan_year": 2027, "plan_sv": "Läxhjälp", "plan_en": "Help",
            "structural_part_sek": Decimal("4321000.00")}  # fmt: skip
    cohort = {"school_unit_code": "all", "series": "goals", "subject": "swedish", "cohort_year": 2018, "result_year": 2026, "grade": "8",
              "indicator": "passing_grade", "pupil_group": "stayers", "prior_grade": 7, "both_count": 616, "prior_reached_share": 0.894,
              "reached_share": 0.886, "cohort_change": -0.0082, "cohort_change_lower": -0.0314, "cohort_change_upper": 0.0151}  # fmt: skip
    noise = {"indicator": "merit_value", "subject": "all_subjects", "grade": "9", "threshold": 10.0, "pair_count": 96,
             "beyond_threshold_count": 44, "expected_by_chance": 42.3, "beyond_chance_count": 0, "noise_share": 0.987}  # fmt: skip
    values = [
        {"school_unit_code": f"u{k}", "stage": "grades_7_9", "value_state": "shown", "band_position": "undecided"}
        for k in range(13)
    ]
    passed = {"cost_item": "teaching", "pass_estimate": 0.79, "pass_lower": -0.02, "pass_upper": 1.12, "pass_verdict": "cannot_be_determined",
              "pass_unit_count": 25, "accounts_year_first": 2018, "accounts_year_last": 2025}  # fmt: skip
    equal = {"equity_basis": "ledger", "money_year": 2025, "need_gini": 0.1299, "money_gini": 0.0104, "redistributed_share": 0.0079,
             "slope_per_100_points_sek": 8744.58}  # fmt: skip
    grants = [{"organiser_code": "1", "school_unit_code": unit, "accounts_year": 2025, "grant_code": "knowledge_grant", "bought": "training",
               "granted_sek": Decimal(500_000), "used_sek": Decimal(450_000), "not_used_sek": Decimal(50_000)} for unit in "ab"]  # fmt: skip
    judged = {"judged_years": "2024-2026", "is_pooled": True, "misplaced_share": 0.1214, "floor_lower": 0.0707, "floor_upper": 0.1838,
              "flat_misplaced_share": 0.1851}  # fmt: skip
    effect = {"effect_verdict": "cannot_be_determined", "verdict_reason": "interval_too_wide", "effect_school_count": 13,
              "effect_estimate": 0.0451, "effect_lower": -0.0035, "effect_upper": 0.0937, "detectable_effect": 0.081}  # fmt: skip
    given = {"goal_result": [goal], "goal_plan": [plan], "cohort_progression": [cohort], "naive_noise": [noise],
             "school_value_added": values, "cost_pass_through": [passed], "equity_by_year": [equal], "state_grant": grants,
             "accuracy_cohort": [judged], "accuracy_weights": [{"weights_advice": "freeze", "advice_reason": "no_drift_seen"}],
             "effect_result": [effect]}  # fmt: skip
    return {name: rows(name, *records) for name, records in given.items()} | changes


def page(language: str, found: dict[str, pd.DataFrame], not_made: tuple[tuple[str, str], ...] = ()) -> str:
    return quality_work(
        found, file=FILE, not_made=not_made, municipality_code=TOWN, funding_year=YEAR, language=language
    ).decode()


def numbers(text: str) -> set[str]:
    shown = unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", text, flags=re.S))
    return {
        number.replace(",", ".").replace("\N{NO-BREAK SPACE}", "")
        for number in re.findall(r"\d[\d\N{NO-BREAK SPACE}]*(?:[.,]\d+)?", shown)
    }


EXPECTED = {
    "9999", "2027", "2026", "85.2", "88.3", "99990010", "4321000", "2018", "8", "616", "89.4", "88.6", "0.8", "3.1", "1.5", "10", "44",
    "96", "42", "0", "98.7", "13", "25", "2025", "0.79", "0.02", "1.12", "0.130", "0.010", "8745", "1000000", "900000", "100000",
    "2024", "12.1", "7.1", "18.4", "18.5", "0.045", "0.003", "0.004", "0.094", "0.081",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_is_of_a_table(language: str):
    text = page(language, tables())
    shown = numbers(text if language == "sv" else re.sub(r"(?<=\d),(?=\d{3})", "", text))
    assert shown - NOT_FIGURES <= EXPECTED
    assert {"85.2", "88.3", "4321000", "0.79", "8745", "1000000", "12.1", "0.081", "98.7"} <= shown
    assert all(word in text for word in WORDS[language])


def test_another_table_gives_another_page_and_the_same_gives_the_same_bytes():
    assert page("sv", tables()) == page("sv", tables())
    for name, table in tables().items():
        assert page("sv", tables(**{name: table.iloc[:0]})) != page("sv", tables()), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_strict_html_in_its_language_and_says_what_is_lacking(language: str):
    text = page(
        language,
        {name: rows(name) for name in READ},
        (("instrumented", "no_received_dose"), ("effect", "<b>no file</b>")),
    )
    parsed = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    assert parsed.get("lang") == language
    assert "&lt;b&gt;no file" in text
    assert "instrumented" not in text


def test_pages_are_written_where_the_command_looks_and_only_with_goals(tmp_path: Path):
    home = Tables(root=str(tmp_path / "aggregate" / "tables"))
    for part in PARTS:
        home.write_record(part, YEAR, {})
    home.write("goal_result", tables()["goal_result"], YEAR)
    policies = REPOSITORY / "policies"
    written = write_reports(home, TOWN, policies=policies, home=tmp_path, funding_year=YEAR)
    assert written == [
        report_path(tmp_path, municipality_code=TOWN, funding_year=YEAR, language=lang) for lang in LANGUAGES
    ]
    assert [
        number for path, number in zip(written, ("85,2", "85.2"), strict=True) if number in path.read_text("utf-8")
    ] == ["85,2", "85.2"]
    assert write_reports(home, "default", policies=policies, home=tmp_path, funding_year=YEAR) == []
