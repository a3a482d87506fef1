"""What changed since last year and how sure the kronor are, in words: every code has them, every figure is the table's."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from candidates import candidate, release, with_table
from rich.console import Console

from expectations.contracts import CONTRACTS
from models_py.allocation.year_change import CAUSES, UNIT_CHANGES
from orchestration.publication.candidate import Candidate
from orchestration.publication.change_words import BECAME_WORDS, CAUSE_WORDS, REASON_WORDS, since_last_year
from orchestration.report.change_view import unit_change_view
from orchestration.report.published import publications
from orchestration.yearly import change, interval


def test_every_cause_every_fate_and_every_reason_has_words_in_two_languages():
    reasons = [change.NO_EARLIER_YEAR, change.NOT_COVERED, change.COUNTS_GONE, change.NOT_COMPARABLE, change.DAMAGED]
    reasons += [change.INDEX_GONE, interval.NO_DRAWS, interval.NOTHING_MOVED, interval.CANNOT_BE_SHARED]
    for words, codes in ((CAUSE_WORDS, CAUSES), (BECAME_WORDS, UNIT_CHANGES), (REASON_WORDS, reasons)):
        assert set(words) == set(codes)
        assert all(each["sv"] and each["en"] and each["sv"] != each["en"] for each in words.values())


def notes(of: Candidate, root: Path) -> tuple[str, str]:
    outcome = release(of, root)
    assert outcome.path is not None, outcome.reasons
    swedish, english = (outcome.path / "RELEASE.md").read_text("utf-8").split("\n## English\n")
    return swedish, english


def test_the_notes_tell_causes_that_add_up_and_the_largest_changes_with_their_reasons(root: Path):
    of = candidate()
    swedish, english = notes(of, root)
    since = since_last_year(of.tables)
    assert sum(ore for _, ore in since.causes) == since.total_ore
    largest = since.largest[0]
    assert f"{largest.code} (new)" in english
    assert f"{largest.code} (ny)" in swedish
    assert "99998888 (gone): " in english
    first = next(unit for unit in since.largest if unit.became == "continued")
    assert first.parts == (("pupils", -25_000_000), ("composition", -5_000_000))
    assert "Compared with publication 2026.0.1 (proposal)" in english
    assert "elevantal" in swedish


def test_the_notes_add_up_where_the_causes_of_a_unit_are_withheld(root: Path):
    whole = candidate()
    parts = whole.tables["allocation_change_part"]
    unit = since_last_year(whole.tables).largest[0].code
    hidden = with_table(whole, "allocation_change_part", parts[parts["school_unit_code"] != unit])
    since = since_last_year(hidden.tables)
    assert since.untold_ore == since_last_year(whole.tables).largest[0].ore != 0
    swedish, english = notes(hidden, root)
    assert "| school units whose causes are not shown | " in english
    assert "| skolenheter vars orsaker inte visas | " in swedish


def test_the_notes_tell_no_withheld_causes_where_all_are_told(root: Path):
    assert "not shown |" not in notes(candidate(), root)[1]


def test_the_notes_tell_the_share_that_is_signal(root: Path):
    swedish, english = notes(candidate(), root)
    assert "**88%** is signal" in english.replace(" %", "%")
    assert "signal; resten kan vara slump" in swedish


def without(of: Candidate) -> Candidate:
    for name in ("allocation_change", "allocation_change_part", "allocation_interval"):
        of = with_table(of, name, of.tables[name].iloc[:0])
    for name, reason in (
        ("allocation_change_basis", "no_earlier_year"), ("redistribution_signal", "no_draws_of_the_index"),
    ):  # fmt: skip
        empty = dict.fromkeys(CONTRACTS[name].nullable, None) | {"withheld_because": reason}
        of = with_table(of, name, of.tables[name].assign(**empty))
    return of


def test_a_first_year_says_why_there_is_nothing_to_compare_with(root: Path):
    swedish, english = notes(without(candidate()), root)
    assert "No comparison: no earlier year is published." in english
    assert "Ingen jämförelse: inget tidigare år är publicerat." in swedish
    assert "Not known: the index has no draws" in english


def test_a_baseline_from_a_publication_is_named_with_its_hash(root: Path):
    of = candidate()
    told = {"delivery_id": "2026.1.0", "sha256": "ba" * 32, "is_decided": True, "unclear_units": ["99990003"]}
    recorded = dict(of.recorded) | {"policy": dict(of.recorded["policy"]) | {"baseline": told}}
    _, english = notes(candidate(recorded=recorded), root)
    assert f"The guarantees compare with publication 2026.1.0 (decided), content `{'ba' * 32}`." in english
    assert "Without a comparable past: 99990003." in english


def shown(root: Path, unit: str) -> str:
    told = StringIO()
    console = Console(width=160, file=told)
    (publication,) = publications(root)
    for part in unit_change_view(publication, unit):
        console.print(part)
    return told.getvalue()


@pytest.mark.parametrize("unit", ["99990001", "99990004"])
def test_a_unit_s_view_adds_up_from_last_year_to_this_year(root: Path, unit: str):
    of = candidate()
    release(of, root)
    text = shown(root, unit)
    row = of.tables["allocation_change"].set_index("school_unit_code").loc[unit]
    for name in ("previous_total_sek", "new_total_sek"):
        assert f"{int(row[name]):,}".replace(",", "\xa0") + "\xa0kr" in text.replace(" kr", "\xa0kr").replace(
            " ", "\xa0"
        )
    assert "with 95 % between" in text


def test_a_view_without_comparison_says_why(root: Path):
    release(without(candidate()), root)
    text = " ".join(shown(root, "99990001").split())
    assert "No comparison with last year: no earlier year is published." in text
    assert "is not known: the index has no draws" in text


def test_an_older_publication_without_the_tables_shows_nothing_more(root: Path, tmp_path: Path):
    version = tmp_path / "old" / "9999" / "2027" / "versions" / "2027.0.1"
    (version / "tables").mkdir(parents=True)
    pd.DataFrame({"school_unit_code": ["99990001"]}).to_parquet(version / "tables" / "school_allocation.parquet")
    (version.parents[1] / "proposed").symlink_to("versions/2027.0.1")
    assert shown(tmp_path / "old", "99990001").strip() == ""
