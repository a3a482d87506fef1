"""The real files, as published: what is in them arrives, and nothing else."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.intake.door import DoorReport, read_deliveries
from orchestration.intake.inbox import load_mapping_set, sweep

OPEN_DATA = Path(os.environ.get("LIKVARD_OPEN_DATA", "does-not-exist"))
pytestmark = pytest.mark.skipif(not OPEN_DATA.is_dir(), reason="LIKVARD_OPEN_DATA is unset or absent")

PUBLISHED = {  # school year -> units, pupils in grades 1-9, pupils in grade F, footnote lines with text
    "2012/13": (4900, 899_009, 107_232, 19),
    "2013/14": (4882, 920_829, 109_418, 19),
    "2014/15": (4840, 949_303, 112_579, 19),
    "2015/16": (4836, 985_403, 115_100, 19),
    "2016/17": (4845, 1_023_772, 121_887, 21),
    "2017/18": (4831, 1_049_267, 118_261, 21),
    "2018/19": (4835, 1_068_103, 121_084, 21),
    "2019/20": (4828, 1_085_996, 121_158, 21),
    "2020/21": (4797, 1_096_995, 121_586, 21),
    "2021/22": (4743, 1_106_068, 121_121, 21),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[DoorReport, Path]:
    home = tmp_path_factory.mktemp("home")
    mappings = load_mapping_set(Path("no policies"), municipality_codes=[])
    sweep(home, mappings=mappings, open_data=OPEN_DATA, received=datetime(2026, 10, 20))
    return read_deliveries(home, mappings=mappings), home / "pseudonymised" / "accepted"


def rows(report: tuple[DoorReport, Path], source: str) -> list[dict]:
    return [row for path in (report[1] / source).glob("*.parquet") for row in pq.read_table(path).to_pylist()]


def test_all_ten_exports_arrive_with_every_unit_and_no_footnote(report: tuple[DoorReport, Path]) -> None:
    exports = {
        item.delivery.period: item for item in report[0].outcomes if item.delivery.source != "skolverket_results"
    }
    assert set(exports) == set(PUBLISHED)
    for period, (units, _, _, footnotes) in PUBLISHED.items():
        counts = exports[period].counts
        assert (counts.accepted_rows, counts.rejected_rows) == (units, 0)
        assert counts.header_rows == footnotes + 4  # three lines of preamble and the header
        assert counts.physical_rows == counts.header_rows + counts.blank_rows + units


def test_pupils_add_up_to_the_published_totals_and_on_every_row(report: tuple[DoorReport, Path]) -> None:
    totals: dict[str, list[int]] = {period: [0, 0] for period in PUBLISHED}
    compared = 0
    for row in rows(report, "skolverket_enrollment"):
        total = row["pupil_count_grades_1_9"]
        totals[row["period"]][0] += total or 0
        totals[row["period"]][1] += row["pupil_count_grade_f"] or 0
        grades = sum(row[f"pupil_count_grade_{grade}"] or 0 for grade in range(1, 10))
        compared += total is not None
        assert grades == (total or 0)
    assert {period: tuple(pair) for period, pair in totals.items()} == {
        period: values[1:3] for period, values in PUBLISHED.items()
    }
    assert compared > 48_000


def test_codes_and_suppression_arrive_as_published(report: tuple[DoorReport, Path]) -> None:
    table = rows(report, "skolverket_enrollment")
    assert sum(len(row["school_unit_code"]) == 9 for row in table) == 13
    assert len({row["municipality_code"] for row in table}) == 290
    last = [row for row in table if row["period"] == "2021/22"]
    codes = [row["foreign_background_share_code"] for row in last]
    assert (codes.count("few_pupils"), codes.count("none"), codes.count("exact")) == (977, 100, 3666)
    assert [row["post_secondary_share_code"] for row in last].count("few_pupils") == 135
    assert all(row["organiser_code"] is None or row["organiser_code"][2] not in "01" for row in table)


def test_the_results_arrive_with_their_codes(report: tuple[DoorReport, Path]) -> None:
    table = rows(report, "skolverket_results")
    codes = [row["value_code"] for row in table]
    assert {code: codes.count(code) for code in set(codes)} == {
        "exact": 64_034,
        "rounded": 1_670,
        "few_pupils": 9_530,
        "none": 7_181,
        "missing": 482,
        "nearly_all": 3_366,
        "not_applicable": 1_123,
    }
    assert {row["severity"] for row in report[0].findings.to_pylist()} == {"info"}
