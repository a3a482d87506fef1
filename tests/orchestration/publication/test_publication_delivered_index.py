"""A publication on a delivered index: no share, no coefficient, and everything else as always."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from candidates import NOW, candidate, release, spoiled, verdict, with_table

from orchestration.publication.candidate import Candidate
from orchestration.publication.publish import publish


def delivered() -> Candidate:
    whole = candidate()
    need = whole.tables["fct_need_index"].assign(need_share=float("nan"), basis="delivered_index")
    wide = whole.tables["school_allocation"].assign(basis="delivered_index")
    no_coefficients = whole.tables["need_coefficient"].iloc[:0]
    made = candidate(basis="delivered_index")
    for name, table in {"fct_need_index": need, "school_allocation": wide, "need_coefficient": no_coefficients}.items():
        made = with_table(made, name, table)
    return made


def test_it_is_published_with_empty_shares_and_no_coefficients(root: Path) -> None:
    outcome = release(delivered(), root)
    assert (outcome.status, outcome.path is not None) == ("published", True)
    tables = {path.stem: path for path in outcome.path.rglob("*.parquet")}  # type: ignore[union-attr]
    shares = pq.read_table(tables["fct_need_index"])["need_share"]
    assert (str(shares.type), shares.null_count) == ("double", len(shares))
    coefficients = pq.read_table(tables["need_coefficient"])
    assert (coefficients.num_rows, str(coefficients.schema.field("estimate").type)) == (0, "double")


def test_the_notes_warn_in_both_languages_and_only_there(root: Path) -> None:
    warnings = ("beskriver skolenheter, inte elever", "it describes school units, not pupils")
    notes = (release(delivered(), root).path / "RELEASE.md").read_text("utf-8")  # type: ignore[operator]
    assert [notes.count(words) for words in warnings] == [1, 1]
    other = (release(candidate("9998"), root).path / "RELEASE.md").read_text("utf-8")  # type: ignore[operator]
    assert [other.count(words) for words in warnings] == [0, 0]


@pytest.mark.parametrize("column", ["index_rule", "fit_id"])
def test_everything_else_of_the_index_must_still_be_there(column: str, root: Path) -> None:
    bad = spoiled(delivered(), "fct_need_index", column, 0, None)
    outcome = publish(bad, root=root, gate=verdict(delivered()), actor="annika", now=NOW)
    assert outcome.status == "refused"
    assert "G-CONTRACT-001" in {reason.rule_id for reason in outcome.reasons if reason.failing_count}


def test_an_index_is_never_missing_without_a_word(root: Path) -> None:
    bad = spoiled(delivered(), "fct_need_index", "need_index", 0, None)
    outcome = publish(bad, root=root, gate=verdict(bad), actor="annika", now=NOW)
    assert outcome.status == "refused"
    assert "G-HEADS-001" in {reason.rule_id for reason in outcome.reasons}
