"""What people read beside the tables: RELEASE.md, the dictionary, the data package."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from candidates import candidate, release

from expectations.contracts import CONTRACTS
from expectations.labels import swedish_label
from orchestration.publication.candidate import Candidate
from orchestration.publication.dictionary import dictionary_html
from orchestration.publication.release import changes_between


def _notes(of: Candidate, root: Path) -> str:
    path = release(of, root).path
    assert path is not None
    return (path / "RELEASE.md").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")


def test_the_notes_say_first_that_it_is_a_proposal_and_a_demonstration(root: Path) -> None:
    notes = _notes(candidate(), root)
    swedish, english = notes.split("## English")
    assert "**Förslag 2027.0.1, inte beslutat." in swedish
    assert "Demonstration" in swedish
    assert "exempelvärden" in swedish
    assert "**Proposal 2027.0.1, not decided." in english
    assert "example values" in english


def test_a_publication_that_is_no_demonstration_does_not_say_so(root: Path) -> None:
    own_policy = {"policy": {"name": "0001", "is_example": False, "values": {}}}
    notes = _notes(replace(candidate(), is_demo=False, recorded=own_policy), root)
    assert "Demonstration" not in notes
    assert "exempel" not in notes.lower()
    assert "No inputs are recorded." in notes


def test_the_notes_hold_coverage_totals_rules_fit_inputs_and_hashes(root: Path) -> None:
    whole = candidate()
    notes = _notes(whole, root)
    assert "| får inte pengar: `no_pupils` | 1 |" in notes
    assert f"| Totalt | {(whole.budget_ore or 0) // 100:,} kr |".replace(",", " ") in notes
    assert "| T-KEYS-001 | critical | 0 | Varje nyckel är unik. |" in notes
    assert "| G-TOTAL-001 | critical | 0 | The lines add up to the budget. |" in notes
    assert "| Q-COUNT-004 | warning | 2 |" in notes
    assert "`need-2027-abc123`" in notes
    assert f"- enrollment 2026-10-15: `{'ef' * 32}`" in notes
    assert whole.policy_sha256 in notes
    assert "This is the first publication of the year." in notes


def test_the_notes_tell_what_changed_since_the_previous_publication(root: Path) -> None:
    release(candidate(), root)
    notes = _notes(candidate(seed=1), root)
    assert "Compared with 2027.0.1:" in notes
    assert "- school units with another total: 4" in notes
    assert "- största ändring: 99990004, " in notes


CHANGES: list[tuple[str, Callable[[pd.DataFrame], pd.DataFrame], tuple[int, tuple[str, ...], tuple[str, ...]]]] = [
    ("nothing", lambda t: t, (0, (), ())),
    ("one total", lambda t: t.assign(total_sek=[t["total_sek"].iloc[0] + 1, *t["total_sek"].iloc[1:]]), (1, (), ())),
    ("one unit gone", lambda t: t.iloc[1:], (1, (), ("99990001",))),
]


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_changes_are_counted_by_unit(
    change: Callable[[pd.DataFrame], pd.DataFrame], expected: tuple[int, tuple[str, ...], tuple[str, ...]]
) -> None:
    before = candidate().tables["school_allocation"]
    found = changes_between("2027.0.1", before, change(before))
    assert (found.changed, found.added, found.gone) == expected
    assert (found.largest_unit, found.largest_ore != 0) == (("99990001", True) if found.changed else (None, False))


def test_a_pipe_in_a_rules_text_does_not_break_its_table(root: Path) -> None:
    from candidates import NOW, verdict

    from orchestration.publication.publish import publish

    whole = candidate()
    gate = verdict(whole, texts={"T-KEYS-001": {"sv": "a|b\nc", "en": "a|b\nc"}})
    path = publish(whole, root=root, gate=gate, actor="annika", now=NOW).path
    assert path is not None
    assert "| T-KEYS-001 | critical | 0 | a\\|b c |" in (path / "RELEASE.md").read_text(encoding="utf-8")


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_dictionary_describes_every_column_in_both_languages() -> None:
    text = html.unescape(dictionary_html().decode())
    page = _Page(text)
    assert ("html", {"lang": "sv"}) in page.tags
    assert [attrs["lang"] for tag, attrs in page.tags if tag == "section"] == ["sv", "en"]
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = {attrs["href"] for tag, attrs in page.tags if tag == "a"}
    assert links <= {f"#{name}" for name in ids}
    for contract in CONTRACTS.values():
        for column in contract.columns:
            assert text.count(f"<code>{column.name}</code>") >= 2
            assert f"<td>{column.sv}<" in text or f"<td>{column.sv} " in text
            assert f"<td>{column.en}<" in text or f"<td>{column.en} " in text
            assert f">{swedish_label(column.name)}</td>" in text


def test_the_data_package_names_every_file_with_its_hash_and_fields(root: Path) -> None:
    path = release(candidate(), root).path
    assert path is not None
    package = json.loads((path / "datapackage.json").read_text(encoding="utf-8"))
    files = json.loads((path / "manifest.json").read_text(encoding="utf-8"))["recorded"]["files"]
    assert list(package) == [*sorted(set(package) - {"resources"}), "resources"], "one order, and the long part last"
    assert {resource["path"] for resource in package["resources"]} == {
        name for name in files if name.startswith(("tables/", "excel/"))
    }
    for resource in package["resources"]:
        assert resource["hash"] == f"sha256:{files[resource['path']]['sha256']}"
        assert resource["bytes"] == (path / resource["path"]).stat().st_size
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert set(resource["schema"]["primaryKey"]) <= set(names)
        assert "publication_id" in names
    fields = {
        field["name"]: field
        for r in package["resources"]
        if r["name"] == "fct-need-index-parquet"
        for field in r["schema"]["fields"]
    }
    assert fields["need_share"] == {
        "name": "need_share",
        "type": "number",
        "title": "Beräknad andel ej behöriga",
        "description": "Predicted share of the pupils not eligible for vocational programmes; empty for a delivered index. / "
        "Beräknad andel elever som inte blir behöriga till yrkesprogram; tomt för ett levererat index.",
        "unit": "share 0..1",
        "constraints": {"required": False, "minimum": 0, "maximum": 1},
    }
    assert fields["need_index_lower"]["constraints"]["required"] is False
