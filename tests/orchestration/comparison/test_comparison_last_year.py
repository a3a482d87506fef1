"""Last year's amounts: read exactly, matched unit by unit, scored on this year's pupils."""

from __future__ import annotations

from pathlib import Path

import pytest

from models_py.errors import AllocationError
from orchestration.comparison.last_year import diagnose_last_year, read_last_year
from orchestration.comparison.published_year import ComparisonError, published_year
from tests.orchestration.comparison.published_home import BASE_SEK, PUPILS, TOTAL_SEK, YEAR, published

HEADER = "school_unit_code;pupil_count;total_kr;base_kr"


@pytest.fixture
def year(tmp_path: Path):
    return published_year(published(tmp_path / "published"), funding_year=YEAR, municipality_code="9999")


def file_of(tmp_path: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = tmp_path / "last_year.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding=encoding)
    return path


def rows(*, times: int = 1, base: bool = True) -> list[str]:
    return [f"{u};{n};{TOTAL_SEK[u] * times}" + (f";{BASE_SEK[u] * times}" if base else "") for u, n in PUPILS.items()]


@pytest.mark.parametrize("mark", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, mark: str, encoding: str):
    path = file_of(tmp_path, mark.join(["A", "10", "1 234.50", "1000"]), "", header=HEADER.replace(";", mark), encoding=encoding)  # fmt: skip
    unit = read_last_year(path)["A"]
    assert (unit.pupil_count, unit.total_ore, unit.base_ore) == (10, 123_450, 100_000)


def test_a_decimal_comma_is_a_decimal_comma(tmp_path: Path):
    path = file_of(tmp_path, "A;10;1\u00a0234,50", header="school_unit_code;pupil_count;total_kr")
    assert read_last_year(path)["A"].total_ore == 123_450


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("A;10;x;1", "last_year.csv:3: total_kr"),
        ("A;10;-1;0", "last_year.csv:3: total_kr"),
        ("A;10;1.005;0", "last_year.csv:3: total_kr"),
        ("A;10;nan;0", "last_year.csv:3: total_kr"),
        ("A;0;1;0", "last_year.csv:3: pupil_count"),
        ("A;1.5;1;0", "last_year.csv:3: pupil_count"),
        ("A;10;1;2", "last_year.csv:3: base_kr is larger"),
        ("A;10;1;", "last_year.csv:3: base_kr"),
        ("A;10;1", "last_year.csv:3: has another number of cells"),
        ("B;10;1;1", "last_year.csv:3: school_unit_code B"),
        (";10;1;1", "last_year.csv:3: school_unit_code"),
    ],
)
def test_a_faulty_row_is_refused_with_its_line(tmp_path: Path, row: str, says: str):
    with pytest.raises(ComparisonError, match=says):
        read_last_year(file_of(tmp_path, "B;10;1;1", row))


@pytest.mark.parametrize(
    "header", ["school_unit_code;pupil_count", f"{HEADER};colour", f"{HEADER};base_kr", "a;b;c", ""]
)
def test_other_columns_are_refused(tmp_path: Path, header: str):
    with pytest.raises(ComparisonError, match="needs the columns"):
        read_last_year(file_of(tmp_path, header=header))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path):
    with pytest.raises(ComparisonError, match="not UTF-8"):
        read_last_year(file_of(tmp_path, "å;1;1;1", encoding="cp1252"))


def test_the_published_amounts_themselves_score_clean(year, tmp_path: Path):
    found = diagnose_last_year(year, last_year=read_last_year(file_of(tmp_path, *rows())))
    scores, winners = found.diagnosis.scores, found.diagnosis.winners
    assert found.carried == 1
    assert not found.share_is_assumed
    assert found.structural_share == pytest.approx(0.12, abs=1e-9)
    assert scores.misplaced_share == pytest.approx(0, abs=1e-6)
    assert scores.slope_ore_per_100_points == pytest.approx(scores.slope_of_claims_ore_per_100_points, rel=1e-6)
    assert (winners.gaining_units, winners.losing_units) == (0, 0)


