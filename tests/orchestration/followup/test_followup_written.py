"""Tables of the follow-up as a step writes them, one municipality after the other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from models_py.followed import Followed
from orchestration.defs.followup.steps import Picture, write_followup
from orchestration.followup.progress import TABLES
from orchestration.followup_charts import cohort_chart, whole_cohorts
from orchestration.resources.tables import Tables
from tests.orchestration.followup.progress_home import CODE, YEAR, made

OTHER, REFUSED = "9998", "9997"


def silent() -> Followed:
    """The example municipality's tables without any figure that a band needs: text, truths and numbers are all empty."""
    values = made()[CODE].tables["school_value_added"].copy()
    for name in ("band_position", "joiners_differ", "value_added_sd", "value_added_points", "band_lower_points"):
        values[name] = float("nan")  # as a table without such a value may come
    return Followed(made()[CODE].tables | {"school_value_added": values})


def written(root: Path, found: dict[str, Followed], pictures=None) -> tuple[Tables, dict]:
    tables = Tables(root=str(root))
    told = write_followup(
        found.items(), part="progress", names=TABLES, tables=tables, funding_year=YEAR, pictures=pictures
    )
    return tables, {result.asset_key.path[-1]: result.metadata for result in told}


def files(root: Path, code: str) -> dict[str, bytes]:
    return {path.parts[-3]: path.read_bytes() for path in root.glob(f"*/municipality={code}/*.parquet")}


def test_a_municipality_is_written_alike_whoever_stands_beside_it(tmp_path):
    alone, beside = tmp_path / "alone", tmp_path / "beside"
    written(alone, {CODE: made()[CODE]})
    written(beside, {REFUSED: Followed(refusal="no results"), OTHER: silent(), CODE: made()[CODE]})
    assert files(alone, CODE) == files(beside, CODE)
    assert set(files(beside, CODE)) == set(TABLES)


def test_a_column_without_a_value_in_one_takes_nothing_from_its_neighbours(tmp_path):
    tables, _ = written(tmp_path, {OTHER: silent(), CODE: made()[CODE]})
    together = tables.read("school_value_added", YEAR)
    own = tables.read("school_value_added", YEAR, municipalities=[CODE])
    read = together[together["municipality_code"] == CODE].reset_index(drop=True)
    pd.testing.assert_frame_equal(read, own, check_dtype=False)
    assert own["band_position"].notna().any()
    assert together.loc[together["municipality_code"] == OTHER, "band_position"].isna().all()


def test_who_has_no_table_any_more_loses_its_file_and_the_record_tells_why(tmp_path):
    written(tmp_path, {OTHER: made()[CODE], CODE: made()[CODE]})
    tables, told = written(tmp_path, {OTHER: Followed(refusal="no results"), CODE: made()[CODE]})
    assert files(tmp_path, OTHER) == {}
    assert tables.municipalities("cohort_progression", YEAR) == [CODE]
    assert tables.read_record("progress", YEAR)[OTHER] == {"refusal": "no results", "not_shown": {}}
    rows = len(made()[CODE].tables["cohort_progression"])
    assert told["cohort_progression"] == {"dagster/row_count": rows, "refused": 1}


@pytest.mark.parametrize(
    ("found", "title"),
    [
        ((CODE,), "Cohorts through the grades, 9999"),
        ((OTHER, CODE), "Cohorts through the grades, 9998 (first of 2 municipalities)"),
        ((), "no cohort to follow yet"),
    ],
)
def test_a_picture_is_of_the_first_municipality_that_has_the_table(tmp_path, found, title):
    picture = {"cohort_progression": Picture(cohort_chart, shown=whole_cohorts)}
    _, told = written(tmp_path, {REFUSED: Followed(refusal="-")} | {code: made()[CODE] for code in found}, picture)
    drawn = told["cohort_progression"]["picture"].md_str
    assert title in drawn
