"""A year is compared with one whose publication withholds indices or that knew other facts; what is withheld stays so."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from models_py.allocation.year_change import YearInputs
from orchestration.need_parts import without_causes
from orchestration.yearly.change import IndexGoneError, last_index, with_facts_of
from orchestration.yearly.previous import PreviousYear

WHOLE = pd.DataFrame(
    {"school_unit_code": ["A", "B", "C"], "need_index": [80.5, 100.25, 130.0], "need_share": [0.1, 0.125, 0.2]}
)


def previous(folder: Path, *, withheld: str = "") -> PreviousYear:
    """Last year's publication, without the index of the units named in ``withheld``."""
    is_withheld = WHOLE["school_unit_code"].isin(list(withheld))
    told = WHOLE.assign(
        need_index=WHOLE["need_index"].mask(is_withheld),
        need_share=WHOLE["need_share"].mask(is_withheld),
        index_withheld_because=pd.Series("small_count", index=WHOLE.index).where(is_withheld, None),
    )
    (folder / "tables").mkdir()
    told.to_parquet(folder / "tables" / "fct_need_index.parquet")
    return PreviousYear("9999", 2026, "2026.0.1", False, "ab" * 32, folder, {})


def test_an_index_that_is_told_needs_nothing_of_the_home(tmp_path: Path):
    index, withheld = last_index(previous(tmp_path), None)
    pd.testing.assert_frame_equal(index, WHOLE)
    assert withheld == ()


def test_a_withheld_index_is_the_homes_own_and_its_units_are_named(tmp_path: Path):
    kept = WHOLE.sample(frac=1, random_state=3).assign(basis="pupil_level")
    index, withheld = last_index(previous(tmp_path, withheld="CA"), kept)
    pd.testing.assert_frame_equal(index, WHOLE)
    assert withheld == ("A", "C")


@pytest.mark.parametrize(
    "kept",
    [None, WHOLE.iloc[:2], WHOLE.assign(need_index=[80.5, 100.26, 130.0])],
    ids=["none", "a unit gone", "another index of a unit that is told"],
)
def test_an_index_that_is_not_of_that_publication_is_refused(tmp_path: Path, kept: pd.DataFrame | None):
    with pytest.raises(
        IndexGoneError, match=r"2026\.0\.1 withholds the index of 2 school units \(A, C\).*run 2026 again"
    ):
        last_index(previous(tmp_path, withheld="AC"), kept)


def test_causes_of_units_whose_last_index_is_withheld_are_not_published():
    """The guard broken on purpose: composition and weights are what this year's index differs by from last year's."""
    parts = pd.DataFrame(
        {"school_unit_code": ["A", "A", "B"], "cause_code": ["pupils", "weights", "pupils"], "change_sek": [1, 2, 3]}
    )
    change = pd.DataFrame({"school_unit_code": ["A", "B"], "change_sek": [3, 3]})
    tables = {"allocation_change_part": parts, "allocation_change": change}
    made = without_causes(tables, units=["A"])
    assert made["allocation_change_part"]["school_unit_code"].tolist() == ["B"]
    pd.testing.assert_frame_equal(made["allocation_change"], change)
    assert len(parts) == 3
    assert len(without_causes(tables, units=[])["allocation_change_part"]) == 3


def inputs(measures: pd.DataFrame | None) -> YearInputs:
    enrollment = pd.DataFrame({"school_unit_code": ["A", "B"], "grade": ["1", "1"], "pupil_count": [10, 20]})
    return YearInputs(enrollment, measures)


def test_a_measure_that_one_year_alone_has_is_asked_of_both_and_own_values_stand():
    old = inputs(pd.DataFrame({"school_unit_code": ["A", "B"], "distance_km": [1.0, 2.0], "area_factor": [1.0, 1.1]}))
    new = inputs(pd.DataFrame({"school_unit_code": ["B", "D"], "distance_km": [9.0, 4.0]}))
    made = with_facts_of(new, old).measures
    assert made is not None
    assert made["distance_km"].tolist() == [9.0, 4.0]
    assert made["area_factor"].tolist()[0] == 1.1
    assert made["area_factor"].isna().tolist() == [False, True], (
        "a new unit has none, and a policy that reads it refuses"
    )
    assert with_facts_of(old, new) is old


def test_a_year_without_any_measure_gets_the_others():
    told = pd.DataFrame({"school_unit_code": ["A", "B"], "area_factor": [1.0, 1.1]})
    made = with_facts_of(inputs(None), inputs(told)).measures
    assert made is not None
    assert dict(zip(made["school_unit_code"], made["area_factor"], strict=True)) == {"A": 1.0, "B": 1.1}
    assert with_facts_of(inputs(told), inputs(None)).measures is told