def test_a_year_of_other_prices_is_carried_to_this_budget(year, tmp_path: Path):
    once = diagnose_last_year(year, last_year=read_last_year(file_of(tmp_path, *rows())))
    twice = diagnose_last_year(year, last_year=read_last_year(file_of(tmp_path, *rows(times=2))))
    assert twice.carried == pytest.approx(0.5)
    assert twice.diagnosis.scores.slope_ore_per_100_points == pytest.approx(
        once.diagnosis.scores.slope_ore_per_100_points
    )


def test_amounts_per_pupil_meet_this_years_pupils(year, tmp_path: Path):
    """Half the pupils at half the money is the same school, also where only some schools have grown."""
    changed = [
        f"{u};{n // part};{TOTAL_SEK[u] // part};{BASE_SEK[u] // part}"
        for (u, n), part in zip(PUPILS.items(), (2, 1, 10, 1, 2, 1), strict=True)
    ]
    found = diagnose_last_year(year, last_year=read_last_year(file_of(tmp_path, *changed)))
    assert found.structural_share == pytest.approx(0.12, rel=1e-6)
    assert found.carried == pytest.approx(1, rel=1e-6)
    assert found.diagnosis.winners.largest_loss_per_pupil_ore < 100


def test_a_flat_pot_is_told_by_its_slope_and_by_who_loses(year, tmp_path: Path):
    flat = [f"{u};{n};{BASE_SEK[u] + n * 15_625};{BASE_SEK[u]}" for u, n in PUPILS.items()]
    found = diagnose_last_year(year, last_year=read_last_year(file_of(tmp_path, *flat)))
    assert found.diagnosis.scores.slope_ore_per_100_points == pytest.approx(0, abs=1e-3)
    assert (found.diagnosis.winners.gaining_units, found.diagnosis.winners.losing_units) == (2, 4)
    assert {found.diagnosis.winners.largest_gain_unit, found.diagnosis.winners.largest_loss_unit} == {"C", "E"}
    gains = found.diagnosis.winners.moved_ore
    losses = sum(max(0, BASE_SEK[u] + n * 15_625 - TOTAL_SEK[u]) * 100 for u, n in PUPILS.items())
    assert gains == pytest.approx(losses * found.carried, rel=1e-3)


def test_without_a_base_part_the_share_is_an_assumption_and_said_to_be(year, tmp_path: Path):
    header = "school_unit_code;pupil_count;total_kr"
    amounts = read_last_year(file_of(tmp_path, *rows(base=False), header=header))
    found = diagnose_last_year(year, last_year=amounts)
    assert found.share_is_assumed
    assert found.structural_share == pytest.approx(0.12)
    assert diagnose_last_year(year, last_year=amounts, structural_share=0.3).structural_share == pytest.approx(0.3)


def test_units_that_do_not_match_are_named_and_counted(year, tmp_path: Path):
    amounts = read_last_year(file_of(tmp_path, *rows()[1:], "Q;1;1;1", "R;1;1;1"))
    with pytest.raises(ComparisonError, match=r"2 \(Q, R\).*1 \(A\)"):
        diagnose_last_year(year, last_year=amounts)


def test_a_year_without_money_or_without_a_pot_is_refused(year, tmp_path: Path):
    nothing = read_last_year(file_of(tmp_path, *(f"{u};{n};0;0" for u, n in PUPILS.items())))
    with pytest.raises(ComparisonError, match="zero"):
        diagnose_last_year(year, last_year=nothing)
    all_base = read_last_year(file_of(tmp_path, *(f"{u};{n};{n};{n}" for u, n in PUPILS.items())))
    with pytest.raises(AllocationError, match="beyond the base part"):
        diagnose_last_year(year, last_year=all_base)
